// Claim J3: a trustee (the C command line) opens only rows that the registry released under this order, inside its
// scope, signed by the issuer, of the right day and purpose; two of three open, one does not.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import {
  askedOfBoxes,
  askedOfRows,
  combinePartials,
  contactsRequest,
  decodeDocument,
  deploymentOf,
  encodeBase64url,
  encodePoint,
  encodeRestricted,
  merkleRoot,
  inclusionPath,
  type LogProof,
  newBoxKey,
  openBundle,
  orderFile,
  parseBody,
  type PartialsFile,
  readPartials,
  type ReleasedRow,
  rowCommitment,
  signDocument,
  systemRandom,
  traceRequest,
  verifyPartials,
  visitLeaf,
  writeDocument,
} from "../../src/web/lib/index.js";
import { buildDir, Deployment, type Scanner } from "./deployment.js";
import * as joins from "./joins.js";
import { writeShares } from "./shares.js";

let d: Deployment;
let here: Scanner;
let there: Scanner;
let order: joins.MadeOrder;
let rows: ReleasedRow[] = [];
let release: ReturnType<typeof writeDocument>;
let proofs: LogProof;

before(async () => {
  d = await Deployment.start("trustee");
  writeShares(d);
  const visitor = await d.register("시험 열하나", "+821000000071");
  here = await d.venue();
  there = await d.venue();
  const tokens = await d.wallet(visitor, 0, 3);
  for (const [i, place] of [here, here, there].entries()) {
    const token = tokens[i];
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(place, d.show(token))).status, 201);
  }
  order = joins.contactsOrder(d, [here.venue], d.now() - 600, d.now() + 60);
  const opened = joins.openVisits(d, order, await joins.callVisits(d, order));
  rows = opened.answer.rows;
  release = writeDocument(opened.answer.release);
  proofs = opened.answer.proofs;
  assert.equal(rows.length, 2);
});
after(async () => d?.stop());

let said = "";
/** What trustee j answers; undefined when it opens nothing at all. */
function ask(request: unknown, j = 1): PartialsFile | undefined {
  const file = path.join(d.dir, "request");
  const out = path.join(d.dir, "partials");
  rmSync(out, { force: true });
  writeFileSync(file, JSON.stringify(request));
  const share = path.join(d.authority.dir, "data", "trustees", String(j), "share");
  const run = spawnSync(
    path.join(buildDir, "src/cli/entrylog"),
    ["trustee", "open", "--share", share, "--dir", path.join(d.dir, "trust"), "--lab-clock", path.join(d.dir, "clock"), "--yes", file, "-o", out],
    { encoding: "utf8" },
  );
  if (!existsSync(out)) {
    assert.notEqual(run.status, 0);
    said = run.stderr;
    return undefined;
  }
  return readPartials(JSON.parse(readFileSync(out, "utf8")));
}
const file = (o: joins.MadeOrder) => orderFile(o.signed, o.scopes.filter((s) => s.party === "registry"));
/** The registry's own proofs where the release is its own; else those that its stolen log key would make. */
const request = (changed: ReleasedRow[] = rows, signed = release, o = order, shown?: LogProof) =>
  contactsRequest(file(o), signed, changed, shown ?? (signed === release && o === order ? proofs : joins.forgedProofs(d, o, signed, proofs.roots)));
const bundle = () => openBundle(decodeDocument(d.ceremony.bundleDocument), d.ceremony.root.key);
/** Rows opened, of an answer that may refuse all. */
const opened = (answer: PartialsFile | undefined): number[] => (answer?.partials ?? []).map((p) => p.index);

/** A release that the registry's own key signs over other rows: what a bad registry or a thief of its key could make. */
function released(changed: ReleasedRow[], o = order): { rows: ReleasedRow[]; release: ReturnType<typeof writeDocument> } {
  const leaves = changed.map((row) => visitLeaf(rowCommitment(row), row.body));
  const doc = encodeRestricted({
    version: 1,
    deployment: encodeBase64url(deploymentOf(d.ceremony.root.key)),
    order: encodeBase64url(o.hash),
    root: encodeBase64url(merkleRoot(leaves)),
    count: changed.length,
    salt: encodeBase64url(systemRandom(32)),
  });
  return {
    rows: changed.map((row, i) => ({ ...row, path: inclusionPath(leaves, i) })),
    release: signDocument("EL1-release", doc, [d.ceremony.registryAnswer.seed]),
  };
}
const first = (): ReleasedRow => {
  const row = rows[0];
  if (row === undefined) throw new Error("no row");
  return row;
};

