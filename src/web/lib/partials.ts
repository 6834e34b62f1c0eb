import { encodeBase64url } from "./base64url.js";
import type { SignedDocument } from "./document.js";
import { allDifferent, Fields } from "./fields.js";
import { decodePoint, encodePoint, multiply, type Point } from "./group.js";
import type { OrderFile } from "./order.js";
import { type ReleasedRow, writeRow } from "./release.js";
import { combinePartials, type Share } from "./share.js";

/** What a trustee computed for one request (P-12.6). Its proof of equal discrete logarithms comes later. */
export interface PartialsFile {
  order: Uint8Array;
  trustee: number;
  purpose: "links" | "traces";
  partials: { index: number; point: Point }[];
  refused: { index: number; reason: string }[];
  /** The trustee's signature line over the request's checkpoint, where it is a witness. */
  cosignature: Uint8Array | null;
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
    cosignature: f.bytesOrNull("cosignature"),
  };
  f.nothing("proof");
  f.end();
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
    proof: null,
    cosignature: file.cosignature === null ? null : encodeBase64url(file.cosignature),
  };
}

/** D_j = y_j * R for the 32 bytes of R. */
export function partialOf(share: Share, encodedR: Uint8Array): Point {
  return multiply(decodePoint(encodedR), share.value);
}

/** S for one row or box from the files of t trustees; undefined when fewer than t opened it. */
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
): Record<string, unknown> {
  return { order, release, rows: rows.map(writeRow), statement: null, boxes: [], proofs: null };
}

/** A request to a trustee under a trace order, as JSON; the order file holds the issuer's scope. */
export function traceRequest(
  order: OrderFile,
  statement: SignedDocument,
  boxes: readonly Uint8Array[],
): Record<string, unknown> {
  return { order, release: null, rows: [], statement, boxes: boxes.map(encodeBase64url), proofs: null };
}
