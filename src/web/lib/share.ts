import { EntrylogError } from "./errors.js";
import { G, IDENTITY, invertScalar, modL, multiply, type Point, publicPoint, randomScalar } from "./group.js";
import { type RandomSource, systemRandom } from "./random.js";

/** Share f(index) of a polynomial of degree t-1; index is the trustee's number, from 1. */
export interface Share {
  index: number;
  value: bigint;
}

/** A trustee's partial D_j = y_j * R for one point. */
export interface Partial {
  index: number;
  point: Point;
}

/** The polynomial of a new secret: t coefficients, the secret first (P-3). */
export function newPolynomial(threshold: number, random: RandomSource = systemRandom): bigint[] {
  if (!Number.isInteger(threshold) || threshold < 1) throw new EntrylogError("limit", "threshold");
  return Array.from({ length: threshold }, () => randomScalar(random));
}

/** f(index) mod L. */
export function shareOf(polynomial: readonly bigint[], index: number): Share {
  let value = 0n;
  for (const a of [...polynomial].reverse()) value = modL(value * BigInt(index) + a);
  return { index, value };
}

/** Feldman commitments: each coefficient times G. The first is the public key. */
export function commitments(polynomial: readonly bigint[]): Point[] {
  return polynomial.map((a) => publicPoint(a));
}

/** Y_j: the public point of trustee j's share, from the commitments. */
export function sharePoint(points: readonly Point[], index: number): Point {
  let sum = IDENTITY;
  for (const c of [...points].reverse())
    sum = (sum.equals(IDENTITY) ? sum : multiply(sum, BigInt(index))).add(c);
  return sum;
}

/** Does the share lie on the committed polynomial? False also for a share of 0. */
export function verifyShare(share: Share, points: readonly Point[]): boolean {
  if (share.value <= 0n || points.length === 0) return false;
  return multiply(G, share.value).equals(sharePoint(points, share.index));
}

function checkIndices(indices: readonly number[]): void {
  if (
    indices.length === 0 ||
    indices.some((j) => !Number.isInteger(j) || j < 1 || j > 255) ||
    new Set(indices).size !== indices.length
  )
    throw new EntrylogError("limit", "trustee numbers must be different and at least 1");
}

/** Lagrange coefficient of trustee j at 0 for the given set of numbers, mod L. */
export function lagrange(indices: readonly number[], j: number): bigint {
  checkIndices(indices);
  let over = 1n;
  let under = 1n;
  for (const m of indices) {
    if (m === j) continue;
    over = modL(over * BigInt(m));
    under = modL(under * BigInt(m - j));
  }
  return modL(over * invertScalar(under));
}

/** The secret of t shares. `limit` for repeated numbers. */
export function combineShares(shares: readonly Share[]): bigint {
  const indices = shares.map((s) => s.index);
  return shares.reduce((sum, s) => modL(sum + s.value * lagrange(indices, s.index)), 0n);
}

/** S = y * R of t verified partials. `limit` for repeated numbers, `crypto` if it is the identity. */
export function combinePartials(partials: readonly Partial[]): Point {
  const indices = partials.map((p) => p.index);
  const sum = partials.reduce((s, p) => s.add(multiply(p.point, lagrange(indices, p.index))), IDENTITY);
  if (sum.equals(IDENTITY)) throw new EntrylogError("crypto", "partials cancel");
  return sum;
}
