// Check-ins by the hundred for the tests that break things meanwhile, and what is stored of them.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";

import { concat, dayTokenKey, encodeTokenText, epochEnd, epochOf, newAttempt, nextPairKey, showKey, stampBody, systemRandom, toHex, u16, u8 } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { buildDir, type Daemon, type Deployment, type Outcome, type Scanner } from "./deployment.js";

export interface Sent {
  body: string;
  token: string;
  attempt: Uint8Array;
  scannedAt: number;
  scanner: Scanner;
  /** The first answer, where there was one. */
  answer?: Record<string, unknown>;
}

/** A token as the registry checks it: the right head and tag; R, link and signature are for trustees to judge. */
export function made(d: Deployment): { text: string; body: string } {
  const issuer = d.ceremony.issuers[0];
  if (issuer === undefined) throw new Error("no issuer");
  const epoch = epochOf(d.now(), DAY_OFFSET);
  let pair = issuer.pair;
  for (let e = d.ceremony.firstEpoch; e < epoch; e++) pair = nextPairKey(pair);
  const body = concat(u8(1), u8(1), u16(epoch), systemRandom(128));
  const key = showKey(dayTokenKey(pair, 1, epoch), body);
  return { text: encodeTokenText(stampBody(body, key, d.now())), body: toHex(body) };
}

export function sending(d: Deployment, scanner: Scanner): Sent {
  const { text, body } = made(d);
  return { body, token: text, attempt: newAttempt(), scannedAt: d.now(), scanner };
}
export function send(d: Deployment, sent: Sent): Promise<Outcome> {
  return d.checkin(sent.scanner, sent.token, { attempt: sent.attempt, scanned_at: sent.scannedAt });
}

/** What became of the check-ins of a load. */
export interface Tally {
  acknowledged: Sent[];
  /** Without an answer, or told `busy`: recorded or not. */
  unknown: Sent[];
}

