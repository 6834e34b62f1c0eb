import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, exactly, fromUtf8, Reader, u16, u32, u64, u8, utf8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { kdf, prf8 } from "./kdf.js";
import { isPhone, PHONE_MAX } from "./phone.js";
import { type RandomSource, systemRandom } from "./random.js";

export const STORE_IDENTITY = 1;
export const STORE_VISIT = 2;
export type Store = typeof STORE_IDENTITY | typeof STORE_VISIT;

export const FLAG_LATE = 1;
export const FLAG_DUPLICATE = 2;

/** Longest name in bytes of UTF-8. */
export const NAME_MAX = 100;

/** Length of every identity row's plaintext: lengths, name, phone at their longest, then the fixed fields. */
export const IDENTITY_LEN = 1 + NAME_MAX + 1 + PHONE_MAX + 16 + 2 + 16 + 32 + 80;
export const VISIT_LEN = 4 + 4 + 4 + 1 + 8 + 16 + 132;

/** Where a row stands; tags are 8 bytes, as the PRF gives them. */
export interface RowPlace {
  store: Store;
  epoch: number;
  segment: number;
  tagA: Uint8Array;
  tagB: Uint8Array;
}

/** The two keys below a day key K_e (P-3). */
export function dayKeys(dayKey: Uint8Array): { tags: Uint8Array; rows: Uint8Array } {
  return { tags: kdf(dayKey, "EL1-tags"), rows: kdf(dayKey, "EL1-rows") };
}

/** tag_a of an identity row: of the handle h_e (16 bytes). */
export function handleTag(tags: Uint8Array, handle: Uint8Array): Uint8Array {
  return prf8(tags, "EL1-tag-h", exactly(16, handle, "handle"));
}

/** tag_b of an identity row: of the phone number in E.164. */
export function phoneTag(tags: Uint8Array, phone: string): Uint8Array {
  if (!isPhone(phone)) badFormat("phone");
  return prf8(tags, "EL1-tag-p", utf8(phone));
}

/** tag_a of a visit row: of the venue's id. */
export function venueTag(tags: Uint8Array, venue: number): Uint8Array {
  return prf8(tags, "EL1-tag-v", u32(venue));
}

/** tag_b of a visit row: of T (16 bytes). */
export function tokenIdTag(tags: Uint8Array, tokenId: Uint8Array): Uint8Array {
  return prf8(tags, "EL1-tag-t", exactly(16, tokenId, "T"));
}

/** A tag as the signed 64-bit integer that SQLite holds (two's complement of the big-endian u64). */
export function storedTag(tag: Uint8Array): bigint {
  return BigInt.asIntN(64, new Reader(exactly(8, tag, "tag")).u64());
}

/** The 8 bytes of a tag that SQLite holds. */
export function tagOfStored(stored: bigint): Uint8Array {
  return u64(BigInt.asUintN(64, stored));
}

/** ad of a stored row: store, epoch, segment, tag_a, tag_b; 23 bytes. */
export function rowAd(place: RowPlace): Uint8Array {
  return concat(
    u8(place.store),
    u16(place.epoch),
    u32(place.segment),
    exactly(8, place.tagA, "tag_a"),
    exactly(8, place.tagB, "tag_b"),
  );
}

/** nonce 24 || XChaCha20-Poly1305(rows key; plain; ad): plain length + 40 bytes. */
export function sealRow(
  rowsKey: Uint8Array,
  place: RowPlace,
  plain: Uint8Array,
  random: RandomSource = systemRandom,
): Uint8Array {
  const nonce = exactly(24, random(24), "nonce");
  return concat(
    nonce,
    xchacha20poly1305(exactly(32, rowsKey, "rows key"), nonce, rowAd(place)).encrypt(plain),
  );
}

/** The plaintext of a stored row. `format`: too short; `crypto`: does not open. */
export function openRow(rowsKey: Uint8Array, place: RowPlace, sealed: Uint8Array): Uint8Array {
  if (sealed.length < 40) badFormat("row too short");
  try {
    return xchacha20poly1305(exactly(32, rowsKey, "rows key"), sealed.slice(0, 24), rowAd(place)).decrypt(
      sealed.slice(24),
    );
  } catch {
    throw new EntrylogError("crypto", "row does not open");
  }
}

/** What the issuer keeps of a visitor's day (P-4.2). */
export interface IdentityRow {
  name: string;
  phone: string;
  handle: Uint8Array;
  consent: number;
  salt: Uint8Array;
  com: Uint8Array;
  box: Uint8Array;
}

/** Plaintext of an identity row: IDENTITY_LEN bytes, padded so that all are equally long. */
export function encodeIdentityRow(row: IdentityRow): Uint8Array {
  const name = utf8(row.name);
  if (name.length === 0 || name.length > NAME_MAX || row.name.normalize("NFC") !== row.name)
    badFormat("name");
  if (!isPhone(row.phone)) badFormat("phone");
  const phone = utf8(row.phone);
  const pad = new Uint8Array(NAME_MAX - name.length + PHONE_MAX - phone.length);
  return concat(
    u8(name.length),
    name,
    u8(phone.length),
    phone,
    pad,
    exactly(16, row.handle, "handle"),
    u16(row.consent),
    exactly(16, row.salt, "salt"),
    exactly(32, row.com, "com"),
    exactly(80, row.box, "box"),
  );
}

/** The identity in a row's plaintext; a `format` error for any other encoding of it. */
export function parseIdentityRow(plain: Uint8Array): IdentityRow {
  const r = new Reader(exactly(IDENTITY_LEN, plain, "identity row"));
  const name = fromUtf8(r.bytes(r.u8()));
  const phone = fromUtf8(r.bytes(r.u8()));
  const pad = r.left - (16 + 2 + 16 + 32 + 80);
  if (pad < 0 || r.bytes(pad).some((b) => b !== 0)) badFormat("identity row: padding");
  const row = {
    name,
    phone,
    handle: r.bytes(16),
    consent: r.u16(),
    salt: r.bytes(16),
    com: r.bytes(32),
    box: r.bytes(80),
  };
  r.end();
  encodeIdentityRow(row); // the same checks as in writing
  return row;
}

/** What the registry keeps of a visit (P-5.2). */
export interface VisitRow {
  venue: number;
  scanner: number;
  minute: number;
  flags: number;
  attempt: Uint8Array;
  salt: Uint8Array;
  body: Uint8Array;
}

/** Plaintext of a visit row: VISIT_LEN bytes. */
export function encodeVisitRow(row: VisitRow): Uint8Array {
  if (row.minute % 60 !== 0) badFormat("minute");
  if ((row.flags & ~(FLAG_LATE | FLAG_DUPLICATE)) !== 0) badFormat("flags");
  return concat(
    u32(row.venue),
    u32(row.scanner),
    u32(row.minute),
    u8(row.flags),
    exactly(8, row.attempt, "attempt"),
    exactly(16, row.salt, "salt"),
    exactly(132, row.body, "body"),
  );
}

/** The visit in a row's plaintext; else a `format` error. */
export function parseVisitRow(plain: Uint8Array): VisitRow {
  const r = new Reader(plain);
  const row = {
    venue: r.u32(),
    scanner: r.u32(),
    minute: r.u32(),
    flags: r.u8(),
    attempt: r.bytes(8),
    salt: r.bytes(16),
    body: r.bytes(132),
  };
  r.end();
  encodeVisitRow(row);
  return row;
}
