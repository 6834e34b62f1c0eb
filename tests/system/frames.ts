// What a camera sees, as a file that Chromium plays as its camera: a phone with a page on it, held before the lens.
import { renameSync, writeFileSync } from "node:fs";
import path from "node:path";

import { type Distortion, distort } from "./distort.js";
import { type Gray, readPng } from "./picture.js";

export { type Distortion, distort } from "./distort.js";
export { Chance, type Gray, gray, paint, paintModules, readPng, toPng, toRgba } from "./picture.js";

/**
 * Frames as YUV4MPEG2, grey, for --use-file-for-fake-video-capture: Chromium reads the file anew each time a camera
 * starts and plays it in a circle. All frames have the first one's size, both sides even. The file appears whole.
 */
export function writeY4m(file: string, frames: readonly Gray[], fps = 10): void {
  const first = frames[0];
  if (first === undefined || first.width % 2 !== 0 || first.height % 2 !== 0) throw new Error("no frame, or an odd size");
  const colour = Buffer.alloc((first.width * first.height) / 2, 128);
  const parts = [Buffer.from(`YUV4MPEG2 W${first.width} H${first.height} F${fps}:1 Ip A1:1 C420\n`)];
  for (const f of frames) {
    if (f.width !== first.width || f.height !== first.height) throw new Error("frames of two sizes");
    // Video levels: black is 16, white 235.
    parts.push(Buffer.from("FRAME\n"), Buffer.from(f.data.map((v) => 16 + Math.round((v * 219) / 255))), colour);
  }
  writeFileSync(`${file}.new`, Buffer.concat(parts));
  renameSync(`${file}.new`, file);
}

/** How a phone is held: steadily; and as people do it, out of focus, moving, tilted, in bad light. */
export const STEADY: readonly Distortion[] = [{ seed: 1, share: 0.9, noise: 2 }];
export const BY_HAND: readonly Distortion[] = [
  { seed: 11, share: 0.85, noise: 4, yaw: 8, roll: 3 },
  { seed: 12, share: 0.9, noise: 6, blur: 1.6, pitch: 10, roll: -6 },
  { seed: 13, share: 0.95, noise: 5, motion: { length: 5, angle: 20 }, yaw: -12, x: 0.05 },
  { seed: 14, share: 0.85, noise: 8, blur: 0.8, pitch: -12, roll: 12, shade: { loss: 0.5, angle: 30 } },
  { seed: 15, share: 0.9, noise: 10, black: 60, white: 170, yaw: 15, roll: 5 },
  { seed: 16, share: 1, noise: 4, blur: 1, roll: 175, x: -0.04 },
];

/** A screenshot of a phone's page as the frames of a camera that the phone is held into. */
export function cameraFrames(screenshotPng: Uint8Array, variants: readonly Distortion[] = BY_HAND): Gray[] {
  const phone = readPng(screenshotPng);
  return variants.map((v) => distort(phone, v));
}

/** The same as a file for a Device's `camera`: DIR/NAME.y4m, each variant for a fifth of a second. Its path. */
export function cameraFile(dir: string, name: string, screenshotPng: Uint8Array, variants: readonly Distortion[] = BY_HAND): string {
  const file = path.join(dir, `${name}.y4m`);
  writeY4m(file, cameraFrames(screenshotPng, variants), 5);
  return file;
}
