// The visitor page's choice of words: one word for the digits of the message, another for what is held up at a door.
import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { ko } from "../../src/web/visitor/texts.ko.js";

test("the digits of the message and the QR never have the same name", () => {
  for (const [name, text] of Object.entries(ko)) assert.ok(!text.includes("코드"), `${name}: ${text}`);
  for (const name of ["details_lead", "send_code", "code_title", "code_sent", "code", "code_again", "code_tries"] as const) assert.match(ko[name], /인증번호/, name);
});

test("a button that a text names has that name", () => {
  assert.ok(ko.show_about_once.includes(`‘${ko.show_new}’`));
  for (const name of ["code_no_tries", "error_unknown_registration"] as const) assert.ok(ko[name].includes(`‘${ko.code_again}’`), name);
});

test("words of the house style", () => {
  for (const [name, text] of Object.entries(ko)) assert.doesNotMatch(text, /열쇠|까닭|발급기관/, name);
});
