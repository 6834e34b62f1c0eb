import { encodeBase64url } from "./base64url.js";
import { boxPoint } from "./box.js";
import { type Bundle, epochKeys } from "./bundle.js";
import { equal } from "./bytes.js";
import { type DleqProof, type DleqSubject, proveDleq, verifyDleq } from "./dleq.js";
import type { SignedDocument } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, Fields } from "./fields.js";
import { decodePoint, decodeScalar, encodePoint, multiply, type Point, publicPoint } from "./group.js";
import { type LogProof, writeLogProof } from "./logproof.js";
import { ORDER_EPOCHS_MAX, type OrderFile } from "./order.js";
import { type ReleasedRow, writeRow } from "./release.js";
import { combinePartials, type Share, sharePoint } from "./share.js";
import { parseBody } from "./token.js";
import { type TraceCommitment, type TraceRow, writeCommitment } from "./trace.js";

/** What a trustee computed for one request, with a proof for each epoch in it (P-12.6). */
export interface PartialsFile {
  order: Uint8Array;
  trustee: number;
  purpose: "links" | "traces";
  partials: { index: number; point: Point }[];
  refused: { index: number; reason: string }[];
  proofs: ({ epoch: number } & DleqProof)[];
  /** The trustee's signature line over the request's checkpoint, where it is a witness. */
  cosignature: Uint8Array | null;
}

function scalarBytes(bytes: Uint8Array): Uint8Array {
  decodeScalar(bytes);
  return bytes;
}

function ascending(values: readonly number[], what: string): void {
  if (values.some((v, i) => i > 0 && v <= (values[i - 1] ?? 0))) badFormat(`${what} do not ascend`);
}

/** Read partials strictly, from parsed JSON. `format` for another form, a bad point, or an index twice. */
export function readPartials(value: unknown): PartialsFile {
  const f = new Fields(value, "partials");
  f.integer("version", 1, 1);
  const out: PartialsFile = {
    order: f.bytes("order", 32),
    trustee: f.integer("trustee", 1, 255),
    purpose: f.oneOf("purpose", ["links", "traces"]),
    partials: f.objects("partials", 0, 20000, (p) => ({
      index: p.integer("index", 0, 19999),
      point: decodePoint(p.bytes("point", 32)),
    })),
    refused: f.objects("refused", 0, 20000, (r) => ({
      index: r.integer("index", 0, 19999),
      reason: r.text("reason"),
    })),
    proofs: f.objects("proofs", 0, ORDER_EPOCHS_MAX, (p) => ({
      epoch: p.integer("epoch", 0, 65535),
      c: scalarBytes(p.bytes("c", 32)),
      s: scalarBytes(p.bytes("s", 32)),
    })),
    cosignature: f.bytesOrNull("cosignature"),
  };
  f.end();
  for (const list of [out.partials, out.refused])
    ascending(
      list.map((p) => p.index),
      "partials: indexes",
    );
  ascending(
    out.proofs.map((p) => p.epoch),
    "partials: epochs of proofs",
  );
  allDifferent(
    [...out.partials, ...out.refused].map((p) => p.index),
    "partials: index",
  );
  return out;
}

/** The JSON form of partials, as a trustee written in TypeScript would answer. */
export function writePartials(file: PartialsFile): Record<string, unknown> {
  return {
    version: 1,
    order: encodeBase64url(file.order),
    trustee: file.trustee,
    purpose: file.purpose,
    partials: file.partials.map((p) => ({ index: p.index, point: encodeBase64url(encodePoint(p.point)) })),
    refused: file.refused,
    proofs: file.proofs.map((p) => ({
      epoch: p.epoch,
      c: encodeBase64url(p.c),
      s: encodeBase64url(p.s),
    })),
    cosignature: file.cosignature === null ? null : encodeBase64url(file.cosignature),
  };
}

/** D_j = y_j * R for the 32 bytes of R. */
export function partialOf(share: Share, encodedR: Uint8Array): Point {
  return multiply(decodePoint(encodedR), share.value);
}

/** What a partial was asked for: a row's or box's day, and the 32 bytes of its R. */
export interface Asked {
  epoch: number;
  r: Uint8Array;
}

