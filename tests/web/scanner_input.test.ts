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
    // A slow scanner's first characters pass for a hand's.
    assert.equal(mine.join(""), `${TEXT.slice(gap < 100 ? 1 : 4)}\n`, "no space presses a button, no slash opens a search");
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
  assert.equal(type(new Wedge(), "HTTPS://REGISTRY.INVALID/SCANNER/", 0, 10).mine.join(""), "TTPS://REGISTRY.INVALID/SCANNER/");
  for (const key of ["/", "'"]) assert.deepEqual(type(new Wedge(), `ab ${key}`, 0, 140).mine, [], key);
});

/** Presses keys so many milliseconds apart; "-Tab" is one held down, "^r" one with Ctrl. Tells which the page got. */
function press(wedge: Wedge, keys: readonly string[], from: number, gap: number, field = false): { passed: string[]; begun: number; read: string[] } {
  const out = { passed: [] as string[], begun: 0, read: [] as string[] };
  keys.forEach((name, i) => {
    const key = name.replace(/^[-^](?=.)/, "");
    const heard = wedge.hear({ key, code: key, at: from + i * gap, repeat: name !== key && name.startsWith("-"), shortcut: name !== key && name.startsWith("^"), field });
    if (!heard.mine) out.passed.push(name);
    if (heard.begins === true) out.begun++;
    if (heard.text !== undefined) out.read.push(heard.text);
  });
  return out;
}

test("of a scanner's Tabs, Enters, arrows and shortcuts the first passes, and the second takes it back", () => {
  const walk = ["Tab", "Tab", "Shift", "Tab", "Enter", "ArrowDown", " ", "Escape", "^r", "Enter"];
  for (const gap of [0, 4, 20, 44]) {
    const wedge = new Wedge();
    assert.deepEqual(press(wedge, walk, 0, gap), { passed: ["Tab", "Shift"], begun: 1, read: [] }, `${gap} ms`);
    assert.deepEqual(press(wedge, ["Enter"], 9 * gap + 450, 0).passed, [], "just behind it");
    assert.deepEqual(press(wedge, ["Enter"], 9 * gap + 1600, 0).passed, ["Enter"], "a hand's");
  }
  assert.equal(press(new Wedge(), ["Tab", "Tab", "Tab"], 0, 90).begun, 1, "a slow scanner");
});

test("keys behind any text that was read press nothing", () => {
  const wedge = new Wedge();
  assert.deepEqual(type(wedge, "8801234567893\n", 0, 10).read, ["8801234567893"]);
  assert.deepEqual(press(wedge, ["Enter", "Tab"], 400, 110).passed, []);
});

test("a hand's keys pass, quick and held ones, too", () => {
  const tabs = ["Tab", "Tab", "Tab", "Shift", "Tab", "Enter"];
  assert.deepEqual(press(new Wedge(), tabs, 0, 125), { passed: tabs, begun: 0, read: [] });
  const wedge = new Wedge();
  assert.deepEqual(press(wedge, ["Tab"], 0, 0).passed, ["Tab"]);
  const held = Array.from({ length: 20 }, () => "-Tab");
  assert.deepEqual(press(wedge, held, 500, 30), { passed: held, begun: 0, read: [] });
  assert.deepEqual(press(wedge, ["Enter"], 1300, 0).passed, ["Enter"]);
  const swallowed = new Wedge();
  press(swallowed, ["Tab", "Tab"], 0, 10);
  assert.deepEqual(press(swallowed, held, 500, 30).passed, [], "held after it was swallowed");
  assert.deepEqual(press(new Wedge(), ["Tab", "Tab", "Tab"], 0, 125).passed.length, 3);
  // One that comes too soon is lost, not those behind it.
  const hasty = new Wedge();
  press(hasty, ["Tab", "Tab"], 0, 80);
  assert.deepEqual(press(hasty, ["Tab"], 205, 0).passed, ["Tab"]);
});

test("in a field a hand's characters are its own, and what a scanner typed does not send the form", () => {
  const code = [..."7K3MQ9XW2RDT"];
  assert.deepEqual(press(new Wedge(), [...code, "Enter"], 0, 120, true).passed, [...code, "Enter"]);
  for (const gap of [2, 80]) {
    const wedge = new Wedge();
    assert.deepEqual(press(wedge, [...code, "Enter", "Enter"], 0, gap, true), { passed: code, begun: 1, read: [code.join("")] }, `${gap} ms`);
  }
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
