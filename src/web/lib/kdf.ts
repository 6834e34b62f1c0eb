import { blake2b } from "@noble/hashes/blake2.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { ascii, concat, exactly } from "./bytes.js";
import { badFormat } from "./errors.js";

/** Every KDF label of the protocol. Each use has its own. */
export type KdfLabel =
  | "EL1-auth"
  | "EL1-backup"
  | "EL1-box"
  | "EL1-com"
  | "EL1-id"
  | "EL1-kek"
  | "EL1-link"
  | "EL1-next"
  | "EL1-rows"
  | "EL1-show"
  | "EL1-tag"
  | "EL1-tag-h"
  | "EL1-tag-p"
  | "EL1-tag-t"
  | "EL1-tag-v"
  | "EL1-tags"
  | "EL1-tid"
  | "EL1-tok";

/** A label as the 16-byte, zero-padded BLAKE2b personalisation. */
export function personal(label: string): Uint8Array {
  const bytes = ascii(label);
  if (bytes.length === 0 || bytes.length > 16) badFormat("label length");
  return concat(bytes, new Uint8Array(16 - bytes.length));
}

/**
 * KDF(key, label, data): keyed BLAKE2b-256 with the label as personalisation (P-2).
 * @param key exactly 32 bytes
 * @param data concatenated; empty where the protocol names none
 * @returns 32 bytes
 */
export function kdf(key: Uint8Array, label: KdfLabel, ...data: readonly Uint8Array[]): Uint8Array {
  exactly(32, key, "KDF key");
  return blake2b(concat(...data), { dkLen: 32, key, personalization: personal(label) });
}

/** PRF8: the first 8 bytes of the KDF's 32, never a shorter BLAKE2b (P-11.1, trap 4). */
export function prf8(key: Uint8Array, label: KdfLabel, ...data: readonly Uint8Array[]): Uint8Array {
  return kdf(key, label, ...data).slice(0, 8);
}

/** PRF16: the first 16 bytes of the KDF's 32. */
export function prf16(key: Uint8Array, label: KdfLabel, ...data: readonly Uint8Array[]): Uint8Array {
  return kdf(key, label, ...data).slice(0, 16);
}

/** BLAKE2b-512 without key or personalisation of label NUL data; input of hash-to-scalar (P-11.2). 64 bytes. */
export function wideHash(label: string, ...data: readonly Uint8Array[]): Uint8Array {
  return blake2b(concat(ascii(label), new Uint8Array(1), ...data), { dkLen: 64 });
}

/** SHA-256 of the parts, concatenated. 32 bytes. */
export function sha256(...data: readonly Uint8Array[]): Uint8Array {
  return nobleSha256(concat(...data));
}
