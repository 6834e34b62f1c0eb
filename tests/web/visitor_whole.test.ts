import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { pieces } from "../../src/web/visitor/whole.js";

/** What does not break at a line's end. */
const kept = (text: string, ...dates: string[]): string[] => pieces(text, dates).filter((_, i) => i % 2 === 1);

test("a phone number and a date keep together, with what clings to them", () => {
  assert.deepEqual(kept("010-0000-0101 번호로 인증번호를 보냈습니다."), ["010-0000-0101"]);
  assert.deepEqual(kept("We texted a code to 010-0000-0101."), ["010-0000-0101."]);
  assert.deepEqual(kept("등록은 2026년 12월 31일까지입니다.", "2026년 12월 31일"), ["2026년 12월 31일까지입니다."]);
  assert.deepEqual(kept("until December 31, 2026", "December 31, 2026"), ["December 31, 2026"]);
});

test("nothing is lost, and other numbers and hyphens are left alone", () => {
  for (const text of ["예: 010-1234-5678", "Six-digit code", "3분 안에 다섯 번", "", "+82-10-0000-0101 (x)"]) assert.equal(pieces(text, ["2026년 12월 31일"]).join(""), text);
  assert.deepEqual(kept("Six-digit code, 30 days, iPhone·iPad"), []);
});
