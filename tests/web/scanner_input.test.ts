import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeTokenText, systemRandom } from "../../src/web/lib/index.js";
import { codeOfFragment, codeOfInput, codeOfLink, groupedCode, normalCode } from "../../src/web/scanner/enrol_code.js";
import { Memory, Sights } from "../../src/web/scanner/memory.js";
import { Wedge } from "../../src/web/scanner/wedge.js";

test("an enrolment code is read as the registry reads it", () => {
  assert.equal(normalCode("7k3m-q9xw 2rdt"), "7K3MQ9XW2RDT");
  assert.equal(normalCode("oOiIlL000000"), "001111000000");
  for (const bad of ["", "7K3MQ9XW2RD", "7K3MQ9XW2RDTT", "7K3MQ9XW2RDU", "7K3MQ9XW2R#T"]) assert.equal(normalCode(bad), undefined, bad);
  assert.equal(groupedCode("7K3MQ9XW2RDT"), "7K3M-Q9XW-2RDT");
});

test("an enrolment link counts for this registry only", () => {
  const origin = "https://registry.invalid";
  assert.equal(codeOfLink(`${origin}/scanner/#enrol=7K3MQ9XW2RDT`, origin), "7K3MQ9XW2RDT");
  assert.equal(codeOfInput(` ${origin}/scanner/#enrol=7K3M-Q9XW-2RDT\n`, origin), "7K3MQ9XW2RDT");
  for (const bad of [
    "https://other.invalid/scanner/#enrol=7K3MQ9XW2RDT",
    `${origin}.evil.invalid/scanner/#enrol=7K3MQ9XW2RDT`,
    `${origin}/scanner/?x#enrol=7K3MQ9XW2RDT`,
    `${origin}/scanner/#enrol=7K3MQ9XW2RDT&x`,
  ])
    assert.equal(codeOfLink(bad, origin), undefined, bad);
  assert.equal(codeOfFragment("#enrol="), undefined);
  assert.equal(codeOfFragment(""), undefined);
});

const TEXT = encodeTokenText(systemRandom(144));

/** Types a text and tells what came of it. */
function type(wedge: Wedge, text: string, from: number, gap: number, change: (c: string) => string = (c) => c): { read: string[]; mine: string[] } {
  const out = { read: [] as string[], mine: [] as string[] };
  [...text].forEach((c, i) => {
    const heard = wedge.hear({ key: c === "\n" ? "Enter" : change(c), code: /[A-Z]/i.test(c) ? `Key${c.toUpperCase()}` : "", at: from + i * gap });
    if (heard.text !== undefined) out.read.push(heard.text);
    if (heard.mine) out.mine.push(c);
  });
  return out;
}

test("a token that is typed is read at its last character, and the Enter behind it is nobody's press", () => {
  for (const gap of [0, 2, 30, 120]) {
    const { read, mine } = type(new Wedge(), `${TEXT}\n`, 1000, gap);
    assert.deepEqual(read, [TEXT], `${gap} ms`);
    assert.equal(mine.at(-1), "\n");
    assert.equal(mine.join(""), `${TEXT.slice(4)}\n`, "no space presses a button, no slash opens a search");
  }
});

test("keys that a person pressed just before are no part of a token", () => {
  for (const before of [" ", "x", "EL"]) assert.deepEqual(type(new Wedge(), `${before}${TEXT}\n`, 0, 20).read.at(-1), TEXT, before);
});

test("Caps Lock, and a Hangul layout, do not matter to a token", () => {
  const inverted = [...TEXT].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join("");
  assert.deepEqual(type(new Wedge(), `${inverted}\n`, 0, 5).read, [TEXT]);
  const hangul = type(new Wedge(), `${TEXT}\n`, 0, 5, (c) => (/[A-Z]/.test(c) ? "ㅁ" : c));
  assert.deepEqual(hangul.read, [TEXT]);
});

test("another barcode is read by its speed, and what a person types is left alone", () => {
  assert.deepEqual(type(new Wedge(), "8801234567893\n", 0, 10).read, ["8801234567893"]);
  assert.deepEqual(type(new Wedge(), " leading and trailing  \n", 0, 10).read, [" leading and trailing  "]);
  const person = type(new Wedge(), "hello world\n", 0, 140);
  assert.deepEqual(person, { read: [], mine: [] });
  assert.deepEqual(type(new Wedge(), "\n", 0, 10), { read: [], mine: [] });
  assert.deepEqual(type(new Wedge(), " ", 0, 10), { read: [], mine: [] });
});

test("the slashes and quotes of what a scanner types open no search; a person's do", () => {
  assert.equal(type(new Wedge(), "HTTPS://REGISTRY.INVALID/SCANNER/", 0, 10).mine.join(""), "////");
  assert.equal(type(new Wedge(), "ABC'DEF", 0, 10).mine.join(""), "'");
  for (const key of ["/", "'"]) assert.deepEqual(type(new Wedge(), `ab ${key}`, 0, 140).mine, [], key);
});

test("half a token that stops is forgotten", () => {
  const wedge = new Wedge();
  assert.deepEqual(type(wedge, TEXT.slice(0, 100), 0, 5).read, []);
  assert.deepEqual(type(wedge, `${TEXT}\n`, 5000, 5).read, [TEXT]);
});

test("the same person's second scan is told from a copy by the time between", () => {
  const memory = new Memory();
  assert.equal(memory.recall("t", 0), "new");
  memory.accept("t", 0);
  assert.equal(memory.recall("t", 9_000), "counted");
  memory.see("t", 11_000);
  assert.equal(memory.recall("t", 13_000), "counted", "still in view");
  assert.equal(memory.recall("t", 20_000), "used");
  assert.equal(memory.recall("other", 20_000), "new");
  const long = new Memory();
  long.accept("t", 0);
  for (let at = 1000; at <= 90_000; at += 1000) long.see("t", at);
  assert.equal(long.recall("t", 90_500), "used", "no page shows one token that long");
});

test("ten pictures a second of one code are one presentation; a poster behind it is quiet", () => {
  const sights = new Sights(new Memory());
  assert.equal(sights.choose(["https://poster.invalid"], 0), "https://poster.invalid");
  sights.judged("https://poster.invalid", 0, false);
  assert.equal(sights.choose(["https://poster.invalid", "EL1:A"], 1000), "EL1:A");
  sights.judged("EL1:A", 1000, false);
  for (let at = 1100; at < 20_000; at += 100) assert.equal(sights.choose(["https://poster.invalid", "EL1:A"], at), undefined);
  assert.equal(sights.choose(["https://poster.invalid", "EL1:B"], 20_000), "EL1:B");
  sights.judged("EL1:B", 20_000, false);
  assert.equal(sights.choose([], 21_000), undefined);
  assert.equal(sights.choose(["EL1:B"], 25_000), "EL1:B", "it was away");
});

test("a verdict that may change by itself is given anew while the code stays", () => {
  const sights = new Sights(new Memory());
  sights.judged("EL1:A", 0, true);
  assert.equal(sights.choose(["EL1:A"], 1000), undefined);
  assert.equal(sights.choose(["EL1:A"], 3000), "EL1:A");
});
