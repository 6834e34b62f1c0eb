import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";
import { answerEntry, prove, type Published } from "./published.js";

const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const NOW = 1788500000;
const OFFSET = 18000;
const TODAY = el.epochOf(NOW, OFFSET);
const MINUTE = NOW - (NOW % 60);
const deployment = seedOf(9);
const order = seedOf(1);
const doc = el.utf8("a statement");
const isKind = (kind: el.ErrorKind) => (e: unknown) => e instanceof el.EntrylogError && e.kind === kind;
const root = (change: Partial<el.SegmentEntry> = {}): el.SegmentEntry => ({
  type: "segment",
  time: NOW,
  epoch: TODAY,
  segment: 0,
  count: 1,
  root: seedOf(2),
  ...change,
});
const published = (change: Partial<Published> = {}): el.LogProof =>
  prove({
    deployment,
    party: "registry",
    seed: seedOf(30),
    roots: [root(), root({ segment: 1 })],
    answer: answerEntry(order, doc, NOW),
    ...change,
  });
const claim: el.LogClaim = {
  deployment,
  party: "registry",
  logKey: el.signingPublicKey(seedOf(30)),
  order,
  answer: el.documentHash(doc),
};

test("proofs: what they say is checked against order, statement, key and tree", () => {
  const proof = published();
  assert.equal(el.checkLogProof(el.readLogProof(el.writeLogProof(proof)), claim).roots.length, 2);
  const refused = (kind: el.ErrorKind, changed: el.LogProof, of: Partial<el.LogClaim> = {}): void =>
    assert.throws(() => el.checkLogProof(changed, { ...claim, ...of }), isKind(kind));
  refused("format", proof, { order: seedOf(5) });
  refused("format", proof, { answer: seedOf(5) });
  refused("format", proof, { party: "issuer:1" });
  refused("format", proof, { deployment: seedOf(5) });
  refused("crypto", proof, { logKey: el.signingPublicKey(seedOf(5)) });
  refused("crypto", published({ seed: seedOf(5) }));
  refused("crypto", { ...proof, checkpoint: published({ roots: [] }).checkpoint });
  refused("format", { ...proof, answer: proof.roots[0] as el.Logged });
  refused("format", { ...proof, roots: [proof.answer] });
  refused("format", published({ roots: [root(), root({ root: seedOf(3) })] }));
  refused("format", published({ roots: [{ type: "identities", time: NOW, epoch: TODAY, count: 1, root: order }] }));
  const other = { ...proof.answer, path: { ...proof.answer.path, hashes: [...proof.answer.path.hashes, order] } };
  refused("crypto", { ...proof, answer: other });
  refused("crypto", { ...proof, answer: { ...proof.answer, entry: el.encodeLogEntry(root()) } });
});

test("a row counts by its segment's root alone: there, leading to it, in time, flagged where it came late", () => {
  const bare = { epoch: TODAY, segment: 0, venue: 5, minute: MINUTE, flags: 0, salt: seedOf(1).slice(0, 16), body: new Uint8Array(132) };
  const of = (change: Partial<typeof bare> = {}, time = NOW, created = NOW + 60): el.RowDoubt | undefined => {
    const logged = { ...bare, flags: change.flags ?? 0 };
    const leaf = el.visitLeaf(el.placeCommitment(logged.salt, logged.venue, logged.minute, logged.flags), logged.body);
    const roots = [root({ time, root: el.merkleRoot([leaf]) })];
    const path = el.inclusionPath([leaf], 0);
    return el.doubtRow({ roots, created, dayOffset: OFFSET }, { ...bare, ...change, path, proof: path });
  };
  assert.equal(of(), undefined);
  assert.equal(of({ segment: 1 }), "segment_not_logged");
  assert.equal(of({ epoch: TODAY - 1 }), "segment_not_logged");
  for (const change of [{ venue: 6 }, { minute: MINUTE - 60 }, { salt: seedOf(2).slice(0, 16) }])
    assert.equal(of(change), "not_in_segment");
  const young = MINUTE + 60 + el.ROOT_WITHIN_S;
  assert.equal(of({}, young, NOW), undefined);
  assert.equal(of({ flags: 1 }, young + 1, NOW), "logged_too_late");
  assert.equal(of({ flags: 1 }, young + 1, young + 1), "logged_too_late");
  assert.equal(of({ flags: 1 }, young + 1, young + 2), undefined);
  assert.equal(of({}, young + 1, young + 2), "late_not_flagged");
  const last = el.epochEnd(TODAY, OFFSET) + el.OVERLAP_S + el.LATE_LIMIT_MAX_S + el.ROOT_WITHIN_S;
  assert.equal(of({ flags: 1 }, last, last + 1), undefined);
  assert.equal(of({ flags: 1 }, last + 1, last + 2), "segment_too_late");
});

test("a number is told coarsely and in one spelling", () => {
  assert.deepEqual([0, 1, 9, 10, 20000].map(el.countRange), ["0", "1-9", "1-9", "10", "20000"]);
  for (const count of ["", "00", "1", "9", "01", "1-8", "-1", "10.0", "9007199254740992", "1e3", " 10"])
    assert.throws(() => el.encodeLogEntry({ ...answerEntry(order, doc, NOW), count }), isKind("format"), count);
});

test("cosignatures count by the policy's witnesses, each once", () => {
  const witnesses = [1, 2].map((trustee) => ({ trustee, key: el.signingPublicKey(seedOf(40 + trustee)) }));
  const policy = { deployment, witnesses } as unknown as el.Policy;
  const { checkpoint } = published();
  const name = (trustee: number): string => el.logOrigin(deployment, `trustee:${trustee}`);
  assert.equal(el.countCosigned(policy, checkpoint), 0);
  const one = el.cosignCheckpoint(checkpoint, name(1), seedOf(41), NOW);
  assert.equal(el.countCosigned(policy, one), 1);
  assert.equal(el.countCosigned(policy, el.cosignCheckpoint(one, name(2), seedOf(41), NOW)), 1, "another's key");
  assert.equal(el.countCosigned(policy, el.cosignCheckpoint(one, name(2), seedOf(42), NOW)), 2);
});
