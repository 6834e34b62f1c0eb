import { encodeBase64url } from "./base64url.js";
import { openBoxWithShared, traceAd } from "./box.js";
import { equal } from "./bytes.js";
import { decodeDocument, type DecodedDocument } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { asBytes, Fields, readPath, writePath } from "./fields.js";
import type { Point } from "./group.js";
import { boxHash } from "./leaf.js";
import { type LogProof, readLogProof } from "./logproof.js";
import type { Path } from "./merkle.js";
import { isPhone, PHONE_MAX } from "./phone.js";
import { requireSigner } from "./release.js";
import { parseRestricted } from "./rjson.js";
import { commitment } from "./token.js";

export const TRACE_BOX_LEN = 80;
/** Rows of one statement. */
export const TRACE_ROWS_MAX = 3200;

/** One day of a traced visitor: com commits to s_e, box is the hash of the box that holds it. */
export interface TraceRow {
  epoch: number;
  com: Uint8Array;
  box: Uint8Array;
}

/** An issuer's trace statement (P-12.5). */
export interface TraceStatement {
  deployment: Uint8Array;
  order: Uint8Array;
  issuer: number;
  rows: TraceRow[];
  /** As a release's. */
  salt: Uint8Array;
}

/** The statement in a document's bytes; a `format` error for any other form. */
export function parseTrace(doc: Uint8Array): TraceStatement {
  const f = new Fields(parseRestricted(doc), "trace");
  f.integer("version", 1, 1);
  const out = {
    deployment: f.bytes("deployment", 32),
    order: f.bytes("order", 32),
    issuer: f.integer("issuer", 1, 255),
    rows: f.objects("rows", 0, TRACE_ROWS_MAX, (r) => ({
      epoch: r.integer("epoch", 0, 65535),
      com: r.bytes("com", 32),
      box: r.bytes("box", 32),
    })),
    salt: f.bytes("salt", 32),
  };
  f.end();
  return out;
}

/** Where a trace box stands under the logged root of its day; of a day not rewritten yet there is none. */
export interface TraceCommitment {
  phone: string;
  salt: Uint8Array;
  path: Path;
}

/** An issuer's answer to a trace order. */
export interface TraceAnswer {
  statement: DecodedDocument;
  boxes: Uint8Array[];
  commitments: (TraceCommitment | null)[];
  proofs: LogProof;
}

function readCommitment(value: unknown, what: string): TraceCommitment | null {
  if (value === null) return null;
  const f = new Fields(value, what);
  const phone = f.text("phone", PHONE_MAX);
  if (!isPhone(phone)) badFormat(`${what}: phone`);
  const out = { phone, salt: f.bytes("salt", 16), path: readPath(f.object("path")) };
  f.end();
  return out;
}

/** The JSON form of a commitment, for requests to trustees. */
export function writeCommitment(commitment: TraceCommitment | null): Record<string, unknown> | null {
  if (commitment === null) return null;
  const { phone, salt, path } = commitment;
  return { phone, salt: encodeBase64url(salt), path: writePath(path) };
}

/** Read an issuer's answer strictly, from parsed JSON; nothing is verified yet. */
export function readTraceAnswer(value: unknown): TraceAnswer {
  const f = new Fields(value, "traces");
  const out = {
    statement: decodeDocument(f.any("statement")),
    boxes: f.list("boxes", 0, TRACE_ROWS_MAX, (v, what) => asBytes(v, what, TRACE_BOX_LEN)),
    commitments: f.list("commitments", 0, TRACE_ROWS_MAX, readCommitment),
    proofs: readLogProof(f.any("proofs")),
  };
  f.end();
  if (out.commitments.length !== out.boxes.length) badFormat("traces: commitments");
  return out;
}

/**
 * Verify a trace answer: the statement under the issuer's answer key, for this order and deployment, and each
 * box by its hash in the statement's order. Throws `crypto`. Whether the boxes count is doubtTraces()'s to say.
 */
export function verifyTraces(
  answer: { statement: DecodedDocument; boxes: readonly Uint8Array[] },
  answerKey: Uint8Array,
  orderHash: Uint8Array,
  deployment: Uint8Array,
  issuer: number,
): TraceStatement {
  requireSigner("EL1-trace", answer.statement, answerKey);
  const statement = parseTrace(answer.statement.doc);
  if (
    !equal(statement.order, orderHash) ||
    !equal(statement.deployment, deployment) ||
    statement.issuer !== issuer
  )
    throw new EntrylogError("crypto", "trace: of another order or issuer");
  if (
    statement.rows.length !== answer.boxes.length ||
    statement.rows.some((r, i) => !equal(boxHash(answer.boxes[i] ?? new Uint8Array()), r.box))
  )
    throw new EntrylogError("crypto", "trace: boxes do not fit the statement");
  return statement;
}

/** s_e of a trace box, given S = z_e * R; checked against com. `crypto` if it does not open or fit. */
export function openTraceBox(
  shared: Point,
  traceKey: Uint8Array,
  issuer: number,
  row: TraceRow,
  box: Uint8Array,
): Uint8Array {
  const secret = openBoxWithShared(shared, traceKey, box, traceAd(issuer, row.epoch, row.com));
  if (secret.length !== 32 || !equal(commitment(secret), row.com))
    throw new EntrylogError("crypto", "trace: com does not fit");
  return secret;
}
