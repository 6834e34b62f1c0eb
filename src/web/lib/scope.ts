import { encodeBase64url } from "./base64url.js";
import { ascii, equal, exactly, u8 } from "./bytes.js";
import { badFormat } from "./errors.js";
import { allDifferent, Fields } from "./fields.js";
import { sha256 } from "./kdf.js";
import { isPhone } from "./phone.js";
import type { OrderKind } from "./policy.js";
import { type RandomSource, systemRandom } from "./random.js";
import { encodeRestricted, parseRestricted } from "./rjson.js";

/** What a party may look for under an order (P-12.4). */
export type Scope =
  | { venues: number[]; from: number; to: number }
  | { opened: "links" }
  | { opened: "links"; template: number; day: number }
  | { opened: "secrets"; from: number; to: number }
  | { phones: string[] };

/** `registry`, or `issuer:N` with N in 1..255 without leading zero. `format` otherwise. */
export function checkParty(party: string): string {
  const m = /^issuer:([1-9][0-9]{0,2})$/.exec(party);
  if (party !== "registry" && (m === null || Number(m[1]) > 255)) badFormat("party");
  return party;
}

/** The scope of a party under a kind of order, from its exact bytes. A `format` error for any other form. */
export function parseScope(kind: OrderKind, party: string, bytes: Uint8Array): Scope {
  const f = new Fields(parseRestricted(bytes), "scope");
  const window = (): { from: number; to: number } => {
    const from = f.integer("from");
    return { from, to: f.integer("to", from) };
  };
  const read = (): Scope => {
    if ((kind === "contacts" || kind === "notice") && party === "registry")
      return { venues: f.list("venues", 1, 100, (v, what) => asVenue(v, what)), ...window() };
    if (kind === "contacts") return { opened: f.oneOf("opened", ["links"]) };
    if (kind === "notice")
      return {
        opened: f.oneOf("opened", ["links"]),
        template: f.integer("template", 1, 65535),
        day: f.integer("day", 0, 65535),
      };
    if (kind === "trace" && party === "registry")
      return { opened: f.oneOf("opened", ["secrets"]), ...window() };
    if (kind === "trace") return { phones: f.list("phones", 1, 100, (v, what) => asPhone(v, what)) };
    return badFormat("scope: kind");
  };
  checkParty(party);
  const scope = read();
  f.end();
  if ("venues" in scope) allDifferent(scope.venues, "scope: venues");
  if ("phones" in scope) allDifferent(scope.phones, "scope: phones");
  return scope;
}

function asVenue(value: unknown, what: string): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 0xffffffff
    ? value
    : badFormat(what);
}

function asPhone(value: unknown, what: string): string {
  return typeof value === "string" && isPhone(value) ? value : badFormat(what);
}

/** Scope hash = SHA-256(u8 length || party || salt 32 || scope bytes) (P-11.2). */
export function scopeHash(party: string, salt: Uint8Array, scope: Uint8Array): Uint8Array {
  const name = ascii(party);
  return sha256(u8(name.length), name, exactly(32, salt, "salt"), scope);
}

/** A disclosed scope, decoded. */
export interface DisclosedScope {
  party: string;
  salt: Uint8Array;
  scope: Uint8Array;
}

/** A disclosed scope as it travels. */
export interface WireScope {
  party: string;
  salt: string;
  scope: string;
}

/** Read a disclosed scope strictly; its content is not parsed yet. */
export function readDisclosed(value: unknown, what = "disclosed scope"): DisclosedScope {
  const f = new Fields(value, what);
  const out = { party: checkParty(f.text("party")), salt: f.bytes("salt", 32), scope: f.bytes("scope") };
  f.end();
  return out;
}

/** Disclose a scope under a fresh salt. */
export function disclose(party: string, scope: Scope, random: RandomSource = systemRandom): DisclosedScope {
  return { party: checkParty(party), salt: random(32), scope: encodeRestricted(scope) };
}

/** The JSON form of a disclosed scope. */
export function writeDisclosed(d: DisclosedScope): WireScope {
  return { party: d.party, salt: encodeBase64url(d.salt), scope: encodeBase64url(d.scope) };
}

/** Does the disclosed scope have the hash that the order's audience names for its party? */
export function scopeMatches(d: DisclosedScope, hash: Uint8Array): boolean {
  return equal(scopeHash(d.party, d.salt, d.scope), hash);
}

/** Is a recorded minute inside a window: from rounded down to its minute <= minute <= to (P-12.4)? */
export function inWindow(minute: number, window: { from: number; to: number }): boolean {
  return minute % 60 === 0 && window.from - (window.from % 60) <= minute && minute <= window.to;
}
