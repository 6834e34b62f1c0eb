// Two parties with all their disks, keys and process memory, during a join: what the order does not cover stays apart, and
// what it covered is gone when it is done. Memory is read as root reads it, from all mappings; the first test shows that
// the search finds a key where one is.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import path from "node:path";
import { after, before, test, type TestContext } from "node:test";

import {
  decodeBase64url,
  decodeDocument,
  decodePoint,
  encodeScalar,
  KEY_KIND,
  openBundle,
  openTraceBox,
  orderFile,
  PARTY,
  parseBody,
  publicKeyOf,
  placeCommitment,
  shareOf,
  utf8,
  writeKeyFile,
} from "../../src/web/lib/index.js";
import { buildDir, Daemon, Deployment, freePort, type Scanner, type Visitor } from "./deployment.js";
import * as joins from "./joins.js";
import { bytes, family, type Find, look, type Looked, type Needle, type Process, text } from "./memory.js";
import { writeShares } from "./shares.js";
import { connect, filesBelow, filesWith, type Loot, ransack } from "./thief.js";

/** Who was where: only one of them is what the order asks about. */
const WHO = ["earlier", "elsewhere", "absent", "covered"] as const;
const UNCOVERED = WHO.slice(0, 3);
type Who = (typeof WHO)[number];
const MOMENTS = ["before", "between", "after"] as const;
type Moment = (typeof MOMENTS)[number];

let d: Deployment;
let trustee1: Daemon;
let door: Scanner;
let loot: Loot; // of all three parties, before the join
const visitors = new Map<Who, Visitor>();
const bodies = new Map<Who, Uint8Array>();
const seen = new Map<Moment, Looked>();
const connected = new Map<string, Set<string>>(); // by the files of these parties after contacts, phone numbers
let forbidden: string | undefined = process.env["EL_SANITIZED"]
  ? "a sanitizer's memory is too large to read"
  : process.getuid?.() !== 0
    ? "only root reads other processes' memory"
    : undefined;

const file = (name: string): string => path.join(d.authority.dir, name);
const of = <T>(map: Map<Who, T>, who: Who): T => {
  const one = map.get(who);
  if (one === undefined) throw new Error(`nothing of ${who}`);
  return one;
};
function processes(...more: Process[]): Process[] {
  const all = [d.issuerDaemon(), d.registry, d.authority].map((daemon) => family(daemon.role, daemon.pid));
  return [...all.flat(), ...family("authority", trustee1.pid), ...more];
}

/** All that could join this visitor with a visit, or tells of one. */
function needlesOf(who: Who): Needle[] {
  const found = loot.identities.find((i) => i.identity.phone === of(visitors, who).phone);
  if (found === undefined) throw new Error(`no identity row of ${who}`);
  const { identity, row } = found;
  const n = (what: string, value: Uint8Array): Needle[] => bytes(`${who}:${what}`, value);
  const traces = publicKeyOf(openBundle(decodeDocument(d.ceremony.bundleDocument), d.ceremony.root.key), row.epoch, "traces");
  const boxPoint = joins.openPoint(d, row.epoch, "traces", identity.box.subarray(0, 32));
  const secret = openTraceBox(decodePoint(boxPoint), traces, 1, { epoch: row.epoch, com: identity.com, box: identity.box }, identity.box);
  const all = [
    ...text(`${who}:name`, identity.name),
    ...text(`${who}:phone`, identity.phone),
    ...n("credential", decodeBase64url(of(visitors, who).credential)),
    ...n("handle", identity.handle),
    ...n("secret", secret),
    ...n("boxpoint", boxPoint),
  ];
  const visit = loot.visits.find((v) => Buffer.from(v.visit.body).equals(Buffer.from(of(bodies, who))))?.visit;
  const body = parseBody(of(bodies, who));
  all.push(...n("opened", joins.openPoint(d, row.epoch, "links", body.point)), ...n("body", of(bodies, who)));
  all.push(...n("id", body.id), ...n("point", body.point), ...n("link", body.link));
  if (visit !== undefined) all.push(...n("salt", visit.salt), ...n("place", placeCommitment(visit.salt, visit.venue, visit.minute, visit.flags)));
  return all;
}
/** Keys of today, by whose they are; the epoch keys themselves are nobody's. */
function keyNeedles(order: joins.MadeOrder): Needle[] {
  const key = (name: string, party: number, kind: number): Needle[] => {
    const one = loot.keyring.find((k) => k.party === party && k.kind === kind && k.epoch === d.ceremony.firstEpoch);
    if (one === undefined) throw new Error(`no ${name}`);
    return bytes(name, one.key);
  };
  const polynomials = d.ceremony.polynomials.get(d.ceremony.firstEpoch);
  if (polynomials === undefined) throw new Error("no epoch keys");
  return [
    ...key("key:visit", PARTY.registry, KEY_KIND.visit),
    ...key("key:identity", PARTY.issuer, KEY_KIND.identity),
    ...(["links", "traces"] as const).flatMap((purpose) => [
      ...bytes(`epochkey:${purpose}`, encodeScalar(polynomials[purpose][0] ?? 0n)),
      ...[1, 2, 3].flatMap((j) => bytes(`share:${purpose}-${j}`, encodeScalar(shareOf(polynomials[purpose], j).value))),
    ]),
    ...bytes("order:secret", encodeScalar(order.boxSecret)),
  ];
}