/** Clients that check in as fast as they are answered, until told to stop. Only what `expected` allows may be refused. */
export function load(d: Deployment, scanners: Scanner[], tally: Tally): { stop: () => Promise<void> } {
  let running = true;
  const workers = scanners.map(async (scanner) => {
    while (running) {
      const sent = sending(d, scanner);
      try {
        const answer = await send(d, sent);
        if (answer.status === 201) tally.acknowledged.push({ ...sent, answer: answer.body });
        else if (answer.status === 503) {
          tally.unknown.push(sent);
          await new Promise((done) => setTimeout(done, 20));
        } else if (answer.status === 429) await new Promise((done) => setTimeout(done, 100)); // not recorded
        else throw new Error(`unexpected ${answer.status} ${answer.code ?? ""}`);
      } catch (e) {
        if (e instanceof Error && e.message.startsWith("unexpected")) throw e;
        tally.unknown.push(sent);
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

/** A seeded sequence, so that a failure can be repeated: mulberry32. */
export class Dice {
  constructor(private state: number) {}
  /** From 0 to n - 1. */
  roll(n: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n);
  }
  pick<T>(list: readonly T[]): T {
    const one = list[this.roll(list.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  }
}

// ---- The files of a daemon that is stopped ----

/** When a day must be destroyed (protocol section 9). */
export function dueAt(epoch: number): number {
  return epochEnd(epoch, DAY_OFFSET) + 7200 + 28 * 86400;
}

export function dataDir(daemon: Daemon): string {
  return path.join(daemon.dir, "data");
}
/** What there is of a day in a daemon's data, what waits to be removed included: "visits/20785.gone". */
export function dayFolders(daemon: Daemon, epoch: number): string[] {
  return ["visits", "identities"].flatMap((kind) => {
    const folder = path.join(dataDir(daemon), kind);
    const names = existsSync(folder) ? readdirSync(folder) : [];
    return names.filter((name) => name.startsWith(String(epoch).padStart(5, "0"))).map((name) => `${kind}/${name}`);
  });
}
export function kekFile(daemon: Daemon): string {
  return path.join(daemon.dir, "kek");
}
function tool(...args: string[]): string {
  const run = spawnSync(path.join(buildDir, "tests", "visits_tool"), args, { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(run.status, 0, `visits_tool ${args[0]}: ${run.stderr}`);
  return run.stdout;
}
export interface Listed {
  /** Stored bodies, each with how often. */
  bodies: Map<string, number>;
  keys: number[];
}
/** Every row of a stopped registry, opened by its own keys. */
export function listVisits(registry: Daemon, data = dataDir(registry), kek = kekFile(registry)): Listed {
  const out: Listed = { bodies: new Map(), keys: [] };
  for (const line of tool("list", data, kek).split("\n")) {
    const [first, second, , body] = line.split(" ");
    if (first === "key") out.keys.push(Number(second));
    else if (body !== undefined) out.bodies.set(body, (out.bodies.get(body) ?? 0) + 1);
  }
  return out;
}
/** A day with a key and `groups` times fifty rows in the files of a stopped registry; false: files of such a day still wait to be removed. */
export function plantDay(registry: Daemon, epoch: number, groups: number, data = dataDir(registry), kek = kekFile(registry)): boolean {
  return tool("plant", data, kek, String(epoch), String(groups)).startsWith("planted");
}

/** Those that are being made (NNNNNN.tmp.*) are none yet: whoever opens the folder drops them. */
export function databases(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const file = path.join(dir, name);
    return statSync(file).isDirectory() ? databases(file) : name.endsWith(".db") && !name.includes(".tmp.") ? [file] : [];
  });
}
/** PRAGMA integrity_check of every database below a folder that nobody has open. */
export function checkIntegrity(dir: string): number {
  const files = databases(dir);
  const script = files.map((file) => `.open '${file}'\nPRAGMA integrity_check;\n`).join("");
  const run = spawnSync("sqlite3", ["-batch"], { input: script, encoding: "utf8" });
  assert.equal(run.stderr, "");
  assert.deepEqual([...new Set(run.stdout.trim().split("\n"))], ["ok"]);
  assert.equal(run.stdout.trim().split("\n").length, files.length);
  return files.length;
}

/** The indexes below a folder that nobody has open, with and without the tree of their segment. */
export function listTrees(dir: string): { with: string[]; without: string[] } {
  const files = databases(dir).filter((file) => file.endsWith(".index.db"));
  const script = files.map((file) => `.open '${file}'\nSELECT length(root) FROM summary;\n`).join("");
  const run = spawnSync("sqlite3", ["-batch", "-nullvalue", "none"], { input: script, encoding: "utf8" });
  assert.equal(run.stderr, "");
  const lengths = run.stdout.split("\n");
  assert.equal(lengths.length, files.length + 1);
  return { with: files.filter((_, i) => lengths[i] === "32"), without: files.filter((_, i) => lengths[i] !== "32") };
}

/** Every acknowledged check-in once, every other one at most once, and nothing that was never sent. */
export function expectExactlyOnce(stored: Map<string, number>, tally: Tally): void {
  const known = new Set([...tally.acknowledged, ...tally.unknown].map((sent) => sent.body));
  for (const sent of tally.acknowledged) assert.equal(stored.get(sent.body), 1, "an acknowledged check-in is there once");
  for (const [body, n] of stored) {
    assert.equal(n, 1, `stored once: ${body}`);
    assert.ok(known.has(body), `was sent: ${body}`);
  }
}

/** Sent again with the same attempt: the first answer, with 200. */
export async function expectFirstAnswers(d: Deployment, sample: Sent[]): Promise<void> {
  for (const sent of sample) {
    let again = await send(d, sent);
    while (again.status === 429) {
      await new Promise((done) => setTimeout(done, 100));
      again = await send(d, sent);
    }
    assert.equal(again.status, 200, again.code);
    assert.deepEqual(again.body, sent.answer);
  }
}

// ---- Killing at a moment that shows in the files ----

export interface Killer {
  /** Name the parent; before that nothing is killed. */
  aim: (pid: number) => void;
  /** The name at which it fired; undefined: it was called off. */
  fired: Promise<string | undefined>;
  callOff: () => void;
}
/** Waits for the n-th file whose name matches (with "-" in front: that goes), then kills `who` after some microseconds. */
export async function armKiller(what: { pattern: string; nth: number; micros: number; who: string; dirs: string[] }): Promise<Killer> {
  const child = spawn(path.join(buildDir, "tests", "kill_at"), [String(what.nth), String(what.micros), what.who, what.pattern, ...what.dirs], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const armed = await lines.next();
  assert.equal(armed.value, "armed");
  child.stdin.on("error", () => undefined); // it has fired before it was told more
  return {
    aim: (pid) => child.stdin.write(`${pid}\n`),
    fired: lines.next().then((line) => (line.done === true ? undefined : line.value.replace(/^fired /, ""))),
    callOff: () => child.stdin.end(),
  };
}
