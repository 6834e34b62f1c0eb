// Claim J1: all files of any two of the three parties put no name to a visit; those of all three do.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";

import { epochEnd, epochOf, KEY_KIND, parseBody, toHex, utf8 } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { Deployment, type Scanner, until, type Visitor } from "./deployment.js";
import * as joins from "./joins.js";
import { readLog } from "./logs.js";
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
  // An order is answered, so that the logs hold what they hold of one.
  const window = [d.now() - 600, d.now() + 60] as const;
  assert.equal((await joins.contacts(d, [scanner.venue], ...window)).length, 2);
  // The day closes, the identity day is rewritten in tag order and K_live destroyed.
  await d.shift(epochEnd(epochOf(d.now(), DAY_OFFSET), DAY_OFFSET) + 3 * 3600 - d.now());
  await d.confirmClock();
  await until("the rewritten day's root in the log", 30_000, async () =>
    (await readLog(d, "issuer:1")).entries.some((e) => e.type === "identities") ? true : undefined,
  );
  await Promise.all(d.daemons().map((daemon) => daemon.stop()));
});
after(async () => d?.stop());

const dir = (name: "issuer" | "registry" | "authority"): string => (name === "issuer" ? d.issuerDaemon(1).dir : d[name].dir);

test("all three parties' files connect the visitor with the visit (so that this test can fail)", () => {
  const loot = ransack([dir("issuer"), dir("registry"), dir("authority")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 3);
  const found = connect(loot, d.ceremony.deployment).filter((c) => c.phone === victim.phone);
  assert.deepEqual([...new Set(found.map((c) => c.venue))], [scanner.venue]);
  assert.ok(found.some((c) => c.how === "link opened"), "by the link");
  assert.ok(found.some((c) => c.how === "token id"), "by the trace box");
});

test("issuer and registry: the thief reads every identity and every visit, and connects none", () => {
  const loot = ransack([dir("issuer"), dir("registry")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 3);
  assert.deepEqual(connect(loot, d.ceremony.deployment), []);
});

test("the logs tell the thief which orders there were, and roots; leaves and trees are among the loot", () => {
  const loot = ransack([dir("issuer"), dir("registry")]);
  const types = new Set(loot.log.map((e) => e.type));
  for (const type of ["order", "segment", "identities", "document"] as const) assert.ok(types.has(type), type);
  for (const name of ["unpublished.db", "log/checkpoint", "log/tile/0"]) assert.ok(loot.files.some((f) => f.path.includes(name)), name);
});

test("issuer and authority: no trace of any visit anywhere", () => {
  const loot = ransack([dir("issuer"), dir("authority")]);
  assert.equal(loot.identities.length, 3);
  assert.equal(loot.visits.length, 0);
  assert.deepEqual(connect(loot, d.ceremony.deployment), []);
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
  assert.deepEqual(connect(loot, d.ceremony.deployment), []);
  for (const text of [victim.name, victim.phone, victim.phone.slice(1), "01000000021"])
    assert.deepEqual(filesWith(loot.files, utf8(text)), [], text);
});

test("one trustee's shares of all days, with the other two parties' files, connect nothing", () => {
  const loot = ransack([dir("issuer"), dir("registry"), path.join(dir("authority"), "data", "trustees", "2")]);
  assert.equal(loot.identities.length, 3);
  assert.deepEqual(connect(loot, d.ceremony.deployment), []);
});

test("the candidate set is the whole day: a closed identity day tells no order of arrival and holds no time", () => {
  const loot = ransack([dir("issuer")]);
  const tags = loot.identities.map((i) => toHex(i.row.tagA));
  assert.deepEqual(tags, [...tags].sort());
  assert.equal(new Set(loot.identities.map((i) => i.row.sealed.length)).size, 1, "all rows are equally long");
  assert.ok(!loot.keyring.some((k) => k.kind === KEY_KIND.live && k.epoch < epochOf(d.now(), DAY_OFFSET)), "K_live of that day is gone");
  assert.ok(filesBelow(dir("issuer")).every((f) => !/live\.db/.test(f.path) || !f.path.includes(`/${String(loot.identities[0]?.row.epoch).padStart(5, "0")}/`)));
});

// All else in a release or a trace statement the thief has, or can count through: only the salts (protocol 12.5) keep the
// answers' hashes in the logs from confirming what he guesses.
test("after a trace, issuer and registry: the logs do not tell the thief who was traced to where", async () => {
  const t = await Deployment.start("theft-trace", { days: 6 });
  try {
    const traced = await t.register("시험 다섯", "+821000000025");
    const others = await t.register("시험 여섯", "+821000000026");
    const place = await t.venue();
    for (const visitor of [others, traced]) {
      const [token] = await t.wallet(visitor, 0, 1);
      if (token === undefined) throw new Error("no token");
      assert.equal((await t.checkin(place, t.show(token))).status, 201);
    }
    assert.equal((await joins.trace(t, traced.phone, t.now() - 3600, t.now() + 60)).length, 1);
    await Promise.all(t.daemons().map((daemon) => daemon.stop()));
    const loot = ransack([t.issuerDaemon().dir, t.registry.dir]);
    assert.deepEqual([loot.identities.length, loot.visits.length], [2, 2]);
    assert.deepEqual(connect(loot, t.ceremony.deployment), []);
  } finally {
    await t.stop();
  }
});
