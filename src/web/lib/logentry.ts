import { encodeBase64url } from "./base64url.js";
import { badFormat, EntrylogError } from "./errors.js";
import { Fields } from "./fields.js";
import { ORDER_KINDS, type OrderKind } from "./policy.js";
import { encodeRestricted, type JsonInput, parseRestricted } from "./rjson.js";

/** Bytes of one entry. */
export const ENTRY_MAX = 1024;
/** Bytes of a party's name: "issuer:255" and a little more. */
const PARTY_MAX = 15;
const COUNT_MAX = 16;

/** Codes of refusals, as docs/http-api.md names them. */
export const REFUSAL_CODES = [
  "unauthorized", "venue_inactive", "scanner_paused", "malformed_token", "unknown_version", "unknown_issuer",
  "wrong_day", "bad_tag", "stale", "from_future", "too_old", "already_used", "rate_limited", "busy",
  "malformed_order", "signature_invalid", "quorum_missing", "policy_outdated", "order_expired",
  "executor_mismatch", "scope_mismatch", "out_of_retention", "limit_exceeded", "daily_cap", "not_in_release",
  "proof_missing", "log_unavailable", "stale_checkpoint", "invalid_name", "invalid_phone", "consent_outdated",
  "unknown_registration", "wrong_code", "ticket_invalid", "invalid_business_number", "invalid_enrolment",
  "malformed_request", "forbidden", "not_found", "method_not_allowed", "not_acceptable", "timeout",
  "too_large", "uri_too_long", "unsupported_media", "headers_too_large", "internal", "not_ready",
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

export const LOG_DOCUMENTS = ["policy", "bundle", "directory"] as const;
const ENTRY_TYPES = [
  "order",
  "refused",
  "segment",
  "identities",
  "destroyed",
  "document",
  "checkpoint",
] as const;

/** An order was answered with this statement; `count` is "0", "1-9" or the number. */
export interface OrderEntry {
  type: "order";
  time: number;
  order: Uint8Array;
  kind: OrderKind;
  answer: Uint8Array;
  count: string;
}
/** The root of a closed segment (registry). */
export interface SegmentEntry {
  type: "segment";
  time: number;
  epoch: number;
  segment: number;
  count: number;
  root: Uint8Array;
}
/** The root of a rewritten day (issuer). */
export interface IdentitiesEntry {
  type: "identities";
  time: number;
  epoch: number;
  count: number;
  root: Uint8Array;
}

/** One entry of a public log (P-12.10). */
export type LogEntry =
  | OrderEntry
  | { type: "refused"; time: number; order: Uint8Array; kind: OrderKind; code: RefusalCode }
  | SegmentEntry
  | IdentitiesEntry
  | { type: "destroyed"; time: number; epoch: number; count: number }
  | {
      type: "document";
      time: number;
      document: (typeof LOG_DOCUMENTS)[number];
      serial: number;
      hash: Uint8Array;
    }
  | { type: "checkpoint"; time: number; party: string; size: number; root: Uint8Array };

/** A number of people or visits as an entry tells it: few are not told apart. */
export function countRange(count: number): string {
  return count >= 1 && count <= 9 ? "1-9" : String(count);
}

/** One spelling for each number, and none for those that the range stands for. */
function readRange(f: Fields): string {
  const text = f.text("count", COUNT_MAX);
  if (text === "1-9" || text === "0") return text;
  if (!/^[1-9][0-9]+$/.test(text) || !Number.isSafeInteger(Number(text))) badFormat("entry: count");
  return text;
}

const epochOfEntry = (f: Fields): number => f.integer("epoch", 0, 65535);

function readEntry(f: Fields, type: LogEntry["type"], time: number): LogEntry {
  switch (type) {
    case "order":
      return {
        type,
        time,
        order: f.bytes("order", 32),
        kind: f.oneOf("kind", ORDER_KINDS),
        answer: f.bytes("answer", 32),
        count: readRange(f),
      };
    case "refused":
      return {
        type,
        time,
        order: f.bytes("order", 32),
        kind: f.oneOf("kind", ORDER_KINDS),
        code: f.oneOf("code", REFUSAL_CODES),
      };
    case "segment":
      return {
        type,
        time,
        epoch: epochOfEntry(f),
        segment: f.integer("segment", 0, 0xffffffff),
        count: f.integer("count"),
        root: f.bytes("root", 32),
      };
    case "identities":
      return { type, time, epoch: epochOfEntry(f), count: f.integer("count"), root: f.bytes("root", 32) };
    case "destroyed":
      return { type, time, epoch: epochOfEntry(f), count: f.integer("count") };
    case "document":
      return {
        type,
        time,
        document: f.oneOf("document", LOG_DOCUMENTS),
        serial: f.integer("serial"),
        hash: f.bytes("hash", 32),
      };
    case "checkpoint":
      return {
        type,
        time,
        party: f.text("party", PARTY_MAX),
        size: f.integer("size"),
        root: f.bytes("root", 32),
      };
  }
}

/** The entry in these bytes. `limit`: over ENTRY_MAX; `format` for any other form. */
export function parseLogEntry(bytes: Uint8Array): LogEntry {
  if (bytes.length > ENTRY_MAX) throw new EntrylogError("limit", "entry: too long");
  const f = new Fields(parseRestricted(bytes), "entry");
  f.integer("version", 1, 1);
  const entry = readEntry(f, f.oneOf("type", ENTRY_TYPES), f.integer("time"));
  f.end();
  return entry;
}

function writeEntry(entry: LogEntry): Uint8Array {
  const { type, time, ...rest } = entry;
  const fields = Object.entries(rest).map(([key, value]): [string, JsonInput] => [
    key,
    value instanceof Uint8Array ? encodeBase64url(value) : value,
  ]);
  return encodeRestricted({ version: 1, type, time, ...Object.fromEntries(fields) });
}

/** The bytes of an entry; what could not be read again is refused as parseLogEntry() does. */
export function encodeLogEntry(entry: LogEntry): Uint8Array {
  return writeEntry(parseLogEntry(writeEntry(entry))); // as it is read, the fields stand in their order
}
