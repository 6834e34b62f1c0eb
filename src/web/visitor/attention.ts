import { BODY_S } from "./showing.js";

/** Without a touch or a key for as long as three bodies last, nobody is taken to be looking. */
export const ATTENTION_S = 3 * BODY_S;

/**
 * Whether somebody still looks at an opening of the page. A page that lies open spends a body every 90 s, and nothing
 * ends its opening but the screen going dark; so the screen is kept on only for those who are there. Seconds of a
 * clock that nobody sets.
 */
export class Attention {
  private since = -Infinity;
  constructor(private readonly now: () => number) {}

  /** The page was opened, or touched. */
  renew(): void {
    this.since = this.now();
  }
  isThere(): boolean {
    return this.now() - this.since < ATTENTION_S;
  }
}
