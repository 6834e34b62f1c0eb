import { badFormat, EntrylogError } from "./errors.js";

/** Largest value that travels as a JSON integer: 2^53 - 1. */
export const SAFE_MAX = Number.MAX_SAFE_INTEGER;

/** A reader of big-endian fields. Every method throws a `format` error when too few bytes are left. */
export class Reader {
  #at = 0;
  readonly #view: DataView;
  constructor(readonly input: Uint8Array) {
    this.#view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  }
  /** Bytes not read yet. */
  get left(): number {
    return this.input.length - this.#at;
  }
  #take(n: number): number {
    if (n > this.left) badFormat("too short");
    const at = this.#at;
    this.#at += n;
    return at;
  }
  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }
  /** The next n bytes, copied. */
  bytes(n: number): Uint8Array {
    const at = this.#take(n);
    return this.input.slice(at, at + n);
  }
  /** Insist that nothing is left. */
  end(): void {
    if (this.left !== 0) badFormat("bytes left over");
  }
}

function unsigned(value: number, bits: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits)
    throw new EntrylogError("limit", `not a u${bits}`);
  return value;
}

/** One byte. Throws `limit` outside 0..255. */
export function u8(value: number): Uint8Array {
  return Uint8Array.of(unsigned(value, 8));
}

/** Two bytes, big-endian. Throws `limit` outside 0..65535. */
export function u16(value: number): Uint8Array {
  unsigned(value, 16);
  return Uint8Array.of(value >>> 8, value & 0xff);
}

/** Four bytes, big-endian. Throws `limit` outside 0..2^32-1. */
export function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, unsigned(value, 32));
  return out;
}

/** Eight bytes, big-endian. Throws `limit` outside 0..2^64-1, or for a number that is no safe integer. */
export function u64(value: number | bigint): Uint8Array {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    throw new EntrylogError("limit", "not a u64");
  const big = BigInt(value);
  if (big < 0n || big >= 1n << 64n) throw new EntrylogError("limit", "not a u64");
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, big);
  return out;
}

/** All parts, one after the other, in a new array. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Equal length and content; the time depends on the lengths only. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let diff = 0;
  for (let i = 0; i < a.length; i++) diff |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return diff === 0;
}

/** The bytes, if there are exactly n of them; else a `format` error naming `what`. */
export function exactly(n: number, bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length !== n) badFormat(`${what} is not ${n} bytes`);
  return bytes;
}

/** The bytes of an ASCII string; a `format` error for anything beyond U+007F. */
export function ascii(text: string): Uint8Array {
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 0x7f) badFormat("not ASCII");
    out[i] = c;
  }
  return out;
}

/** The UTF-8 bytes of a string. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The text of strictly valid UTF-8 (a byte order mark is kept); else a `format` error. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return badFormat("not UTF-8");
  }
}

/** Lower-case hexadecimal. */
export function toHex(bytes: Uint8Array): string {
  let out = "";
  for (const b of bytes) out += b.toString(16).padStart(2, "0");
  return out;
}

/** The bytes of lower-case hexadecimal; a `format` error for anything else. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) badFormat("not lower-case hexadecimal");
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}
