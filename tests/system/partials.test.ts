// Claim J5: the executor (the C command line) names a trustee whose partials are wrong or who says nothing, and ends the
// join with two others; partials that TypeScript proves are good enough for it, by file and over HTTP.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createSilent, type Server as SilentServer } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { encodeScalar, G, orderFile, type Point, writeKeyFile } from "../../src/web/lib/index.js";
import { buildDir, Daemon, Deployment, freePort, type Scanner } from "./deployment.js";
import * as joins from "./joins.js";
import { writeShares } from "./shares.js";

let d: Deployment;
let door: Scanner;
let trustee2: Daemon | undefined;
const servers: (Server | SilentServer)[] = [];
const VISITS = 3;

before(async () => {
  d = await Deployment.start("partials");
  writeShares(d);
  door = await d.venue();
  for (let i = 0; i < VISITS; i++) {
    const visitor = await d.register(`시험 ${i + 1}`, `+82100000008${i}`);
    const [token] = await d.wallet(visitor, 0, 1);
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(door, d.show(token))).status, 201);
  }
});
after(async () => {
  for (const server of servers) server.close();
  await trustee2?.stop();
  await d?.stop();
});

interface Started {
  order: joins.MadeOrder;
  file: string;
  request: () => unknown;
}

/** An order as the authority's machine holds it: its file, and its key beside it. */
function begin(name: string): Started {
  const order = joins.contactsOrder(d, [door.venue], d.now() - 600, d.now() + 60);
  const file = path.join(d.dir, name);
  writeFileSync(file, JSON.stringify(orderFile(order.signed, order.scopes)), { mode: 0o600 });
  writeFileSync(`${file}.key`, writeKeyFile({ purpose: "order", epoch: undefined, secret: encodeScalar(order.boxSecret) }), { mode: 0o600 });
  return { order, file, request: () => JSON.parse(readFileSync(`${file}.request`, "utf8")) };
}

/** entrylog join with these trustees; our own servers answer meanwhile. */
function join(started: Started, trustees: string[], ...more: string[]): Promise<{ status: number | null; said: string; result: Record<string, unknown> }> {
  const args = ["join", started.file, "--config", d.authority.conf, "-o", `${started.file}.report`, "--json", ...more];
  const child = spawn(path.join(buildDir, "src/cli/entrylog"), [...args, ...trustees.flatMap((t) => ["--trustee", t])]);
  let [out, said] = ["", ""];
  child.stdout.on("data", (part: Buffer) => (out += part.toString()));
  child.stderr.on("data", (part: Buffer) => (said += part.toString()));
  return new Promise((done) => child.once("close", (status) => done({ status, said, result: out === "" ? {} : (JSON.parse(out) as Record<string, unknown>) })));
}

/** Partials as a file. */
function write(started: Started, j: number, change?: (point: Point, index: number) => Point): string {
  const file = `${started.file}.partials-${j}`;
  writeFileSync(file, JSON.stringify(joins.answerRows(d, started.order, j, started.request(), change)));
  return file;
}

/** A trustee over HTTP, written in TypeScript. */
async function serve(started: Started, j: number, change?: (point: Point, index: number) => Point): Promise<string> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const asked: unknown = JSON.parse(Buffer.concat(parts).toString());
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(joins.answerRows(d, started.order, j, asked, change)));
    });
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `${j}=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Takes a connection and says nothing, for ever. */
async function silent(j: number): Promise<string> {
  const server = createSilent((socket) => socket.on("error", () => undefined));
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `${j}=http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Trustee 2 as a daemon of its own, on the share that the authority's machine holds for it. */
async function daemon(): Promise<string> {
  if (trustee2 === undefined) {
    trustee2 = new Daemon("authority", "trustee-2", path.join(d.dir, "trustee-2"), await freePort());
    mkdirSync(trustee2.dir, { mode: 0o700 });
    const share = path.join(d.authority.dir, "data", "trustees", "2", "share");
    const conf = readFileSync(d.authority.conf, "utf8").replace(/^listen = .*$/m, `listen = 127.0.0.1:${trustee2.port}`);
    writeFileSync(trustee2.conf, conf.replace("role = executor", `role = trustee\nshare_file = ${share}`));
    trustee2.start();
    await trustee2.ready();
  }
  return `2=${trustee2.url}`;
}

// One too much here, one too little there: the plain sum of the day is right.
const lie = (point: Point, index: number): Point => (index === 0 ? point.add(G) : index === 1 ? point.subtract(G) : point);
const NAMED = /trustee 1: wrong partials \(proof does not verify\)/;

test("by file, a trustee with two wrong partials that cancel is named and two others are enough", async () => {
  const started = begin("by-file");
  const waiting = await join(started, []);
  assert.deepEqual([waiting.status, waiting.result["trustees"]], [75, 0], waiting.said);
  const lying = write(started, 1, lie);
  const few = await join(started, [lying, write(started, 2)]);
  assert.deepEqual([few.status, few.result["trustees"]], [75, 1], "only one is left");
  assert.match(few.said, NAMED);
  const done = await join(started, [lying, write(started, 2), write(started, 3)]);
  assert.equal(done.status, 0, done.said);
  assert.match(done.said, NAMED);
  assert.deepEqual([done.result["people"], done.result["unverifiable"]], [VISITS, 0]);
  assert.ok(!existsSync(`${started.file}.key`));
});

test("partials without proofs, or of the old form, are refused", async () => {
  const started = begin("unproven");
  await join(started, []);
  const answer = joins.answerRows(d, started.order, 1, started.request());
  const { proofs, ...old } = answer;
  assert.ok(Array.isArray(proofs));
  const [without, before] = [`${started.file}.without`, `${started.file}.before`];
  writeFileSync(without, JSON.stringify({ ...answer, proofs: [] }));
  writeFileSync(before, JSON.stringify({ ...old, proof: null }));
  const few = await join(started, [without, before, write(started, 2)]);
  assert.deepEqual([few.status, few.result["trustees"]], [75, 1]);
  assert.match(few.said, /trustee 1: wrong partials \(not one proof for each day\)/);
  assert.match(few.said, /before: not partials/);
});

test("over HTTP, a trustee that lies is named, and one that says nothing does not keep two others waiting", async () => {
  const started = begin("http");
  const few = await join(started, [await serve(started, 1, lie), await daemon()]);
  assert.deepEqual([few.status, few.result["trustees"]], [75, 1], few.said);
  assert.match(few.said, NAMED);
  const done = await join(started, [await silent(1), await daemon(), await serve(started, 3)], "--timeout", "5");
  assert.equal(done.status, 0, done.said);
  assert.match(done.said, /trustee:1: .*; going on without it/);
  assert.deepEqual([done.result["people"], done.result["unverifiable"]], [VISITS, 0]);
});
