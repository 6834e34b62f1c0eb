import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import * as el from "../../src/web/lib/index.js";

const Point = ed25519.Point;
const L = Point.Fn.ORDER;
type Ed = InstanceType<typeof Point>;
const message = el.signatureInput("EL1-order", el.utf8("forged"));
const secret = 0x1234567890abcdef1234567890abcdefn;
const torsion = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromHex(hex));
const orderEight = torsion.find((t) => !t.multiplyUnsafe(4n).is0()) as Ed;

function challenge(R: Uint8Array, A: Uint8Array): bigint {
  let k = 0n;
  for (const b of sha512(el.concat(R, A, message)).reverse()) k = (k << 8n) | BigInt(b);
  return k % L;
}

// What a signer who knows its secret scalar can produce for R = r*B + torsion under A = a*B + torsion.
function forge(r: bigint, tR: Ed, tA: Ed): { key: Uint8Array; sig: Uint8Array; k: bigint } {
  const key = Point.BASE.multiply(secret).add(tA).toBytes();
  const R = Point.BASE.multiplyUnsafe(r).add(tR).toBytes();
  const k = challenge(R, key);
  return { key, sig: el.concat(R, el.encodeScalar((r + k * secret) % L)), k };
}

function checkForgery(forged: { key: Uint8Array; sig: Uint8Array }): void {
  assert.ok(
    ed25519.verify(forged.sig, message, forged.key, { zip215: false }),
    "the cofactored check accepts it",
  );
  assert.ok(!el.verifyRaw(message, forged.sig, forged.key), "ours refuses it");
}

test("accepts an honest signature made from a scalar", () => {
  const { key, sig } = forge(77n, Point.ZERO, Point.ZERO);
  assert.ok(el.verifyRaw(message, sig, key));
});

test("refuses the forgery with R the identity", () => checkForgery(forge(0n, Point.ZERO, Point.ZERO)));

test("refuses the forgery with R of order 8", () => checkForgery(forge(0n, orderEight, Point.ZERO)));

test("refuses the forgery with R plus torsion", () => checkForgery(forge(77n, orderEight, Point.ZERO)));

test("refuses a signature under a mixed-order key, also when the cofactorless equation holds", () => {
  let broken = 0;
  let holding = 0;
  for (let r = 1n; broken === 0 || holding === 0; r++) {
    const forged = forge(r, Point.ZERO, orderEight);
    checkForgery(forged);
    if (forged.k % 8n === 0n) holding++;
    else broken++;
  }
  assert.ok(!el.isVerificationKey(Point.BASE.multiply(secret).add(orderEight).toBytes()));
});

test("refuses keys of small order, non-canonical keys and keys that are no points", () => {
  for (const t of torsion) assert.ok(!el.isVerificationKey(t.toBytes()));
  assert.ok(
    !el.isVerificationKey(el.fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")),
  );
  assert.ok(
    !el.isVerificationKey(el.fromHex("0200000000000000000000000000000000000000000000000000000000000000")),
  );
  assert.ok(!el.isVerificationKey(new Uint8Array(31)));
});

test("refuses S + L, a flipped bit anywhere, another label and another length", () => {
  const seed = new Uint8Array(32).fill(9);
  const key = el.signingPublicKey(seed);
  const doc = el.utf8("bytes");
  const sig = el.sign("EL1-policy", doc, seed);
  assert.ok(el.verify("EL1-policy", doc, sig, key));
  assert.ok(!el.verify("EL1-bundle", doc, sig, key));
  assert.ok(!el.verify("EL1-policy", el.utf8("byteS"), sig, key));
  assert.ok(!el.verify("EL1-policy", doc, sig.slice(0, 63), key));
  for (const at of [0, 31, 32, 63]) {
    const bad = sig.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    assert.ok(!el.verify("EL1-policy", doc, bad, key));
  }
  let s = 0n;
  for (const b of sig.slice(32).reverse()) s = (s << 8n) | BigInt(b);
  s += L;
  const raised = sig.slice();
  for (let i = 32; i < 64; i++, s >>= 8n) raised[i] = Number(s & 0xffn);
  assert.ok(!el.verify("EL1-policy", doc, raised, key));
});

test("verifies RFC 8032 test 2 and signs it again", () => {
  const seed = el.fromHex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
  const sig = el.fromHex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
  assert.ok(el.verifyRaw(Uint8Array.of(0x72), sig, el.signingPublicKey(seed)));
  assert.equal(el.toHex(ed25519.sign(Uint8Array.of(0x72), seed)), el.toHex(sig));
});
