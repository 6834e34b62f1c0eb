// Claim J1: all files of any two of the three parties put no name to a visit; those of all three do.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import { epochEnd, epochOf, KEY_KIND, parseBody, toHex, utf8 } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { Deployment, type Scanner, type Visitor } from "./deployment.js";
import { writeShares } from "./shares.js";
import { connect, filesBelow, filesWith, ransack } from "./thief.js";

let d: Deployment;
let victim: Visitor;
let scanner: Scanner;
let bodies: Uint8Array[] = [];

before(async () => {
  d = await Deployment.start("theft", { days: 6 });
  writeShares(d);
  victim = await d.register("시험 피해자", "+821000000021");
  const others = [await d.register("시험 셋", "+821000000022"), await d.register("시험 넷", "+821000000023")];
  scanner = await d.venue();
  const elsewhere = await d.venue();
  for (const [visitor, place] of [
    [others[0], scanner],
    [victim, scanner],
    [others[1], elsewhere],
  ] as const) {
    if (visitor === undefined) throw new Error("no visitor");
    const [token] = await d.wallet(visitor, 0, 1);
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(place, d.show(token))).status, 201);
    if (visitor === victim) bodies.push(token.body);
  }
  // The day closes, the identity day is rewritten in tag order and K_live destroyed.
  await d.shift(epochEnd(epochOf(d.now(), DAY_OFFSET), DAY_OFFSET) + 3 * 3600 - d.now());
  await d.confirmClock();
  await Promise.all(d.daemons().map((daemon) => daemon.stop()));
});
after(async () => d?.stop());

const dir = (name: "issuer" | "registry" | "authority"): string => (name === "issuer" ? d.issuerDaemon(1).dir : d[name].dir);

test("all three parties' files connect the visitor with the visit (so that this test can fail)", () => {
  const loot = ransack([dir("issuer"), dir("registry"), dir("authority")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 3);
  const found = connect(loot).filter((c) => c.phone === victim.phone);
  assert.deepEqual([...new Set(found.map((c) => c.venue))], [scanner.venue]);
  assert.ok(found.some((c) => c.how === "link opened"), "by the link");
  assert.ok(found.some((c) => c.how === "token id"), "by the trace box");
});

test("issuer and registry: the thief reads every identity and every visit, and connects none", () => {
  const loot = ransack([dir("issuer"), dir("registry")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 3);
  assert.deepEqual(connect(loot), []);
});

test("issuer and authority: no trace of any visit anywhere", () => {
  const loot = ransack([dir("issuer"), dir("authority")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 0);
  assert.deepEqual(connect(loot), []);
  for (const body of bodies) {
    assert.deepEqual(filesWith(loot.files, body), []);
    assert.deepEqual(filesWith(loot.files, parseBody(body).id), []);
    assert.deepEqual(filesWith(loot.files, parseBody(body).link), []);
  }
});

test("registry and authority: every visit readable, every handle opened, no name anywhere", () => {
  const loot = ransack([dir("registry"), dir("authority")]);
  assert.equal(loot.visits.length, 3);
  assert.equal(loot.identities.length, 0);
  assert.deepEqual(connect(loot), []);
  for (const text of [victim.name, victim.phone, victim.phone.slice(1), "01000000021"])
    assert.deepEqual(filesWith(loot.files, utf8(text)), [], text);
});

test("one trustee's shares of all days, with the other two parties' files, connect nothing", () => {
  const loot = ransack([dir("issuer"), dir("registry"), path.join(dir("authority"), "data", "trustees", "2")]);
  assert.equal(loot.identities.length, 3);
  assert.deepEqual(connect(loot), []);
});

test("the candidate set is the whole day: a closed identity day tells no order of arrival and holds no time", () => {
  const loot = ransack([dir("issuer")]);
  const tags = loot.identities.map((i) => toHex(i.row.tagA));
  assert.deepEqual(tags, [...tags].sort());
  assert.equal(new Set(loot.identities.map((i) => i.row.sealed.length)).size, 1, "all rows are equally long");
  assert.ok(!loot.keyring.some((k) => k.kind === KEY_KIND.live && k.epoch < epochOf(d.now(), DAY_OFFSET)), "K_live of that day is gone");
  assert.ok(filesBelow(dir("issuer")).every((f) => !/live\.db/.test(f.path) || !f.path.includes(`/${String(loot.identities[0]?.row.epoch).padStart(5, "0")}/`)));
});
