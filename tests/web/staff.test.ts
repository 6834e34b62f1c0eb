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

test("docs/venue-staff.md says the same in both languages of what a day at the door depends on", () => {
  const [korean = "", english = ""] = readFileSync(path.join(EL_ROOT, "docs/venue-staff.md"), "utf8").split("# For venue staff\n");
  for (const [inKorean, inEnglish] of [
    [/Safari에서 한 연결은 아이콘으로 이어지지 않습니다/, /pairing in Safari does not carry over/],
    [/승인 전에 연결한 스캐너는/, /paired before the approval works after it/],
    [/새 코드는 언제든 다시 받을 수 있습니다/, /a new one can be\s+had at any time/],
    [/조명 켜기/, /Light on/],
    [/USB 스캐너/, /USB scanner/],
    [/화면이 꺼지지 않는지/, /screen\s+stays on/],
    [/사진으로 찍지 않습니다/, /photos of a queue of people/],
    [/파일로 저장하거나 인쇄해/, /save them as a file or print them/],
    [/운영자가 다르게 정할 수 있습니다/, /the operator may set another limit/],
    [/모자라면 한 장 더/, /another when it is full/],
    [/점선을 따라 잘라 두고/, /cut it off along the dashed line and keep it/],
  ] as const) {
    assert.match(korean, inKorean);
    assert.match(english, inEnglish);
  }
  // The home screen comes before the pairing, for what is paired in Safari stays there.
  assert.ok(korean.indexOf("**홈 화면에 추가**") < korean.indexOf("**스캐너 연결**"));
  assert.ok(english.indexOf("**Add it to the home screen**") < english.indexOf("**Pair a scanner**"));
  assert.ok(korean.includes(`“${ko.torch_on}”`) && english.includes(`“${en.torch_on}”`), "the light by the name it has on the screen");
});
