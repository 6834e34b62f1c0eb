// Claim P: 30 days later no file holds the person, the visit, or a key that opens either; the clock rules.
import assert from "node:assert/strict";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { dayKeys, epochOf, parseBody, phoneTag, ServiceClient, toHex, utf8 } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { CONFIRM_CLOCK, type Daemon, Deployment, PURGE, type Scanner, until, type Visitor } from "./deployment.js";
import { callVisits, contacts, contactsOrder, trace } from "./joins.js";
import { dayFolders } from "./load.js";
import { writeShares } from "./shares.js";
import { connect, filesBelow, filesWith, ransack } from "./thief.js";

let d: Deployment;
let visitor: Visitor;
let scanner: Scanner;
let body = new Uint8Array();
let day = 0;
let from = 0;
let oldCopy = "";

before(async () => {
  d = await Deployment.start("purge");
  writeShares(d);
  visitor = await d.register("심어둔 이름", "+821000000031");
  scanner = await d.venue("심어둔 장소");
  const [token] = await d.wallet(visitor, 0, 1);
  if (token === undefined) throw new Error("no token");
  body = Uint8Array.from(token.body);
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
  day = epochOf(d.now(), DAY_OFFSET);
  from = d.now() - 600;
});
after(async () => {
  await d?.stop();
  if (oldCopy !== "") rmSync(oldCopy, { recursive: true, force: true });
});

test("before: the visit is found both ways, and a copy of all files connects it", async () => {
  assert.deepEqual((await contacts(d, [scanner.venue], from, d.now() + 60)).map((p) => p.phone), [visitor.phone]);
  assert.deepEqual((await trace(d, visitor.phone, from, d.now() + 60)).map((p) => p.venue), [scanner.venue]);
  oldCopy = path.join(d.dir, "..", `${path.basename(d.dir)}-copy`);
  mkdirSync(oldCopy);
  for (const daemon of d.daemons()) cpSync(daemon.dir, path.join(oldCopy, daemon.name), { recursive: true, filter: (f) => !f.endsWith("control") });
  assert.ok(connect(ransack([oldCopy]), d.ceremony.deployment).length > 0);
});

test("a clock that jumps 30 days while running destroys nothing until the operator's word", async () => {
  await d.shift(30 * 86400);
  for (const daemon of d.daemons()) {
    const said = await d.control(daemon, PURGE);
    assert.ok(ransack([daemon.dir]).keyring.some((k) => k.epoch === day) || daemon === d.authority, `${daemon.name}: ${said}`);
  }
  for (const daemon of d.daemons()) await d.control(daemon, CONFIRM_CLOCK);
  for (const daemon of d.daemons()) await daemon.ready();
});

/** Keys go first; the files are removed by another process, about a second later. */
async function untilRemoved(daemons: Daemon[], epochs: number[]): Promise<void> {
  const left = (): string[] => daemons.flatMap((daemon) => epochs.flatMap((epoch) => dayFolders(daemon, epoch)));
  await until("the day's files to be removed", 30_000, () => (left().length === 0 ? true : undefined));
}

test("after 30 days no key of the day is left at any party or trustee, and no partition", async () => {
  await untilRemoved(d.daemons(), [day]);
  await until("the purge", 20_000, () => (ransack(d.daemons().map((x) => x.dir)).keyring.some((k) => k.epoch === day) ? undefined : true));
  const loot = ransack(d.daemons().map((x) => x.dir));
  assert.deepEqual(loot.rows.filter((r) => r.epoch === day), []);
  assert.deepEqual(loot.identities, []);
  assert.deepEqual(loot.visits, []);
});

test("no file holds the planted name, number, token, or outside the venue's own table the place", () => {
  const files = d.daemons().flatMap((x) => filesBelow(x.dir));
  for (const text of [visitor.name, visitor.phone, visitor.phone.slice(1), "01000000031"]) assert.deepEqual(filesWith(files, utf8(text)), [], text);
  for (const bytes of [body, parseBody(body).id, parseBody(body).link, parseBody(body).point]) assert.deepEqual(filesWith(files, bytes), []);
  const places = filesWith(files, utf8(scanner.venueName));
  assert.ok(places.every((p) => p.includes("/registry/data/registry.db")), places.join());
});

