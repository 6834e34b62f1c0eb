// The words of the pages: whatever is said in Korean is said in English, with the same things filled in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { commonEn, commonKo, explain } from "../../src/web/kit/common_texts.js";
import type { Texts } from "../../src/web/kit/language.js";
import { ApiError } from "../../src/web/lib/client.js";
import { en as scannerEn } from "../../src/web/scanner/texts.en.js";
import { ko as scannerKo } from "../../src/web/scanner/texts.ko.js";
import { en as venueEn } from "../../src/web/venue/texts.en.js";
import { ko as venueKo } from "../../src/web/venue/texts.ko.js";
import { en as visitorEn } from "../../src/web/visitor/texts.en.js";
import { ko as visitorKo } from "../../src/web/visitor/texts.ko.js";

declare const EL_ROOT: string;

// A page's catalogues stand here in two lines: an import, and a row.
const CATALOGUES: Record<string, { ko: Readonly<Record<string, string>>; en: Readonly<Record<string, string>> }> = {
  common: { ko: commonKo, en: commonEn },
  scanner: { ko: scannerKo, en: scannerEn },
  venue: { ko: venueKo, en: venueEn },
  visitor: { ko: visitorKo, en: visitorEn },
};

/** Texts in the other language's letters on purpose: its name, units and names of software that both write alike. */
const EXCEPTIONS = new Set(["other_language", "milliseconds", "reader_native", "reader_wasm"]);

const HANGUL = /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/;
const placeholders = (text: string): string[] => [...new Set(text.match(/\{[^{}]*\}/g) ?? [])].sort();

for (const [page, { ko, en }] of Object.entries(CATALOGUES)) {
  const each = (check: (name: string, korean: string, english: string) => void): void => {
    for (const [name, korean] of Object.entries(ko)) check(`${page}: ${name}`, korean, en[name] ?? "");
  };

  test(`${page}: both languages have the same texts`, () => {
    assert.ok(Object.keys(ko).length > 0);
    assert.deepEqual(Object.keys(en).sort(), Object.keys(ko).sort());
  });

  test(`${page}: no text is empty or begins or ends in space, but for the last line's end in a file`, () => {
    each((name, korean, english) => {
      for (const text of [korean, english]) assert.ok(text.trim() !== "" && text.replace(/\n$/, "") === text.trim(), `${name}: "${text}"`);
    });
  });

  test(`${page}: both languages are filled with the same things, by names that can be filled`, () => {
    each((name, korean, english) => {
      assert.deepEqual(placeholders(english), placeholders(korean), name);
      for (const text of [korean, english]) {
        for (const placeholder of placeholders(text)) assert.match(placeholder, /^\{[a-z_]+\}$/, name);
        assert.ok(!/[{}]/.test(text.replace(/\{[a-z_]+\}/g, "")), `${name}: a brace of no placeholder`);
      }
    });
  });

  test(`${page}: Korean texts are Korean, English ones are not`, () => {
    each((name, korean, english) => {
      if (EXCEPTIONS.has(name.replace(`${page}: `, ""))) return;
      // "{from}–{to}" has no word in it, and so no language.
      const words = (text: string): string => text.replace(/\{[a-z_]+\}/g, "");
      if (/\p{L}/u.test(words(korean))) assert.match(words(korean), HANGUL, name);
      assert.doesNotMatch(english, HANGUL, name);
    });
  });

  test(`${page}: texts are text, no HTML`, () => {
    each((name, korean, english) => {
      for (const text of [korean, english]) assert.doesNotMatch(text, /<[a-z/!]|&[a-z]+;/i, name);
    });
  });
}

/** A catalogue as a page has it, without the browser that Texts needs. */
function textsOf(catalogue: Readonly<Record<string, string>>): Texts<keyof typeof commonKo> {
  const t = (name: string, params: Readonly<Record<string, string | number>> = {}): string =>
    (catalogue[name] ?? "").replace(/\{([a-z_]+)\}/g, (whole, key: string) => String(params[key] ?? whole));
  return { t, has: (name: string) => Object.hasOwn(catalogue, name) } as unknown as Texts<keyof typeof commonKo>;
}

test("every page tells a short wait in seconds and a long one in minutes, never too early and with nothing unfilled", () => {
  for (const [page, { ko, en }] of Object.entries(CATALOGUES))
    for (const [catalogue, seconds, minutes] of [[ko, /90초/, /61분/], [en, /90 seconds/, /61 minutes/]] as const) {
      const told = (wait: number | undefined): string => explain(textsOf(catalogue), new ApiError(429, "rate_limited", "x", undefined, wait));
      assert.match(told(90), seconds, page);
      assert.match(told(undefined), /60/, page);
      assert.match(told(91), / 2 ?(분|minutes)/, page);
      assert.match(told(3601), minutes, page);
      for (const wait of [1, 90, 91, 3600, 90000]) assert.doesNotMatch(told(wait), /[{}]/, `${page} after ${wait} s`);
    }
});

test("the pages and the staff sheet keep to the glossary's Korean words", () => {
  const read = (file: string): string => readFileSync(path.join(EL_ROOT, "docs", file), "utf8");
  const [, table = ""] = read("glossary.md").split("| term | Korean | do not say |");
  const rows = (table.split("\n\n")[0] ?? "").split("\n").map((line) => line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")));
  const words = rows.filter((row) => row.length === 3 && HANGUL.test(row[2] ?? ""));
  assert.ok(words.length >= 12);
  const sheet = read("venue-staff.md");
  const all = [sheet, ...Object.values(CATALOGUES).flatMap(({ ko }) => Object.values(ko))];
  // One syllable and a word of everyday speech are banned in their sense only, which no test can tell.
  const banned = words.flatMap(([, , wrong = ""]) => wrong.split(", ")).filter((word) => word.length > 1 && word !== "입장");
  for (const word of banned) assert.deepEqual(all.filter((text) => text.includes(word)), [], word);
  // The page's own title decides its name.
  assert.ok(sheet.includes(`${venueKo.title} 페이지`) && scannerKo.pair_intro.includes(`${venueKo.title} 페이지`));
  for (const text of [scannerKo.paused_scanner, scannerKo.paused_venue]) assert.ok(text.includes(venueKo.scanner_pause), text);
  assert.ok(scannerKo.paused_scanner.includes(venueKo.scanner_resume));
});

test("both pages count check-ins, not people", () => {
  assert.match(scannerKo.today, /\{count\}건/);
  assert.match(venueKo.counts_total, /\{count\}건/);
  for (const [name, text] of Object.entries(scannerKo)) assert.doesNotMatch(text, /\{[a-z]*count[a-z]*\}명/, name);
  assert.match(scannerEn.today, /check-ins/i);
});

test("the venue page names the scanner page's button by which a paired scanner goes on", () => {
  assert.ok(venueKo.code_paired_waiting.includes(`‘${scannerKo.check_again}’`));
  assert.ok(venueEn.code_paired_waiting.includes(`“${scannerEn.check_again}”`));
});
