// The visitor page's choice of words: one word for the digits of the message, another for what is held up at a door;
// and that what it promises is so.
import { root } from "./setup.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { CONSENT_VERSION } from "../../src/web/visitor/consent.js";
import { en } from "../../src/web/visitor/texts.en.js";
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

test("the version of the consent is the one that new policies name and the guide for operators says", () => {
  const v = String(CONSENT_VERSION);
  const says = (file: string, what: RegExp): void => assert.equal(what.exec(readFileSync(path.join(root, file), "utf8"))?.[1], v, file);
  says("src/cli/cli.h", /#define EL_CLI_CONSENT ([0-9]+)/);
  says("src/cli/commands.c", /\[--consent ([0-9]+)\]/);
  says("docs/man/entrylog.1", /\\-\\-consent ([0-9]+)\]/);
  says("keys/example-policy.json", /"consent": ([0-9]+)/);
  says("docs/operations.md", /consent version ([0-9]+) of the policy/);
});

test("nobody is told that name and number are gone before their days are", () => {
  for (const [language, all, days, stay] of [["ko", ko, /28일/, /암호화된 채 남/], ["en", en, /28 days/, /stay.*encrypted/]] as const)
    for (const name of ["consent_how_long_registration", "me_withdraw_lead", "me_withdraw_text", "me_left_withdraw"] as const) {
      assert.match(all[name], days, `${language}: ${name}`);
      assert.match(all[name], stay, `${language}: ${name}`);
    }
  for (const text of [ko.me_left_withdraw_title, en.me_left_withdraw_title]) assert.doesNotMatch(text, /모두|everything/i);
});
