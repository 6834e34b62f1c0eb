import { badFormat } from "./errors.js";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** Base45 of any bytes (RFC 9285 section 4): three characters for two bytes, two for a last odd one. */
export function encodeBase45(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const hi = bytes[i] ?? 0;
    const lo = bytes[i + 1];
    const x = lo === undefined ? hi : hi * 256 + lo;
    out += ALPHABET.charAt(x % 45) + ALPHABET.charAt(Math.floor(x / 45) % 45);
    if (lo !== undefined) out += ALPHABET.charAt(Math.floor(x / 2025));
  }
  return out;
}

/**
 * The bytes of a Base45 text (RFC 9285 section 4), strictly: upper case only, nothing trimmed, a triple
 * at most 65535, a final pair at most 255, no single remaining character. Else a `format` error.
 */
export function decodeBase45(text: string): Uint8Array {
  if (text.length % 3 === 1) badFormat("Base45: one character left over");
  const out = new Uint8Array(Math.floor(text.length / 3) * 2 + (text.length % 3 === 2 ? 1 : 0));
  let at = 0;
  for (let i = 0; i < text.length; i += 3) {
    const triple = i + 2 < text.length;
    let x = 0;
    for (let k = triple ? 2 : 1; k >= 0; k--) {
      const digit = ALPHABET.indexOf(text.charAt(i + k));
      if (digit < 0) badFormat("Base45: character outside the alphabet");
      x = x * 45 + digit;
    }
    if (x > (triple ? 65535 : 255)) badFormat("Base45: value too large");
    if (triple) out[at++] = x >>> 8;
    out[at++] = x & 0xff;
  }
  return out;
}