async function visit(who: Who, phone: string, at?: Scanner): Promise<void> {
  const visitor = await d.register(`시험 방문자 ${who}`, phone);
  visitors.set(who, visitor);
  const [token] = await d.wallet(visitor, 0, 1);
  if (token === undefined) throw new Error("no token");
  bodies.set(who, token.body);
  if (at !== undefined) assert.equal((await d.checkin(at, d.show(token))).status, 201);
}

/** The join by the command line; the last trustee, ours, looks into all memory before it answers. */
async function carryOut(order: joins.MadeOrder, between: (executor: number) => void): Promise<void> {
  writeFileSync(file("order"), JSON.stringify(orderFile(order.signed, order.scopes)), { mode: 0o600 });
  writeFileSync(file("order.key"), writeKeyFile({ purpose: "order", epoch: undefined, secret: encodeScalar(order.boxSecret) }), { mode: 0o600 });
  let child: ChildProcess | undefined;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      if (child?.pid !== undefined) between(child.pid);
      const asked: unknown = JSON.parse(Buffer.concat(parts).toString());
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(joins.answerRows(d, order, 3, asked)));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const third = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  child = spawn(
    path.join(buildDir, "src/cli/entrylog"),
    ["join", file("order"), "--config", d.authority.conf, "-o", file("order.report"), "--lab-clock", path.join(d.dir, "clock"), "--timeout", "120",
      "--json", "--trustee", `1=${trustee1.url}`, "--trustee", `3=${third}`],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let [out, said] = ["", ""];
  child.stdout?.on("data", (part: Buffer) => (out += part.toString()));
  child.stderr?.on("data", (part: Buffer) => (said += part.toString()));
  const status = await new Promise((done) => child?.once("close", done));
  server.close();
  assert.equal(status, 0, said);
  assert.deepEqual([JSON.parse(out).people, JSON.parse(out).unverifiable], [1, 0]);
}

