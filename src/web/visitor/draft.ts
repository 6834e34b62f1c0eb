import { CONSENT_VERSION } from "./consent.js";

/**
 * A registration under way. It outlives a reload (a phone may throw the page away while its owner reads the message),
 * but not the tab, and is removed when the registration is done.
 */
export interface Draft {
  name: string;
  phone: string;
  /** The version of the consent that this person has read and agreed to. */
  agreed?: number;
  /** Registrations asked for, the newest first: of each the code counts for its 3 minutes. */
  pending: { registration: string; wrong: number }[];
}

const KEY = "draft";
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
  sessionStorage.setItem(KEY, JSON.stringify(draft));
}
export function dropDraft(): void {
  sessionStorage.removeItem(KEY);
}
