import { decodeBase45, encodeBase45 } from "./base45.js";
import { concat, equal, exactly, Reader, u16, u32, u8 } from "./bytes.js";
import { badFormat } from "./errors.js";
import { decodePoint, encodePoint, publicPoint, randomScalar } from "./group.js";
import { kdf, prf16, prf8 } from "./kdf.js";
import { sealLink } from "./link.js";
import { type RandomSource, systemRandom } from "./random.js";
import { sign, verify } from "./sign.js";

export const TOKEN_VERSION = 1;
export const BODY_LEN = 132;
export const TOKEN_LEN = 144;
/** Length of the part of a body that is signed. */
export const SIGNED_LEN = 68;
export const TEXT_PREFIX = "EL1:";
export const TEXT_LEN = 220;

/** The first seven fields of a token (P-4.3). */
export interface TokenBody {
  version: number;
  issuer: number;
  epoch: number;
  /** T, 16 bytes. */
  id: Uint8Array;
  /** R as 32 bytes, not decoded: only those who open links need a good point. */
  point: Uint8Array;
  link: Uint8Array;
  signature: Uint8Array;
}

/** A whole token: body, the second at which its QR was drawn, and the tag. */
export interface Token {
  body: TokenBody;
  shownAt: number;
  tag: Uint8Array;
}

/** The 68 bytes that the issuer signs. */
function signedPart(body: Omit<TokenBody, "signature">): Uint8Array {
  return concat(
    u8(body.version),
    u8(body.issuer),
    u16(body.epoch),
    exactly(16, body.id, "T"),
    exactly(32, body.point, "R"),
    exactly(16, body.link, "link"),
  );
}

/** 132 bytes of a body. */
export function encodeBody(body: TokenBody): Uint8Array {
  return concat(signedPart(body), exactly(64, body.signature, "signature"));
}

function readBody(r: Reader): TokenBody {
  return {
    version: r.u8(),
    issuer: r.u8(),
    epoch: r.u16(),
    id: r.bytes(16),
    point: r.bytes(32),
    link: r.bytes(16),
    signature: r.bytes(64),
  };
}

/** The fields of 132 bytes; a `format` error for another length. The version is not judged here. */
export function parseBody(bytes: Uint8Array): TokenBody {
  const r = new Reader(exactly(BODY_LEN, bytes, "body"));
  return readBody(r);
}

/** 144 bytes of a token. */
export function encodeToken(token: Token): Uint8Array {
  return concat(encodeBody(token.body), u32(token.shownAt), exactly(8, token.tag, "tag"));
}

/** The fields of 144 bytes; a `format` error for another length. Neither version nor tag is judged here. */
export function parseToken(bytes: Uint8Array): Token {
  const r = new Reader(exactly(TOKEN_LEN, bytes, "token"));
  return { body: readBody(r), shownAt: r.u32(), tag: r.bytes(8) };
}

/** QR text of 144 bytes: `EL1:` and Base45, 220 characters. Never trim it: it may hold spaces. */
export function encodeTokenText(token: Uint8Array): string {
  return TEXT_PREFIX + encodeBase45(exactly(TOKEN_LEN, token, "token"));
}

/** The 144 bytes of a QR text; a `format` error for anything but exactly 220 characters of the right form. */
export function decodeTokenText(text: string): Uint8Array {
  if (text.length !== TEXT_LEN || !text.startsWith(TEXT_PREFIX)) badFormat("not a token");
  return exactly(TOKEN_LEN, decodeBase45(text.slice(TEXT_PREFIX.length)), "token");
}

/** k_e = KDF(K_pair,e, "EL1-tok", issuer || epoch): issuer's and registry's common key of a day's tags. */
export function dayTokenKey(pairKey: Uint8Array, issuer: number, epoch: number): Uint8Array {
  return kdf(pairKey, "EL1-tok", u8(issuer), u16(epoch));
}

/** k_T = KDF(k_e, "EL1-show", body): what a wallet holds beside the body. */
export function showKey(dayKey: Uint8Array, body: Uint8Array): Uint8Array {
  return kdf(dayKey, "EL1-show", exactly(BODY_LEN, body, "body"));
}

/** tag = PRF8(k_T, "EL1-tag", shown_at). */
export function showTag(key: Uint8Array, shownAt: number): Uint8Array {
  return prf8(key, "EL1-tag", u32(shownAt));
}

/** A wallet body stamped with the second of showing: the 144 bytes of a token (P-4.3). */
export function stampBody(body: Uint8Array, key: Uint8Array, shownAt: number): Uint8Array {
  return concat(exactly(BODY_LEN, body, "body"), u32(shownAt), showTag(key, shownAt));
}

/** The registry's check: is the tag of these 144 bytes right under k_e? Constant time. */
export function verifyTag(token: Uint8Array, dayKey: Uint8Array): boolean {
  const { shownAt, tag } = parseToken(token);
  return equal(tag, showTag(showKey(dayKey, token.slice(0, BODY_LEN)), shownAt));
}

/** The scanner's and the trustees' check: the issuer's signature over the first 68 of 132 bytes. */
export function verifyBody(body: Uint8Array, issuerKey: Uint8Array): boolean {
  return verify(
    "EL1-token",
    body.slice(0, SIGNED_LEN),
    exactly(BODY_LEN, body, "body").slice(SIGNED_LEN),
    issuerKey,
  );
}

/** T = PRF16(s_e, "EL1-tid", i as u16). */
export function tokenId(secret: Uint8Array, index: number): Uint8Array {
  return prf16(secret, "EL1-tid", u16(index));
}

/** com = KDF(s_e, "EL1-com", ""): commits the issuer's day row to its secret. */
export function commitment(secret: Uint8Array): Uint8Array {
  return kdf(secret, "EL1-com");
}

/** What a signer knows when it draws a token. */
export interface DrawInput {
  issuer: number;
  epoch: number;
  /** s_e, 32 bytes, and h_e, 16 bytes, from the day ticket. */
  secret: Uint8Array;
  handle: Uint8Array;
  index: number;
  /** Y_e, 32 bytes. */
  linkKey: Uint8Array;
  /** The issuer's 32-byte signing seed. */
  seed: Uint8Array;
}

/** The issuer's side: a fresh body of 132 bytes. `r` for vectors; else drawn from `random`. */
export function drawBody(
  input: DrawInput,
  random: RandomSource = systemRandom,
  r: bigint = randomScalar(random),
): Uint8Array {
  decodePoint(input.linkKey);
  const point = encodePoint(publicPoint(r));
  const link = sealLink(input.handle, input.linkKey, r, point);
  const part = signedPart({
    version: TOKEN_VERSION,
    issuer: input.issuer,
    epoch: input.epoch,
    id: tokenId(input.secret, input.index),
    point,
    link,
  });
  return concat(part, sign("EL1-token", part, input.seed));
}
