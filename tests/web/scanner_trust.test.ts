import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";
import { acceptDirectory, openKept, pinRoot, queueKeyFor } from "../../src/web/scanner/trust.js";

const NOW = 1_700_000_000;
const OFFSET = 18000;
const root = el.systemRandom(32);
const rootKey = el.signingPublicKey(root);

function directory(serial: number, seeds = [root], notAfter = NOW + 1000, deployment = el.deploymentOf(rootKey)): el.SignedDocument {
  const key = el.encodeBase64url(el.signingPublicKey(el.systemRandom(32)));
  const doc = {
    version: 1,
    deployment: el.encodeBase64url(deployment),
    serial,
    not_after: notAfter,
    issuers: [],
    registry: { name: "등록", url: "https://registry.invalid", answer_key: key, log_key: null },
  };
  return el.signDocument("EL1-directory", el.utf8(JSON.stringify(doc)), seeds);
}

test("the root is pinned from the first directory, and only if it signed", () => {
  assert.equal(pinRoot(directory(1)), el.encodeBase64url(rootKey));
  const other = el.systemRandom(32);
  assert.throws(() => pinRoot(directory(1, [other])), "another key, for this deployment");
  const forged = directory(1);
  assert.throws(() => pinRoot({ ...forged, doc: directory(2).doc }), "another document's signature");
});

test("a later directory is taken from the pinned root only, in date, and not older", () => {
  const pinned = pinRoot(directory(5));
  const kept = openKept(directory(5), pinned);
  assert.equal(acceptDirectory(directory(6), pinned, kept, NOW).serial, 6);
  assert.equal(acceptDirectory(directory(5), pinned, kept, NOW).serial, 5);
  assert.throws(() => acceptDirectory(directory(4), pinned, kept, NOW), "older");
  assert.throws(() => acceptDirectory(directory(6, [root], NOW), pinned, kept, NOW), "run out");
  const thief = el.systemRandom(32);
  const theirs = directory(9, [thief], NOW + 1000, el.deploymentOf(el.signingPublicKey(thief)));
  assert.doesNotThrow(() => pinRoot(theirs));
  assert.throws(() => acceptDirectory(theirs, pinned, kept, NOW), "another root");
});

test("entries are sealed to their day's key, or the newest that the registry can still open", () => {
  const today = el.epochOf(NOW, OFFSET);
  const key = (n: number): string => el.encodeBase64url(new Uint8Array(32).fill(n));
  const info = { day_offset: OFFSET, late_limit: 86400, queue_keys: [{ epoch: today, key: key(1) }, { epoch: today + 1, key: key(2) }] } as el.ScannerInfo;
  assert.deepEqual(queueKeyFor(info, NOW), el.decodeBase64url(key(1)));
  assert.deepEqual(queueKeyFor(info, NOW + 86400), el.decodeBase64url(key(2)));
  assert.deepEqual(queueKeyFor(info, NOW + 2 * 86400), el.decodeBase64url(key(2)), "the day after: still opened");
  assert.equal(queueKeyFor(info, NOW + 4 * 86400), undefined);
  assert.equal(queueKeyFor(info, NOW - 86400), undefined);
});
