import type { Purpose } from "./bundle.js";
import { concat, u16, u32, u8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import {
  decodeScalar,
  encodePoint,
  encodeScalar,
  G,
  IDENTITY,
  modL,
  multiply,
  type Point,
  publicPoint,
  randomScalar,
  reduceScalar,
} from "./group.js";
import { wideHash } from "./kdf.js";
import { type RandomSource, systemRandom } from "./random.js";

/** Pairs under one proof. */
export const DLEQ_MAX = 20000;

/** Which shares the partials come from, as the transcript has it. */
export const DLEQ_PURPOSES: Readonly<Record<Purpose, number>> = { links: 1, traces: 2, recovery: 3 };

/** A point R of the request and the partial D = y * R for it. */
export interface DleqPair {
  r: Point;
  d: Point;
}

/** What one batched proof speaks of: the partials of one trustee for one epoch of one order (P-7.2, P-11.2). */
export interface DleqSubject {
  purpose: Purpose;
  epoch: number;
  trustee: number;
  /** Y_j, the trustee's public point from the bundle's commitments. */
  publicPoint: Point;
  /** Hash of the order, 32 bytes. */
  order: Uint8Array;
  pairs: readonly DleqPair[];
}

/** A proof as it travels: two scalars of 32 bytes. */
export interface DleqProof {
  c: Uint8Array;
  s: Uint8Array;
}

/** Everything between the subject and the challenge, for those who prove and those who check. */
export interface DleqSteps {
  transcript: Uint8Array;
  seed: Uint8Array;
  weights: bigint[];
}

function nonIdentity(point: Point): Point {
  if (point.equals(IDENTITY)) throw new EntrylogError("crypto", "proof: the identity");
  return point;
}

/** Transcript, seed and the weights that hash all pairs. `limit` for no pairs or too many. */
export function dleqSteps(subject: DleqSubject): DleqSteps {
  const { pairs, order } = subject;
  if (pairs.length < 1 || pairs.length > DLEQ_MAX) throw new EntrylogError("limit", "number of pairs");
  if (subject.trustee < 1) throw new EntrylogError("limit", "number of a trustee");
  if (order.length !== 32) badFormat("order hash is not 32 bytes");
  const transcript = concat(
    u8(DLEQ_PURPOSES[subject.purpose]),
    u16(subject.epoch),
    u8(subject.trustee),
    encodePoint(nonIdentity(subject.publicPoint)),
    order,
    u32(pairs.length),
    ...pairs.flatMap(({ r, d }) => [encodePoint(nonIdentity(r)), encodePoint(nonIdentity(d))]),
  );
  const seed = wideHash("EL1-dleq-t", transcript);
  const weights = pairs.map((_, i) => reduceScalar(wideHash("EL1-dleq-w", seed, u32(i + 1))));
  return { transcript, seed, weights };
}

/** The sum of the points, each times its weight. */
export function weightedSum(points: readonly Point[], weights: readonly bigint[]): Point {
  return nonIdentity(points.reduce((sum, p, i) => sum.add(multiply(p, weights[i] ?? 0n)), IDENTITY));
}

/** c, from the seed and the four points. */
export function dleqChallenge(seed: Uint8Array, m: Point, z: Point, a: Point, b: Point): bigint {
  return reduceScalar(wideHash("EL1-dleq-c", seed, ...[m, z, a, b].map(encodePoint)));
}

/** Prove with the share y that every D is y * R. `crypto` if the share is not that of the public point. */
export function proveDleq(
  subject: DleqSubject,
  share: bigint,
  random: RandomSource = systemRandom,
): DleqProof {
  if (!publicPoint(share).equals(subject.publicPoint))
    throw new EntrylogError("crypto", "not the share of this public point");
  const { seed, weights } = dleqSteps(subject);
  const m = weightedSum(
    subject.pairs.map((p) => p.r),
    weights,
  );
  const k = randomScalar(random);
  const c = dleqChallenge(seed, m, multiply(m, share), publicPoint(k), multiply(m, k));
  return { c: encodeScalar(c), s: encodeScalar(modL(k - c * share)) };
}

/** Check a proof. `format` for a scalar that is zero or not reduced, `crypto` if it does not verify. */
export function verifyDleq(subject: DleqSubject, proof: DleqProof): void {
  const [c, s] = [decodeScalar(proof.c), decodeScalar(proof.s)];
  const { seed, weights } = dleqSteps(subject);
  const m = weightedSum(
    subject.pairs.map((p) => p.r),
    weights,
  );
  const z = weightedSum(
    subject.pairs.map((p) => p.d),
    weights,
  );
  const a = nonIdentity(multiply(G, s).add(multiply(subject.publicPoint, c)));
  const b = nonIdentity(multiply(m, s).add(multiply(z, c)));
  if (dleqChallenge(seed, m, z, a, b) !== c) throw new EntrylogError("crypto", "partials: the proof fails");
}
