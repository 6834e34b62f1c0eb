import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";

const parse = (text: string): el.Json => el.parseRestricted(el.utf8(text));
const plain = (text: string): unknown => JSON.parse(JSON.stringify(parse(text)));
const refuses = (what: string, bytes: Uint8Array): void =>
  assert.throws(
    () => el.parseRestricted(bytes),
    (e: unknown) => e instanceof el.EntrylogError && e.kind === "format",
    what,
  );

test("parses what is allowed", () => {
  const text =
    '{"a":[1,0,9007199254740991,true,false,null],"b_2":{"c":"x\\"y\\\\z"},"e":"가게","f":[],"g":{}}';
  assert.deepEqual(plain(text), JSON.parse(text));
  assert.deepEqual(plain('{ "a" : [ 1 , 2 ] , "b" : "" }'), { a: [1, 2], b: "" });
});

test("refuses what the two parsers read differently", () => {
  const bad = [
    '{"a":1,"a":2}',
    '{"a":"\\u001f"}',
    '{"a":"\\ud800"}',
    '{"a":"\\u0000"}',
    '{"a":1.0}',
    '{"a":1e0}',
    '{"a":1E2}',
    '{"a":9007199254740992}',
    '{"a":9007199254740993}',
    '{"a":99999999999999999999}',
    '{"a":-1}',
    '{"a":-0}',
    '{"a":+1}',
    '{"a":01}',
    '{"a":00}',
    '\ufeff{"a":1}',
    '{"a":"\\n"}',
    '{"a":"\\/"}',
    '{"a":"\\t"}',
    '{"a":"\\u0041"}',
    '{"A":1}',
    '{"a-b":1}',
    '{"":1}',
    '{"\\"":1}',
    '{"a":1,}',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a"}',
    '{"a":}',
    "{a:1}",
    "{'a':1}",
    '{"a":1}x',
    '{"a":1}{}',
    "",
    " ",
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":tru}',
    '{"a":True}',
    '{"a":"b}',
    '{"a":"b\\"}',
    '{"a":[1 2]}',
    '{"a":[1',
    "[]",
    "1",
    '"a"',
    "null",
    '{"a":1',
    '{"a":/**/1}',
    '{"a":"e\u0301"}',
    '{"a":"\u0007"}',
  ];
  for (const text of bad) refuses(text, el.utf8(text));
});

test("refuses bytes that are not UTF-8 and control characters", () => {
  const within = (...bytes: number[]): Uint8Array =>
    el.concat(el.utf8('{"a":"'), Uint8Array.from(bytes), el.utf8('"}'));
  el.parseRestricted(within(0xea, 0xb0, 0x80));
  refuses("overlong", within(0xc0, 0x80));
  refuses("lone surrogate", within(0xed, 0xa0, 0x80));
  refuses("truncated", within(0xea, 0xb0));
  refuses("beyond U+10FFFF", within(0xf4, 0x90, 0x80, 0x80));
  for (const c of [0, 1, 8, 9, 10, 13, 0x1f]) {
    refuses(`U+${c} in a string`, within(c));
    refuses(`U+${c} between`, el.concat(el.utf8('{"a":'), Uint8Array.of(c), el.utf8("1}")));
  }
});

test("depth of 8 is allowed, 9 is not", () => {
  parse(`{"a":${"[".repeat(7)}${"]".repeat(7)}}`);
  refuses("nine", el.utf8(`{"a":${"[".repeat(8)}${"]".repeat(8)}}`));
  refuses("very deep", el.utf8(`{"a":${"[".repeat(100000)}`));
});

test("keys named like prototype members are plain data", () => {
  const value = parse('{"__proto__":{"a":1},"constructor":2}') as Record<string, el.Json>;
  assert.deepEqual(Object.keys(value), ["__proto__", "constructor"]);
  assert.equal(value["constructor"], 2);
  assert.equal(value["a"], undefined);
});

test("the encoder's output is what the parser reads, byte for byte", () => {
  const value = { a: [1, 0, true, null], text: 'quote " and \\ and 가', nested: { deep: [] } };
  const bytes = el.encodeRestricted(value);
  assert.deepEqual(JSON.parse(JSON.stringify(el.parseRestricted(bytes))), value);
  assert.deepEqual(el.encodeRestricted(JSON.parse(el.fromUtf8(bytes)) as el.JsonInput), bytes);
  for (const bad of [-1, 1.5, 2 ** 53, "a\nb", "e\u0301", "\ud800", { A: 1 }, { "": 1 }] as el.JsonInput[])
    assert.throws(() => el.encodeRestricted(bad), el.EntrylogError);
});

test("signed documents: only exact fields, each key once, strict base64url", () => {
  const seed = new Uint8Array(32).fill(3);
  const doc = el.encodeRestricted({ version: 1 });
  const signed = el.signDocument("EL1-policy", doc, [seed]);
  const decoded = el.decodeDocument(JSON.parse(JSON.stringify(signed)));
  const key = el.signingPublicKey(seed);
  assert.deepEqual(el.validSigners("EL1-policy", decoded, [key]), [key]);
  assert.deepEqual(el.validSigners("EL1-order", decoded, [key]), []);
  assert.deepEqual(el.validSigners("EL1-policy", decoded, [el.signingPublicKey(new Uint8Array(32))]), []);
  const one = signed.signatures[0] as el.WireSignature;
  const variants: unknown[] = [
    { ...signed, more: 1 },
    { doc: signed.doc },
    { ...signed, doc: signed.doc + "=" },
    { ...signed, doc: 5 },
    null,
    [],
    { ...signed, signatures: [{ ...one, extra: 1 }] },
    { ...signed, signatures: [one, one] },
    { ...signed, signatures: [{ ...one, sig: "AA" }] },
  ];
  for (const bad of variants)
    assert.throws(
      () => el.decodeDocument(bad),
      (e: unknown) => e instanceof el.EntrylogError && e.kind === "format",
    );
});
