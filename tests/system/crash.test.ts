// Claim D1: what was acknowledged is on disk exactly once; a process that dies is replaced.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { epochOf, newAttempt, ServiceClient, toHex } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { type Daemon, Deployment, type Scanner, until } from "./deployment.js";
import { answeredVisits, contactsOrder, openVisits } from "./joins.js";
import { armKiller, checkIntegrity, dataDir, load as loadAll, made as madeFor, type Sent } from "./load.js";

let d: Deployment;
let scanners: Scanner[] = [];
const rounds = process.env["EL_TEST_QUICK"] ? 5 : 20;

before(async () => {
  d = await Deployment.start("crash", {
    prepare: (deployment) => appendFileSync(deployment.registry.conf, `time_peer = ${deployment.issuerDaemon().url}\n`),
  });
  for (let i = 0; i < 6; i++) scanners.push(await d.venue());
});
after(async () => d?.stop());

/** Bodies stored at the venues, with how often. */
async function stored(): Promise<Map<string, number>> {
  const order = contactsOrder(d, scanners.map((s) => s.venue), d.now() - 7200, d.now() + 120, { items: 20000 });
  const { answer } = openVisits(d, order, await answeredVisits(d, order));
  const count = new Map<string, number>();
  for (const row of answer.rows) count.set(toHex(row.body), 1);
  for (const l of answer.listed) {
    const row = answer.rows[l.index];
    if (row !== undefined) count.set(toHex(row.body), (count.get(toHex(row.body)) ?? 0) + 1);
  }
  return count;
}

const made = (): { text: string; body: string } => madeFor(d);
const load = (acknowledged: Sent[], unknown: Sent[]): { stop: () => Promise<void> } => loadAll(d, scanners, { acknowledged, unknown });

