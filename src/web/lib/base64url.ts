import { badFormat } from "./errors.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((c, i) => [c, i]));

/** base64url without padding (RFC 4648 section 5) of any bytes. */
export function encodeBase64url(bytes: Uint8Array): string {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = Math.min(3, bytes.length - i);
    const x = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let k = 0; k <= n; k++) out += ALPHABET.charAt((x >>> (18 - 6 * k)) & 63);
  }
  return out;
}

/**
 * The bytes of base64url text, strictly (P-11.1, trap 6): no padding, no `+` or `/`, no white
 * space, zero trailing bits, so that every byte string has one text. Else a `format` error.
 */
export function decodeBase64url(text: string): Uint8Array {
  if (text.length % 4 === 1) badFormat("base64url: impossible length");
  const out = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = VALUES.get(text.charAt(i)) ?? badFormat("base64url: character outside the alphabet");
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = held >>> bits;
      held &= (1 << bits) - 1;
    }
  }
  if (held !== 0) badFormat("base64url: stray bits");
  return out;
}
