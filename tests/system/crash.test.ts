// Claim D1: what was acknowledged is on disk exactly once; a process that dies is replaced.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  concat,
  dayTokenKey,
  encodeTokenText,
  epochOf,
  newAttempt,
  showKey,
  stampBody,
  systemRandom,
  toHex,
  u16,
  u8,
} from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { Deployment, type Scanner, until } from "./deployment.js";
import { callVisits, contactsOrder, openVisits } from "./joins.js";

let d: Deployment;
let scanners: Scanner[] = [];
const rounds = process.env["EL_TEST_QUICK"] ? 5 : 20;

/** A token as the registry checks it: the right head and tag; R, link and signature are for trustees to judge. */
function made(): { text: string; body: string } {
  const issuer = d.ceremony.issuers[0];
  if (issuer === undefined) throw new Error("no issuer");
  const epoch = epochOf(d.now(), DAY_OFFSET);
  const body = concat(u8(1), u8(1), u16(epoch), systemRandom(128));
  const key = showKey(dayTokenKey(issuer.pair, 1, epoch), body);
  return { text: encodeTokenText(stampBody(body, key, d.now())), body: toHex(body) };
}

interface Sent {
  body: string;
  token: string;
  attempt: Uint8Array;
  scannedAt: number;
  scanner: Scanner;
}

before(async () => {
  d = await Deployment.start("crash");
  for (let i = 0; i < 6; i++) scanners.push(await d.venue());
});
after(async () => d?.stop());

/** Bodies stored at the venues, with how often. */
async function stored(): Promise<Map<string, number>> {
  const order = contactsOrder(d, scanners.map((s) => s.venue), d.now() - 7200, d.now() + 120, { items: 20000 });
  const { answer } = openVisits(d, order, await callVisits(d, order));
  const count = new Map<string, number>();
  for (const row of answer.rows) count.set(toHex(row.body), 1);
  for (const l of answer.listed) {
    const row = answer.rows[l.index];
    if (row !== undefined) count.set(toHex(row.body), (count.get(toHex(row.body)) ?? 0) + 1);
  }
  return count;
}

/** Clients that check in as fast as they are answered, until told to stop. */
function load(acknowledged: Sent[], unknown: Sent[]): { stop: () => Promise<void> } {
  let running = true;
  const workers = scanners.map(async (scanner) => {
    for (let n = 0; running && n < 5000; n++) {
      const { text, body } = made();
      const sent: Sent = { body, token: text, attempt: newAttempt(), scannedAt: d.now(), scanner };
      try {
        const answer = await d.checkin(scanner, text, { attempt: sent.attempt, scanned_at: sent.scannedAt });
        if (answer.status === 201) acknowledged.push(sent);
        else if (answer.status === 503) unknown.push(sent);
        else if (answer.status === 429) await new Promise((done) => setTimeout(done, 100)); // refused: not recorded
        else throw new Error(`unexpected ${answer.status} ${answer.code ?? ""}`);
      } catch (e) {
        if (e instanceof Error && e.message.startsWith("unexpected")) throw e;
        unknown.push(sent); // no answer: it may or may not be recorded
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  });
  return {
    stop: async () => {
      running = false;
      await Promise.all(workers);
    },
  };
}

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
  for (const name of ["el-signer", "el-sms", "el-core", "el-net"]) {
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
  const { spawnSync } = await import("node:child_process");
  const run = spawnSync(`${(await import("./deployment.js")).buildDir}/src/registry/entrylog-registry`, ["--config", d.registry.conf], { timeout: 20_000 });
  assert.notEqual(run.status, 0);
  assert.equal((await d.checkin(scanners[0] ?? { key: "" }, made().text)).status, 201);
});

