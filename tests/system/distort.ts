// What lies between a screen and the picture that a camera takes of it: tilt, distance, blur, light, noise. All seeded.
import { Chance, type Gray } from "./picture.js";

export interface Distortion {
  seed: number;
  /** The camera's picture; default 1280 x 720. */
  width?: number;
  height?: number;
  /** How much of the frame's height the picture covers when held straight; default 0.7. */
  share?: number;
  /** Degrees: nodding, turning away, and round the line of sight. */
  pitch?: number;
  yaw?: number;
  roll?: number;
  /** Where the picture's middle is, in frame widths and heights from the frame's middle. */
  x?: number;
  y?: number;
  /** Level of what is behind; default 60. */
  background?: number;
  /** Deviation of a Gaussian blur, in the frame's pixels. */
  blur?: number;
  /** Length in pixels and direction in degrees of a movement while the shutter is open. */
  motion?: { length: number; angle: number };
  /** Levels that black and white of the screen come out as; default 16 and 235. */
  black?: number;
  white?: number;
  /** Light that falls from one side: the far side has this much less (0..1), in the direction of degrees. */
  shade?: { loss: number; angle: number };
  /** A lamp that mirrors in the glass; place and radius in shares of the picture's height. */
  glare?: { x: number; y: number; radius: number; strength: number };
  /** The grid of a screen's pixels beating against the camera's: amplitude in levels, period in pixels. */
  moire?: { amplitude: number; period: number; angle: number };
  /** Bands of a dimmed screen's flicker across the frame: amplitude in levels, how many. */
  bands?: { amplitude: number; count: number };
  /** A thumb over an edge of the picture: corner and size in shares of the picture's width. */
  cover?: { x: number; y: number; width: number; height: number; level: number };
  /** Deviation of the noise, in levels. */
  noise?: number;
  /** Blocks of a lossy codec: the quantiser's step, in levels. */
  blocks?: number;
}

/** Working copy with fractions. */
interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180;

/** Averages of factor x factor pixels, so that a small picture of a large one keeps all its light. */
function shrink(p: Plane, factor: number): Plane {
  const width = Math.floor(p.width / factor);
  const height = Math.floor(p.height / factor);
  const data = new Float32Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++)
        for (let dx = 0; dx < factor; dx++) sum += p.data[(y * factor + dy) * p.width + x * factor + dx] ?? 0;
      data[y * width + x] = sum / (factor * factor);
    }
  return { width, height, data };
}

/** Bilinear; NaN outside. */
function sample(p: Plane, x: number, y: number): number {
  if (!(x >= -0.5 && y >= -0.5 && x <= p.width - 0.5 && y <= p.height - 0.5)) return NaN;
  const cx = Math.min(Math.max(x, 0), p.width - 1);
  const cy = Math.min(Math.max(y, 0), p.height - 1);
  const [x0, y0] = [Math.min(Math.floor(cx), p.width - 2), Math.min(Math.floor(cy), p.height - 2)];
  const [fx, fy] = [cx - x0, cy - y0];
  const i = y0 * p.width + x0;
  const j = i + p.width;
  const top = (p.data[i] ?? 0) * (1 - fx) + (p.data[i + 1] ?? 0) * fx;
  const bottom = (p.data[j] ?? 0) * (1 - fx) + (p.data[j + 1] ?? 0) * fx;
  return top * (1 - fy) + bottom * fy;
}

type Homography = readonly [number, number, number, number, number, number, number, number, number];

/**
 * Frame pixel (x, y, 1) -> point of the picture's plane, homogeneous (its height is 1, its middle 0), through a
 * pinhole four heights away.
 */
