import { CONSENT_VERSION } from "./consent.js";

/**
 * A registration under way. It outlives a reload (a phone may throw the page away while its owner reads the message),
 * but not the tab, and is removed when the registration is done, in whichever tab, when the device is wiped, and a
 * while after it was last in sight.
 */
export interface Draft {
  name: string;
  phone: string;
  /** The version of the consent that this person has read and agreed to. */
  agreed?: number;
  /** Registrations asked for, the newest first: of each the code counts for its 3 minutes. */
  pending: { registration: string; wrong: number }[];
  /** When it was last kept, or last in sight, by this device's clock in ms; every draft that is kept has it. */
  seen?: number;
}

const KEY = "draft";
/** How long a draft is kept out of sight: the message of which it waits counts for 3 minutes. In sight it has no end. */
const UNSEEN_MS = 15 * 60_000;
/** Codes that may be on their way at once. */
export const PENDING_MAX = 3;

/** Whether the text that this page asks for was agreed to: a link to a later step is no agreement. */
export function hasAgreed(): boolean {
  return readDraft().agreed === CONSENT_VERSION;
}
export function readDraft(): Draft {
  const empty: Draft = { name: "", phone: "", pending: [] };
  try {
    return { ...empty, ...(JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Draft>) };
  } catch {
    return empty;
  }
}
export function keepDraft(draft: Draft): void {
  sessionStorage.setItem(KEY, JSON.stringify({ ...draft, seen: Date.now() }));
}
export function dropDraft(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // a browser that keeps nothing has nothing to drop
  }
}
/** Whether a registration is under way here: another tab, or the time, may have ended it while an answer was awaited. */
export function hasDraft(): boolean {
  try {
    return sessionStorage.getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** The draft was in sight until now. */
export function sawDraft(): void {
  if (hasDraft()) keepDraft(readDraft());
}
/** Drop a draft that was out of sight for long; whether there was one. A clock that was set back does not lengthen its time. */
export function dropOldDraft(): boolean {
  if (!hasDraft()) return false;
  const unseen = Date.now() - (readDraft().seen ?? 0);
  if (unseen >= 0 && unseen < UNSEEN_MS) return false;
  dropDraft();
  return true;
}
