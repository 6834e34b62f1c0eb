import { openBoxWithShared, traceAd } from "./box.js";
import { equal } from "./bytes.js";
import { decodeDocument, type DecodedDocument } from "./document.js";
import { EntrylogError } from "./errors.js";
import { asBytes, Fields } from "./fields.js";
import type { Point } from "./group.js";
import { boxHash } from "./leaf.js";
import { requireSigner } from "./release.js";
import { parseRestricted } from "./rjson.js";
import { commitment } from "./token.js";

export const TRACE_BOX_LEN = 80;

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
}

/** The statement in a document's bytes; a `format` error for any other form. */
export function parseTrace(doc: Uint8Array): TraceStatement {
  const f = new Fields(parseRestricted(doc), "trace");
  f.integer("version", 1, 1);
  const out = {
    deployment: f.bytes("deployment", 32),
    order: f.bytes("order", 32),
    issuer: f.integer("issuer", 1, 255),
    rows: f.objects("rows", 0, 20000, (r) => ({
      epoch: r.integer("epoch", 0, 65535),
      com: r.bytes("com", 32),
      box: r.bytes("box", 32),
    })),
  };
  f.end();
  return out;
}

/** Read an issuer's answer {"statement", "boxes"} strictly, from parsed JSON; nothing is verified yet. */
export function readTraceAnswer(value: unknown): { statement: DecodedDocument; boxes: Uint8Array[] } {
  const f = new Fields(value, "traces");
  const out = {
    statement: decodeDocument(f.any("statement")),
    boxes: f.list("boxes", 0, 20000, (v, what) => asBytes(v, what, TRACE_BOX_LEN)),
  };
  f.end();
  return out;
}

/**
 * Verify a trace answer: the statement under the issuer's answer key, for this order and deployment, and each
 * box by its hash in the statement's order. Throws `crypto`.
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