test(`kill -9 of the whole registry under load, ${rounds} rounds: every acknowledged check-in is there, exactly once`, async () => {
  const acknowledged: Sent[] = [];
  const unknown: Sent[] = [];
  for (let round = 0; round < rounds; round++) {
    const before = acknowledged.length;
    const clients = load(acknowledged, unknown);
    await until("some check-ins", 20_000, () => (acknowledged.length >= before + 20 + round ? true : undefined));
    const children = d.registry.children();
    const pid = d.registry.pid;
    process.kill(pid, "SIGKILL");
    for (const child of children) {
      try {
        process.kill(child.pid, "SIGKILL");
      } catch {
        // it ended with its parent
      }
    }
    await clients.stop();
    await d.registry.stop("SIGKILL");
    d.registry.start();
    await d.registry.ready();
  }
  const count = await stored();
  assert.ok(acknowledged.length >= rounds * 20);
  for (const sent of acknowledged) assert.equal(count.get(sent.body), 1, "an acknowledged check-in is there once");
  for (const [body, n] of count) assert.equal(n, 1, body);

  // What was not answered is sent again with the same attempt: recorded once, whether it had been or not.
  for (const sent of unknown.slice(-40)) {
    const answer = await d.checkin(sent.scanner, sent.token, { attempt: sent.attempt, scanned_at: sent.scannedAt });
    assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.code ?? ""}`);
  }
  const after = await stored();
  for (const sent of unknown.slice(-40)) assert.equal(after.get(sent.body), 1);
});

test("a killed core or net process of the registry is replaced, nothing acknowledged is lost", async () => {
  const acknowledged: Sent[] = [];
  for (const name of ["el-core", "el-net", "el-core", "el-net"]) {
    const clients = load(acknowledged, []);
    const had = acknowledged.length;
    await until("check-ins", 20_000, () => (acknowledged.length > had + 10 ? true : undefined));
    const victim = d.registry.children().find((c) => c.name === name);
    assert.ok(victim, `a process ${name} in ${JSON.stringify(d.registry.children())}`);
    process.kill(victim.pid, "SIGKILL");
    await until(`a new ${name}`, 20_000, () => (d.registry.children().some((c) => c.name === name && c.pid !== victim.pid) ? true : undefined));
    const before = acknowledged.length;
    await until("check-ins again", 20_000, () => (acknowledged.length > before + 5 ? true : undefined));
    await clients.stop();
  }
  const count = await stored();
  for (const sent of acknowledged) assert.equal(count.get(sent.body), 1);
});

test("each process of the registry, killed in turn under load, is replaced, nothing acknowledged is lost", async () => {
  const acknowledged: Sent[] = [];
  const clients = load(acknowledged, []);
  try {
    const all = d.registry.children();
    assert.deepEqual([...new Set(all.map((c) => c.name))].sort(), ["el-clock", "el-core", "el-indexer", "el-log", "el-net"]);
    for (const victim of all) {
      const others = all.filter((c) => c.name === victim.name).length;
      process.kill(victim.pid, "SIGKILL");
      await until(`a new ${victim.name}`, 20_000, () => {
        const now = d.registry.children().filter((c) => c.name === victim.name);
        return now.length === others && now.every((c) => c.pid !== victim.pid) ? true : undefined;
      });
      const before = acknowledged.length;
      await until("check-ins again", 20_000, () => (acknowledged.length > before + 10 ? true : undefined));
    }
  } finally {
    await clients.stop();
  }
  const count = await stored();
  for (const sent of acknowledged) assert.equal(count.get(sent.body), 1);
});

test("busy: a check-in whose core dies before it answers; sent again with the same attempt it is recorded once", async () => {
  const scanner = scanners[0];
  const victim = d.registry.children().find((c) => c.name === "el-core");
  assert.ok(scanner && victim);
  const { text, body } = made();
  const attempt = newAttempt();
  const at = d.now();
  process.kill(victim.pid, "SIGSTOP");
  const pending = d.checkin(scanner, text, { attempt, scanned_at: at });
  await new Promise((done) => setTimeout(done, 300)); // let it reach the stopped process; earlier is answered alike
  process.kill(victim.pid, "SIGKILL");
  const answer = await pending;
  assert.deepEqual([answer.status, answer.code], [503, "busy"]);
  assert.ok(Number(answer.body["retry_after"]) > 0);
  await d.registry.ready();
  const again = await until("the check-in", 20_000, async () => {
    const a = await d.checkin(scanner, text, { attempt, scanned_at: at });
    return a.status === 503 || a.status === 429 ? undefined : a;
  });
  assert.ok(again.status === 201 || again.status === 200);
  assert.equal((await stored()).get(body), 1);
});

test("a graceful stop under load answers what it accepted", async () => {
  const acknowledged: Sent[] = [];
  const clients = load(acknowledged, []);
  await until("check-ins", 20_000, () => (acknowledged.length > 30 ? true : undefined));
  await d.registry.stop("SIGTERM");
  await clients.stop();
  d.registry.start();
  await d.registry.ready();
  const count = await stored();
  for (const sent of acknowledged) assert.equal(count.get(sent.body), 1);
});

test("each process of the issuer, killed, is replaced and the visitor's calls work again", async () => {
  const visitor = await d.register("시험 일곱", "+821000000041");
  const daemon = d.issuerDaemon(1);
  let number = 42;
  for (const name of ["el-signer", "el-sms", "el-core", "el-net", "el-indexer"]) {
    const victim = daemon.children().find((c) => c.name === name);
    assert.ok(victim, `a process ${name} in ${JSON.stringify(daemon.children())}`);
    process.kill(victim.pid, "SIGKILL");
    await until(`a new ${name}`, 20_000, () => (daemon.children().some((c) => c.name === name && c.pid !== victim.pid) ? true : undefined));
    await until(`the issuer to work without its ${name}`, 20_000, async () => {
      try {
        return (await d.wallet(visitor, 0, 2)).length === 2 ? true : undefined;
      } catch {
        return undefined;
      }
    });
    await until("a registration", 20_000, async () => {
      try {
        await d.register("시험 여덟", `+82100000${String(number++).padStart(4, "0")}`);
        return true;
      } catch {
        return undefined;
      }
    });
  }
});

test("a second registry on the same data refuses to start", async () => {
  const run = spawnSync(`${(await import("./deployment.js")).buildDir}/src/registry/entrylog-registry`, ["--config", d.registry.conf], { timeout: 20_000 });
  assert.notEqual(run.status, 0);
  assert.equal((await d.checkin(scanners[0] ?? { key: "" }, made().text)).status, 201);
});


/** A day's folder at an issuer. */
function dayFiles(issuer: Daemon, day: number): string[] {
  return readdirSync(path.join(dataDir(issuer), "identities", String(day).padStart(5, "0")));
}

test("the issuer's indexer or core, killed while a day is rewritten or indexed: all of the day is there afterwards, once", async () => {
  const alone = await Deployment.start("crash-issuer", { roles: ["issuer"] });
  try {
    const issuer = alone.issuerDaemon();
    const visitor = await alone.register("시험 아홉", "+821000000061");
    const cases = [
      { who: "el-indexer", pattern: "^[0-9]{6}\\.tmp\\.db$" },
      { who: "el-core", pattern: "^[0-9]{6}\\.tmp\\.db$" },
      { who: "el-core", pattern: "^[0-9]{6}\\.sorted\\.db$" },
      { who: "el-indexer", pattern: "^[0-9]{6}\\.tmp\\.index\\.db$" },
      { who: "all", pattern: "^[0-9]{6}\\.tmp\\.db$" },
    ];
    const days: number[] = [];
    for (const [i, { who, pattern }] of cases.entries()) {
      const day = epochOf(alone.now(), DAY_OFFSET);
      days.push(day);
      for (let n = 0; n < 6; n++) await alone.wallet(visitor, 0, 1);
      const killer = await armKiller({ pattern, nth: 1, micros: i * 300, who, dirs: [path.join(dataDir(issuer), "identities")] });
      killer.aim(issuer.pid);
      alone.shiftStopped(86400);
      process.kill(issuer.pid, "SIGHUP");
      assert.notEqual(await killer.fired, undefined);
      if (who === "all") {
        await issuer.stop("SIGKILL");
        issuer.start();
      }
      await until(`day ${day} to be rewritten and indexed`, 40_000, () => {
        const names = dayFiles(issuer, day);
        return names.length === 2 && names.every((name) => /^[0-9]{6}\.(sorted|index)\.db$/.test(name)) ? true : undefined;
      });
      const sorted = path.join(dataDir(issuer), "identities", String(day).padStart(5, "0"), dayFiles(issuer, day).find((name) => name.includes("sorted")) ?? "");
      const rows = spawnSync("sqlite3", [`file:${sorted}?immutable=1`, "SELECT count(*), count(DISTINCT tag_a) FROM segment_row"], { encoding: "utf8" });
      assert.equal(rows.stdout, "6|6\n", rows.stderr);
      await issuer.ready();
      const me = await new ServiceClient(issuer.url).call<{ days: { epoch: number }[] }>("GET", "/v1/me", { bearer: visitor.credential });
      assert.deepEqual(me.body.days.map((x) => x.epoch), days);
    }
    await issuer.stop();
    checkIntegrity(dataDir(issuer));
  } finally {
    await alone.stop();
  }
});
