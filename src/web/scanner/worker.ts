/// <reference lib="webworker" />
import { decodeFrame, type Frame, prepareDecoder } from "./decode.js";

declare const self: DedicatedWorkerGlobalScope;
declare const EL_WASM: { url: string; integrity: string };

/** What the worker says: ready once, failed once instead, or the answer to a frame. */
export type FromWorker = { ready: true } | { failed: string } | { id: number; texts: string[]; ms: number };

const ready = (async () => {
  const answer = await fetch(EL_WASM.url, { integrity: EL_WASM.integrity, credentials: "omit" });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  await prepareDecoder(await answer.arrayBuffer());
})();
const tell = (message: FromWorker): void => self.postMessage(message);
ready.then(
  () => tell({ ready: true }),
  (error: unknown) => tell({ failed: String(error) }),
);

self.addEventListener("message", (event: MessageEvent<Frame & { id: number }>) => {
  const { id, ...frame } = event.data;
  void (async () => {
    const started = performance.now();
    try {
      const texts = await ready.then(() => decodeFrame(frame));
      tell({ id, texts, ms: performance.now() - started });
    } catch (error) {
      tell({ failed: String(error) }); // a program that failed once is not trusted with the next frame
    }
  })();
});
