/** Longest phone number: a plus sign and 15 digits. */
export const PHONE_MAX = 16;

/** Is this a phone number as the protocol hashes it: `+[1-9][0-9]{6,14}`, and never `+820...` (P-11.2)? */
export function isPhone(text: string): boolean {
  return /^\+[1-9][0-9]{6,14}$/.test(text) && !text.startsWith("+820");
}
