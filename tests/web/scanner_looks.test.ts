// No two verdicts look, sound, feel or read alike.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { PATHS } from "../../src/web/scanner/icons.js";
import { SIGNALS } from "../../src/web/scanner/signals.js";
import { en } from "../../src/web/scanner/texts.en.js";
import { ko } from "../../src/web/scanner/texts.ko.js";
import type { Kind } from "../../src/web/scanner/verdict.js";

declare const EL_ROOT: string;

const KINDS = Object.keys(SIGNALS) as Kind[];
const css = readFileSync(path.join(EL_ROOT, "src/web/scanner/page.css"), "utf8");

/** The rule of a kind: its background, ink and edge. */
function colours(kind: Kind): string {
  const [, rule] = new RegExp(`\\[data-kind="${kind}"\\] \\{([^}]*)\\}`).exec(css) ?? [];
  assert.ok(rule !== undefined, `${kind} has a colour`);
  return /--back: (#[0-9a-f]{6})/.exec(rule)?.[1] ?? "";
}

test("each verdict has a word, a colour, a sign, a sound and a vibration of its own", () => {
  assert.ok(KINDS.length >= 15);
  const senses: Record<string, (kind: Kind) => string> = {
    word: (kind) => ko[kind],
    "word in English": (kind) => en[kind],
    detail: (kind) => ko[`${kind}_detail`],
    colour: colours,
    sign: (kind) => PATHS[kind].join(),
    sound: (kind) => SIGNALS[kind].tones.join(";"),
    vibration: (kind) => SIGNALS[kind].shake.join(),
  };
  for (const [sense, of] of Object.entries(senses)) {
    const seen = new Map<string, Kind>();
    for (const kind of KINDS) {
      const own = of(kind);
      assert.ok(own !== "", `${sense} of ${kind}`);
      assert.equal(seen.get(own), undefined, `${sense} of ${kind}`);
      seen.set(own, kind);
    }
  }
});

test("a tick stands in what was recorded and nowhere else, as the poster says that it lets in", () => {
  const sheet = readFileSync(path.join(EL_ROOT, "docs/venue-staff.md"), "utf8");
  for (const kind of KINDS) {
    const recorded = kind === "accepted" || kind === "queued";
    // Down to the right, then up to the right.
    assert.equal(PATHS[kind].some((d) => /l([0-9.]+) \1(L| [0-9.]+-)/.test(d)), recorded, kind);
    for (const [word, tick] of [[ko[kind], /체크/], [en[kind], /tick/]] as const) {
      const sign = sheet.split("\n").find((line) => line.startsWith(`| ${word} |`))?.split(" | ")[1] ?? "";
      assert.equal(tick.test(sign), recorded, `${kind} on the staff sheet: ${sign}`);
    }
  }
});

test("the server is named where the server has decided, with the reason last; every refusal of a visitor says what to do", () => {
  for (const kind of KINDS) {
    assert.equal(/서버/.test(ko[kind]), kind === "refused", kind);
    assert.equal(/server/i.test(en[kind]), kind === "refused", kind);
  }
  for (const texts of [ko, en]) {
    assert.match(texts.refused_detail, /: \{code\}$/);
    for (const kind of ["unknown", "wrong_day", "unrecorded"] as const) assert.match(texts[`${kind}_detail`], /종이 명부|paper list/, kind);
  }
  assert.match(ko.refused_detail, /새 QR을 한 번 더.*운영자에게 알리세요/);
  assert.match(en.refused_detail, /new QR once more.*tell the operator/);
  assert.match(ko.newer_detail, /페이지를 새로 고치세요/);
  assert.match(en.newer_detail, /reload the page/);
  assert.match(ko.wrong_day_detail, /휴대전화를 네트워크에 연결/);
  assert.match(en.wrong_day_detail, /phone needs the network/);
});

test("an issuer that is not known yet is no accusation: nothing of a made-up code, and what to do is said", () => {
  for (const [texts, accusing, network, paper] of [[ko, /가짜/, /네트워크에 연결/, /종이 명부/], [en, /made.up|fake|forge/i, /to the network/, /paper list/]] as const) {
    const said = `${texts.unknown}. ${texts.unknown_detail}`;
    assert.doesNotMatch(said, accusing);
    assert.match(said, network);
    assert.match(said, paper);
  }
});
