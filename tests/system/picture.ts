// Grey pictures for the tests of what cameras see: from and to PNG, and a random source that says the same twice.
import { createRequire } from "node:module";
import path from "node:path";

import { sourceRoot } from "./deployment.js";

const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
const { PNG } = web("pngjs") as typeof import("pngjs");

/** Luma only, a byte a pixel, row by row. */
export interface Gray {
  width: number;
  height: number;
  data: Uint8Array;
}

export function gray(width: number, height: number, level = 0): Gray {
  return { width, height, data: new Uint8Array(width * height).fill(level) };
}

/** A PNG's luma (BT.601); what is transparent lies on white. */
export function readPng(bytes: Uint8Array): Gray {
  const png = PNG.sync.read(Buffer.from(bytes));
  const out = gray(png.width, png.height);
  for (let i = 0; i < out.data.length; i++) {
    const [r = 0, g = 0, b = 0, a = 255] = png.data.subarray(i * 4, i * 4 + 4);
    out.data[i] = Math.round(((0.299 * r + 0.587 * g + 0.114 * b) * a + 255 * (255 - a)) / 255);
  }
  return out;
}

export function toPng(picture: Gray): Buffer {
  const png = new PNG({ width: picture.width, height: picture.height });
  png.data.set(toRgba(picture));
  return PNG.sync.write(png, { colorType: 0 });
}

/** The pixels as a canvas would give them. */
export function toRgba(picture: Gray): Uint8ClampedArray {
  const out = new Uint8ClampedArray(picture.data.length * 4);
  picture.data.forEach((v, i) => out.set([v, v, v, 255], i * 4));
  return out;
}

/** A rectangle of one level, cut at the picture's edges. */
export function paint(on: Gray, x: number, y: number, width: number, height: number, level: number): void {
  const left = Math.max(0, x);
  const right = Math.min(on.width, x + width);
  for (let row = Math.max(0, y); row < Math.min(on.height, y + height); row++)
    if (left < right) on.data.fill(level, row * on.width + left, row * on.width + right);
}

/** Modules, dark is true, every one `module` pixels wide. */
export function paintModules(on: Gray, x: number, y: number, matrix: readonly (readonly boolean[])[], module: number): void {
  const side = matrix.length * module;
  paint(on, x, y, side, side, 255);
  matrix.forEach((row, r) => row.forEach((dark, c) => void (dark && paint(on, x + c * module, y + r * module, module, module, 0))));
}

/** Numbers in [0, 1) that depend on the seed alone. */
export class Chance {
  constructor(private state: number) {}
  next(): number {
    // mulberry32: 32 bits of state, enough for pictures
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }
  /** Mean 0, deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next());
  }
}
