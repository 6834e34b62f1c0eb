import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";

/** What a frame has to have: RGBA rows as canvas and PNG readers give them. */
export interface Frame {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

// Plain text mode: the text as it was encoded, spaces and all. A frame of a door shows one code, at most a few.
// Halving frames from 300 pixels on makes noise and blur less; zxing's own default, a third from 500 on, reads fewer
// (pages_decode.test.ts).
const OPTIONS: ReaderOptions = {
  formats: ["QRCodeModel2"],
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
  downscaleFactor: 2,
  downscaleThreshold: 300,
  tryDenoise: false,
  maxNumberOfSymbols: 4,
  textMode: "Plain",
};
// Black from white by what is around, for shade and lamps; where that finds nothing, by one level for all, which reads
// some moving and blurred screens.
const BINARIZERS = ["LocalAverage", "FixedThreshold"] as const;

/** Give the decoder its program; once, before the first frame. Rejects when the bytes are no such program. */
export async function prepareDecoder(wasmBinary: ArrayBuffer): Promise<void> {
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
}

/** The texts of the QR codes in a frame, exactly as encoded; none is the usual case. */
export async function decodeFrame(image: Frame): Promise<string[]> {
  for (const binarizer of BINARIZERS) {
    const found = await readBarcodes(image as unknown as ImageData, { ...OPTIONS, binarizer });
    const texts = found.filter((code) => code.isValid).map((code) => code.text);
    if (texts.length > 0) return texts;
  }
  return [];
}
