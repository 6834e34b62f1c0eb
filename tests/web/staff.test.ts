// The sheet for venue staff names what the scanner really says, in both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { en } from "../../src/web/scanner/texts.en.js";
import { ko } from "../../src/web/scanner/texts.ko.js";

declare const EL_ROOT: string;

test("docs/venue-staff.md has a row for every verdict, in the scanner's own words", () => {
  const sheet = readFileSync(path.join(EL_ROOT, "docs/venue-staff.md"), "utf8");
  const verdicts = Object.keys(ko).filter((name) => `${name}_detail` in ko) as (keyof typeof ko)[];
  assert.ok(verdicts.length >= 12);
  for (const name of verdicts) for (const word of [ko[name], en[name]]) assert.ok(sheet.includes(`| ${word} |`), `${name}: ${word}`);
});
