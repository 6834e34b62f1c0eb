import type { VenueScanner } from "../lib/client.js";

export type ScannerState = "waiting" | "expired" | "active" | "paused";

/** What a scanner does now: wait for its pairing, need a new code, work, or be paused. */
export function stateOf(scanner: VenueScanner, now: number): ScannerState {
  if (scanner.enrolled) return scanner.active ? "active" : "paused";
  return scanner.expires_at !== null && scanner.expires_at > now ? "waiting" : "expired";
}

/** The address that pairs a scanner when it is opened on the tablet; the code stays behind the #, on no server. */
export function pairingAddress(origin: string, code: string): string {
  return `${origin}/scanner/#enrol=${code}`;
}
