import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ascii, concat, exactly, u16, u32, u8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { decodePoint, encodePoint, multiply, type Point, publicPoint, randomScalar } from "./group.js";
import { kdf } from "./kdf.js";
import { type RandomSource, systemRandom } from "./random.js";

/** Bytes that a box adds to its content: R 32 and the tag 16. */
export const BOX_OVERHEAD = 48;

const ZERO_NONCE = new Uint8Array(12);

/** The single-use key of a box: KDF(S, "EL1-box", R || P). */
function boxKey(shared: Point, encodedR: Uint8Array, recipient: Uint8Array): Uint8Array {
  return kdf(encodePoint(shared), "EL1-box", encodedR, recipient);
}

/**
 * BOX(P, m, ad) (P-2): R || ChaCha20-Poly1305-IETF under a zero nonce.
 * @param recipient P, 32 bytes; a `format` error if it is not a good point
 * @param r the ephemeral scalar, for vectors; drawn from `random` otherwise
 * @returns message length + 48 bytes
 */
export function sealBox(
  recipient: Uint8Array,
  message: Uint8Array,
  ad: Uint8Array,
  random: RandomSource = systemRandom,
  r: bigint = randomScalar(random),
): Uint8Array {
  const encodedR = encodePoint(publicPoint(r));
  const shared = multiply(decodePoint(recipient), r);
  const key = boxKey(shared, encodedR, recipient);
  return concat(encodedR, chacha20poly1305(key, ZERO_NONCE, ad).encrypt(message));
}

/** Open a box with the shared point S = p*R, as trustees' combined partials give it. Errors as openBox(). */
export function openBoxWithShared(
  shared: Point,
  recipient: Uint8Array,
  box: Uint8Array,
  ad: Uint8Array,
): Uint8Array {
  decodePoint(boxPoint(box)); // the identity, or another encoding, is no R whatever S came with it
  const key = boxKey(shared, boxPoint(box), exactly(32, recipient, "recipient"));
  try {
    return chacha20poly1305(key, ZERO_NONCE, ad).decrypt(box.slice(32));
  } catch {
    throw new EntrylogError("crypto", "box does not open");
  }
}

/** Open a box with the secret scalar. `format`: too short or R is no good point; `crypto`: does not open. */
export function openBox(secret: bigint, box: Uint8Array, ad: Uint8Array): Uint8Array {
  const shared = multiply(decodePoint(boxPoint(box)), secret);
  return openBoxWithShared(shared, encodePoint(publicPoint(secret)), box, ad);
}

/** R, the first 32 bytes of a box: what trustees apply their shares to. */
export function boxPoint(box: Uint8Array): Uint8Array {
  if (box.length < BOX_OVERHEAD) badFormat("box too short");
  return box.slice(0, 32);
}

/** A new box key pair: secret scalar and 32-byte public point. */
export function newBoxKey(random: RandomSource = systemRandom): { secret: bigint; public: Uint8Array } {
  const secret = randomScalar(random);
  return { secret, public: encodePoint(publicPoint(secret)) };
}

/** ad of an offline item, for the registry's queue key. */
export function queueAd(scanner: number): Uint8Array {
  return concat(ascii("EL1-box-queue"), u32(scanner));
}

/** ad of a trace box, for Z_e: label, issuer u8, epoch u16, com 32. */
export function traceAd(issuer: number, epoch: number, com: Uint8Array): Uint8Array {
  return concat(ascii("EL1-box-trace"), u8(issuer), u16(epoch), exactly(32, com, "com"));
}
