import { ristretto255 } from "@noble/curves/ed25519.js";
import { exactly } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { type RandomSource, systemRandom } from "./random.js";

/** An element of ristretto255; never the identity when it came from decodePoint(). */
export type Point = InstanceType<typeof ristretto255.Point>;

/** Order of the group, 2^252 + 27742317777372353535851937790883648493. */
export const L = ristretto255.Point.Fn.ORDER;

/** The base point G. */
export const G: Point = ristretto255.Point.BASE;

/** The neutral element: a result to be refused, never an input. */
export const IDENTITY: Point = ristretto255.Point.ZERO;

/**
 * The point of a 32-byte encoding (RFC 9496; P-11.1, trap 1): bit 255, the identity and all that is
 * not the canonical encoding of a point are `format` errors.
 */
export function decodePoint(bytes: Uint8Array): Point {
  exactly(32, bytes, "point");
  if (((bytes[31] ?? 0) & 0x80) !== 0) badFormat("point: bit 255 is set");
  if (bytes.every((b) => b === 0)) badFormat("point: the identity");
  try {
    return ristretto255.Point.fromBytes(bytes);
  } catch {
    return badFormat("point: not a ristretto255 encoding");
  }
}

/** The 32 bytes of a point. */
export function encodePoint(point: Point): Uint8Array {
  return point.toBytes();
}

function littleEndian(bytes: Uint8Array): bigint {
  let x = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) x = (x << 8n) | BigInt(bytes[i] ?? 0);
  return x;
}

/** The scalar of 32 little-endian bytes, canonical (< L); 0 is allowed. Else a `format` error. */
export function decodeScalarOrZero(bytes: Uint8Array): bigint {
  const x = littleEndian(exactly(32, bytes, "scalar"));
  if (x >= L) badFormat("scalar: not reduced");
  return x;
}

/** As decodeScalarOrZero(), refusing 0: for secrets and shares (P-11.1, trap 2). */
export function decodeScalar(bytes: Uint8Array): bigint {
  const x = decodeScalarOrZero(bytes);
  if (x === 0n) badFormat("scalar: zero");
  return x;
}

/** 32 little-endian bytes of a scalar in 0..L-1. */
export function encodeScalar(x: bigint): Uint8Array {
  if (x < 0n || x >= L) throw new EntrylogError("limit", "scalar out of range");
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++) {
    out[i] = Number(x & 0xffn);
    x >>= 8n;
  }
  return out;
}

/** x mod L, in 0..L-1, also for negative x. */
export function modL(x: bigint): bigint {
  const r = x % L;
  return r < 0n ? r + L : r;
}

/** The inverse mod L of a scalar that is not 0 mod L. */
export function invertScalar(x: bigint): bigint {
  return ristretto255.Point.Fn.inv(modL(x));
}

/** 64 bytes, read little-endian and reduced mod L: the end of every hash to a scalar. */
export function reduceScalar(wide: Uint8Array): bigint {
  return modL(littleEndian(exactly(64, wide, "wide scalar")));
}

/** A uniform scalar in 1..L-1: 64 random bytes, reduced mod L; drawn again in the case of 0. */
export function randomScalar(random: RandomSource = systemRandom): bigint {
  for (;;) {
    const x = reduceScalar(random(64));
    if (x !== 0n) return x;
  }
}

/** x * P for x in 1..L-1; a `format` error for 0, and for the identity as P. */
export function multiply(point: Point, x: bigint): Point {
  if (x <= 0n || x >= L) badFormat("scalar: zero or not reduced");
  if (point.equals(IDENTITY)) badFormat("point: the identity");
  return point.multiply(x);
}

/** The public point x * G of a secret scalar in 1..L-1. */
export function publicPoint(x: bigint): Point {
  return multiply(G, x);
}
