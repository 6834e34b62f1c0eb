// How well the scanner page reads: 200 distorted frames, the same to the page's decoder, to zxing-wasm at full
// strength and to jsQR. The table is printed; nothing here asserts a time.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { before, test } from "node:test";

import jsQR from "jsqr";
import { type ReaderOptions, readBarcodes } from "zxing-wasm/reader";

import { decodeFrame, type Frame, prepareDecoder } from "../../src/web/scanner/decode.js";
import { qrMatrix } from "../../src/web/kit/qr.js";
import { samples, tokenText } from "./decode_set.js";
import { buildDir, sourceRoot } from "./deployment.js";
import { BY_HAND, cameraFrames, gray, paintModules, STEADY, toPng, toRgba } from "./frames.js";

const WASM = createRequire(path.join(sourceRoot, "src/web/package.json")).resolve("zxing-wasm/reader/zxing_reader.wasm");

/** Everything that the library can try: what one of these ways reads counts as read. */
const FULL: ReaderOptions[] = (["LocalAverage", "GlobalHistogram", "FixedThreshold"] as const).flatMap((binarizer) =>
  [2, 3].map((downscaleFactor) => ({
    formats: ["QRCodeModel2" as const],
    tryHarder: true,
    tryRotate: true,
    tryInvert: true,
    tryDownscale: true,
    downscaleFactor,
    textMode: "Plain" as const,
    binarizer,
  })),
);

/** The middle square of a picture: what the page shows people to aim with, and reads (camera.ts). */
function middle({ data, width, height }: Frame): Frame {
  const side = Math.min(width, height);
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  const out = new Uint8ClampedArray(side * side * 4);
  for (let y = 0; y < side; y++) out.set(data.subarray(((top + y) * width + left) * 4, ((top + y) * width + left + side) * 4), y * side * 4);
  return { data: out, width: side, height: side };
}

const READERS: Record<string, (frame: Frame) => Promise<string[]>> = {
  page: (frame) => decodeFrame(middle(frame)),
  zxing: async (frame) => {
    const found = await Promise.all(FULL.map((options) => readBarcodes(frame as unknown as ImageData, options)));
    return found.flat().filter((code) => code.isValid).map((code) => code.text);
  },
  jsQR: async (frame) => {
    // No frame here has light modules on dark: looking for those, too, would only take it twice as long.
    const code = jsQR(frame.data, frame.width, frame.height, { inversionAttempts: "dontInvert" });
    return code === null ? [] : [code.data];
  },
};
const NAMES = Object.keys(READERS);

/** Of one frame: who read it, and who read something else. */
interface Outcome {
  kind: string;
  read: Set<string>;
  misread: Set<string>;
}
const outcomes: Outcome[] = [];
const spent = new Map<string, number>();

before(async () => {
  const wasm = readFileSync(WASM);
  await prepareDecoder(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.length));
  const shots = process.env["EL_KEEP"] === undefined ? undefined : path.join(buildDir, "frames");
  if (shots !== undefined) mkdirSync(shots, { recursive: true });
  for (const { kind, text, frame } of samples()) {
    const image: Frame = { data: toRgba(frame), width: frame.width, height: frame.height };
    const outcome: Outcome = { kind, read: new Set(), misread: new Set() };
    for (const [name, reader] of Object.entries(READERS)) {
      const begin = performance.now();
      const texts = await reader(image);
      spent.set(name, (spent.get(name) ?? 0) + performance.now() - begin);
      if (texts.includes(text)) outcome.read.add(name);
      if (texts.some((t) => t !== text)) outcome.misread.add(name);
    }
    outcomes.push(outcome);
    if (shots === undefined) continue;
    const title = [outcomes.length, kind, ...outcome.read].join("-").replaceAll(" ", "_");
    writeFileSync(path.join(shots, `${title}.png`), toPng(frame));
  }
});

const count = (name: string, kind?: string): number => outcomes.filter((o) => o.read.has(name) && (kind === undefined || o.kind === kind)).length;

test("the page reads at least 95 % of the frames that zxing-wasm at full strength reads", (t) => {
  const row = (title: string, values: (string | number)[]): void => t.diagnostic(title.padEnd(20) + values.map((v) => String(v).padStart(8)).join(""));
  row("frames read", ["of", ...NAMES]);
  for (const kind of new Set(outcomes.map((o) => o.kind)))
    row(kind, [outcomes.filter((o) => o.kind === kind).length, ...NAMES.map((name) => count(name, kind))]);
  row("all", [outcomes.length, ...NAMES.map((name) => count(name))]);
  row("ms a frame", ["", ...NAMES.map((name) => ((spent.get(name) ?? 0) / outcomes.length).toFixed(1))]);
  const alone = outcomes.filter((o) => o.read.has("zxing"));
  const both = alone.filter((o) => o.read.has("page"));
  row("page of zxing's", [`${((100 * both.length) / alone.length).toFixed(1)} %`]);
  assert.equal(outcomes.length, 200);
  assert.ok(both.length >= 0.95 * alone.length, `${both.length} of ${alone.length}`);
});

test("what the page reads is the token that was shown, in every frame", () => {
  assert.deepEqual(outcomes.filter((o) => o.misread.has("page")), []);
});

test("the frames are hard, but not hopeless: zxing-wasm reads most and not all, the page more than jsQR", () => {
  assert.ok(count("zxing") >= 0.7 * outcomes.length && count("zxing") <= 0.95 * outcomes.length, String(count("zxing")));
  assert.ok(count("page") > count("jsQR"));
});

test("a phone held steadily or by hand, as the other tests hold it, is read in every frame", async () => {
  const text = tokenText(1);
  const phone = gray(390, 844, 255);
  paintModules(phone, 24, 160, qrMatrix(text), 6);
  for (const frame of cameraFrames(toPng(phone), [...STEADY, ...BY_HAND])) {
    const image: Frame = { data: toRgba(frame), width: frame.width, height: frame.height };
    assert.deepEqual(await decodeFrame(middle(image)), [text]);
  }
});
