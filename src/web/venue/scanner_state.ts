import type { VenueScanner } from "../lib/client.js";

export type ScannerState = "waiting" | "expired" | "ready" | "active" | "paused" | "closed";

/**
 * What a scanner does now: wait for its pairing, need a new code, work, or be paused. One that is paired works only where
 * its venue does: before the approval it is ready, and in a paused venue it is closed with it.
 */
export function stateOf(scanner: VenueScanner, venue: { approved: boolean; active: boolean }, now: number): ScannerState {
  if (scanner.enrolled && !scanner.active) return "paused";
  if (scanner.enrolled) return !venue.approved ? "ready" : venue.active ? "active" : "closed";
  return scanner.expires_at !== null && scanner.expires_at > now ? "waiting" : "expired";
}

/** The address that pairs a scanner when it is opened on the tablet; the code stays behind the #, on no server. */
export function pairingAddress(origin: string, code: string): string {
  return `${origin}/scanner/#enrol=${code}`;
}
