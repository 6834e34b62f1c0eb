import { encodeBase64url } from "./base64url.js";
import { equal, toHex } from "./bytes.js";
import { type DecodedDocument, decodeDocument, type SignedDocument } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { Fields, readPath, writePath } from "./fields.js";
import { placeCommitment, visitLeaf } from "./leaf.js";
import { type LogProof, readLogProof } from "./logproof.js";
import { type Path, verifyInclusion } from "./merkle.js";
import { ORDER_ITEMS_MAX } from "./order.js";
import { FLAG_DUPLICATE, FLAG_LATE } from "./row.js";
import { parseRestricted } from "./rjson.js";
import { verify } from "./sign.js";

/** The registry's release statement (P-12.5). */
export interface Release {
  deployment: Uint8Array;
  order: Uint8Array;
  root: Uint8Array;
  count: number;
  /** Random, kept by nobody but the executor: the public log has the hash of all this. */
  salt: Uint8Array;
}

/** A released row. */
export interface ReleasedRow {
  epoch: number;
  segment: number;
  venue: number;
  minute: number;
  flags: number;
  salt: Uint8Array;
  body: Uint8Array;
  /** In the release. */
  path: Path;
  /** To the root of its segment. */
  proof: Path;
}

/** A further row of the same day with a body already released: what differs from that row. */
export interface ListedRow {
  index: number;
  segment: number;
  venue: number;
  minute: number;
  flags: number;
  salt: Uint8Array;
  proof: Path;
}

/** The registry's answer to an order. */
export interface VisitsAnswer {
  release: DecodedDocument;
  rows: ReleasedRow[];
  listed: ListedRow[];
  proofs: LogProof;
}

/** The release in a document's bytes; a `format` error for any other form. */
export function parseRelease(doc: Uint8Array): Release {
  const f = new Fields(parseRestricted(doc), "release");
  f.integer("version", 1, 1);
  const out = {
    deployment: f.bytes("deployment", 32),
    order: f.bytes("order", 32),
    root: f.bytes("root", 32),
    count: f.integer("count"),
    salt: f.bytes("salt", 32),
  };
  f.end();
  return out;
}

function seen(f: Fields): { venue: number; minute: number; flags: number } {
  const out = {
    venue: f.integer("venue", 0, 0xffffffff),
    minute: f.integer("minute", 0, 0xffffffff),
    flags: f.integer("flags", 0, FLAG_LATE | FLAG_DUPLICATE),
  };
  if (out.minute % 60 !== 0) badFormat(`${f.what}: minute`);
  return out;
}

/** Read a released row strictly. */
export function readRow(f: Fields): ReleasedRow {
  const row = {
    epoch: f.integer("epoch", 0, 65535),
    segment: f.integer("segment", 0, 0xffffffff),
    ...seen(f),
    salt: f.bytes("salt", 16),
    body: f.bytes("body", 132),
    path: readPath(f.object("path")),
    proof: readPath(f.object("proof")),
  };
  return row;
}

/** The JSON form of a row, for requests to trustees. */
export function writeRow(row: ReleasedRow): Record<string, unknown> {
  return {
    epoch: row.epoch,
    segment: row.segment,
    venue: row.venue,
    minute: row.minute,
    flags: row.flags,
    salt: encodeBase64url(row.salt),
    body: encodeBase64url(row.body),
    path: writePath(row.path),
    proof: writePath(row.proof),
  };
}

/** Read the registry's answer strictly, from parsed JSON; nothing is verified yet. */
export function readVisitsAnswer(value: unknown): VisitsAnswer {
  const f = new Fields(value, "visits");
  const out = {
    release: decodeDocument(f.any("release")),
    rows: f.objects("rows", 0, ORDER_ITEMS_MAX, readRow),
    listed: f.objects("listed", 0, 4 * ORDER_ITEMS_MAX, (l) => ({
      index: l.integer("index", 0, ORDER_ITEMS_MAX - 1),
      segment: l.integer("segment", 0, 0xffffffff),
      ...seen(l),
      salt: l.bytes("salt", 16),
      proof: readPath(l.object("proof")),
    })),
    proofs: readLogProof(f.any("proofs")),
  };
  f.end();
  return out;
}

/** c of a released row: what the issuer gets instead of venue and minute. */
export function rowCommitment(row: ReleasedRow): Uint8Array {
  return placeCommitment(row.salt, row.venue, row.minute, row.flags);
}

/** Does the row lie in the release, at the place its path says? */
export function rowInRelease(row: ReleasedRow, release: Release): boolean {
  return (
    row.path.size === release.count &&
    verifyInclusion(visitLeaf(rowCommitment(row), row.body), row.path, release.root)
  );
}

/** Is this place commitment and body in the release? What the issuer checks without knowing the place. */
export function itemInRelease(c: Uint8Array, body: Uint8Array, path: Path, release: Release): boolean {
  return path.size === release.count && verifyInclusion(visitLeaf(c, body), path, release.root);
}

/**
 * Verify an answer: the statement under the registry's answer key, for this order and deployment; every row at
 * its place; rows ascending by (epoch, segment); no body twice; listed rows naming a row. Throws `crypto`.
 * Whether the rows count is doubtVisits()'s to say.
 */
export function verifyVisits(
  answer: VisitsAnswer,
  answerKey: Uint8Array,
  orderHash: Uint8Array,
  deployment: Uint8Array,
): Release {
  const bad = (what: string): never => {
    throw new EntrylogError("crypto", `release: ${what}`);
  };
  const release = openRelease(answer.release, answerKey, orderHash, deployment);
  if (release.count !== answer.rows.length) bad("count");
  answer.rows.forEach((row, i) => {
    if (row.path.index !== i || !rowInRelease(row, release)) bad(`row ${i} is not in it`);
    const before = answer.rows[i - 1];
    if (before && (before.epoch > row.epoch || (before.epoch === row.epoch && before.segment > row.segment)))
      bad("rows out of order");
  });
  if (new Set(answer.rows.map((row) => toHex(row.body))).size !== answer.rows.length) bad("a body twice");
  if (answer.listed.some((l) => l.index >= answer.rows.length)) bad("listed row of no row");
  return release;
}

/** Verify and parse a release statement alone. `crypto` for another signer, order or deployment. */
export function openRelease(
  document: DecodedDocument,
  answerKey: Uint8Array,
  orderHash: Uint8Array,
  deployment: Uint8Array,
): Release {
  requireSigner("EL1-release", document, answerKey);
  const release = parseRelease(document.doc);
  if (!equal(release.order, orderHash) || !equal(release.deployment, deployment))
    throw new EntrylogError("crypto", "release: of another order");
  return release;
}

/** Insist on exactly one signature, by this key. `crypto` otherwise. */
export function requireSigner(
  label: "EL1-release" | "EL1-trace",
  document: DecodedDocument,
  key: Uint8Array,
): void {
  const only = document.signatures[0];
  if (
    document.signatures.length !== 1 ||
    only === undefined ||
    !equal(only.key, key) ||
    !verify(label, document.doc, only.sig, key)
  )
    throw new EntrylogError("crypto", "statement: not signed by its party");
}

/** A signed document again as it travels. */
export function writeDocument(document: DecodedDocument): SignedDocument {
  return {
    doc: encodeBase64url(document.doc),
    signatures: document.signatures.map((s) => ({
      key: encodeBase64url(s.key),
      sig: encodeBase64url(s.sig),
    })),
  };
}
