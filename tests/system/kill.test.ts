// Claim D1 under small segments: processes are killed inside closing, indexing and destroying, at moments that files show.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { epochOf } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { Deployment, noon, type Scanner, until } from "./deployment.js";
import { armKiller, checkIntegrity, dataDir, dayFolders, Dice, dueAt, expectExactlyOnce, expectFirstAnswers, type Killer, listTrees, listVisits, load, plantDay, send, type Tally } from "./load.js";

const rounds = Number(process.env["EL_TEST_ROUNDS"] ?? (process.env["EL_TEST_QUICK"] ? 5 : 20));
const seed = Number(process.env["EL_TEST_SEED"] ?? Date.now() % 1_000_000);
const dice = new Dice(seed);
const CHECK_EVERY = 10;

/** A day that is due this morning, two hours after the day began. */
const oldDay = epochOf(noon(), DAY_OFFSET) - 29;
const due = dueAt(oldDay);

let d: Deployment;
const scanners: Scanner[] = [];
const tally: Tally = { acknowledged: [], unknown: [] };
/** How often a kill fell where, for who reads the output. */
const hit = new Map<string, number>();

before(async () => {
  console.log(`# EL_TEST_SEED=${seed} EL_TEST_ROUNDS=${rounds}`);
  d = await Deployment.start("kill", { at: due + 60, roles: ["registry"], registry: ["lab_segment_rows = 100"] });
  for (let i = 0; i < 10; i++) scanners.push(await d.venue());
});
after(async () => d?.stop());

const visits = (): string => path.join(dataDir(d.registry), "visits");
const isOldDayThere = (): boolean => dayFolders(d.registry, oldDay).length > 0;

/** What an action shows in the files; "-": a name that goes. */
const moments = {
  close: ["^[0-9]{6}\\.tmp\\.db$", "^[0-9]{6}\\.live\\.db-journal$", "-^[0-9]{6}\\.live\\.db-(wal|journal)$", "^[0-9]{6}\\.db$", "^[0-9]{6}\\.live\\.db$"],
  index: ["\\.tmp\\.index\\.db$", "^[0-9]{6}\\.index\\.db$"],
  destroy: ["^kek\\.next", "^keyring\\.next", "^keyring$", "^kek$", "\\.gone$", "-[0-9]{6}\\.(index\\.)?db$", "-\\.gone$"],
} as const;
const victims = ["all", "all", "el-core", "el-indexer", "el-net"] as const;

function pulled(kind: keyof typeof moments, who: string): Promise<Killer> {
  const pattern = dice.pick(moments[kind]);
  const few = kind !== "destroy" ? 3 : pattern.startsWith("-[") ? 6 : 1; // a destruction comes once
  return armKiller({ pattern, nth: 1 + dice.roll(few), micros: dice.roll(4000), who, dirs: [visits(), dataDir(d.registry), d.registry.dir] });
}

/** After a kill: the whole family is started again, a single process is replaced by itself. */
async function recovered(who: string): Promise<void> {
  if (who === "all") {
    await d.registry.stop("SIGKILL");
    d.registry.start();
  }
  await d.registry.ready();
  const had = tally.acknowledged.length;
  await until("check-ins again", 30_000, () => (tally.acknowledged.length > had ? true : undefined));
}

function note(where: string): void {
  hit.set(where, (hit.get(where) ?? 0) + 1);
}
function noteLeftovers(): void {
  for (const entry of readdirSync(visits(), { withFileTypes: true })) {
    if (entry.name.endsWith(".gone")) note("left .gone");
    if (!entry.isDirectory()) continue;
    for (const name of readdirSync(path.join(visits(), entry.name))) if (name.includes(".tmp.")) note(`left ${name.slice(6)}`);
  }
  for (const name of [...readdirSync(dataDir(d.registry)), ...readdirSync(d.registry.dir)]) if (name.includes(".next")) note(`left ${name}`);
}

/** Fired, or nothing of the kind happened in time: then the killer goes, and the round was one of load alone. */
async function waitFor(killer: Killer, kind: string, who: string, ms: number): Promise<boolean> {
  const timer = setTimeout(() => killer.callOff(), ms);
  const name = await killer.fired;
  clearTimeout(timer);
  killer.callOff();
  note(`${kind} ${who} ${name === undefined ? "idle" : "fired"}`);
  if (name !== undefined) noteLeftovers();
  return name !== undefined;
}

