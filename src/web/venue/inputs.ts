import { decodeBase64url } from "../lib/base64url.js";

/** What is wrong with a business number: its form, or the check digit (most often one mistyped digit). */
export type BusinessNumberFault = "form" | "check";

const WEIGHTS = [1, 3, 7, 1, 3, 7, 1, 3, 5] as const;

/**
 * Ten digits of a Korean business registration number as the registry takes them: with both hyphens of 123-45-67890
 * or none. Spaces around are forgiven.
 */
export function businessNumberOf(typed: string): { digits: string } | { fault: BusinessNumberFault } {
  const text = typed.trim();
  if (!/^(?:[0-9]{10}|[0-9]{3}-[0-9]{2}-[0-9]{5})$/.test(text)) return { fault: "form" };
  const digits = text.replaceAll("-", "");
  const digit = (i: number): number => Number(digits[i]);
  const sum = WEIGHTS.reduce<number>((all, weight, i) => all + weight * digit(i), Math.floor((5 * digit(8)) / 10));
  return (10 - (sum % 10)) % 10 === digit(9) ? { digits } : { fault: "check" };
}

/** As people write it: 123-45-67890. */
export function writeBusinessNumber(digits: string): string {
  return digits.replace(/^([0-9]{3})([0-9]{2})([0-9]{5})$/, "$1-$2-$3");
}

/** A venue's number, which the registry counts from 1. */
export function venueNumberOf(typed: string): number | undefined {
  const text = typed.trim();
  return /^[1-9][0-9]{0,9}$/.test(text) && Number(text) <= 0xffffffff ? Number(text) : undefined;
}

/** An owner's key in its one form, without white space that copying brings along; undefined: it cannot be one. */
export function ownerKeyOf(typed: string): string | undefined {
  const key = typed.replace(/\s/g, "");
  try {
    return decodeBase64url(key).length === 32 ? key : undefined;
  } catch {
    return undefined;
  }
}

/** In groups of four, as it is read aloud and typed: the enrolment code ABCD-EFGH-JKMN. */
export function grouped(code: string): string {
  return code.match(/.{1,4}/g)?.join("-") ?? code;
}
