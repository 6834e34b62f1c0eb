import { DAY_S, OVERLAP_S } from "../lib/epoch.js";

/** Tokens that a day's wallet may hold, and of one call for more. */
export const HELD_MAX = 32;
export const CALL_TOKENS = 16;
/** Fewer than this for today, and more are fetched at once. */
export const LOW = 4;
/** Indices of one ticket: a u16, none used twice (P-4.3). */
export const INDEXES = 65536;
/** A registration that ends within this is offered to be renewed. */
export const RENEW_S = 5 * DAY_S;

const HOUR_S = 3600;

/** When a thing of a day may be shown, in the issuer's seconds. */
export interface Span {
  from: number;
  until: number;
}

/** The span of tokens of a day that ends at `end`: from its first second until 2 h into the next (P-4.3). */
export function spanOf(end: number): Span {
  return { from: end - DAY_S, until: end + OVERLAP_S };
}

export function isUsable(span: Span, now: number): boolean {
  return span.from <= now && now < span.until;
}

/** Is this of the day that runs now, or of the one after? What is left over from yesterday counts for neither. */
export function isOfDay(from: number, now: number, day: Day): boolean {
  const start = day === "today" ? from : from - DAY_S;
  return start <= now && now < start + DAY_S;
}
export type Day = "today" | "tomorrow";

/**
 * How many calls of CALL_TOKENS a day's wallet takes. Always whole calls: a call for just what is missing would tell
 * the issuer how many codes were shown.
 */
export function callsFor(held: number): number {
  return Math.max(0, Math.floor((HELD_MAX - held) / CALL_TOKENS));
}

/** The next moment to fetch ahead: 1 to 6 hours from now, whatever the person does. `random` in [0, 1). */
export function nextRefill(now: number, random: number): number {
  return Math.round(now + HOUR_S + random * 5 * HOUR_S);
}

/** How long a refill that is due waits once the page is open, in seconds: the opening is not what the issuer sees. */
export function refillDelay(random: number): number {
  return 20 + random * 130;
}

/** Seconds until the n-th try again (n from 0): doubling from 2 s to a minute, spread, never before the server's wish. */
export function backoff(n: number, random: number, retryAfter = 0): number {
  return Math.max(retryAfter, Math.min(60, 2 * 2 ** Math.min(n, 6)) * (0.75 + random / 2));
}

/** How long a refill that failed leaves the issuer alone: as it asked, else 5 to 15 minutes. */
export function holdFor(random: number, retryAfter: number | undefined): number {
  return Math.max(retryAfter ?? 0, 300 + random * 600);
}