/** What a contacts request asks for, in its order. */
export function askedOfRows(rows: readonly ReleasedRow[]): Asked[] {
  return rows.map((row) => ({ epoch: row.epoch, r: parseBody(row.body).point }));
}

/** What a trace request asks for, in its order. */
export function askedOfBoxes(rows: readonly TraceRow[], boxes: readonly Uint8Array[]): Asked[] {
  return rows.map((row, i) => ({ epoch: row.epoch, r: boxPoint(boxes[i] ?? badFormat("a box is missing")) }));
}

/** The pairs of one epoch, as its proof hashes them; everything else of the subject is given. */
function subjectOf(
  file: Omit<PartialsFile, "proofs">,
  asked: readonly Asked[],
  epoch: number,
  key: Point,
): DleqSubject {
  const pairs = file.partials.flatMap((p) => {
    const one = asked[p.index];
    return one?.epoch === epoch ? [{ r: decodePoint(one.r), d: p.point }] : [];
  });
  return { purpose: file.purpose, epoch, trustee: file.trustee, publicPoint: key, order: file.order, pairs };
}

function epochsWithPartials(file: Omit<PartialsFile, "proofs">, asked: readonly Asked[]): number[] {
  const epochs = file.partials.map((p) => (asked[p.index] ?? badFormat("partials: beyond the request")).epoch);
  return [...new Set(epochs)].sort((a, b) => a - b);
}

/** Partials with their proofs, by the share of each epoch. */
export function provePartials(
  file: Omit<PartialsFile, "proofs">,
  asked: readonly Asked[],
  shareOfEpoch: (epoch: number) => Share,
): PartialsFile {
  const proofs = epochsWithPartials(file, asked).map((epoch) => {
    const { value } = shareOfEpoch(epoch);
    return { epoch, ...proveDleq(subjectOf(file, asked, epoch, publicPoint(value)), value) };
  });
  return { ...file, proofs };
}

/**
 * Check every partial by the proof of its epoch, against the bundle. `crypto` where one fails, or where the proofs
 * are not exactly those of the epochs that have partials, or the partials are of another order.
 */
export function verifyPartials(
  file: PartialsFile,
  order: Uint8Array,
  asked: readonly Asked[],
  bundle: Bundle,
): void {
  const epochs = epochsWithPartials(file, asked);
  if (!equal(file.order, order)) throw new EntrylogError("crypto", "partials of another order");
  if (epochs.length !== file.proofs.length || epochs.some((e, i) => e !== file.proofs[i]?.epoch))
    throw new EntrylogError("crypto", "partials: not the proofs of their epochs");
  for (const proof of file.proofs) {
    const key = sharePoint(epochKeys(bundle, proof.epoch)[file.purpose], file.trustee);
    verifyDleq(subjectOf(file, asked, proof.epoch, key), proof);
  }
}

/** S for one row or box from the verified files of t trustees; undefined when fewer than t opened it. */
export function combineAt(
  files: readonly PartialsFile[],
  index: number,
  threshold: number,
): Point | undefined {
  const found = files.flatMap((file) =>
    file.partials.filter((p) => p.index === index).map((p) => ({ index: file.trustee, point: p.point })),
  );
  return found.length < threshold ? undefined : combinePartials(found.slice(0, threshold));
}

/** A request to a trustee under a contacts order, as JSON (P-12.6); the order file holds the registry's scope. */
export function contactsRequest(
  order: OrderFile,
  release: SignedDocument,
  rows: readonly ReleasedRow[],
  proofs: LogProof,
): Record<string, unknown> {
  return {
    order,
    release,
    rows: rows.map(writeRow),
    statement: null,
    boxes: [],
    commitments: [],
    proofs: writeLogProof(proofs),
  };
}

/** A request to a trustee under a trace order, as JSON; the order file holds the issuer's scope. */
export function traceRequest(
  order: OrderFile,
  statement: SignedDocument,
  boxes: readonly Uint8Array[],
  commitments: readonly (TraceCommitment | null)[],
  proofs: LogProof,
): Record<string, unknown> {
  return {
    order,
    release: null,
    rows: [],
    statement,
    boxes: boxes.map(encodeBase64url),
    commitments: commitments.map(writeCommitment),
    proofs: writeLogProof(proofs),
  };
}
