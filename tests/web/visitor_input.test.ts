import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { codeOf, phoneOf, readablePhone } from "../../src/web/visitor/phone_input.js";

test("a phone number is understood as people write it", () => {
  for (const text of ["010-0000-0001", "01000000001", "010 0000 0001", " 010.0000.0001 ", "+82 10-0000-0001", "+82 (0)10 0000 0001", "０１０－００００－０００１", "010–0000–0001"])
    assert.equal(phoneOf(text), "+821000000001", text);
  assert.equal(phoneOf("02-000-0001"), "+8220000001");
  assert.equal(phoneOf("+1 202 555 0000"), "+12025550000");
});

test("what is no phone number is refused", () => {
  for (const text of ["", "010-0000-000", "010-0000-00011", "1000000001", "0", "abc", "010-0000-000a", "+82", "00", "++821000000001", "0000000000"])
    assert.equal(phoneOf(text), undefined, text);
});

test("a number is shown as it is written in its country", () => {
  assert.equal(readablePhone("+821000000001"), "010-0000-0001");
  assert.equal(readablePhone("+12025550000"), "+12025550000");
});

test("a code is found in what was pasted, even a whole message", () => {
  for (const text of ["012345", "012 345", "012-345", "[Entrylog] 인증번호 012345 (3분)", "０１２３４５"]) assert.equal(codeOf(text), "012345", text);
  assert.equal(codeOf("01234"), "01234");
});
