import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { ascii, concat, equal, exactly } from "./bytes.js";
import { badFormat } from "./errors.js";

/** What is signed in the protocol; each is followed by one NUL and the bytes (P-11.2). */
export type SignLabel =
  | "EL1-token"
  | "EL1-policy"
  | "EL1-bundle"
  | "EL1-directory"
  | "EL1-order"
  | "EL1-release"
  | "EL1-trace"
  | "EL1-request"
  | "EL1-destroy";

const EdPoint = ed25519.Point;

/** The exact input of a labelled signature: label, NUL, message. */
export function signatureInput(label: SignLabel, message: Uint8Array): Uint8Array {
  return concat(ascii(label), Uint8Array.of(0), message);
}

/** The 32-byte public key of a 32-byte Ed25519 seed. */
export function signingPublicKey(seed: Uint8Array): Uint8Array {
  return ed25519.getPublicKey(exactly(32, seed, "seed"));
}

/** Ed25519 (RFC 8032, deterministic) over label NUL message. 64 bytes. */
export function sign(label: SignLabel, message: Uint8Array, seed: Uint8Array): Uint8Array {
  return ed25519.sign(signatureInput(label, message), exactly(32, seed, "seed"));
}

/** Is this a canonical encoding of a point of the prime-order subgroup, not the identity? (P-11.1, trap 3) */
export function isVerificationKey(key: Uint8Array): boolean {
  if (key.length !== 32) return false;
  try {
    const point = EdPoint.fromBytes(key, false);
    return !point.isSmallOrder() && point.isTorsionFree();
  } catch {
    return false;
  }
}

function reduce(wide: Uint8Array): bigint {
  let x = 0n;
  for (let i = wide.length - 1; i >= 0; i--) x = (x << 8n) | BigInt(wide[i] ?? 0);
  return x;
}

/**
 * Strict Ed25519 over unlabelled bytes (P-11.1, trap 3): S < L; A and R canonical; A in the
 * prime-order subgroup; R not of small order; and enc(S*B - k*A) equal to R byte for byte, so none of the
 * signer's own forgeries that a cofactored check would let pass. Never throws.
 */
export function verifyRaw(message: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean {
  if (signature.length !== 64 || !isVerificationKey(key)) return false;
  const encodedR = signature.slice(0, 32);
  const s = reduce(signature.slice(32));
  if (s >= EdPoint.Fn.ORDER) return false;
  try {
    if (EdPoint.fromBytes(encodedR, false).isSmallOrder()) return false;
    const k = reduce(sha512(concat(encodedR, key, message))) % EdPoint.Fn.ORDER;
    const again = EdPoint.BASE.multiplyUnsafe(s).subtract(EdPoint.fromBytes(key, false).multiplyUnsafe(k));
    return equal(again.toBytes(), encodedR);
  } catch {
    return false;
  }
}

/**
 * Ed25519 over bytes without a label, for C2SP notes only: they have no NUL, and everything labelled has, so neither passes
 * for the other. Bytes with a NUL, or none, are a `format` error.
 */
export function signRaw(message: Uint8Array, seed: Uint8Array): Uint8Array {
  if (message.length === 0 || message.includes(0)) badFormat("not a note's text");
  return ed25519.sign(message, exactly(32, seed, "seed"));
}

/** verifyRaw() over label NUL message. Never throws. */
export function verify(
  label: SignLabel,
  message: Uint8Array,
  signature: Uint8Array,
  key: Uint8Array,
): boolean {
  return verifyRaw(signatureInput(label, message), signature, key);
}
