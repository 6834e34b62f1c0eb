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
  assert.ok(KINDS.length >= 14);
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

test("an issuer that is not known yet is no accusation: nothing of a made-up code, and what to do is said", () => {
  for (const [texts, accusing, network, paper] of [[ko, /가짜/, /네트워크에 연결/, /종이 명부/], [en, /made.up|fake|forge/i, /to the network/, /paper list/]] as const) {
    const said = `${texts.unknown}. ${texts.unknown_detail}`;
    assert.doesNotMatch(said, accusing);
    assert.match(said, network);
    assert.match(said, paper);
  }
});
