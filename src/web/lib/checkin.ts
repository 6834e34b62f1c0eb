import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { openBox, queueAd, sealBox } from "./box.js";
import { concat, exactly, Reader, u32 } from "./bytes.js";
import { decodeTokenText, TOKEN_LEN } from "./token.js";
import { type RandomSource, systemRandom } from "./random.js";

/** One item of a check-in call, as JSON (docs/http-api.md). */
export type CheckinItem = { token: string; attempt: string; scanned_at?: number } | { sealed: string };

export const BATCH_ITEMS_MAX = 500;

/** A new attempt: 8 random bytes per decode event, kept across retries. */
export function newAttempt(random: RandomSource = systemRandom): Uint8Array {
  return random(8);
}

/** Body of `POST /v1/checkins`: the QR text as decoded, not trimmed. The server takes its own time without scanned_at. */
export function checkinBody(token: string, attempt: Uint8Array, scannedAt?: number): CheckinItem {
  const base = { token, attempt: encodeBase64url(exactly(8, attempt, "attempt")) };
  return scannedAt === undefined ? base : { ...base, scanned_at: scannedAt };
}

/** Plaintext of an offline item: token 144, attempt 8, scanned_at u32. */
function offlinePlain(token: Uint8Array, attempt: Uint8Array, scannedAt: number): Uint8Array {
  return concat(exactly(TOKEN_LEN, token, "token"), exactly(8, attempt, "attempt"), u32(scannedAt));
}

/**
 * Seal what a scanner saw without network to the registry's queue key of the day (P-5.3).
 * @param token QR text or its 144 bytes
 * @returns 204 bytes
 */
export function sealOffline(
  queueKey: Uint8Array,
  scanner: number,
  token: string | Uint8Array,
  attempt: Uint8Array,
  scannedAt: number,
  random: RandomSource = systemRandom,
  r?: bigint,
): Uint8Array {
  const bytes = typeof token === "string" ? decodeTokenText(token) : token;
  return sealBox(queueKey, offlinePlain(bytes, attempt, scannedAt), queueAd(scanner), random, r);
}

/** A batch item of a sealed offline one. */
export function sealedItem(sealed: Uint8Array): CheckinItem {
  return { sealed: encodeBase64url(sealed) };
}

/** The registry's side, for tests: open an offline item with the queue key's secret. */
export function openOffline(
  secret: bigint,
  scanner: number,
  sealed: Uint8Array | string,
): { token: Uint8Array; attempt: Uint8Array; scannedAt: number } {
  const box = typeof sealed === "string" ? decodeBase64url(sealed) : sealed;
  const r = new Reader(openBox(secret, box, queueAd(scanner)));
  const out = { token: r.bytes(TOKEN_LEN), attempt: r.bytes(8), scannedAt: r.u32() };
  r.end();
  return out;
}
