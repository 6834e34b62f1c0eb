import { FRESH_S } from "../lib/epoch.js";
import { encodeTokenText, stampBody } from "../lib/token.js";

/** A code is drawn anew this often; it counts for 15 s (P-4.3). */
export const REDRAW_S = 8;
/**
 * A live code is drawn anew this late: each has another id, so that a scanner before which a phone is held on and on
 * takes the next one for another person.
 */
export const LIVE_REDRAW_S = 12;
/** A body is shown no longer than this. */
export const BODY_S = 90;

/** Where codes come from, and the issuer's time. */
export interface Source {
  take(): Promise<{ body: Uint8Array; key: Uint8Array; until: number } | undefined>;
  live(): Promise<{ text: string; shownAt: number }>;
  now(): number;
}

/**
 * A code to draw. `isNew` when it is of another body than the one before; from `until` on it must not be on the screen,
 * whatever becomes of the next one.
 */
export interface Code {
  text: string;
  shownAt: number;
  until: number;
  from: "wallet" | "live";
  isNew: boolean;
}

/**
 * The codes of the openings of a page, one after the other: each body for one opening and at most BODY_S seconds,
 * stamped anew at every redraw. Without a body in the wallet each code is drawn live.
 */
export class Showing {
  private held: { body: Uint8Array; key: Uint8Array; since: number; until: number } | undefined;
  constructor(private readonly source: Source) {}

  /** A body that was shown is not shown again: at a new opening, and when the person wants another code. */
  drop(): void {
    this.held = undefined;
  }
  /** The code to draw now. It stays on the screen for REDRAW_S, so that much of the body's time must be left. */
  async next(): Promise<Code> {
    const now = this.source.now();
    const held = this.held;
    if (held !== undefined && now >= held.since && now + REDRAW_S <= held.until)
      return { ...stamp(held, now), from: "wallet", isNew: false };
    this.held = undefined;
    const token = await this.source.take();
    if (token === undefined) {
      const live = await this.source.live();
      return { ...live, until: live.shownAt + FRESH_S, from: "live", isNew: true };
    }
    const since = this.source.now();
    this.held = { body: token.body, key: token.key, since, until: Math.min(since + BODY_S, token.until) };
    return { ...stamp(this.held, since), from: "wallet", isNew: true };
  }
}

function stamp(
  token: { body: Uint8Array; key: Uint8Array; until: number },
  now: number,
): Pick<Code, "text" | "shownAt" | "until"> {
  const shownAt = Math.floor(now);
  const text = encodeTokenText(stampBody(token.body, token.key, shownAt));
  return { text, shownAt, until: Math.min(token.until, shownAt + FRESH_S) };
}
