import { prepareZXingModule, readBarcodes, type ReaderOptions } from "zxing-wasm/reader";

/** What a frame has to have: RGBA rows as canvas and PNG readers give them. */
export interface Frame {
  data: Uint8ClampedArray;
  width: number;
  height: number;
}

// Plain text mode: the text as it was encoded, spaces and all. A frame of a door shows one code, at most a few.
const OPTIONS: ReaderOptions = {
  formats: ["QRCodeModel2"],
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
  tryDenoise: false,
  binarizer: "LocalAverage",
  maxNumberOfSymbols: 4,
  textMode: "Plain",
};

/** Give the decoder its program; once, before the first frame. Rejects when the bytes are no such program. */
export async function prepareDecoder(wasmBinary: ArrayBuffer): Promise<void> {
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
}

/** The texts of the QR codes in a frame, exactly as encoded; none is the usual case. */
export async function decodeFrame(image: Frame): Promise<string[]> {
  const found = await readBarcodes(image as unknown as ImageData, OPTIONS);
  return found.filter((code) => code.isValid).map((code) => code.text);
}
