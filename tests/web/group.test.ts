import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";

const isKind =
  (kind: el.ErrorKind) =>
  (e: unknown): boolean =>
    e instanceof el.EntrylogError && e.kind === kind;
const point = el.encodePoint(el.publicPoint(12345n));
const bytesOf = (x: bigint): Uint8Array => {
  const out = new Uint8Array(32);
  for (let i = 0; i < 32; i++, x >>= 8n) out[i] = Number(x & 0xffn);
  return out;
};

test("decodes the RFC 9496 multiples of the base point and encodes them back", () => {
  const multiples = [
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
  ];
  multiples.forEach((hex, i) => {
    assert.equal(el.toHex(el.encodePoint(el.publicPoint(BigInt(i + 1)))), hex);
    assert.equal(el.toHex(el.encodePoint(el.decodePoint(el.fromHex(hex)))), hex);
  });
});

test("refuses a point with bit 255 set", () => {
  const second = point.slice();
  second[31] = (second[31] ?? 0) | 0x80;
  assert.throws(() => el.decodePoint(second), isKind("format"));
  const identity = new Uint8Array(32);
  identity[31] = 0x80;
  assert.throws(() => el.decodePoint(identity), isKind("format"));
});

test("refuses the identity", () => {
  assert.throws(() => el.decodePoint(new Uint8Array(32)), isKind("format"));
});

test("refuses points of another length and non-canonical, negative and non-square encodings", () => {
  const bad = [
    "",
    el.toHex(point.slice(0, 31)),
    `${el.toHex(point)}00`,
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
  ];
  for (const hex of bad) assert.throws(() => el.decodePoint(el.fromHex(hex)), isKind("format"), hex);
});

test("refuses scalars 0, L, L + 1 and 2^255, and decodes L - 1", () => {
  for (const x of [0n, el.L, el.L + 1n, 1n << 255n, (1n << 256n) - 1n])
    assert.throws(() => el.decodeScalar(bytesOf(x)), isKind("format"), x.toString());
  assert.equal(el.decodeScalar(bytesOf(el.L - 1n)), el.L - 1n);
  assert.equal(el.decodeScalarOrZero(bytesOf(0n)), 0n);
  assert.throws(() => el.decodeScalarOrZero(bytesOf(el.L)), isKind("format"));
});

test("refuses to multiply by 0 and by L", () => {
  assert.throws(() => el.multiply(el.G, 0n), isKind("format"));
  assert.throws(() => el.multiply(el.G, el.L), isKind("format"));
});

test("reduces 64 bytes little-endian", () => {
  const wide = new Uint8Array(64);
  wide.set(bytesOf(el.L + 7n));
  assert.equal(el.reduceScalar(wide), 7n);
});

test("draws scalars from 64 bytes, and again in the case of 0", () => {
  const zero = el.concat(bytesOf(el.L), new Uint8Array(32));
  const seven = el.concat(bytesOf(el.L + 7n), new Uint8Array(32));
  assert.equal(el.randomScalar(el.fixedRandom(el.concat(new Uint8Array(64), zero, seven))), 7n);
});

test("combines any t of n shares and partials, and refuses repeated trustees", () => {
  const polynomial = el.newPolynomial(3);
  const shares = [1, 2, 3, 4, 5].map((j) => el.shareOf(polynomial, j));
  const pick = (...js: number[]): el.Share[] => js.map((j) => shares[j - 1] as el.Share);
  const R = el.publicPoint(99n);
  for (const set of [pick(1, 2, 3), pick(5, 3, 1), pick(2, 4, 5), pick(1, 2, 3, 4, 5)]) {
    assert.equal(el.combineShares(set), polynomial[0]);
    const S = el.combinePartials(set.map((s) => ({ index: s.index, point: el.multiply(R, s.value) })));
    assert.ok(S.equals(el.multiply(R, polynomial[0] as bigint)));
  }
  assert.notEqual(el.combineShares(pick(1, 2)), polynomial[0]);
  assert.throws(() => el.combineShares(pick(1, 1, 2)), isKind("limit"));
  assert.throws(() => el.lagrange([0, 1], 1), isKind("limit"));
});

test("verifies shares against Feldman commitments and refuses any other share", () => {
  const polynomial = el.newPolynomial(2);
  const points = el.commitments(polynomial);
  for (const j of [1, 2, 3]) {
    const share = el.shareOf(polynomial, j);
    assert.ok(el.verifyShare(share, points));
    assert.ok(el.publicPoint(share.value).equals(el.sharePoint(points, j)));
    assert.ok(!el.verifyShare({ index: j, value: el.modL(share.value + 1n) }, points));
    assert.ok(!el.verifyShare({ index: j + 1, value: share.value }, points));
    assert.ok(!el.verifyShare({ index: j, value: 0n }, points));
  }
});

test("opens a box with the secret and with combined partials, and nothing else", () => {
  const polynomial = el.newPolynomial(2);
  const recipient = el.encodePoint(el.publicPoint(polynomial[0] as bigint));
  const message = el.utf8("secret of the day");
  const ad = el.traceAd(7, 20000, new Uint8Array(32));
  const box = el.sealBox(recipient, message, ad);
  assert.equal(box.length, message.length + el.BOX_OVERHEAD);
  assert.deepEqual(el.openBox(polynomial[0] as bigint, box, ad), message);
  const R = el.decodePoint(el.boxPoint(box));
  const S = el.combinePartials(
    [1, 3].map((j) => ({ index: j, point: el.multiply(R, el.shareOf(polynomial, j).value) })),
  );
  assert.deepEqual(el.openBoxWithShared(S, recipient, box, ad), message);
  assert.throws(
    () => el.openBox(polynomial[0] as bigint, box, el.traceAd(8, 20000, new Uint8Array(32))),
    isKind("crypto"),
  );
  assert.throws(() => el.openBox(polynomial[1] as bigint, box, ad), isKind("crypto"));
  assert.throws(() => el.sealBox(new Uint8Array(32), message, ad), isKind("format"));
  const identityBox = box.slice();
  identityBox.fill(0, 0, 32);
  assert.throws(() => el.openBox(polynomial[0] as bigint, identityBox, ad), isKind("format"));
});
