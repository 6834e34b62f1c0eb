// 200 frames of real tokens on phones before a camera, in ten kinds of difficulty: made, not taken, and the same ones
// on every machine. They are meant to be hard: each kind reaches from what any reader reads to what none does.
import { drawBody, encodePoint, encodeTokenText, publicPoint, randomScalar, stampBody } from "../../src/web/lib/index.js";
import { qrMatrix, QUIET } from "../../src/web/kit/qr.js";
import { Chance, type Distortion, distort, type Gray, gray, paint, paintModules } from "./frames.js";

const PHONE = { width: 780, height: 1688 }; // 390 x 844 at two pixels each
const MODULE = 12;

/** A token of nobody, whose bytes depend on the number alone. */
export function tokenText(number: number): string {
  const chance = new Chance(number);
  const random = (n: number): Uint8Array => Uint8Array.from({ length: n }, () => Math.floor(chance.next() * 256));
  const input = {
    issuer: 1,
    epoch: 900 + number,
    secret: random(32),
    handle: random(16),
    index: number,
    linkKey: encodePoint(publicPoint(randomScalar(random))),
    seed: random(32),
  };
  return encodeTokenText(stampBody(drawBody(input, random), random(32), 1_790_000_000 + number));
}

/** A phone's page with a code on its white card; what is around the card is dark on every second phone. */
function phoneScreen(text: string, dark: boolean): Gray {
  const screen = gray(PHONE.width, PHONE.height, dark ? 24 : 246);
  const matrix = qrMatrix(text);
  const side = matrix.length * MODULE;
  const [left, top] = [(PHONE.width - side) / 2, (PHONE.height - side) / 2];
  paint(screen, left - 12, top - 12, side + 24, side + 24, 255);
  paintModules(screen, left, top, matrix, MODULE);
  // Lines of text above and below, as a page has them.
  const ink = dark ? 230 : 30;
  for (let row = 0; row < 6; row++)
    for (let x = 60; x < 700 - 90 * (row % 3); x += 26) {
      paint(screen, x, 180 + row * 60, 15, 26, ink);
      paint(screen, x, top + side + 60 + row * 60, 15, 26, ink);
    }
  return screen;
}

/** `share` of a distortion for a code (without its quiet zone) that takes this share of the frame's height. */
function shareOf(code: number, modules: number): number {
  return (code * PHONE.height) / ((modules - 2 * QUIET) * MODULE);
}

type Kind = (hard: number, chance: Chance) => Partial<Distortion> & { code: number };

/** `hard` goes from 0 to 1 over a kind's frames. */
const KINDS: Record<string, Kind> = {
  "near and straight": (hard, c) => ({ code: c.between(0.4, 0.8), noise: 3 + 6 * hard, roll: c.between(-5, 5) }),
  "far away": (hard, c) => ({ code: 0.3 - 0.19 * hard, noise: 3, blur: 0.4, roll: c.between(-10, 10) }),
  tilted: (hard, c) => ({ code: c.between(0.45, 0.7), noise: 4, yaw: (c.next() < 0.5 ? -1 : 1) * (20 + 50 * hard), pitch: c.between(-20, 20), blur: 0.5 }),
  "turned round": (hard, c) => ({ code: c.between(0.35, 0.6), roll: c.between(0, 360), pitch: 30 * hard, noise: 5, blur: 0.6 + 0.8 * hard }),
  "out of focus": (hard, c) => ({ code: c.between(0.45, 0.6), blur: 1.5 + 3 * hard, noise: 3, roll: c.between(-8, 8) }),
  moving: (hard, c) => ({ code: c.between(0.45, 0.6), motion: { length: 3 + 11 * hard, angle: c.between(0, 180) }, noise: 4, roll: c.between(-8, 8) }),
  "dark and noisy": (hard, c) => ({ code: c.between(0.35, 0.6), black: 12, white: 110 - 75 * hard, background: 8, noise: 8 + 8 * hard, blur: 0.8, roll: c.between(-8, 8) }),
  "lamp and shade": (hard, c) => ({
    code: c.between(0.4, 0.6),
    black: 40,
    white: 215,
    shade: { loss: 0.5 + 0.45 * hard, angle: c.between(0, 360) },
    glare: { x: c.between(-0.12, 0.12), y: c.between(-0.12, 0.12), radius: 0.03 + 0.05 * hard, strength: 120 + 120 * hard },
    noise: 4,
    blur: 0.6,
    yaw: c.between(-15, 15),
  }),
  "pixels and codec": (hard, c) => ({
    code: c.between(0.3, 0.5),
    moire: { amplitude: 15 + 50 * hard, period: c.between(3, 9), angle: c.between(0, 180) },
    bands: { amplitude: 10 + 30 * hard, count: c.between(3, 12) },
    blocks: 6 + 34 * hard,
    noise: 4,
    blur: 0.7,
    roll: c.between(-10, 10),
  }),
  "a bit of all": (hard, c) => ({
    code: c.between(0.3, 0.55),
    yaw: c.between(-25, 25),
    pitch: c.between(-25, 25),
    roll: c.between(0, 360),
    blur: 0.6 + 1.1 * hard,
    motion: { length: 1 + 3 * hard, angle: c.between(0, 180) },
    black: 30,
    white: 200 - 60 * hard,
    shade: { loss: 0.4, angle: c.between(0, 360) },
    cover: { x: 0, y: c.between(0.8, 1.2), width: 0.06 + 0.05 * hard, height: 0.2, level: 130 },
    blocks: 4 + 6 * hard,
    noise: 6 + 5 * hard,
  }),
};

export interface Sample {
  kind: string;
  text: string;
  frame: Gray;
}

/** All frames, one after the other: `perKind` of each kind, easy ones first. */
export function* samples(perKind = 20): Generator<Sample> {
  let number = 0;
  for (const [kind, difficulty] of Object.entries(KINDS))
    for (let i = 0; i < perKind; i++) {
      const seed = ++number;
      const chance = new Chance(seed * 7919);
      const text = tokenText(seed);
      const { code, ...distortion } = difficulty(i / (perKind - 1), chance);
      const share = shareOf(code, qrMatrix(text).length);
      const screen = phoneScreen(text, i % 2 === 1);
      // Half of the cameras are of the better sort.
      const size = i % 4 < 2 ? { width: 1280, height: 720 } : { width: 640, height: 480 };
      // People aim: the code's middle is near that of the picture, in shares of its height both ways.
      const [x, y] = [(chance.between(-0.08, 0.08) * size.height) / size.width, chance.between(-0.08, 0.08)];
      const frame = distort(screen, { seed, share, x, y, ...size, ...distortion });
      yield { kind, text, frame };
    }
}
