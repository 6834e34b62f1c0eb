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

/** A frame takes some milliseconds; a decoder that is silent for so long is stuck. */
const STUCK_MS = 10_000;
/** Its program takes this long over a bad network; then it is asked for anew. */
const ARRIVAL_MS = 60_000;

/** The same, but it fails when nothing comes of it. */
async function soon<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error("the decoder is stuck")), STUCK_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

interface Detector {
  detect(source: ImageBitmapSource): Promise<{ rawValue: string }[]>;
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Detector } | undefined;

/** As long as a token, of its alphabet, with what careless readers lose: spaces in a row, and one at the end. */
const KNOWN_TEXT = `EL1:${"K2 $%  *+-./:9ZQ07 A".repeat(11).slice(0, 214)}  `;

/**
 * The browser's own reader, but only if it reads a code that we draw exactly: some builds trim spaces, or find nothing
 * in codes as large as a token's.
 */
async function provenNative(): Promise<CodeReader | undefined> {
  try {
    if (typeof BarcodeDetector === "undefined") return undefined;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    const canvas = document.createElement("canvas");
    drawQr(canvas, qrMatrix(KNOWN_TEXT), 456 / devicePixelRatio);
    const found = await soon(detector.detect(canvas));
    if (found.length !== 1 || found[0]?.rawValue !== KNOWN_TEXT) return undefined;
    return {
      name: "native",
      async read(image) {
        const started = performance.now();
        const texts = (await soon(detector.detect(image))).map((code) => code.rawValue);
        return { texts, ms: performance.now() - started };
      },
    };
  } catch {
    return undefined;
  }
}

interface Waiting {
  done(answer: { texts: string[]; ms: number }): void;
  fail(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/** zxing-wasm in a worker of its own: the page stays free while it loads and while it reads. */
class WasmReader implements CodeReader {
  readonly name = "wasm";
  readonly ready: Promise<void>;
  private readonly worker = new Worker(scriptUrl(EL_WORKER), { type: "module" });
  private readonly waiting = new Map<number, Waiting>();
  private next = 0;
  private dead: Error | undefined;
  private failStart: (error: Error) => void = () => undefined;
  constructor() {
    this.ready = new Promise((done, fail) => {
      this.failStart = fail;
      const arrival = setTimeout(() => this.end(new Error("the decoder did not arrive")), ARRIVAL_MS);
      this.worker.addEventListener("error", () => this.end(new Error("the worker did not start")));
      this.worker.addEventListener("message", ({ data }: MessageEvent<FromWorker>) => {
        if ("failed" in data) this.end(new Error(data.failed));
        else if ("ready" in data) {
          clearTimeout(arrival);
          done();
        } else this.answered(data);
      });
    });
  }
  private answered(data: { id: number; texts: string[]; ms: number }): void {
    const one = this.waiting.get(data.id);
    this.waiting.delete(data.id);
    clearTimeout(one?.timer);
    one?.done(data);
  }
  private end(error: Error): void {
    this.dead = error;
    this.worker.terminate();
    for (const one of this.waiting.values()) {
      clearTimeout(one.timer);
      one.fail(error);
    }
    this.waiting.clear();
    this.failStart(error);
  }
  read(image: ImageData): Promise<{ texts: string[]; ms: number }> {
    if (this.dead !== undefined) return Promise.reject(this.dead);
    return new Promise((done, fail) => {
      const id = this.next++;
      const timer = setTimeout(() => this.end(new Error("the decoder is stuck")), STUCK_MS);
      this.waiting.set(id, { done, fail, timer });
      const frame: Frame & { id: number } = { id, data: image.data, width: image.width, height: image.height };
      this.worker.postMessage(frame, [image.data.buffer]);
    });
  }
}

let chosen: Promise<CodeReader> | undefined;
let isNativeTrusted = true;

async function choose(): Promise<CodeReader> {
  const native = isNativeTrusted ? await provenNative() : undefined;
  if (native !== undefined) return native;
  const wasm = new WasmReader();
  await wasm.ready;
  return wasm;
}

/** The page's reader, chosen at the first use and after a failure. */
export function codeReader(): Promise<CodeReader> {
  chosen ??= choose();
  return chosen;
}

/** The reader failed: the next use chooses anew, and the browser's own is not asked again. */
export function forgetReader(failed: CodeReader["name"] | undefined): void {
  if (failed === "native") isNativeTrusted = false;
  chosen = undefined;
}
