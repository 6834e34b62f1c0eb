import { badFormat } from "./errors.js";
import { decodeBase64url, encodeBase64url } from "./base64url.js";

/** base64 with padding (RFC 4648 section 4) of any bytes: what signed notes are written in. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encodeBase64url(bytes).replaceAll("-", "+").replaceAll("_", "/");
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** The bytes of base64 text, strictly: whole groups, zero trailing bits, no other character. Else a `format` error. */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) badFormat("base64");
  return decodeBase64url(text.replace(/=+$/, "").replaceAll("+", "-").replaceAll("/", "_"));
}
