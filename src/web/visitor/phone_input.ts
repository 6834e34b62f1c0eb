import { isPhone } from "../lib/phone.js";

/**
 * A phone number as people write it, in the form that the protocol hashes: `010-1234-5678` becomes `+821012345678`.
 * Spaces, hyphens, dots, brackets and full-width digits do not matter; undefined if it is no phone number.
 */
export function phoneOf(input: string): string | undefined {
  let text = input.normalize("NFKC").replace(/[\s().\u2010-\u2015-]/g, "");
  if (/^0[1-9][0-9]*$/.test(text)) text = `+82${text.slice(1)}`;
  else if (text.startsWith("+820")) text = `+82${text.slice(4)}`; // +82 (0)10 ...
  if (!isPhone(text)) return undefined;
  if (text.startsWith("+8210") && text.length !== 13) return undefined;
  return text;
}

/** A number of the country as it is written there, for reading; others as they are. */
export function readablePhone(phone: string): string {
  const mobile = /^\+82(10)([0-9]{4})([0-9]{4})$/.exec(phone);
  return mobile === null ? phone : `0${mobile[1]}-${mobile[2]}-${mobile[3]}`;
}

/** The six digits in what was typed or pasted, even a whole message; else the digits that are there. */
export function codeOf(input: string): string {
  const text = input.normalize("NFKC");
  const alone = /(?:^|[^0-9])([0-9]{6})(?:[^0-9]|$)/.exec(text);
  return alone?.[1] ?? text.replace(/[^0-9]/g, "");
}
