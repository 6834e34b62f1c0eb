import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { exactly, SAFE_MAX } from "./bytes.js";
import { badFormat } from "./errors.js";
import type { Path } from "./merkle.js";

/**
 * Strict reading of one JSON object: every field is asked for by name and form, and end() insists that
 * none is left. Every method throws a `format` error that names the place.
 */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #read = new Set<string>();

  constructor(
    value: unknown,
    readonly what: string,
  ) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      badFormat(`${what}: not an object`);
    this.#value = value as Record<string, unknown>;
  }
  /** The raw value of a field that must be there. */
  any(name: string): unknown {
    if (!Object.hasOwn(this.#value, name)) badFormat(`${this.what}: no ${name}`);
    this.#read.add(name);
    return this.#value[name];
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#value, name);
  }
  integer(name: string, min = 0, max = SAFE_MAX): number {
    const x = this.any(name);
    if (typeof x !== "number" || !Number.isSafeInteger(x) || x < min || x > max)
      badFormat(`${this.what}: ${name}`);
    return x;
  }
  text(name: string, max = 1000): string {
    const x = this.any(name);
    if (typeof x !== "string" || x.length === 0 || x.length > max) badFormat(`${this.what}: ${name}`);
    return x;
  }
  oneOf<T extends string>(name: string, allowed: readonly T[]): T {
    const x = this.any(name);
    return allowed.find((a) => a === x) ?? badFormat(`${this.what}: ${name}`);
  }
  bool(name: string): boolean {
    const x = this.any(name);
    if (typeof x !== "boolean") badFormat(`${this.what}: ${name}`);
    return x;
  }
  /** base64url of exactly n bytes, or of any number without n. */
  bytes(name: string, n?: number): Uint8Array {
    return asBytes(this.any(name), `${this.what}: ${name}`, n);
  }
  bytesOrNull(name: string, n?: number): Uint8Array | null {
    return this.any(name) === null ? null : this.bytes(name, n);
  }
  nothing(name: string): null {
    if (this.any(name) !== null) badFormat(`${this.what}: ${name} is not null`);
    return null;
  }
  object(name: string): Fields {
    return new Fields(this.any(name), `${this.what}.${name}`);
  }
  list<T>(name: string, min: number, max: number, one: (value: unknown, what: string) => T): T[] {
    const x = this.any(name);
    if (!Array.isArray(x) || x.length < min || x.length > max) badFormat(`${this.what}: ${name}`);
    return (x as unknown[]).map((value, i) => one(value, `${this.what}.${name}[${i}]`));
  }
  objects<T>(name: string, min: number, max: number, one: (fields: Fields) => T): T[] {
    return this.list(name, min, max, (value, what) => {
      const fields = new Fields(value, what);
      const out = one(fields);
      fields.end();
      return out;
    });
  }
  /** Insist that every field has been read. */
  end(): void {
    for (const name of Object.keys(this.#value))
      if (!this.#read.has(name)) badFormat(`${this.what}: unknown field`);
  }
}

/** base64url text of exactly n bytes (or any number), as a JSON value. `format` otherwise. */
export function asBytes(value: unknown, what: string, n?: number): Uint8Array {
  if (typeof value !== "string") return badFormat(what);
  const bytes = decodeBase64url(value);
  return n === undefined ? bytes : exactly(n, bytes, what);
}

/** Insist that no two of the texts are equal. */
export function allDifferent(texts: readonly (string | number)[], what: string): void {
  if (new Set(texts).size !== texts.length) badFormat(`${what}: one twice`);
}

/** A Merkle path {index, size, hashes} as JSON (P-12.5). */
export interface WirePath {
  index: number;
  size: number;
  hashes: string[];
}

/** Read a path strictly: index below size, at most 40 hashes of 32 bytes. */
export function readPath(fields: Fields): Path {
  const path = {
    index: fields.integer("index"),
    size: fields.integer("size", 1),
    hashes: fields.list("hashes", 0, 40, (value, what) => asBytes(value, what, 32)),
  };
  fields.end();
  if (path.index >= path.size) badFormat(`${fields.what}: index`);
  return path;
}

/** The JSON form of a path. */
export function writePath(path: Path): WirePath {
  return { index: path.index, size: path.size, hashes: path.hashes.map(encodeBase64url) };
}
