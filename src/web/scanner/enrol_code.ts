/** Crockford's base32 as enrolment codes have it: no I, L, O, U. */
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LEN = 12;

/**
 * The one form of what a person typed: case, hyphens and spaces forgiven, O read as 0, I and L as 1 (as the registry
 * does, src/base/base32.c). Undefined when it is not 12 characters of the alphabet then.
 */
export function normalCode(typed: string): string | undefined {
  const code = typed.toUpperCase().replace(/[\s‐-―-]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");
  return code.length === CODE_LEN && [...code].every((c) => ALPHABET.includes(c)) ? code : undefined;
}

/** A code as it is shown: groups of four. */
export function groupedCode(code: string): string {
  return code.replace(/(.{4})(?=.)/g, "$1-");
}

/** The code of a fragment `#enrol=CODE`, or undefined. */
export function codeOfFragment(hash: string): string | undefined {
  const found = /^#enrol=([0-9A-Z-]{12,20})$/i.exec(hash);
  return found?.[1] === undefined ? undefined : normalCode(found[1]);
}

/**
 * The code of a venue page's QR, if it is a link to this very registry; a link to another host is nobody's business.
 * Case does not matter: Caps Lock turns it, and a Hangul layout makes all of it capitals.
 */
export function codeOfLink(text: string, origin: string): string | undefined {
  const start = `${origin}/scanner/`;
  const isOurs = text.slice(0, start.length).toLowerCase() === start.toLowerCase();
  return isOurs ? codeOfFragment(text.slice(start.length)) : undefined;
}

/** What a person, or a scanner that types, put into the field: a code, or the whole link. */
export function codeOfInput(text: string, origin: string): string | undefined {
  return normalCode(text) ?? codeOfLink(text.trim(), origin);
}