before(async () => {
  d = await Deployment.start("adversary", { days: 4, prepare: (deployment) => writeShares(deployment) });
  trustee1 = new Daemon("authority", "trustee-1", path.join(d.dir, "trustee-1"), await freePort());
  mkdirSync(trustee1.dir, { mode: 0o700 });
  const conf = readFileSync(d.authority.conf, "utf8").replace(/^listen = .*$/m, `listen = 127.0.0.1:${trustee1.port}`);
  writeFileSync(trustee1.conf, conf.replace("role = executor", `role = trustee\nshare_file = ${file("data/trustees/1/share")}`));
  door = await d.venue();
  const elsewhere = await d.venue();
  await visit("earlier", "+821000000051", door);
  await d.shift(50 * 60);
  trustee1.start();
  await trustee1.ready();
  await visit("elsewhere", "+821000000052", elsewhere);
  await visit("absent", "+821000000054");
  await visit("covered", "+821000000053", door);
  loot = ransack([d.issuerDaemon().dir, d.registry.dir, d.authority.dir]);

  const order = joins.contactsOrder(d, [door.venue], d.now() - 600, d.now() + 60);
  const needles = [...WHO.flatMap(needlesOf), ...keyNeedles(order)];
  const take = (moment: Moment, ...more: Process[]): void => {
    const looked = forbidden === undefined ? look(processes(...more), needles) : undefined;
    if (looked !== undefined) seen.set(moment, looked);
    else forbidden ??= "this machine does not let root read processes' memory";
  };
  take("before");
  await carryOut(order, (executor) => take("between", ...family("executor", executor)));
  for (const parties of ["issuer registry authority", "issuer registry", "issuer authority", "registry authority"]) {
    const dirs = parties.split(" ").map((p) => (p === "issuer" ? d.issuerDaemon() : p === "registry" ? d.registry : d.authority).dir);
    connected.set(parties, new Set(connect(ransack(dirs), d.ceremony.deployment).map((c) => c.phone)));
  }
  // The same visitor's places, too (what logs tell of a trace is theft.test.ts's): a secret passes through the registry.
  const { phone } = of(visitors, "covered");
  assert.deepEqual((await joins.trace(d, phone, d.now() - 600, d.now() + 60)).map((v) => v.venue), [door.venue]);
  take("after");
});
after(async () => {
  await trustee1?.stop();
  await d?.stop();
});

type Party = "issuer" | "registry" | "authority";
const holder = (find: Find): Party => {
  const [who] = find.process.split("/");
  return who === "issuer" || who === "registry" ? who : "authority";
};
/** What of it stands in memory of these parties at a moment. */
function finds(moments: readonly Moment[], parties: readonly Party[], wanted: RegExp): string[] {
  return moments.flatMap((moment) =>
    (seen.get(moment)?.finds ?? [])
      .filter((f) => parties.includes(holder(f)) && wanted.test(f.needle))
      .map((f) => `${moment} ${f.process} ${f.needle} ${f.mapping}`),
  );
}
const uncovered = (...what: string[]): RegExp => new RegExp(`^(${UNCOVERED.join("|")}):(${what.join("|")})(:text)?$`);
const covered = (...what: string[]): RegExp => new RegExp(`^covered:(${what.join("|")})(:text)?$`);
const IDENTITY = ["name", "phone", "credential", "handle", "secret", "boxpoint"];
const VISIT = ["body", "id", "point", "link", "salt", "place"];

/** A case that looks at memory. */
function memory(name: string, body: () => void): void {
  test(name, (t: TestContext) => {
    if (forbidden !== undefined) t.skip(forbidden);
    else body();
  });
}

memory("the search finds a key in the memory of the process that holds it, and reads every process", () => {
  for (const moment of MOMENTS) {
    const { read, finds: all } = seen.get(moment) ?? assert.fail(moment);
    const where = (needle: string): string[] => [...new Set(all.filter((f) => f.needle === needle).map((f) => f.process))];
    assert.deepEqual(where("key:visit"), ["registry/el-core"]);
    assert.deepEqual(where("key:identity"), ["issuer/el-core"]);
    assert.ok(read.size >= 20, [...read.keys()].join(", "));
    for (const [process, n] of read) assert.ok(n > 1 << 20, process);
  }
  // What the executor may know while it is at work is there, too: its own secret, and the row that it was answered with.
  const cli = (seen.get("between")?.finds ?? []).filter((f) => f.process.startsWith("executor/")).map((f) => f.needle);
  assert.ok(cli.includes("order:secret") && cli.includes("covered:body") && cli.includes("covered:salt"), cli.join(" "));
});

