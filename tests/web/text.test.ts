import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";

const refuses = (f: () => unknown, what: string): void =>
  assert.throws(f, (e: unknown) => e instanceof el.EntrylogError && e.kind === "format", what);

test("Base45: the examples of RFC 9285", () => {
  for (const [plain, text] of [
    ["AB", "BB8"],
    ["Hello!!", "%69 VD92EX0"],
    ["base-45", "UJCLQE7W581"],
    ["ietf!", "QED8WEX0"],
  ] as const) {
    assert.equal(el.encodeBase45(el.utf8(plain)), text);
    assert.equal(el.fromUtf8(el.decodeBase45(text)), plain);
  }
  assert.equal(el.encodeBase45(new Uint8Array()), "");
  assert.deepEqual(el.decodeBase45(""), new Uint8Array());
});

test("Base45: refuses overflow, a single remaining character, lower case and foreign characters", () => {
  for (const text of ["GGW", ":::", "FGX", "A", "BB8A", "::", "bb8", "B_8", "BB8\n", "BB\u00e98"])
    refuses(() => el.decodeBase45(text), text);
  assert.deepEqual(el.decodeBase45("FGW"), Uint8Array.of(255, 255));
  assert.deepEqual(el.decodeBase45("U5"), Uint8Array.of(255));
  refuses(() => el.decodeBase45("V5"), "256 in a pair");
});

test("Base45: round trip of every length, spaces kept", () => {
  for (let n = 0; n < 150; n++) {
    const bytes = el.systemRandom(n);
    assert.deepEqual(el.decodeBase45(el.encodeBase45(bytes)), bytes);
  }
  assert.deepEqual(el.decodeBase45("9 0"), Uint8Array.of((9 + 36 * 45) >> 8, (9 + 36 * 45) & 0xff));
});

test("base64url: round trip of every length", () => {
  for (let n = 0; n < 70; n++) {
    const bytes = el.systemRandom(n);
    const text = el.encodeBase64url(bytes);
    assert.equal(text, Buffer.from(bytes).toString("base64url"));
    assert.deepEqual(el.decodeBase64url(text), bytes);
  }
});

test("base64url: refuses padding, + and /, white space, stray bits and impossible lengths", () => {
  for (const text of [
    "AA==",
    "AAA=",
    "+A",
    "/A",
    "A",
    "AAAAA",
    "AB",
    "AAB",
    "AA\n",
    " AA",
    "A A",
    "AA\u00e9A",
    "\u{1f600}A",
  ])
    refuses(() => el.decodeBase64url(text), text);
  assert.deepEqual(el.decodeBase64url("-_8"), Uint8Array.of(0xfb, 0xff));
});

test("hexadecimal: lower case only", () => {
  assert.deepEqual(el.fromHex("00ff"), Uint8Array.of(0, 255));
  for (const text of ["0", "FF", "0x", "0g"]) refuses(() => el.fromHex(text), text);
});

test("big-endian fields: ranges, and nothing left over", () => {
  assert.deepEqual(
    el.concat(el.u8(1), el.u16(0x203), el.u32(0x4050607), el.u64(2n ** 63n)),
    Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 0x80, 0, 0, 0, 0, 0, 0, 0),
  );
  for (const f of [
    () => el.u8(256),
    () => el.u8(-1),
    () => el.u16(65536),
    () => el.u32(2 ** 32),
    () => el.u32(0.5),
    () => el.u64(-1),
    () => el.u64(2n ** 64n),
  ])
    assert.throws(f, (e: unknown) => e instanceof el.EntrylogError && e.kind === "limit");
  const r = new el.Reader(Uint8Array.of(9, 1, 2, 0, 0, 0, 3, 7).subarray(1));
  assert.equal(r.u16(), 0x102);
  assert.equal(r.u32(), 3);
  refuses(() => r.end(), "left over");
  refuses(() => r.u16(), "too short");
  assert.equal(r.u8(), 7);
  r.end();
});

test("phone numbers: E.164, never +820", () => {
  for (const ok of ["+821012345678", "+1234567", "+123456789012345"]) assert.ok(el.isPhone(ok), ok);
  for (const bad of [
    "+8201012345678",
    "01012345678",
    "+0123456789",
    "+123456",
    "+1234567890123456",
    "+82 1012345678",
    "+82101234567\n",
    "",
  ])
    assert.ok(!el.isPhone(bad), bad);
});

test("UTF-8: strict", () => {
  refuses(() => el.fromUtf8(Uint8Array.of(0xc0, 0x80)), "overlong");
  refuses(() => el.fromUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), "surrogate");
});
