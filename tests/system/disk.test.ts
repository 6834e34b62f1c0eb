// A disk that something else has filled: nothing is acknowledged that is not stored, days are destroyed all the same,
// and when there is room again everything goes on by itself. Disks are tmpfs of a few MiB.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { epochOf, ServiceClient } from "../../src/web/lib/index.js";
import { CONSENT, DAY_OFFSET } from "./ceremony.js";
import { type Daemon, Deployment, noon, type Outcome, type Scanner, until, type Visitor } from "./deployment.js";
import { callTraces, callVisits, contactsOrder, openVisits, traceOrder } from "./joins.js";
import { readLog } from "./logs.js";
import { checkIntegrity, dataDir, dayFolders, dueAt, expectExactlyOnce, expectFirstAnswers, listVisits, load, plantDay, type Sent, send, sending, type Tally } from "./load.js";

const may = process.env["EL_MAY_MOUNT"] !== undefined;
const skip = may ? false : "mounting a file system is not permitted here";

/** A day that is due this morning, two hours after the day began. */
const oldDay = epochOf(noon(), DAY_OFFSET) - 29;
const due = dueAt(oldDay);

let d: Deployment;
const scanners: Scanner[] = [];
const disks: string[] = [];
const tally: Tally = { acknowledged: [], unknown: [] };
const refused: Sent[] = [];
let visitor: Visitor;