test("an old copy of all data and keyrings, without the KEKs of its time, opens nothing with today's keys", () => {
  const stale = path.join(oldCopy, "stale");
  for (const daemon of d.daemons())
    cpSync(path.join(oldCopy, daemon.name), path.join(stale, daemon.name), { recursive: true, filter: (f) => !/kek/.test(path.basename(f)) });
  const loot = ransack([stale, ...d.daemons().map((x) => x.dir)]);
  assert.ok(loot.rows.length > 0, "the copy does hold rows");
  assert.deepEqual(loot.keyring.filter((k) => k.epoch === day), []);
  assert.deepEqual(loot.identities.filter((i) => i.row.epoch === day), []);
  assert.deepEqual(loot.visits.filter((v) => v.row.epoch === day), []);
});

test("phone numbers tried against the old partition with today's keys match nothing", () => {
  const loot = ransack(d.daemons().map((x) => x.dir));
  const rows = ransack([path.join(oldCopy, "stale")]).rows.filter((r) => r.epoch === day);
  const tags = new Set(rows.flatMap((r) => [toHex(r.tagA), toHex(r.tagB)]));
  assert.ok(tags.size > 0);
  const keys = loot.secrets.slice(0, 60);
  for (let n = 0; n < 100; n++)
    for (const key of keys) assert.ok(!tags.has(toHex(phoneTag(dayKeys(key).tags, `+8210000000${String(n).padStart(2, "0")}`))));
});

test("orders: the old window is out_of_retention, and an order made then has expired", async () => {
  const fresh = await callVisits(d, contactsOrder(d, [scanner.venue], from, from + 900));
  assert.deepEqual([fresh.status, fresh.code], [403, "out_of_retention"]);
  const old = await callVisits(d, contactsOrder(d, [scanner.venue], from, from + 900, { created: from, expires: from + 86400 }));
  assert.deepEqual([old.status, old.code], [403, "order_expired"]);
});

test("new visits after the purge work as ever", async () => {
  const again = await d.register("시험 다섯", "+821000000032");
  const [token] = await d.wallet(again, 0, 1);
  if (token === undefined) throw new Error("no token");
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
});

test("off for three days past retention: nothing is served until the clock has a second opinion, then it catches up", async () => {
  const [token] = await d.wallet(await d.register("시험 여섯", "+821000000033"), 0, 1);
  if (token === undefined) throw new Error("no token");
  // Visits on three days, so that more than one epoch will be due.
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
  for (let n = 0; n < 2; n++) {
    await d.shift(86400);
    for (const daemon of d.daemons()) await d.control(daemon, CONFIRM_CLOCK);
    for (const daemon of d.daemons()) await daemon.ready();
  }
  const first = epochOf(d.now(), DAY_OFFSET) - 2;
  await d.registry.stop();
  d.shiftStopped(33 * 86400 - 3 * 86400);
  d.registry.start();
  const api = new ServiceClient(d.registry.url);
  await until("the registry to tell the time", 20_000, async () => (await api.time().catch(() => undefined)) !== undefined || undefined);
  const refused = await d.outcome(await api.raw("GET", "/v1/scanner", { bearer: scanner.key }));
  assert.deepEqual([refused.status, refused.code], [503, "not_ready"]);
  assert.equal((await api.raw("GET", "/healthz")).status, 200);
  assert.ok(ransack([d.registry.dir]).keyring.some((k) => k.epoch === first), "nothing destroyed yet");
  await d.control(d.registry, CONFIRM_CLOCK);
  await untilRemoved([d.registry], [first, first + 1, first + 2]);
  await until("the registry to have caught up", 20_000, () => (ransack([d.registry.dir]).keyring.some((k) => k.epoch === first && k.kind === 5) ? undefined : true));
  await d.registry.ready();
});
