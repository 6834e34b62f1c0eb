// Claim J (the public log): no order is answered that is not in its party's log, issuers and trustees insist on the proof,
// rows that were moved or added afterwards count for nobody, and a log that cannot be written stops orders, not check-ins.
import assert from "node:assert/strict";
import { readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import {
  type Answered,
  checkLogProof,
  decodeBase64url,
  documentHash,
  doubtVisits,
  encodeBase64url,
  encodeLogEntry,
  encodeRestricted,
  inclusionPath,
  type LogProof,
  merkleRoot,
  parseBody,
  type ReleasedRow,
  rowCommitment,
  signDocument,
  systemRandom,
  type VisitsAnswer,
  visitLeaf,
  writeDocument,
  writeLogProof,
} from "../../src/web/lib/index.js";
import { newSigner } from "./ceremony.js";
import { type Daemon, Deployment, type Outcome, type Scanner, until } from "./deployment.js";
import * as joins from "./joins.js";
import { dataDir } from "./load.js";
import { entriesOf, readLog } from "./logs.js";

let d: Deployment;
let here: Scanner;
let from = 0;
let to = 0;
const PHONE = "+821000000091";

/** Check in with that token of the visitor's wallet. */
async function visit(token = 0): Promise<void> {
  const one = await d.wallet(visitor, token, 1);
  if (one[0] === undefined) throw new Error("no token");
  assert.equal((await d.checkin(here, d.show(one[0]))).status, 201);
}
let visitor: Awaited<ReturnType<Deployment["register"]>>;

before(async () => {
  d = await Deployment.start("publog");
  visitor = await d.register("시험 아흔하나", PHONE);
  here = await d.venue();
  await visit(0);
  await visit(1);
  from = d.now() - 600;
  to = d.now() + 600;
});
after(async () => d?.stop());

const newOrder = (): joins.MadeOrder => joins.contactsOrder(d, [here.venue], from, to);
const known = (order: joins.MadeOrder): Answered => joins.answered(d, order, d.ceremony.registryLog.key);
async function answeredOrder(): Promise<{ order: joins.MadeOrder; answer: VisitsAnswer; items: unknown[] }> {
  const order = newOrder();
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  return { order, answer, items: joins.identityItems(d, answer, 1) };
}
function refusedWith(outcome: Outcome, code: string, status = 403): void {
  assert.deepEqual([outcome.status, outcome.code], [status, code]);
}
const callWith = (order: joins.MadeOrder, answer: VisitsAnswer, items: unknown[], proofs: unknown): Promise<Outcome> =>
  joins.call(d, d.issuerDaemon().url, "issuer:1", "/v1/orders/identities", { order: order.signed, release: writeDocument(answer.release), proofs, items });

test("an answered order stands in the log of each party that answered, with the release that it was answered with", async () => {
  const { order, answer, items } = await answeredOrder();
  assert.equal((await joins.callIdentities(d, order, 1, answer, items)).status, 200);
  for (const party of ["registry", "issuer:1"]) {
    const [entry, ...more] = entriesOf(await readLog(d, party), order.hash);
    assert.ok(entry?.type === "order", party);
    assert.deepEqual(more, []);
    assert.deepEqual([entry.kind, entry.count], ["contacts", "1-9"]);
    assert.equal(encodeBase64url(entry.answer), encodeBase64url(documentHash(answer.release.doc)), party);
  }
  const log = await readLog(d, "registry");
  for (const root of answer.rows.map((row) => row.segment))
    assert.ok(log.entries.some((e) => e.type === "segment" && e.segment === root && e.epoch === answer.rows[0]?.epoch));
});

test("a trace order stands in both logs, too: the issuer's with the statement, the registry's with its release", async () => {
  const order = joins.traceOrder(d, [PHONE], from - 3600, to);
  const opened = joins.openTraces(d, order, 1, await joins.callTraces(d, order, 1));
  const visits = await joins.callVisits(d, order, { statement: writeDocument(opened.document), secrets: opened.secrets });
  const { answer } = joins.openVisits(d, order, visits);
  for (const [party, doc] of [
    ["issuer:1", opened.document.doc],
    ["registry", answer.release.doc],
  ] as const) {
    const [entry] = entriesOf(await readLog(d, party), order.hash);
    assert.ok(entry?.type === "order" && entry.kind === "trace");
    assert.equal(encodeBase64url(entry.answer), encodeBase64url(documentHash(doc)));
  }
});

test("a refused order that carries its quorum stands there as refused, one without does not", async () => {
  const tooMany = (): joins.MadeOrder => joins.contactsOrder(d, [here.venue], from, to, { items: 1 });
  const tight = tooMany();
  for (let i = 0; i < 2; i++) refusedWith(await joins.callVisits(d, tight), "limit_exceeded");
  const unsigned = joins.contactsOrder(d, [here.venue], from, to, { signers: d.signers("health") });
  refusedWith(await joins.callVisits(d, unsigned), "quorum_missing");
  // Refusals wait for nobody: they are queued, and logged in their order within a second or so.
  const last = tooMany();
  refusedWith(await joins.callVisits(d, last), "limit_exceeded");
  const log = await until("the last refusal in the log", 20_000, async () => {
    const read = await readLog(d, "registry");
    return entriesOf(read, last.hash).length > 0 ? read : undefined;
  });
  assert.deepEqual(
    entriesOf(log, tight.hash).map((e) => e.type === "refused" && [e.kind, e.code]),
    [["contacts", "limit_exceeded"]],
    "once a day",
  );
  assert.deepEqual(entriesOf(log, unsigned.hash), []);
});

test("no entry holds a salt, a commitment, a body, a handle's link, a name or a number", async () => {
  const { answer } = await answeredOrder();
  const secrets = answer.rows.flatMap((row) => [row.salt, rowCommitment(row), row.body, parseBody(row.body).id, parseBody(row.body).link]);
  const texts = [PHONE, PHONE.slice(1), visitor.name, ...secrets.map(encodeBase64url)];
  for (const party of ["registry", "issuer:1"]) {
    const { entries } = await readLog(d, party);
    assert.ok(entries.length > 0);
    const all = entries.map((entry) => Buffer.from(encodeLogEntry(entry)).toString()).join("\n");
    for (const text of texts) assert.ok(!all.includes(text));
  }
});

test("proof_missing: an issuer names nobody for a release that is not in the registry's log", async () => {
  const first = await answeredOrder();
  const second = await answeredOrder();
  const { order, answer, items } = second;
  const release = writeDocument(answer.release);
  const of = (change: Partial<LogProof>): unknown => writeLogProof({ ...answer.proofs, ...change });
  assert.equal((await callWith(order, answer, items, null)).status, 400, "none at all is no call");
  const wrong: [string, unknown][] = [
    ["those of another release", writeLogProof(first.answer.proofs)],
    ["the entry of another order", of({ answer: first.answer.proofs.answer })],
    ["a root for the answer", of({ answer: answer.proofs.roots[0] ?? answer.proofs.answer })],
    ["a checkpoint of another size", of({ checkpoint: first.answer.proofs.checkpoint })],
    ["a checkpoint of another key", writeLogProof(joins.forgedProofs(d, order, release, answer.proofs.roots, newSigner()))],
    ["a log of the issuer's own", writeLogProof(joins.forgedProofs(d, order, release, answer.proofs.roots, d.ceremony.issuers[0]?.log))],
    ["a path that leads elsewhere", of({ answer: { ...answer.proofs.answer, path: { ...answer.proofs.answer.path, index: 0 } } })],
  ];
  for (const [what, proofs] of wrong) {
    const outcome = await callWith(order, answer, items, proofs);
    assert.deepEqual([outcome.status, outcome.code], [403, "proof_missing"], what);
    assert.ok(!("sealed" in outcome.body), what);
  }
  assert.equal((await callWith(order, answer, items, writeLogProof(answer.proofs))).status, 200);
  const told = await until("the refusal in the log", 20_000, async () => {
    const entries = entriesOf(await readLog(d, "issuer:1"), order.hash);
    return entries.length > 1 ? entries : undefined;
  });
  assert.deepEqual(told.map((e) => (e.type === "refused" ? e.code : e.type)).sort(), ["order", "proof_missing"]);
});

// ---- A registry that turns bad after recording ----

/** A release over other rows, signed by the registry's own answer key, in a log signed by its own log key. */
function forge(order: joins.MadeOrder, answer: VisitsAnswer, rows: ReleasedRow[]): VisitsAnswer {
  const leaves = rows.map((row) => visitLeaf(rowCommitment(row), row.body));
  const doc = encodeRestricted({
    version: 1,
    deployment: encodeBase64url(d.ceremony.deployment),
    order: encodeBase64url(order.hash),
    root: encodeBase64url(merkleRoot(leaves)),
    count: rows.length,
    salt: encodeBase64url(systemRandom(32)),
  });
  const signed = signDocument("EL1-release", doc, [d.ceremony.registryAnswer.seed]);
  return {
    release: { doc, signatures: signed.signatures.map((s) => ({ key: decodeBase64url(s.key), sig: decodeBase64url(s.sig) })) },
    rows: rows.map((row, i) => ({ ...row, path: inclusionPath(leaves, i) })),
    listed: [],
    proofs: joins.forgedProofs(d, order, signed, answer.proofs.roots),
  };
}

test("a row that was moved, altered or added after its segment was logged counts for nobody", async () => {
  const { order, answer } = await answeredOrder();
  const row = answer.rows[0];
  if (row === undefined) throw new Error("no row");
  assert.deepEqual(doubtVisits(forge(order, answer, answer.rows), known(order)).rows, answer.rows.map(() => undefined), "the rows as they are");
  const other = systemRandom(132);
  other.set(row.body.subarray(0, 4));
  const changes: [Partial<ReleasedRow>, string][] = [
    [{ venue: row.venue + 1 }, "not_in_segment"],
    [{ minute: row.minute + 60 }, "not_in_segment"],
    [{ minute: row.minute - 3600 }, "not_in_segment"],
    [{ flags: row.flags ^ 1 }, "not_in_segment"],
    [{ salt: systemRandom(16) }, "not_in_segment"],
    [{ body: other }, "not_in_segment"],
    [{ proof: { index: 0, size: 1, hashes: [] } }, "not_in_segment"],
    [{ proof: { ...row.proof, hashes: [...row.proof.hashes, systemRandom(32)] } }, "not_in_segment"],
    [{ proof: { ...row.proof, index: row.proof.index === 0 ? 1 : 0 } }, "not_in_segment"],
    [{ segment: row.segment + 1000 }, "segment_not_logged"],
    [{ epoch: row.epoch + 1 }, "segment_not_logged"],
  ];
  for (const [change, why] of changes) {
    const made = forge(order, answer, [{ ...row, ...change }]);
    assert.deepEqual(doubtVisits(made, known(order)).rows, [why], JSON.stringify(Object.keys(change)));
  }
});

test("an answer shown under another order, or with roots left out, does not pass", async () => {
  const { order, answer } = await answeredOrder();
  const other = newOrder();
  assert.throws(() => doubtVisits(answer, known(other)));
  const without = { ...answer, proofs: { ...answer.proofs, roots: [] } };
  assert.deepEqual(doubtVisits(without, known(order)).rows, answer.rows.map(() => "segment_not_logged"));
});

test("the log only grows: every entry that was there stays where it was", async () => {
  const before = await readLog(d, "registry");
  const { order, answer } = await answeredOrder();
  const now = await readLog(d, "registry");
  assert.ok(now.checkpoint.size > before.checkpoint.size);
  assert.deepEqual(now.entries.slice(0, before.entries.length), before.entries);
  const claim = { ...known(order), party: "registry", answer: documentHash(answer.release.doc) };
  assert.equal(checkLogProof(answer.proofs, claim).checkpoint.size, now.checkpoint.size);
});

// ---- A log that fails ----

const logProcess = (daemon: Daemon): number => {
  const found = daemon.children().find((c) => c.name === "el-log");
  if (found === undefined) throw new Error("no log process");
  return found.pid;
};

test("a log process that is killed comes back, and the order repeated is answered and stands there", async () => {
  const order = newOrder();
  process.kill(logProcess(d.registry), "SIGKILL");
  const { answer } = joins.openVisits(d, order, await joins.answeredVisits(d, order));
  assert.equal(answer.rows.length, 2);
  const entries = entriesOf(await readLog(d, "registry"), order.hash);
  assert.ok(entries.length >= 1 && entries.every((e) => e.type === "order"));
  for (let i = 0; i < 3; i++) {
    const again = newOrder();
    const asked = joins.callVisits(d, again).catch(() => undefined);
    process.kill(logProcess(d.registry), "SIGKILL");
    await asked;
    await until("a new log process", 20_000, () => d.registry.children().find((c) => c.name === "el-log") && true);
    joins.openVisits(d, again, await joins.answeredVisits(d, again));
    assert.ok(entriesOf(await readLog(d, "registry"), again.hash).length >= 1);
  }
});

/** A plain file where the log's folder is to be: nothing can be written there, by root neither. */
async function blocked(daemon: Daemon, work: () => Promise<void>): Promise<void> {
  const folder = path.join(dataDir(daemon), "log");
  const aside = path.join(dataDir(daemon), "log.aside");
  assert.ok(readdirSync(folder).length > 0);
  renameSync(folder, aside);
  writeFileSync(folder, "");
  try {
    await work();
  } finally {
    rmSync(folder);
    renameSync(aside, folder);
  }
}

test("log_unavailable: a log that is gone stops every order and no check-in, and mended it goes on", async () => {
  const before = await readLog(d, "registry");
  let order = newOrder();
  await blocked(d.registry, async () => {
    process.kill(logProcess(d.registry), "SIGKILL");
    await until("the log to be away", 20_000, async () => ((await joins.callVisits(d, newOrder())).code === "log_unavailable" ? true : undefined));
    order = newOrder();
    for (let i = 0; i < 3; i++) {
      const outcome = await joins.callVisits(d, order);
      refusedWith(outcome, "log_unavailable", 503);
      assert.ok(!("sealed" in outcome.body));
    }
    for (let i = 0; i < 3; i++) await visit(10 + i);
    // The root of the new visits' segment cannot be logged either: nobody waits for that.
    refusedWith(await joins.callVisits(d, order), "log_unavailable", 503);
  });
  const late = await joins.answeredVisits(d, order);
  assert.equal(late.status, 200, "the same order is answered when the log is there again");
  assert.equal(joins.openVisits(d, order, late).answer.rows.length, 5);
  assert.equal((await joins.answeredVisits(d, newOrder())).status, 200);
  const now = await readLog(d, "registry");
  assert.deepEqual(now.entries.slice(0, before.entries.length), before.entries);
});

test("a log process that hangs and does not die is not waited for for ever, and holds no place for good", async () => {
  const order = joins.traceOrder(d, [PHONE], from - 3600, to);
  const stopped = [logProcess(d.registry), logProcess(d.issuerDaemon())];
  for (const pid of stopped) process.kill(pid, "SIGSTOP");
  try {
    const asked = Array.from({ length: 20 }, () => joins.callTraces(d, order, 1));
    const visits = joins.callVisits(d, newOrder());
    const codes = (await Promise.all(asked)).map((o) => o.code);
    assert.deepEqual([...new Set(codes)].sort(), ["busy", "log_unavailable"], "some wait, the others have no place");
    refusedWith(await visits, "log_unavailable", 503);
    await visit(13);
  } finally {
    for (const pid of stopped) process.kill(pid, "SIGCONT");
  }
  assert.equal((await joins.callTraces(d, order, 1)).status, 200);
  assert.equal((await joins.answeredVisits(d, newOrder())).status, 200);
});
