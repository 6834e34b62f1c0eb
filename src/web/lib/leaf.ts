import { ascii, concat, exactly, u32, u8, utf8 } from "./bytes.js";
import { badFormat } from "./errors.js";
import { sha256 } from "./kdf.js";
import { isPhone } from "./phone.js";

/**
 * c: hides venue, minute and flags of a visit from whoever has no salt.
 * SHA-256("EL1-place" NUL || salt 16 || venue u32 || minute u32 || flags u8) (P-11.2).
 */
export function placeCommitment(salt: Uint8Array, venue: number, minute: number, flags: number): Uint8Array {
  if (minute % 60 !== 0) badFormat("minute");
  return sha256(ascii("EL1-place\0"), exactly(16, salt, "salt"), u32(venue), u32(minute), u8(flags));
}

/** The RFC 6962 leaf hash of a visit: SHA-256(0x00 || c 32 || body 132). */
export function visitLeaf(c: Uint8Array, body: Uint8Array): Uint8Array {
  return sha256(u8(0), exactly(32, c, "c"), exactly(132, body, "body"));
}

/** The leaf hash of an identity: SHA-256(0x00 || salt 16 || u8 length || phone || com 32 || SHA-256(box)). */
export function identityLeaf(salt: Uint8Array, phone: string, com: Uint8Array, box: Uint8Array): Uint8Array {
  return identityLeafOfHash(salt, phone, com, boxHash(box));
}

/** The same where only the box's hash is known. */
export function identityLeafOfHash(
  salt: Uint8Array,
  phone: string,
  com: Uint8Array,
  hash: Uint8Array,
): Uint8Array {
  if (!isPhone(phone)) badFormat("phone");
  const number = utf8(phone);
  return sha256(
    concat(
      u8(0),
      exactly(16, salt, "salt"),
      u8(number.length),
      number,
      exactly(32, com, "com"),
      exactly(32, hash, "box hash"),
    ),
  );
}

/** Hash of a box: SHA-256 of its bytes. */
export function boxHash(box: Uint8Array): Uint8Array {
  return sha256(box);
}
