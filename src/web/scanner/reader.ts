import { drawQr, qrMatrix } from "../kit/qr.js";
import { scriptUrl } from "../kit/script_url.js";
import type { Frame } from "./decode.js";
import type { FromWorker } from "./worker.js";

declare const EL_WORKER: string;

/** Reads the QR codes of a picture; one picture at a time. */
export interface CodeReader {
  readonly name: "native" | "wasm";
  /** The texts found and how long that took. Rejects when the reader is of no use any more. */
  read(image: ImageData): Promise<{ texts: string[]; ms: number }>;
}

interface Detector {
  detect(source: ImageBitmapSource): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

/** As long as a token, of its alphabet, with what careless readers lose: spaces in a row, and one at the end. */
export const KNOWN_TEXT = `EL1:${"K2 $%  *+-./:9ZQ07 A".repeat(11).slice(0, 214)}  `;

/**
 * The browser's own reader, but only if it reads a code that we draw exactly: some builds trim spaces, or find nothing
 * in codes as large as a token's.
 */
export async function provenNative(): Promise<CodeReader | undefined> {
  try {
    if (typeof BarcodeDetector === "undefined") return undefined;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const canvas = document.createElement("canvas");
    drawQr(canvas, qrMatrix(KNOWN_TEXT), 456 / devicePixelRatio);
    const found = await detector.detect(canvas);
    if (found.length !== 1 || found[0]?.rawValue !== KNOWN_TEXT) return undefined;
    return {
      name: "native",
      async read(image) {
        const started = performance.now();
        const texts = (await detector.detect(image)).map((code) => code.rawValue);
        return { texts, ms: performance.now() - started };
      },
    };
  } catch {
    return undefined;
  }
}

/** zxing-wasm in a worker of its own: the page stays free while it loads and while it reads. */
export function wasmReader(): Promise<CodeReader> {
  const worker = new Worker(scriptUrl(EL_WORKER), { type: "module" });
  const waiting = new Map<number, { done(answer: { texts: string[]; ms: number }): void; fail(error: Error): void }>();
  let next = 0;
  return new Promise((done, fail) => {
    const end = (error: Error): void => {
      worker.terminate();
      for (const one of waiting.values()) one.fail(error);
      waiting.clear();
      fail(error);
    };
    worker.addEventListener("error", () => end(new Error("the worker did not start")));
    worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
      if ("failed" in data) return end(new Error(data.failed));
      if ("ready" in data)
        return done({
          name: "wasm",
          read: (image) =>
            new Promise((answered, failed) => {
              const id = next++;
              waiting.set(id, { done: answered, fail: failed });
              const frame: Frame & { id: number } = { id, data: image.data, width: image.width, height: image.height };
              worker.postMessage(frame, [image.data.buffer]);
            }),
        });
      waiting.get(data.id)?.done(data);
      waiting.delete(data.id);
    });
  });
}

let chosen: Promise<CodeReader> | undefined;

/** The page's reader, chosen at the first use. A failed one is forgotten, so that the next use tries again. */
export function codeReader(): Promise<CodeReader> {
  chosen ??= (async () => (await provenNative()) ?? (await wasmReader()))();
  chosen.catch(forgetReader);
  return chosen;
}

/** Choose anew, without the browser's own if that was the one that failed. */
export function forgetReader(): void {
  chosen = undefined;
}