function projection(d: Distortion, width: number, height: number): Homography {
  const [a, b, c] = [radians(d.pitch ?? 0), radians(d.yaw ?? 0), radians(d.roll ?? 0)];
  // The picture's two axes in space: roll first, then turn, then nod.
  const axis = (x: number, y: number): [number, number, number] => {
    const [x1, y1] = [x * Math.cos(c) - y * Math.sin(c), x * Math.sin(c) + y * Math.cos(c)];
    const [x2, z2] = [x1 * Math.cos(b), x1 * Math.sin(b)];
    return [x2, y1 * Math.cos(a) - z2 * Math.sin(a), y1 * Math.sin(a) + z2 * Math.cos(a)];
  };
  const distance = 4;
  const focus = (d.share ?? 0.7) * height * distance;
  const [u, v] = [axis(1, 0), axis(0, 1)];
  const [cx, cy] = [width * (0.5 + (d.x ?? 0)), height * (0.5 + (d.y ?? 0))];
  // The ray (p, q, 1) meets s*u + t*v + (0, 0, distance); s, t and their divisor are linear in p and q.
  const row = (p: number, q: number, one: number): [number, number, number] => [p / focus, q / focus, one - (p * cx + q * cy) / focus];
  return [
    ...row(distance * v[1], -distance * v[0], 0),
    ...row(-distance * u[1], distance * u[0], 0),
    ...row(u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]),
  ];
}

/** The picture as the lens throws it onto the frame, with what lies on the picture itself. */
function project(from: Gray, d: Distortion, width: number, height: number): Plane {
  const black = d.black ?? 16;
  const gain = ((d.white ?? 235) - black) / 255;
  let source: Plane = { width: from.width, height: from.height, data: Float32Array.from(from.data, (v) => black + v * gain) };
  const cover = d.cover;
  if (cover !== undefined)
    for (let y = 0; y < from.height; y++)
      for (let x = 0; x < from.width; x++) {
        const [cx, cy] = [x / from.width - cover.x, y / from.width - cover.y];
        if (cx >= 0 && cx < cover.width && cy >= 0 && cy < cover.height) source.data[y * from.width + x] = cover.level;
      }
  const factor = Math.floor(from.height / ((d.share ?? 0.7) * height));
  if (factor >= 2) source = shrink(source, factor);
  const out: Plane = { width, height, data: new Float32Array(width * height) };
  const [h0, h1, h2, h3, h4, h5, h6, h7, h8] = projection(d, width, height);
  const glare = d.glare;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0;
      // Four rays a pixel: edges come out grey as a sensor's do.
      for (let k = 0; k < 4; k++) {
        const [fx, fy] = [x + 0.25 + 0.5 * (k & 1), y + 0.25 + 0.5 * (k >> 1)];
        const w = h6 * fx + h7 * fy + h8;
        const s = (h0 * fx + h1 * fy + h2) / w;
        const t = (h3 * fx + h4 * fy + h5) / w;
        const hit = sample(source, s * source.height + source.width / 2 - 0.5, t * source.height + source.height / 2 - 0.5);
        sum += Number.isNaN(hit) ? (d.background ?? 60) : hit;
        if (!Number.isNaN(hit) && glare !== undefined)
          sum += glare.strength * Math.exp(-((s - glare.x) ** 2 + (t - glare.y) ** 2) / (2 * glare.radius ** 2));
      }
      out.data[y * width + x] = sum / 4;
    }
  return out;
}

