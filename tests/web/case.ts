import assert from "node:assert/strict";
import * as el from "../../src/web/lib/index.js";

/** One case of a vector file. Every field must be read: one that is not checked would look reproduced. */
export class Case {
  readonly #fields: Readonly<Record<string, unknown>>;
  readonly #read = new Set(["name", "valid"]);
  readonly name: string;
  readonly valid: boolean;

  constructor(value: unknown) {
    assert.ok(typeof value === "object" && value !== null && !Array.isArray(value), "a case is an object");
    this.#fields = value as Record<string, unknown>;
    const { name, valid } = this.#fields;
    this.name = typeof name === "string" ? name : "";
    assert.equal(typeof valid, "boolean", "valid");
    this.valid = valid === true;
  }
  has(name: string): boolean {
    return Object.hasOwn(this.#fields, name);
  }
  any(name: string): unknown {
    assert.ok(this.has(name), `${this.name}: no field ${name}`);
    this.#read.add(name);
    return this.#fields[name];
  }
  text(name: string): string {
    const x = this.any(name);
    assert.equal(typeof x, "string", name);
    return x as string;
  }
  hex(name: string): Uint8Array {
    return el.fromHex(this.text(name));
  }
  hexes(name: string): Uint8Array[] {
    return this.list(name, (x) => el.fromHex(x as string));
  }
  int(name: string): number {
    const x = this.any(name);
    assert.ok(Number.isSafeInteger(x), name);
    return x as number;
  }
  bool(name: string): boolean {
    const x = this.any(name);
    assert.equal(typeof x, "boolean", name);
    return x as boolean;
  }
  list<T>(name: string, one: (x: unknown) => T): T[] {
    const x = this.any(name);
    assert.ok(Array.isArray(x), name);
    return (x as unknown[]).map(one);
  }
  cases(name: string): Case[] {
    return this.list(name, (x) => new Case({ name, valid: true, ...(x as object) }));
  }
  /** The field holds exactly these bytes. */
  same(name: string, bytes: Uint8Array): void {
    assert.equal(el.toHex(bytes), this.text(name), name);
  }
  /** The call is refused, with the kind of error that the case names. */
  refused(f: () => unknown): void {
    const kind = this.has("error") ? this.text("error") : "format";
    assert.throws(
      f,
      (e: unknown) => e instanceof el.EntrylogError && e.kind === kind,
      `${this.name}: refused with ${kind}`,
    );
  }
  end(): void {
    const left = Object.keys(this.#fields).filter((name) => !this.#read.has(name));
    assert.deepEqual(left, [], `${this.name}: fields that were not checked`);
  }
}
