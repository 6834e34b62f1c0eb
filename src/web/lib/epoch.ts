import { EntrylogError } from "./errors.js";

export const DAY_S = 86400;
/** How far into the next day a token of the day before may be shown. */
export const OVERLAP_S = 2 * 3600;
/** How long after its QR was drawn a token is fresh, without the skew. */
export const FRESH_S = 15;
export const RETENTION_DAYS = 28;

/** The epoch of a time: floor((t + day_offset) / 86400) (P-2). `limit` when it is no u16. */
export function epochOf(time: number, dayOffset: number): number {
  const e = Math.floor((time + dayOffset) / DAY_S);
  if (!Number.isInteger(e) || e < 0 || e > 0xffff) throw new EntrylogError("limit", "epoch out of range");
  return e;
}

/** First second of an epoch. */
export function epochStart(epoch: number, dayOffset: number): number {
  return epoch * DAY_S - dayOffset;
}

/** end(e): the first second of the next epoch. */
export function epochEnd(epoch: number, dayOffset: number): number {
  return epochStart(epoch + 1, dayOffset);
}

/** May a token of this epoch be shown at this time: on its day, or in the first 2 h of the next? */
export function isShowable(epoch: number, shownAt: number, dayOffset: number): boolean {
  return shownAt >= epochStart(epoch, dayOffset) && shownAt < epochEnd(epoch, dayOffset) + OVERLAP_S;
}

/** What a scanner or the registry says of a QR's age: fresh, or the refusal's code. */
export type Freshness = "fresh" | "stale" | "from_future";

/** Judge a QR's age: -skew <= scanned_at - shown_at <= 15 + skew is fresh (P-5.1). */
export function freshness(shownAt: number, scannedAt: number, skew = 5): Freshness {
  const age = scannedAt - shownAt;
  if (age < -skew) return "from_future";
  return age <= FRESH_S + skew ? "fresh" : "stale";
}

/** When an epoch is due for destruction: end(e) + 2 h + 28 days (P-9). */
export function destroyDue(epoch: number, dayOffset: number): number {
  return epochEnd(epoch, dayOffset) + OVERLAP_S + RETENTION_DAYS * DAY_S;
}

/** A time rounded down to its minute, as visits are recorded. */
export function minuteOf(time: number): number {
  return time - (time % 60);
}