memory("every process had its libraries bound before it served: no call saves registers, with what was copied last, on a stack", () => {
  for (const { pid, name } of processes()) {
    assert.ok(readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes("LD_BIND_NOW=1"), name);
    assert.doesNotMatch(name, /exe$/, "and kept its name");
  }
});

memory("nobody holds an epoch key, and only a trustee its own share", () => {
  assert.deepEqual(finds(MOMENTS, ["issuer", "registry", "authority"], /^epochkey:/), []);
  assert.deepEqual(finds(MOMENTS, ["issuer", "registry"], /^share:/), []);
  assert.deepEqual(finds(MOMENTS, ["authority"], /^share:\w+-[23]/), []);
  assert.deepEqual(finds(MOMENTS, ["authority"], /^share:traces/), [], "a contacts order needs none for traces");
});

memory("no process of the registry holds anything of a person", () => {
  assert.deepEqual(finds(MOMENTS, ["registry"], uncovered(...IDENTITY, "opened")), []);
  assert.deepEqual(finds(MOMENTS, ["registry"], covered(...IDENTITY, "opened")), [], "after a trace, too");
});

memory("no process of the issuer holds a visit, or the token of one", () => {
  assert.deepEqual(finds(MOMENTS, ["issuer"], uncovered(...VISIT)), []);
  assert.deepEqual(finds(MOMENTS, ["issuer"], covered("salt")), []);
});

memory("no process of the issuer remembers whom it has served", () => {
  assert.deepEqual(finds(MOMENTS, ["issuer"], uncovered(...IDENTITY)), []);
  assert.deepEqual(finds(MOMENTS, ["issuer"], covered(...IDENTITY, "opened")), []);
});

memory("issuer and registry: no opened link, no secret of a visitor whom the order does not cover", () => {
  assert.deepEqual(finds(MOMENTS, ["issuer", "registry"], uncovered("opened", "secret", "boxpoint")), []);
});

memory("registry and authority: no name, number, credential or handle of a visitor whom the order does not cover", () => {
  assert.deepEqual(finds(MOMENTS, ["registry", "authority"], uncovered(...IDENTITY, "opened")), []);
  assert.deepEqual(finds(["before", "between"], ["registry", "authority"], covered(...IDENTITY)), [], "nor of the others before they are named");
});

memory("issuer and authority: no visit that the order does not cover", () => {
  assert.deepEqual(finds(MOMENTS, ["authority"], uncovered(...VISIT)), []);
  assert.deepEqual(finds(MOMENTS, ["issuer"], uncovered(...VISIT)), []);
});

memory("after the join nobody remembers the order's secret, an opened link, or a name", () => {
  assert.deepEqual(finds(["after"], ["issuer", "registry", "authority"], /^order:/), []);
  assert.deepEqual(finds(["after"], ["issuer", "registry", "authority"], covered("opened", "boxpoint", "secret")), []);
  assert.deepEqual(finds(["after"], ["registry", "authority"], covered(...IDENTITY)), []);
});

test("after the join no file of the authority holds the order's secret, an opened link, or a name", () => {
  assert.ok(!existsSync(file("order.key")));
  assert.ok(existsSync(file("order.report")));
  const files = filesBelow(d.authority.dir);
  const gone = needlesOf("covered").filter((n) => covered(...IDENTITY, "opened").test(n.name));
  for (const needle of [...gone, ...WHO.map((who) => ({ name: who, bytes: utf8(of(visitors, who).phone.slice(1)) }))])
    assert.deepEqual(filesWith(files, needle.bytes), [], needle.name);
});

test("on the running day, after contacts: the files of any two parties connect nobody, those of all three do", () => {
  const there = (["earlier", "elsewhere", "covered"] as const).map((who) => of(visitors, who).phone);
  assert.deepEqual(connected.get("issuer registry authority"), new Set(there));
  for (const pair of ["issuer registry", "issuer authority", "registry authority"]) assert.deepEqual(connected.get(pair), new Set(), pair);
});
