import { fromUtf8, SAFE_MAX, utf8 } from "./bytes.js";
import { badFormat } from "./errors.js";

/** A value of restricted JSON; objects have no prototype. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object of restricted JSON: what every document is. */
export type JsonObject = { readonly [key: string]: Json };

export const DEPTH_MAX = 8;

const KEY = /^[a-z0-9_]+$/;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

class Scanner {
  #at = 0;
  constructor(readonly text: string) {}

  #peek(): string {
    return this.text.charAt(this.#at);
  }
  #accept(c: string): boolean {
    if (this.#peek() !== c) return false;
    this.#at++;
    return true;
  }
  #expect(c: string): void {
    if (!this.#accept(c)) badFormat(`JSON: expected ${c} at ${this.#at}`);
  }
  #space(): void {
    while (this.#accept(" "));
  }
  #word(word: string): void {
    if (!this.text.startsWith(word, this.#at)) badFormat(`JSON: unexpected text at ${this.#at}`);
    this.#at += word.length;
  }

  document(): JsonObject {
    this.#space();
    if (this.#peek() !== "{") badFormat("JSON: not an object");
    const value = this.#object(1);
    this.#space();
    if (this.#at !== this.text.length) badFormat(`JSON: text after the document at ${this.#at}`);
    return value;
  }
  #value(depth: number): Json {
    switch (this.#peek()) {
      case "{":
        return this.#object(depth);
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      case "t":
        this.#word("true");
        return true;
      case "f":
        this.#word("false");
        return false;
      case "n":
        this.#word("null");
        return null;
      default:
        return this.#integer();
    }
  }
  #enter(depth: number): void {
    if (depth > DEPTH_MAX) badFormat("JSON: too deep");
    this.#at++;
    this.#space();
  }
  #object(depth: number): JsonObject {
    this.#enter(depth);
    const out = Object.create(null) as Record<string, Json>;
    if (this.#accept("}")) return out;
    for (;;) {
      const key = this.#string();
      if (!KEY.test(key)) badFormat("JSON: key outside [a-z0-9_]");
      if (Object.hasOwn(out, key)) badFormat("JSON: key twice");
      this.#space();
      this.#expect(":");
      this.#space();
      out[key] = this.#value(depth + 1);
      this.#space();
      if (this.#accept("}")) return out;
      this.#expect(",");
      this.#space();
    }
  }
  #array(depth: number): Json {
    this.#enter(depth);
    const out: Json[] = [];
    if (this.#accept("]")) return out;
    for (;;) {
      out.push(this.#value(depth + 1));
      this.#space();
      if (this.#accept("]")) return out;
      this.#expect(",");
      this.#space();
    }
  }
  #string(): string {
    this.#expect('"');
    let out = "";
    for (;;) {
      const c = this.#peek();
      if (c === "") badFormat("JSON: string not closed");
      this.#at++;
      if (c === '"') return out;
      if (c === "\\") {
        const escaped = this.#peek();
        if (escaped !== '"' && escaped !== "\\") badFormat('JSON: only \\" and \\\\ may be escaped');
        this.#at++;
        out += escaped;
      } else {
        out += c;
      }
    }
  }
  #integer(): number {
    const digits = /^(?:0|[1-9][0-9]{0,15})/.exec(this.text.slice(this.#at, this.#at + 16))?.[0] ?? "";
    if (digits === "") badFormat(`JSON: unexpected text at ${this.#at}`);
    this.#at += digits.length;
    if (/^[0-9.eE]/.test(this.#peek())) badFormat("JSON: not an integer in canonical form");
    const value = Number(digits);
    if (value > SAFE_MAX) badFormat("JSON: integer beyond 2^53-1");
    return value;
  }
}

/**
 * The object in restricted JSON (P-11.2): valid UTF-8 in NFC without byte order mark or control
 * characters; keys [a-z0-9_], each once per object; integers 0..2^53-1 without sign, fraction, exponent or
 * leading zero; only \" and \\ escaped; depth at most 8. Anything else is a `format` error.
 */
export function parseRestricted(bytes: Uint8Array): JsonObject {
  const text = fromUtf8(bytes);
  if (text.startsWith("\ufeff")) badFormat("JSON: byte order mark");
  if (CONTROL.test(text)) badFormat("JSON: control character");
  if (text.normalize("NFC") !== text) badFormat("JSON: not in NFC");
  return new Scanner(text).document();
}

/** What encodeRestricted() takes: as Json, with undefined refused by type. */
export type JsonInput =
  null | boolean | number | string | readonly JsonInput[] | { readonly [key: string]: JsonInput };

function write(value: JsonInput, depth: number): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0) badFormat("JSON: not an integer in 0..2^53-1");
    return String(value);
  }
  if (typeof value === "string") {
    if (CONTROL.test(value)) badFormat("JSON: control character");
    if (value.normalize("NFC") !== value || /\p{Surrogate}/u.test(value)) badFormat("JSON: not in NFC");
    return `"${value.replace(/["\\]/g, "\\$&")}"`;
  }
  if (depth > DEPTH_MAX) badFormat("JSON: too deep");
  if (Array.isArray(value)) return `[${value.map((v: JsonInput) => write(v, depth + 1)).join(",")}]`;
  return `{${Object.entries(value)
    .map(([key, v]) => {
      if (!KEY.test(key)) badFormat("JSON: key outside [a-z0-9_]");
      return `"${key}":${write(v as JsonInput, depth + 1)}`;
    })
    .join(",")}}`;
}

/** Restricted JSON of a value, compact, keys in the order given. A `format` error for what it cannot say. */
export function encodeRestricted(value: JsonInput): Uint8Array {
  return utf8(write(value, 1));
}
