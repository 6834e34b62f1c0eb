import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";
import { judge, type Knowledge, maySoonChange, verdictOfCode } from "../../src/web/scanner/verdict.js";

const NOW = 1_700_000_000;
const OFFSET = 18000;
const TODAY = el.epochOf(NOW, OFFSET);
const seed = el.systemRandom(32);
const dayKey = el.systemRandom(32);

const directory: el.Directory = {
  deployment: el.systemRandom(32),
  serial: 1,
  notAfter: NOW + 1e6,
  issuers: [
    {
      issuer: 3,
      name: "발급",
      url: "https://issuer.invalid",
      keys: [{ from: TODAY - 3, to: TODAY + 3, key: el.signingPublicKey(seed) }],
      answerKey: el.systemRandom(32),
      logKey: null,
    },
  ],
  registry: { name: "등록", url: "https://registry.invalid", answerKey: el.systemRandom(32), logKey: null },
  hash: el.systemRandom(32),
};

interface Twist {
  version?: number;
  issuer?: number;
  epoch?: number;
  shownAt?: number;
  flip?: number;
}
function tokenText({ version = 1, issuer = 3, epoch = TODAY, shownAt = NOW, flip }: Twist = {}): string {
  const part = el.concat(el.u8(version), el.u8(issuer), el.u16(epoch), el.systemRandom(64));
  const body = el.concat(part, el.sign("EL1-token", part, seed));
  if (flip !== undefined) body[flip] = (body[flip] ?? 0) ^ 1;
  return el.encodeTokenText(el.stampBody(body, el.showKey(dayKey, body), shownAt));
}
const known = (now = NOW): Knowledge => ({ directory, now, skew: 5, dayOffset: OFFSET });
function kind(text: string, now = NOW): string {
  const found = judge(text, known(now));
  if (!("verdict" in found)) return "sound";
  return found.verdict.code === undefined ? found.verdict.kind : `${found.verdict.kind}:${found.verdict.code}`;
}

test("a fresh token of a known issuer passes, with its bytes and T", () => {
  const text = tokenText();
  const found = judge(text, known());
  assert.ok(!("verdict" in found));
  assert.deepEqual(found.token, el.decodeTokenText(text));
  assert.equal(found.id, el.toHex(found.token.slice(4, 20)));
});

test("each refusal has its reason", () => {
  assert.equal(kind(""), "foreign");
  assert.equal(kind("EL1:"), "foreign");
  assert.equal(kind(tokenText().toLowerCase()), "foreign");
  assert.equal(kind(`${tokenText()} `), "foreign");
  assert.equal(kind(tokenText({ version: 2 })), "newer:unknown_version");
  assert.equal(kind(tokenText({ issuer: 4 })), "unknown:unknown_issuer");
  assert.equal(kind(tokenText({ epoch: TODAY - 1 })), "wrong_day");
  assert.equal(kind(tokenText({ epoch: TODAY + 1 })), "wrong_day");
  for (const flip of [4, 20, 52, 68, 131]) assert.equal(kind(tokenText({ flip })), "forged:bad_signature", `byte ${flip}`);
  assert.equal(kind(tokenText({ shownAt: NOW - 21 })), "stale");
  assert.equal(kind(tokenText({ shownAt: NOW + 6 })), "future");
  assert.equal(kind(tokenText({ shownAt: NOW - 20 })), "sound");
  assert.equal(kind(tokenText({ shownAt: NOW + 5 })), "sound");
});

test("the first reason that applies is told: form, version, issuer, day, signature, age", () => {
  const all = { version: 9, issuer: 9, epoch: TODAY - 9, flip: 70, shownAt: 1 };
  assert.equal(kind(tokenText(all)), "newer:unknown_version");
  assert.equal(kind(tokenText({ ...all, version: 1 })), "unknown:unknown_issuer");
  assert.equal(kind(tokenText({ ...all, version: 1, issuer: 3 })), "wrong_day");
  assert.equal(kind(tokenText({ ...all, version: 1, issuer: 3, epoch: TODAY })), "forged:bad_signature");
  assert.equal(kind(tokenText({ shownAt: 1 })), "stale");
});

test("at the edges of a day a fresh code is judged by when it was shown, as the registry does", () => {
  const start = el.epochStart(TODAY, OFFSET);
  const end = el.epochEnd(TODAY, OFFSET) + el.OVERLAP_S;
  assert.equal(kind(tokenText({ shownAt: start }), start - 2), "sound", "the visitor's clock is ahead");
  assert.equal(kind(tokenText({ shownAt: start - 2 }), start + 2), "wrong_day");
  assert.equal(kind(tokenText({ shownAt: end - 1 }), end + 3), "sound");
  assert.equal(kind(tokenText({ shownAt: end }), end), "wrong_day");
  assert.equal(kind(tokenText({ epoch: TODAY, shownAt: NOW }), NOW + 2 * 86400), "wrong_day", "yesterday's picture is not just old");
});

test("a day for which the issuer has no key is not known, and may be tomorrow", () => {
  const far = el.epochStart(TODAY + 5, OFFSET) + 100;
  assert.equal(kind(tokenText({ epoch: TODAY + 5, shownAt: far }), far), "unknown:unknown_key");
  for (const code of ["unknown_key", "unknown_issuer"]) assert.ok(maySoonChange({ kind: "unknown", code }));
  assert.ok(!maySoonChange({ kind: "forged", code: "bad_signature" }));
});

test("what could not be recorded is judged again while it is held there, but not where this is a scanner no more", () => {
  assert.ok(maySoonChange({ kind: "unrecorded" }));
  assert.ok(maySoonChange({ kind: "unrecorded", code: "storage" }));
  assert.ok(!maySoonChange({ kind: "unrecorded", code: "gone" }));
});

test("the registry's refusals have their own verdicts; one that is new to us is named", () => {
  for (const [code, kind] of [
    ["already_used", "used"],
    ["bad_tag", "forged"],
    ["stale", "stale"],
    ["from_future", "future"],
    ["wrong_day", "wrong_day"],
    ["unknown_issuer", "unknown"],
    ["venue_inactive", "paused"],
    ["scanner_paused", "paused"],
    ["unauthorized", "revoked"],
    ["unknown_version", "refused"],
    ["too_old", "refused"],
    ["unheard_of", "refused"],
  ])
    assert.deepEqual(verdictOfCode(code ?? ""), { kind, code });
});