/** Weighted average along a line of steps (dx, dy); beyond the edge the edge goes on. */
function smear(p: Plane, weights: readonly number[], dx: number, dy: number): Plane {
  const { width, height, data: from } = p;
  const data = new Float32Array(from.length);
  const half = (weights.length - 1) / 2;
  for (let k = 0; k < weights.length; k++) {
    const weight = weights[k] ?? 0;
    const [ox, oy] = [(k - half) * dx, (k - half) * dy];
    const [ix, iy] = [Math.floor(ox), Math.floor(oy)];
    const [fx, fy] = [ox - ix, oy - iy];
    const parts = [(1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy];
    parts.forEach((part, corner) => {
      if (part < 1e-6) return;
      const w = weight * part;
      const [sx, sy] = [ix + (corner & 1), iy + (corner >> 1)];
      for (let y = 0; y < height; y++) {
        const row = Math.min(Math.max(y + sy, 0), height - 1) * width;
        for (let x = 0; x < width; x++) {
          const at = x + sx;
          const i = y * width + x;
          data[i] = (data[i] ?? 0) + w * (from[row + (at < 0 ? 0 : at >= width ? width - 1 : at)] ?? 0);
        }
      }
    });
  }
  return { width, height, data };
}

function blurred(p: Plane, deviation: number): Plane {
  const half = Math.ceil(deviation * 3);
  const raw = Array.from({ length: 2 * half + 1 }, (_, i) => Math.exp(-((i - half) ** 2) / (2 * deviation ** 2)));
  const total = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((w) => w / total);
  return smear(smear(p, weights, 1, 0), weights, 0, 1);
}

function moved(p: Plane, length: number, angle: number): Plane {
  const taps = Math.max(2, Math.ceil(length)) + 1;
  const step = length / (taps - 1);
  return smear(p, Array<number>(taps).fill(1 / taps), step * Math.cos(radians(angle)), step * Math.sin(radians(angle)));
}

/** Light, flicker and noise, pixel by pixel. */
function lit(p: Plane, d: Distortion): void {
  const chance = new Chance(d.seed);
  const { shade, moire, bands } = d;
  for (let y = 0; y < p.height; y++)
    for (let x = 0; x < p.width; x++) {
      const i = y * p.width + x;
      let v = p.data[i] ?? 0;
      if (shade !== undefined) {
        const along = ((x / p.width - 0.5) * Math.cos(radians(shade.angle)) + (y / p.height - 0.5) * Math.sin(radians(shade.angle))) / 0.7;
        v *= 1 - shade.loss * Math.min(1, Math.max(0, 0.5 + along));
      }
      if (moire !== undefined) {
        const turn = radians(moire.angle);
        v += moire.amplitude * Math.sin((2 * Math.PI * (x * Math.cos(turn) + y * Math.sin(turn))) / moire.period);
      }
      if (bands !== undefined) v += bands.amplitude * Math.sin((2 * Math.PI * bands.count * y) / p.height);
      if (d.noise !== undefined) v += d.noise * chance.normal();
      p.data[i] = v;
    }
}

const COSINES = Float64Array.from({ length: 64 }, (_, i) => {
  const [k, n] = [i >> 3, i & 7];
  return (k === 0 ? Math.sqrt(1 / 8) : 0.5) * Math.cos(((2 * n + 1) * k * Math.PI) / 16);
});

/** Cosine transform of blocks of 8 x 8, coefficients rounded to steps that grow with the frequency, and back. */
function quantised(p: Plane, step: number): void {
  const block = new Float64Array(64);
  const half = new Float64Array(64);
  const turn = (from: Float64Array, to: Float64Array, forward: boolean): void => {
    for (let r = 0; r < 8; r++)
      for (let k = 0; k < 8; k++) {
        let sum = 0;
        for (let n = 0; n < 8; n++) sum += (from[r * 8 + n] ?? 0) * (COSINES[forward ? k * 8 + n : n * 8 + k] ?? 0);
        to[k * 8 + r] = sum; // transposed: twice is straight again
      }
  };
  for (let y = 0; y + 8 <= p.height; y += 8)
    for (let x = 0; x + 8 <= p.width; x += 8) {
      for (let i = 0; i < 64; i++) block[i] = p.data[(y + (i >> 3)) * p.width + x + (i & 7)] ?? 0;
      turn(block, half, true);
      turn(half, block, true);
      for (let i = 0; i < 64; i++) {
        const q = step * (1 + ((i >> 3) + (i & 7)) / 3);
        block[i] = Math.round((block[i] ?? 0) / q) * q;
      }
      turn(block, half, false);
      turn(half, block, false);
      for (let i = 0; i < 64; i++) p.data[(y + (i >> 3)) * p.width + x + (i & 7)] = block[i] ?? 0;
    }
}

/** A frame of a camera before which the picture is held. The same distortion gives the same bytes. */
export function distort(picture: Gray, d: Distortion): Gray {
  const width = d.width ?? 1280;
  const height = d.height ?? 720;
  let plane = project(picture, d, width, height);
  if (d.blur !== undefined && d.blur > 0) plane = blurred(plane, d.blur);
  if (d.motion !== undefined && d.motion.length > 0) plane = moved(plane, d.motion.length, d.motion.angle);
  lit(plane, d);
  if (d.blocks !== undefined) quantised(plane, d.blocks);
  return { width, height, data: Uint8Array.from(plane.data, (v) => Math.min(255, Math.max(0, Math.round(v)))) };
}