async function loadRound(): Promise<void> {
  const who = dice.pick(victims);
  const enough = tally.acknowledged.length + 10 + dice.roll(120);
  await until("check-ins", 30_000, () => (tally.acknowledged.length >= enough ? true : undefined));
  const children = d.registry.children();
  const pids = who === "all" ? [d.registry.pid, ...children.map((c) => c.pid)] : children.filter((c) => c.name === who).map((c) => c.pid).slice(0, 1);
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it ended with its parent
    }
  }
  note(`load ${who} fired`);
  noteLeftovers();
  await recovered(who);
}

async function fileRound(kind: "close" | "index"): Promise<void> {
  const who = dice.pick(victims);
  const killer = await pulled(kind, who);
  killer.aim(d.registry.pid);
  if (await waitFor(killer, kind, who, 8000)) await recovered(who);
}

/** The old day becomes due while the registry starts, or under load when the clock moves past its end. */
async function destroyRound(): Promise<void> {
  const atStart = dice.roll(2) === 0;
  const who = dice.pick(victims);
  await d.registry.stop(dice.roll(2) === 0 ? "SIGTERM" : "SIGKILL");
  if (!plantDay(d.registry, oldDay, 7)) note("destroy met .gone");
  // Little enough that no check-in under way is from the future.
  d.shiftStopped((atStart ? due + 12 : due - 8) - d.now());
  let killer = atStart ? await pulled("destroy", who) : undefined;
  d.registry.start();
  if (killer === undefined) {
    await d.registry.ready();
    killer = await pulled("destroy", who);
    d.shiftStopped(due + 12 - d.now());
    process.kill(d.registry.pid, "SIGHUP");
  }
  killer.aim(d.registry.pid);
  const fired = await waitFor(killer, `destroy ${atStart ? "at start" : "under load"}`, who, 2000);
  await recovered(fired ? who : "none");
  await until("the old day's files to be gone", 30_000, () => (isOldDayThere() ? undefined : true));
}

/** Stop, look into every file, start again, ask again. */
async function check(): Promise<void> {
  await d.registry.stop();
  const n = checkIntegrity(d.registry.dir);
  const trees = listTrees(visits());
  assert.deepEqual(trees.without.filter((file) => !file.includes(`/${oldDay}/`)), [], "every index has its tree");
  const listed = listVisits(d.registry);
  expectExactlyOnce(listed.bodies, tally);
  assert.ok(!listed.keys.includes(oldDay) || isOldDayThere(), "the key of a destroyed day");
  console.log(`# ${n} databases, ${trees.with.length} trees, ${tally.acknowledged.length} acknowledged, ${tally.unknown.length} unknown, ${listed.bodies.size} stored`);
  // A round of destruction sets the clock back: nothing that is asked again may be from the future.
  const last = Math.max(...tally.acknowledged.map((sent) => sent.scannedAt));
  d.shiftStopped(Math.max(60, last - d.now()));
  d.registry.start();
  await d.registry.ready();
  await expectFirstAnswers(d, Array.from({ length: 20 }, () => dice.pick(tally.acknowledged)));
}

test(`kill -9 in ${rounds} rounds under load, during close, index and destroy: nothing acknowledged is lost or doubled`, async () => {
  const kinds = [loadRound, () => fileRound("close"), () => fileRound("index"), destroyRound];
  for (let done = 0; done < rounds; ) {
    const clients = load(d, scanners, tally);
    try {
      for (let i = 0; i < CHECK_EVERY && done < rounds; i++, done++) await kinds[done % kinds.length]?.();
    } finally {
      await clients.stop();
    }
    await check();
  }
  console.log(`# ${[...hit].sort().map(([where, n]) => `${where}: ${n}`).join(", ")}`);
  assert.ok(tally.acknowledged.length >= rounds * 10);
});

test("what was not answered is recorded once by the same attempt, however often it is sent", async () => {
  const sample = tally.unknown.slice(-60);
  for (const sent of sample) {
    const answer = await until("an answer", 30_000, async () => {
      const a = await send(d, sent);
      return a.status === 429 || a.status === 503 ? undefined : a;
    });
    assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.code ?? ""}`);
    await expectFirstAnswers(d, [{ ...sent, answer: answer.body }]);
    tally.acknowledged.push(sent);
  }
  await d.registry.stop();
  expectExactlyOnce(listVisits(d.registry).bodies, tally);
});