test("a lawful request is opened, and any two of three partials give the point", () => {
  const answers = [1, 2, 3].map((j) => ask(request(), j));
  for (const a of answers) assert.deepEqual(opened(a), [0, 1], said);
  for (const a of answers) if (a !== undefined) verifyPartials(a, order.hash, askedOfRows(rows), bundle());
  const expected = encodeBase64url(joins.openPoint(d, first().epoch, "links", parseBody(first().body).point));
  for (const pair of [[0, 1], [0, 2], [1, 2]]) {
    const partials = pair.map((i) => {
      const point = answers[i]?.partials[0]?.point;
      if (point === undefined) throw new Error("no partial");
      return { index: i + 1, point };
    });
    assert.equal(encodeBase64url(encodePoint(combinePartials(partials))), expected);
    assert.notEqual(encodeBase64url(encodePoint(combinePartials(partials.slice(0, 1)))), expected, "one alone opens nothing");
  }
});

test("a blinded R is refused, even under a release that the registry signed", () => {
  const body = Uint8Array.from(first().body);
  body.set(newBoxKey().public, 20);
  assert.deepEqual(opened(ask(request([{ ...first(), body }]))), []);
  const made = released([{ ...first(), body }]);
  assert.deepEqual(opened(ask(request(made.rows, made.release))), [], "the issuer's signature does not cover it");
});

test("a row of another venue, or of another minute, is refused", () => {
  for (const change of [{ venue: there.venue }, { minute: first().minute - 7200 }, { minute: first().minute + 7200 }]) {
    assert.deepEqual(opened(ask(request([{ ...first(), ...change }]))), [], "not in the release");
    const made = released([{ ...first(), ...change }]);
    assert.deepEqual(opened(ask(request(made.rows, made.release))), [], "outside the scope");
  }
});

test("a row with another epoch than its token's is refused", () => {
  const made = released([{ ...first(), epoch: first().epoch + 1 }]);
  assert.deepEqual(opened(ask(request(made.rows, made.release))), []);
});

test("a release of another order, of another key, or none opens nothing", () => {
  const other = joins.contactsOrder(d, [here.venue], d.now() - 600, d.now() + 60);
  assert.deepEqual(opened(ask(request(rows, release, other))), []);
  assert.deepEqual(opened(ask(request(rows, { ...release, signatures: [] }))), []);
  const forged = signDocument("EL1-release", new Uint8Array(Buffer.from(release.doc, "base64url")), [systemRandom(32)]);
  assert.deepEqual(opened(ask(request(rows, forged))), []);
});

test("two rows with one R are not both opened", () => {
  const twin = { ...first(), salt: systemRandom(16) };
  const made = released([first(), twin]);
  assert.ok(opened(ask(request(made.rows, made.release))).length < 2);
});

test("an order without quorum, expired, or with a swapped scope opens nothing", () => {
  const window = [d.now() - 600, d.now() + 60] as const;
  for (const change of [{ signers: d.signers("health") }, { created: d.now() - 7200, expires: d.now() - 60 }]) {
    const bad = joins.contactsOrder(d, [here.venue], ...window, change);
    const made = released(rows, bad);
    assert.deepEqual(opened(ask(request(made.rows, made.release, bad))), []);
  }
  const wider = joins.contactsOrder(d, [here.venue, there.venue], ...window);
  assert.deepEqual(opened(ask(contactsRequest(orderFile(order.signed, wider.scopes), release, rows, proofs))), []);
});

test("more rows than the order's limit open nothing", () => {
  const tight = joins.contactsOrder(d, [here.venue], d.now() - 600, d.now() + 60, { items: 1 });
  const made = released(rows, tight);
  assert.deepEqual(opened(ask(request(made.rows, made.release, tight))), []);
});

test("a trace box under a contacts order, and links under a trace order, are refused", async () => {
  const trace = joins.traceOrder(d, ["+821000000071"], d.now() - 600, d.now() + 60);
  const answer = await joins.callTraces(d, trace, 1);
  const got = joins.openTraces(d, trace, 1, answer);
  const statement = writeDocument(got.document);
  assert.deepEqual(opened(ask(traceRequest(file(order), statement, got.boxes, got.commitments, got.proofs))), []);
  const made = released(rows, trace);
  assert.deepEqual(opened(ask(request(made.rows, made.release, trace))), []);
  const issuerScope = orderFile(trace.signed, trace.scopes.filter((s) => s.party === "issuer:1"));
  const lawful = ask(traceRequest(issuerScope, statement, got.boxes, got.commitments, got.proofs));
  assert.equal(lawful?.purpose, "traces", said);
  assert.deepEqual(opened(lawful), got.boxes.map((_, i) => i));
  assert.ok(lawful !== undefined);
  verifyPartials(lawful, trace.hash, askedOfBoxes(got.statement.rows, got.boxes), bundle());
  const swapped = got.boxes.map((b) => Uint8Array.from([...newBoxKey().public, ...b.slice(32)]));
  assert.deepEqual(opened(ask(traceRequest(issuerScope, statement, swapped, got.commitments, got.proofs))), [], "a box that the statement does not hold");
});
