import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { ascii, concat, exactly, u16, u64 } from "./bytes.js";
import type { Executor } from "./client.js";
import { badFormat } from "./errors.js";
import { sha256 } from "./kdf.js";
import { type RandomSource, systemRandom } from "./random.js";
import { sign, signingPublicKey, verify } from "./sign.js";

/** An executor's call: what its signature covers (P-11.2). */
export interface Call {
  method: string;
  path: string;
  /** `registry`, `issuer:N` or as docs/protocol.md names the party called. */
  party: string;
  body: Uint8Array;
}

/** Widest difference between the caller's and the called party's clock, in seconds. */
export const CALL_SKEW_S = 60;

/** Each of method, path, party, SHA-256(body), time u64, nonce 16 with its u16 length in front. */
export function callInput(call: Call, time: number, nonce: Uint8Array): Uint8Array {
  const fields = [
    ascii(call.method),
    ascii(call.path),
    ascii(call.party),
    sha256(call.body),
    u64(time),
    exactly(16, nonce, "nonce"),
  ];
  return concat(...fields.flatMap((field) => [u16(field.length), field]));
}

/** The value of the Authorization header: `EL1 key=...,time=...,nonce=...,sig=...`. */
export function authorizeCall(
  call: Call,
  seed: Uint8Array,
  time: number,
  random: RandomSource = systemRandom,
): string {
  const nonce = random(16);
  const sig = sign("EL1-request", callInput(call, time, nonce), seed);
  return `EL1 key=${encodeBase64url(signingPublicKey(seed))},time=${time},nonce=${encodeBase64url(nonce)},sig=${encodeBase64url(sig)}`;
}

/** The executor of an order, for calls to one party by a clock of Unix seconds. */
export function executorOf(seed: Uint8Array, party: string, now: () => number, random?: RandomSource): Executor {
  return { authorize: (method, path, body) => authorizeCall({ method, path, party, body }, seed, now(), random) };
}

/** The fields of an Authorization header. */
export interface CallAuthorization {
  key: Uint8Array;
  time: number;
  nonce: Uint8Array;
  sig: Uint8Array;
}

/** Parse a header strictly; a `format` error for any other spelling. */
export function parseAuthorization(header: string): CallAuthorization {
  const m = /^EL1 key=([\w-]{43}),time=(0|[1-9][0-9]{0,15}),nonce=([\w-]{22}),sig=([\w-]{86})$/.exec(header);
  if (m === null) return badFormat("authorization");
  const part = (i: number): string => m[i] ?? badFormat("authorization");
  const time = Number(part(2));
  if (!Number.isSafeInteger(time)) badFormat("authorization: time");
  return {
    key: decodeBase64url(part(1)),
    time,
    nonce: decodeBase64url(part(3)),
    sig: decodeBase64url(part(4)),
  };
}

/** Does the header authorise the call under its own key, within 60 s of `now`? Nonces are the caller's affair. */
export function verifyCall(call: Call, header: CallAuthorization, now: number): boolean {
  return (
    Math.abs(now - header.time) <= CALL_SKEW_S &&
    verify("EL1-request", callInput(call, header.time, header.nonce), header.sig, header.key)
  );
}
