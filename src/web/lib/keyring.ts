import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concat, exactly, Reader, u16, u8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { kdf } from "./kdf.js";
import { type RandomSource, systemRandom } from "./random.js";

/** Whose keyring it is; part of every entry's ad (P-11.2). */
export const PARTY = { issuer: 1, registry: 2, authority: 3, trustee: 4 } as const;
export type PartyNumber = (typeof PARTY)[keyof typeof PARTY];

/** What an entry holds. */
export const KEY_KIND = {
  identity: 1,
  live: 2,
  ticket: 3,
  pair: 4,
  visit: 5,
  queue: 6,
  report: 7,
  linkShare: 8,
  traceShare: 9,
  recoveryShare: 10,
} as const;
export type KeyKind = (typeof KEY_KIND)[keyof typeof KEY_KIND];

export const ENTRY_LEN = 76;

/** A keyring entry, still sealed. */
export interface KeyringEntry {
  kind: number;
  /** Issuer or trustee number, else 0. */
  index: number;
  epoch: number;
  /** nonce 24 || ciphertext 48. */
  sealed: Uint8Array;
}

/** The fields of 76 bytes. `format`: another length or an unknown kind. */
export function parseEntry(bytes: Uint8Array): KeyringEntry {
  const r = new Reader(exactly(ENTRY_LEN, bytes, "keyring entry"));
  const entry = { kind: r.u8(), index: r.u8(), epoch: r.u16(), sealed: r.bytes(72) };
  if (entry.kind < 1 || entry.kind > 10) badFormat("keyring entry: kind");
  return entry;
}

function entryAd(party: number, entry: Pick<KeyringEntry, "kind" | "index" | "epoch">): Uint8Array {
  return concat(u8(party), u8(entry.kind), u8(entry.index), u16(entry.epoch));
}

/** The 32-byte key of an entry under a KEK: what a thief with disk and KEK learns. `crypto` if it does not open. */
export function openEntry(kek: Uint8Array, party: PartyNumber, entry: KeyringEntry): Uint8Array {
  try {
    return exactly(
      32,
      xchacha20poly1305(exactly(32, kek, "KEK"), entry.sealed.slice(0, 24), entryAd(party, entry)).decrypt(
        entry.sealed.slice(24),
      ),
      "key",
    );
  } catch {
    throw new EntrylogError("crypto", "keyring entry does not open");
  }
}

/** The 76 bytes of an entry; for vectors. */
export function sealEntry(
  kek: Uint8Array,
  party: PartyNumber,
  place: Pick<KeyringEntry, "kind" | "index" | "epoch">,
  key: Uint8Array,
  random: RandomSource = systemRandom,
): Uint8Array {
  const nonce = random(24);
  const sealed = xchacha20poly1305(kek, nonce, entryAd(party, place)).encrypt(exactly(32, key, "key"));
  return concat(u8(place.kind), u8(place.index), u16(place.epoch), nonce, sealed);
}

/** KEK from a service manager's credential C (32 bytes) and the content of kek_file (P-3). */
export function kekFromCredential(credential: Uint8Array, kekFile: Uint8Array): Uint8Array {
  return kdf(credential, "EL1-kek", kekFile);
}

/** The pair key of the next epoch: KDF(K_pair,e, "EL1-next", ""). */
export function nextPairKey(pairKey: Uint8Array): Uint8Array {
  return kdf(pairKey, "EL1-next");
}

/** All entries of a keyring file: they stand one after the other, nothing before or between. */
export function parseKeyring(file: Uint8Array): KeyringEntry[] {
  if (file.length % ENTRY_LEN !== 0) badFormat("keyring: length");
  return Array.from({ length: file.length / ENTRY_LEN }, (_, i) =>
    parseEntry(file.slice(i * ENTRY_LEN, (i + 1) * ENTRY_LEN)),
  );
}
