/** So often in a row the reader has to fail before the page is loaded anew for its sake, and then not again so soon. */
const FAILURES = 3;
const PAUSE_MS = 3_600_000;
const LAST = "scanner-reloaded";

/** What is known when the reader has failed once more. */
export interface Failing {
  failures: number;
  online: boolean;
  /** Nothing is on the screen that somebody may be reading. */
  idle: boolean;
  /** When the page was loaded anew last, and what time it is (Unix ms). */
  last: number | undefined;
  now: number;
}

/**
 * Is the page to be loaded anew? After an upgrade an old page asks for a decoder that is no longer there. Only with
 * network, as without a service worker there is no page without it, and not over and over where no decoder runs.
 */
export function isRenewalDue({ failures, online, idle, last, now }: Failing): boolean {
  return failures >= FAILURES && online && idle && (last === undefined || Math.abs(now - last) > PAUSE_MS);
}

/** When the page was loaded anew last, in this tab. */
export function lastRenewal(): number | undefined {
  const kept = sessionStorage.getItem(LAST);
  return kept === null ? undefined : Number(kept);
}

/** Load the page anew, noting when; not where that cannot be noted. */
export function renew(): void {
  sessionStorage.setItem(LAST, String(Date.now()));
  location.reload();
}
