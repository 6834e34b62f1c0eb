// The public log is the one that everybody sees: trustees' daemons cosign what continues what they saw, issuers insist on
// it, an auditor finds the logs whole, and a registry that goes back to an older log is caught, with evidence.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { decodeDocument, encodeBase64url, encodeRestricted, encodeScalar, openPolicy, orderFile, signDocument, writeKeyFile } from "../../src/web/lib/index.js";
import { newSigner } from "./ceremony.js";
import { buildDir, Daemon, Deployment, freePort, type Scanner, until } from "./deployment.js";
import * as joins from "./joins.js";
import { writeShares } from "./shares.js";

const LOOKS_MS = 100_000; // a trustee looks once a minute

let d: Deployment;
let door: Scanner;
const trustees: Daemon[] = [];
const witnesses = [newSigner(), newSigner()];

/** The policy with trustees 1 and 2 as witnesses, at a serial. */
function policyWithWitnesses(serial: number): ReturnType<typeof signDocument> {
  const c = d.ceremony;
  const doc = JSON.parse(new TextDecoder().decode(decodeDocument(c.policyDocument).doc)) as Record<string, unknown>;
  const list = witnesses.map((w, i) => ({ trustee: i + 1, key: encodeBase64url(w.key) }));
  return signDocument("EL1-policy", encodeRestricted({ ...doc, serial, witnesses: list }), [c.root.seed]);
}

/** Trustee j as a daemon of its own, on the share that the authority's machine holds for it. */
async function makeTrustee(j: number): Promise<Daemon> {
  const daemon = new Daemon("authority", `trustee-${j}`, path.join(d.dir, `trustee-${j}`), await freePort());
  mkdirSync(daemon.dir, { mode: 0o700 });
  const share = path.join(d.authority.dir, "data", "trustees", String(j), "share");
  const conf = readFileSync(d.authority.conf, "utf8").replace(/^listen = .*$/m, `listen = 127.0.0.1:${daemon.port}`);
  writeFileSync(daemon.conf, conf.replace("role = executor", `role = trustee\nshare_file = ${share}\nwitness_key_file = witness.key`));
  const secret = witnesses[j - 1]?.seed;
  if (secret === undefined) throw new Error("no witness");
  writeFileSync(path.join(daemon.dir, "witness.key"), writeKeyFile({ purpose: "witness", epoch: undefined, secret }), { mode: 0o600 });
  return daemon;
}

before(async () => {
  d = await Deployment.start("witness", {
    prepare: (deployment) => {
      d = deployment;
      const policy = policyWithWitnesses(5);
      d.ceremony.policyDocument = policy;
      d.ceremony.policy = openPolicy(decodeDocument(policy), d.ceremony.root.key);
      writeFileSync(path.join(d.dir, "trust", "policy.json"), JSON.stringify(policy));
      writeShares(d);
    },
  });
  for (const j of [1, 2]) trustees.push(await makeTrustee(j));
  door = await d.venue();
  const visitor = await d.register("시험 하나", "+821000000091");
  const [token] = await d.wallet(visitor, 0, 1);
  if (token === undefined) throw new Error("no token");
  assert.equal((await d.checkin(door, d.show(token))).status, 201);
});
after(async () => {
  await Promise.all(trustees.map((t) => t.stop()));
  await d?.stop();
});

async function startTrustees(): Promise<void> {
  for (const t of trustees) t.start();
  for (const t of trustees) await t.ready();
}
async function checkpoint(url: string): Promise<string> {
  const answer = await fetch(`${url}/log/checkpoint`);
  return answer.status === 200 ? await answer.text() : "";
}
const sizeOf = (note: string): number => Number(note.split("\n")[1]);
const seen = (t: Daemon, name: string): string => path.join(t.dir, "data", "witness", name);

/** `entrylog` with these words; what it printed as JSON and said. */
function entrylog(...words: string[]): { status: number | null; said: string; result: Record<string, unknown> } {
  const run = spawnSync(path.join(buildDir, "src/cli/entrylog"), [...words, "--json"], { encoding: "utf8" });
  return { status: run.status, said: run.stderr, result: run.stdout === "" ? {} : (JSON.parse(run.stdout) as Record<string, unknown>) };
}
function verify(...at: string[]): { status: number | null; logs: { party: string; size: number; cosigned: { trustee: number }[] }[] } {
  const { status, result } = entrylog("log", "verify", ...at, "--dir", path.join(d.dir, "trust"), "--lab-clock", path.join(d.dir, "clock"));
  return { status, logs: result["logs"] as never };
}
/** Carry out an order for contacts with both trustees' daemons. */
function carryOut(name: string): ReturnType<typeof entrylog> {
  const order = joins.contactsOrder(d, [door.venue], d.now() - 4 * 3600, d.now() + 60);
  const file = path.join(d.dir, name);
  writeFileSync(file, JSON.stringify(orderFile(order.signed, order.scopes)), { mode: 0o600 });
  writeFileSync(`${file}.key`, writeKeyFile({ purpose: "order", epoch: undefined, secret: encodeScalar(order.boxSecret) }), { mode: 0o600 });
  const asked = trustees.flatMap((t, i) => ["--trustee", `${i + 1}=${t.url}`]);
  return entrylog("join", file, "--config", d.authority.conf, "-o", `${file}.report`, ...asked);
}