function disk(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const run = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=0700`, "entrylog-test", folder], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  disks.push(folder);
}
/** Take all the room there is: in big pieces, then in small ones. */
function fill(folder: string): void {
  const fd = openSync(path.join(folder, "filler"), "a");
  for (let piece = 65536; piece > 0; piece = piece > 512 ? piece / 2 : 0)
    for (;;)
      try {
        writeSync(fd, Buffer.alloc(piece, 1));
      } catch (e) {
        assert.equal((e as NodeJS.ErrnoException).code, "ENOSPC");
        break;
      }
  closeSync(fd);
}
function empty(folder: string): void {
  rmSync(path.join(folder, "filler"), { force: true });
}
function changeConf(daemon: Daemon, from: string, to: string): void {
  const text = readFileSync(daemon.conf, "utf8");
  assert.ok(text.includes(from));
  writeFileSync(daemon.conf, text.replace(from, to));
}
const kek = (daemon: Daemon): string => path.join(daemon.dir, "keys", "kek");

before(async () => {
  if (!may) return;
  d = await Deployment.start("disk", {
    at: due - 600,
    roles: ["registry", "issuer"],
    registry: ["lab_segment_rows = 100"],
    prepare: (made) => {
      for (const daemon of made.daemons()) {
        disk(dataDir(daemon), "8m");
        disk(path.join(daemon.dir, "keys"), "64k");
        changeConf(daemon, "kek_file = kek", "kek_file = keys/kek");
      }
    },
  });
  for (let i = 0; i < 4; i++) scanners.push(await d.venue());
  visitor = await d.register("시험 아홉", "+821000000051");
});
after(async () => {
  await Promise.all(d?.daemons().map((daemon) => daemon.stop()) ?? []);
  for (const folder of disks) spawnSync("umount", [folder]);
  await d?.stop();
});

const visits = (): string => path.join(dataDir(d.registry), "visits");
const oldDayFiles = (): string[] => dayFolders(d.registry, oldDay);
const scanner = (): Scanner => {
  const one = scanners[0];
  if (one === undefined) throw new Error("no scanner");
  return one;
};
/** A check-in whose fate is noted. */
async function checkin(): Promise<Outcome> {
  const sent = sending(d, scanner());
  const answer = await send(d, sent);
  if (answer.status === 201) tally.acknowledged.push({ ...sent, answer: answer.body });
  else refused.push(sent);
  return answer;
}
async function someLoad(n: number): Promise<void> {
  const enough = tally.acknowledged.length + n;
  const clients = load(d, scanners, tally);
  await until("check-ins", 30_000, () => (tally.acknowledged.length >= enough ? true : undefined));
  await clients.stop();
}
/** Check-ins until there is no room for another. */
async function untilBusy(): Promise<void> {
  await until("the disk to be full for check-ins", 30_000, async () => ((await checkin()).status === 201 ? undefined : true));
}
function expectBusy(answer: Outcome): void {
  assert.deepEqual([answer.status, answer.code], [503, "busy"]);
  assert.ok(Number(answer.body["retry_after"]) > 0);
}
const corePid = (daemon: Daemon): number => daemon.children().find((c) => c.name === "el-core")?.pid ?? 0;

/** Every closed segment of today has its index, and its root is in the log: no job of theirs meets the full disk. */
async function segmentsSettled(): Promise<void> {
  const today = epochOf(d.now(), DAY_OFFSET);
  const folder = path.join(visits(), String(today).padStart(5, "0"));
  await until("the closed segments to be indexed and logged", 30_000, async () => {
    const names = readdirSync(folder);
    const closed = names.filter((name) => /^[0-9]{6}\.db$/.test(name)).map((name) => name.slice(0, 6));
    const logged = new Set((await readLog(d, "registry")).entries.flatMap((e) => (e.type === "segment" && e.epoch === today ? [e.segment] : [])));
    return closed.length > 0 && closed.every((n) => names.includes(`${n}.index.db`) && logged.has(Number(n))) ? true : undefined;
  });
}

test("a full disk: check-ins are answered `busy` and not recorded, the daemon stays up and repeats what it knows", { skip }, async () => {
  await d.registry.stop();
  assert.ok(plantDay(d.registry, oldDay, 30, dataDir(d.registry), kek(d.registry)));
  d.registry.start();
  await d.registry.ready();
  await someLoad(250);
  await segmentsSettled();
  const core = corePid(d.registry);
  fill(dataDir(d.registry));
  await untilBusy();
  for (let i = 0; i < 20; i++) expectBusy(await checkin());
  assert.equal((await new ServiceClient(d.registry.url).raw("GET", "/healthz")).status, 200);
  await expectFirstAnswers(d, tally.acknowledged.slice(-10));
  assert.equal(corePid(d.registry), core, "core is the same process");
  const log = readFileSync(d.registry.log, "utf8");
  assert.match(log, /disk_full/);
});

test("a venue's owner on the full disk hears `busy` or is served, and check-ins go on", { skip }, async () => {
  const core = corePid(d.registry);
  for (let i = 0; i < 10; i++) {
    const answer = await d.outcome(await new ServiceClient(d.registry.url).raw("POST", "/v1/venues", { body: { name: `Full ${i}`, business_number: "1000000009" } }));
    assert.ok(answer.status === 201 || (answer.status === 503 && answer.code === "busy"), `${answer.status} ${answer.code ?? ""}`);
  }
  expectBusy(await checkin());
  assert.equal(corePid(d.registry), core);
});

test("an order on the full disk is answered whole, or with `busy` and nothing of it", { skip }, async () => {
  const core = corePid(d.registry);
  for (let i = 0; i < 10; i++) {
    const order = contactsOrder(d, scanners.map((s) => s.venue), d.now() - 3600, d.now() + 60, { items: 5000 });
    const answer = await callVisits(d, order);
    if (answer.status === 200) {
      const { rows, listed } = openVisits(d, order, answer).answer;
      assert.ok(rows.length + listed.length >= tally.acknowledged.length);
    } else expectBusy(answer);
  }
  assert.equal(corePid(d.registry), core);
});

for (const signal of ["SIGTERM", "SIGKILL"] as const)
  test(`a registry that is started again on the full disk after ${signal} serves what it has`, { skip }, async () => {
    if (signal === "SIGKILL") for (const child of d.registry.children()) process.kill(child.pid, "SIGKILL");
    await d.registry.stop(signal);
    empty(dataDir(d.registry)); // what the end of the process gave back is taken too
    fill(dataDir(d.registry));
    d.registry.start();
    await d.registry.ready();
    await untilBusy();
    await expectFirstAnswers(d, [...tally.acknowledged.slice(0, 5), ...tally.acknowledged.slice(-5)]);
    expectBusy(await checkin());
  });

test("with room again the same attempts are recorded once, without a restart", { skip }, async () => {
  const core = corePid(d.registry);
  const again = refused.splice(0, 15);
  empty(dataDir(d.registry));
  for (const sent of again) {
    const answer = await until("room", 20_000, async () => {
      const a = await send(d, { ...sent });
      return a.status === 503 || a.status === 429 ? undefined : a;
    });
    assert.equal(answer.status, 201);
    tally.acknowledged.push({ ...sent, answer: answer.body });
  }
  await expectFirstAnswers(d, tally.acknowledged.slice(-15));
  assert.equal(corePid(d.registry), core);
});

test("a day that is due is destroyed on the full disk, key first, and makes room", { skip }, async () => {
  assert.equal(oldDayFiles().length, 1);
  fill(dataDir(d.registry));
  await untilBusy();
  fill(dataDir(d.registry));
  await d.shift(due + 5 - d.now());
  await until("the old day's files to be gone", 30_000, () => (oldDayFiles().length === 0 ? true : undefined));
  await until("a check-in to be recorded", 30_000, async () => ((await checkin()).status === 201 ? true : undefined));
  assert.match(readFileSync(d.registry.log, "utf8"), new RegExp(`epoch_destroyed err=0 count=${oldDay}`));
  await until("room to be kept for the next destruction", 30_000, () => (existsSync(path.join(dataDir(d.registry), "keyring.reserve")) ? true : undefined));
  empty(dataDir(d.registry));
  await until("room", 20_000, async () => ((await checkin()).status === 201 ? true : undefined));
  await d.registry.stop();
  const listed = listVisits(d.registry, dataDir(d.registry), kek(d.registry));
  assert.ok(!listed.keys.includes(oldDay));
  expectExactlyOnce(listed.bodies, tally);
  for (const sent of refused) assert.equal(listed.bodies.get(sent.body), undefined, "a refused check-in is not there");
  checkIntegrity(dataDir(d.registry));
});

test("a day that is due is destroyed where the KEK's own disk is full", { skip }, async () => {
  const keys = path.join(d.registry.dir, "keys");
  assert.ok(plantDay(d.registry, oldDay, 2, dataDir(d.registry), kek(d.registry)));
  const before = readFileSync(kek(d.registry));
  d.shiftStopped(due - 20 - d.now());
  d.registry.start();
  await d.registry.ready();
  fill(keys);
  await d.shift(due + 20 - d.now());
  await until("the old day's files to be gone", 30_000, () => (oldDayFiles().length === 0 ? true : undefined));
  assert.notDeepEqual(readFileSync(kek(d.registry)), before, "a fresh KEK");
  empty(keys);
  assert.equal((await checkin()).status, 201);
});

test("the issuer on a full disk: `busy`, and the visitor's eight tickets of the day are all there afterwards", { skip }, async () => {
  const issuer = d.issuerDaemon();
  const ask = async (): Promise<Outcome> =>
    d.outcome(await new ServiceClient(issuer.url).raw("POST", "/v1/days", { bearer: visitor.credential, body: { day: "today" } }));
  let drawn = 0;
  fill(dataDir(issuer));
  const first = await until("the disk to be full for tickets", 20_000, async () => {
    const answer = await ask();
    drawn += answer.status === 201 ? 1 : 0;
    return answer.status === 201 ? undefined : answer;
  });
  expectBusy(first);
  for (let i = 0; i < 12; i++) expectBusy(await ask());
  await issuer.stop("SIGKILL");
  fill(dataDir(issuer));
  issuer.start();
  await issuer.ready();
  drawn = 0; // the count of a day's tickets is in memory
  const core = corePid(issuer);
  for (let i = 0; i < 12; i++) expectBusy(await ask());
  assert.equal((await new ServiceClient(issuer.url).raw("GET", "/healthz")).status, 200);
  /* A code whose visitor finds no room is not used up. */
  const phone = "+821000000052";
  const seen = readFileSync(d.outbox, "utf8").split("\n").length - 1;
  const { registration } = await d.issuer().register("시험 열", phone, CONSENT);
  const code = await d.smsCode(phone, seen);
  const verify = async (): Promise<Outcome> =>
    d.outcome(await new ServiceClient(issuer.url).raw("POST", `/v1/registrations/${registration}/verify`, { body: { code } }));
  const early = await verify();
  if (early.status !== 201 && early.status !== 200) expectBusy(early);
  const order = traceOrder(d, [phone], d.now() - 3600, d.now() + 60);
  const traced = await callTraces(d, order, 1);
  if (traced.status !== 200) expectBusy(traced);
  empty(dataDir(issuer));
  if (early.status === 503) assert.ok([200, 201].includes((await verify()).status));
  for (; drawn < 8; drawn++) assert.equal((await ask()).status, 201);
  assert.deepEqual([(await ask()).status, (await ask()).code], [429, "rate_limited"]);
  assert.equal(corePid(issuer), core);
});

test("an identity day is not rewritten on the full disk, and is when there is room", { skip }, async () => {
  const issuer = d.issuerDaemon();
  const day = epochOf(d.now(), DAY_OFFSET);
  const folder = path.join(dataDir(issuer), "identities", String(day).padStart(5, "0"));
  const sorted = (): boolean => readdirSync(folder).some((name) => /^[0-9]{6}\.sorted\.db$/.test(name));
  await issuer.stop(); // its log of changes is in the file then, and closing the day sets no room free
  issuer.start();
  await issuer.ready();
  fill(dataDir(issuer));
  const told = readFileSync(issuer.log, "utf8").length;
  await d.shift(86400);
  await until("the operator to be told", 20_000, () => (/disk_full|job_failed/.test(readFileSync(issuer.log, "utf8").slice(told)) ? true : undefined));
  assert.ok(!sorted());
  assert.equal((await new ServiceClient(issuer.url).raw("GET", "/healthz")).status, 200);
  empty(dataDir(issuer));
  await until("the day to be rewritten", 40_000, () => (sorted() ? true : undefined));
  await until("its index", 40_000, () => (readdirSync(folder).some((name) => /^[0-9]{6}\.index\.db$/.test(name)) ? true : undefined));
  await issuer.ready();
});

test("a full disk under the log alone: no order is answered, check-ins go on, and with room again orders do, too", { skip }, async () => {
  const log = (made: Deployment): string => path.join(dataDir(made.registry), "log");
  const own = await Deployment.start("disk-log", { roles: ["registry", "issuer"], prepare: (made) => disk(log(made), "512k") });
  try {
    const place = await own.venue();
    const guest = await own.register("시험 쉰둘", "+821000000052");
    const tokens = await own.wallet(guest, 0, 4);
    const enter = async (i: number): Promise<void> => {
      const token = tokens[i];
      if (token === undefined) throw new Error("no token");
      assert.equal((await own.checkin(place, own.show(token))).status, 201);
    };
    const newOrder = () => contactsOrder(own, [place.venue], own.now() - 600, own.now() + 60);
    await enter(0);
    const first = newOrder();
    assert.equal(openVisits(own, first, await callVisits(own, first)).answer.rows.length, 1);
    fill(log(own));
    for (let i = 0; i < 3; i++) {
      const refusal = await callVisits(own, newOrder());
      assert.deepEqual([refusal.status, refusal.code], [503, "log_unavailable"]);
      assert.ok(!("sealed" in refusal.body));
    }
    for (const i of [1, 2, 3]) await enter(i);
    empty(log(own));
    const last = await until("an answer", 60_000, async () => {
      const order = newOrder();
      const answer = await callVisits(own, order);
      return answer.status === 200 ? openVisits(own, order, answer) : undefined;
    });
    assert.equal(last.answer.rows.length, 4);
  } finally {
    await Promise.all(own.daemons().map((daemon) => daemon.stop()));
    spawnSync("umount", [log(own)]);
    await own.stop();
  }
});
