import { BODY_LEN, decodeTokenText, parseToken, TOKEN_VERSION, verifyBody } from "../lib/token.js";
import { type Directory, issuerKey } from "../lib/directory.js";
import { freshness, isShowable } from "../lib/epoch.js";
import { toHex } from "../lib/bytes.js";

/** What a scan comes to; each has its own word (texts), sign (icons.ts), colour (page.css) and sound (signals.ts). */
export type Kind =
  | "accepted" // the registry recorded it
  | "queued" // recorded here, will be sent
  | "counted" // the same person's second scan: nothing to do
  | "forged" // made up: not signed by the issuer that it names
  | "unknown" // of an issuer, or a key of one, that is not in the directory on this device: perhaps a newer one has it
  | "stale"
  | "future"
  | "used"
  | "wrong_day"
  | "newer" // of a form that this page does not know: the device has decided, no server was asked
  | "refused" // the registry says no for another reason
  | "foreign" // no code of Entrylog
  | "paused" // venue or scanner is not active
  | "revoked"
  | "unrecorded"; // no network, and nothing to keep it with: no key (no code), no `storage`, or not this scanner's any more (`gone`)

/** What is told of one scan; `code` names the reason where a kind has several. */
export interface Verdict {
  kind: Kind;
  code?: string;
}

/** What the device knows when it judges. */
export interface Knowledge {
  directory: Directory;
  /** Server time, Unix seconds. */
  now: number;
  skew: number;
  dayOffset: number;
}

/** A token that passed: its bytes, and T in hexadecimal for the memory. */
export interface Sound {
  token: Uint8Array;
  id: string;
}

function no(kind: Kind, code?: string): { verdict: Verdict } {
  return { verdict: code === undefined ? { kind } : { kind, code } };
}

/** The bytes of a text, or undefined when it is no token's. */
function bytesOf(text: string): Uint8Array | undefined {
  try {
    return decodeTokenText(text);
  } catch {
    return undefined;
  }
}

/**
 * Judge a text with what is on the device, in this order: form, version, issuer, day, signature, age. The tag is the
 * registry's to check. A fresh code is of the day of its showing, so that a code drawn a second before a day's
 * boundary is judged as the registry will; any other is held against now.
 */
export function judge(text: string, known: Knowledge): Sound | { verdict: Verdict } {
  const bytes = bytesOf(text);
  if (bytes === undefined) return no("foreign");
  const { body, shownAt } = parseToken(bytes);
  if (body.version !== TOKEN_VERSION) return no("newer", "unknown_version");
  if (!known.directory.issuers.some((i) => i.issuer === body.issuer)) return no("unknown", "unknown_issuer");
  const age = freshness(shownAt, known.now, known.skew);
  if (!isShowable(body.epoch, age === "fresh" ? shownAt : known.now, known.dayOffset)) return no("wrong_day");
  const key = issuerKey(known.directory, body.issuer, body.epoch);
  if (key === undefined) return no("unknown", "unknown_key");
  if (!verifyBody(bytes.slice(0, BODY_LEN), key)) return no("forged", "bad_signature");
  if (age !== "fresh") return no(age === "stale" ? "stale" : "future");
  return { token: bytes, id: toHex(body.id) };
}

const OF_CODE: Readonly<Record<string, Kind>> = {
  already_used: "used",
  bad_tag: "forged",
  stale: "stale",
  from_future: "future",
  wrong_day: "wrong_day",
  unknown_issuer: "unknown",
  malformed_token: "foreign",
  venue_inactive: "paused",
  scanner_paused: "paused",
  unauthorized: "revoked",
};

/** The verdict of a refusal by the registry (docs/http-api.md). */
export function verdictOfCode(code: string): Verdict {
  return { kind: OF_CODE[code] ?? "refused", code };
}

/** Is it a refusal that may not hold a moment later for the very same code? A screen that is `gone` stays so. */
export function maySoonChange({ kind, code }: Verdict): boolean {
  return kind === "future" || kind === "unknown" || (kind === "unrecorded" && code !== "gone");
}