test("trustees' daemons cosign the logs of all parties", async () => {
  await until("the logs to be there", 20_000, async () =>
    (await checkpoint(d.registry.url)) !== "" && (await checkpoint(d.issuerDaemon().url)) !== "" ? true : undefined,
  );
  await startTrustees();
  for (const url of [d.registry.url, d.issuerDaemon().url])
    await until(`two trustees to cosign the log at ${url}`, LOOKS_MS, async () => {
      const note = await checkpoint(url);
      return note.includes("/trustee-1 ") && note.includes("/trustee-2 ") ? true : undefined;
    });
  for (const t of trustees) for (const party of ["registry", "issuer-1"]) assert.ok(existsSync(seen(t, `log-${party}`)));
});

test("an auditor finds the logs whole, from their addresses and from a copy", () => {
  const copy = path.join(d.dir, "copy");
  cpSync(path.join(d.registry.dir, "data", "log"), copy, { recursive: true });
  for (const at of [d.registry.url, copy]) {
    const { status, logs } = verify(at, d.issuerDaemon().url);
    assert.equal(status, 0);
    assert.deepEqual(logs.map((l) => l.party), ["registry", "issuer:1"]);
    assert.ok((logs[0]?.size ?? 0) > 0);
    assert.deepEqual(logs[0]?.cosigned.map((x) => x.trustee), [1, 2]);
  }
});

test("an order goes through with the cosignatures of both", () => {
  const { status, said, result } = carryOut("order");
  assert.equal(status, 0, said);
  assert.deepEqual([result["people"], result["unverifiable"]], [1, 0]);
  const after = verify(d.registry.url, d.issuerDaemon().url, "--strict");
  assert.equal(after.status, 0, "what registry and issuer logged of it agrees");
});

test("a root that was not there when the log was last seen is as old as that, whatever it says", async () => {
  const all = [...d.daemons(), ...trustees];
  await Promise.all(all.map((daemon) => daemon.stop()));
  d.shiftStopped(3 * 3600);
  const history = trustees.map((t) => readFileSync(seen(t, "log-registry.seen")));
  for (const t of trustees) {
    const empty = Buffer.alloc(16); // an empty log, after the order is made
    empty.writeBigUInt64BE(BigInt(d.now() + 600));
    writeFileSync(seen(t, "log-registry.seen"), empty, { mode: 0o600 });
  }
  for (const daemon of all) daemon.start();
  for (const daemon of all) await daemon.ready();
  const refused = carryOut("backdated");
  assert.equal(refused.status, 0, refused.said);
  assert.deepEqual([refused.result["people"], refused.result["unverifiable"]], [0, 1]);
  for (const t of trustees) await t.stop();
  trustees.forEach((t, i) => writeFileSync(seen(t, "log-registry.seen"), history[i] ?? "", { mode: 0o600 }));
  await startTrustees();
  const { status, said, result } = carryOut("in-time");
  assert.equal(status, 0, said);
  assert.deepEqual([result["people"], result["unverifiable"]], [1, 0]);
});

test("a trustee that cannot reach the log does not open", async () => {
  const [first] = trustees;
  assert.ok(first !== undefined);
  await first.stop();
  const share = path.join(d.authority.dir, "data", "trustees", "1", "share");
  const order = joins.contactsOrder(d, [door.venue], d.now() - 4 * 3600, d.now() + 60);
  const file = path.join(d.dir, "offline");
  writeFileSync(file, JSON.stringify(orderFile(order.signed, order.scopes)), { mode: 0o600 });
  writeFileSync(`${file}.key`, writeKeyFile({ purpose: "order", epoch: undefined, secret: encodeScalar(order.boxSecret) }), { mode: 0o600 });
  assert.equal(entrylog("join", file, "--config", d.authority.conf, "-o", `${file}.report`).status, 75);
  const open = (...more: string[]): ReturnType<typeof entrylog> =>
    entrylog("trustee", "open", "--share", share, "--dir", path.join(d.dir, "trust"), "--lab-clock", path.join(d.dir, "clock"), "--yes", `${file}.request`, "-o", `${file}.partials`, ...more);
  const offline = open("--offline");
  assert.equal(offline.status, 77);
  assert.match(offline.said, /proof_missing; registry: the log cannot be reached, and fewer than two other witnesses/);
  const online = open("--witness-key", path.join(first.dir, "witness.key"));
  assert.equal(online.status, 0, online.said);
  assert.equal(online.result["cosigned"], true);
  first.start();
  await first.ready();
});

test("a registry that goes back to an older log is caught", async () => {
  const log = path.join(d.registry.dir, "data", "log");
  await d.registry.stop();
  const old = path.join(d.dir, "old");
  cpSync(log, old, { recursive: true });
  d.registry.start();
  await d.registry.ready();
  const before = sizeOf(await checkpoint(d.registry.url));
  const through = carryOut("last");
  assert.equal(through.status, 0, through.said);
  const now = sizeOf(await checkpoint(d.registry.url));
  assert.ok(now > before);
  for (const t of trustees) assert.ok(sizeOf(readFileSync(seen(t, "log-registry"), "utf8")) > before);

  await d.registry.stop();
  rmSync(log, { recursive: true });
  cpSync(old, log, { recursive: true });
  d.registry.start();
  await d.registry.ready();
  const refused = carryOut("too-late");
  assert.equal(refused.status, 75, "nobody opened");
  assert.match(refused.said, /trustee:1: proof_missing/);
  assert.match(refused.said, /trustee:2: proof_missing/);
  for (const t of trustees) {
    assert.match(readFileSync(t.log, "utf8"), /witness log_forked/);
    // The order that it was asked about has made it grow again, elsewhere.
    assert.ok(["cut", "fork"].some((how) => ["seen", "found"].every((which) => existsSync(seen(t, `log-registry.${how}-${which}`)))));
    assert.ok(sizeOf(readFileSync(seen(t, "log-registry"), "utf8")) > before, "what was seen is not forgotten");
  }
});
