import { exactly } from "./bytes.js";
import { decodePoint, encodePoint, multiply, type Point } from "./group.js";
import { prf16 } from "./kdf.js";

/** PRF16(S, "EL1-link", R || Y_e): the pad that hides a handle in a token (P-4.3). */
export function linkPad(shared: Point, encodedR: Uint8Array, linkKey: Uint8Array): Uint8Array {
  return prf16(encodePoint(shared), "EL1-link", exactly(32, encodedR, "R"), exactly(32, linkKey, "Y_e"));
}

function xor16(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((x, i) => x ^ (b[i] ?? 0));
}

/** The 16-byte link of a handle under Y_e with the token's scalar r. `format` if Y_e is no good point. */
export function sealLink(
  handle: Uint8Array,
  linkKey: Uint8Array,
  r: bigint,
  encodedR: Uint8Array,
): Uint8Array {
  return xor16(exactly(16, handle, "handle"), linkPad(multiply(decodePoint(linkKey), r), encodedR, linkKey));
}

/** The handle of a link, given S = y_e * R, as t trustees' partials combine to it. */
export function openLink(
  link: Uint8Array,
  shared: Point,
  encodedR: Uint8Array,
  linkKey: Uint8Array,
): Uint8Array {
  return xor16(exactly(16, link, "link"), linkPad(shared, encodedR, linkKey));
}
