// Orders over HTTP: every refusal code of this version with nothing released or counted, whole joins, two issuers.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { encodeBase64url, epochOf, epochsOf, executorOf, newBoxKey, systemRandom, parseBody, writeDocument, writeLogProof } from "../../src/web/lib/index.js";
import { DAY_OFFSET, newerPolicy, newSigner } from "./ceremony.js";
import { Deployment, type Outcome, type Scanner, type Visitor } from "./deployment.js";
import * as joins from "./joins.js";

let d: Deployment;
let a: Visitor; // at issuer 1
let b: Visitor; // the same person at issuer 2
let other: Visitor;
let scanner: Scanner;
let elsewhere: Scanner;
let from = 0;
let to = 0;

const refusedWith = (answer: Outcome, code: string, status = 403): void => {
  assert.deepEqual([answer.status, answer.code], [status, code]);
};

before(async () => {
  d = await Deployment.start("orders", { issuers: [1, 2] });
  a = await d.register("시험 하나", "+821000000011", 1);
  b = await d.register("시험 하나", "+821000000011", 2);
  other = await d.register("시험 둘", "+821000000012", 1);
  scanner = await d.venue("Venue one");
  elsewhere = await d.venue("Venue two");
  for (const [visitor, place] of [
    [a, scanner],
    [b, scanner],
    [other, elsewhere],
  ] as const) {
    const [token] = await d.wallet(visitor, 0, 1);
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(place, d.show(token))).status, 201);
  }
  from = d.now() - 600;
  to = d.now() + 600;
});
after(async () => d?.stop());

test("contacts: two issuers, one order, the person known to both merged by phone number", async () => {
  const found = await joins.contacts(d, [scanner.venue], from, to);
  assert.deepEqual(
    found.sort((x, y) => x.issuer - y.issuer),
    [
      { name: "시험 하나", phone: "+821000000011", issuer: 1 },
      { name: "시험 하나", phone: "+821000000011", issuer: 2 },
    ],
  );
  assert.equal(new Set(found.map((p) => p.phone)).size, 1);
});

test("trace: person to places, and to no other place", async () => {
  const places = await joins.trace(d, "+821000000012", from - 3600, to);
  assert.deepEqual(places.map((p) => p.venue), [elsewhere.venue]);
});

test("a trace of a number nobody has answers no box", async () => {
  const order = joins.traceOrder(d, ["+821000009999"], from, to);
  const answer = await joins.callTraces(d, order, 1);
  assert.equal(answer.status, 200);
  assert.equal(joins.openTraces(d, order, 1, answer).statement.rows.length, 0);
});

test("malformed_order: broken JSON inside, unknown field, wrong shape", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const broken = { ...order, signed: { ...order.signed, doc: encodeBase64url(new TextEncoder().encode('{"version":1')) } };
  refusedWith(await joins.callVisits(d, broken), "malformed_order", 400);
  refusedWith(await joins.callVisits(d, { ...order, signed: { doc: "", signatures: [] } }), "malformed_order", 400);
  const twice = { ...order.signed, signatures: [order.signed.signatures[0], order.signed.signatures[0]] };
  refusedWith(await joins.call(d, d.registry.url, "registry", "/v1/orders/visits", { order: twice, scope: joins.scopeFor(order, "registry") }), "malformed_order", 400);
  const extra = await joins.callVisits(d, order, { surprise: 1 });
  assert.equal(extra.status, 400);
});

test("signature_invalid: a byte of the order or of a signature changed", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const doc = Buffer.from(order.signed.doc, "base64url");
  const text = doc.toString("utf8").replace('"items":1000', '"items":1001');
  assert.notEqual(text, doc.toString("utf8"));
  refusedWith(await joins.callVisits(d, { ...order, signed: { ...order.signed, doc: Buffer.from(text).toString("base64url") } }), "signature_invalid");
});

test("quorum_missing: one short, the same group twice, wrong group, revoked, expired key, stranger", async () => {
  const short: Parameters<Deployment["signers"]>[] = [["health"], ["court"], ["health", "health2"], ["health", "revoked"], ["health", "past"]];
  for (const names of short) {
    const order = joins.contactsOrder(d, [scanner.venue], from, to, { signers: d.signers(...names) });
    refusedWith(await joins.callVisits(d, order), "quorum_missing");
  }
  const stranger = joins.contactsOrder(d, [scanner.venue], from, to, { signers: [...d.signers("health"), newSigner()] });
  refusedWith(await joins.callVisits(d, stranger), "quorum_missing");
  const atIssuer = joins.traceOrder(d, ["+821000000011"], from, to, { signers: d.signers("health") });
  refusedWith(await joins.callTraces(d, atIssuer, 1), "quorum_missing");
});

test("executor_mismatch: another key, an old call, a replayed nonce", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  refusedWith(await joins.callVisits(d, order, {}, newSigner()), "executor_mismatch");
  const body = { order: order.signed, scope: joins.scopeFor(order, "registry") };
  refusedWith(await joins.call(d, d.registry.url, "registry", "/v1/orders/visits", body, d.ceremony.executor, () => d.now() - 120), "executor_mismatch");
  // Signed for another party.
  refusedWith(await joins.call(d, d.registry.url, "issuer:1", "/v1/orders/visits", body), "executor_mismatch");
  const nonce = systemRandom(16);
  const api = d.registryClient();
  const signedCall = () => api.raw("POST", "/v1/orders/visits", { body, executor: executorOf(d.ceremony.executor.seed, "registry", () => fixed, () => nonce) });
  const fixed = d.now();
  assert.equal((await d.outcome(await signedCall())).status, 200);
  refusedWith(await d.outcome(await signedCall()), "executor_mismatch");
});

test("no executor's signature at all is unauthorized", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const answer = await d.outcome(await d.registryClient().raw("POST", "/v1/orders/visits", { body: { order: order.signed, scope: joins.scopeFor(order, "registry") } }));
  refusedWith(answer, "unauthorized", 401);
});

test("scope_mismatch: another window, another salt, another party's scope, an order that does not speak to us", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const wider = joins.contactsOrder(d, [scanner.venue, elsewhere.venue], from, to);
  refusedWith(await joins.callVisits(d, order, { scope: joins.scopeFor(wider, "registry") }), "scope_mismatch");
  refusedWith(await joins.callVisits(d, order, { scope: joins.scopeFor(order, "issuer:1") }), "scope_mismatch");
  const onlyIssuer = joins.makeOrder(d, "contacts", { from, to }, [{ party: "issuer:1", scope: { opened: "links" }, items: 5 }]);
  refusedWith(
    await joins.call(d, d.registry.url, "registry", "/v1/orders/visits", { order: onlyIssuer.signed, scope: joins.scopeFor(order, "registry") }),
    "scope_mismatch",
  );
  const trace = joins.traceOrder(d, ["+821000000011"], from, to);
  const another = joins.traceOrder(d, ["+821000000012"], from, to);
  refusedWith(
    await joins.call(d, d.issuerDaemon(1).url, "issuer:1", "/v1/orders/traces", { order: trace.signed, scope: joins.scopeFor(another, "issuer:1") }),
    "scope_mismatch",
  );
});

test("order_expired and an order from the future", async () => {
  const expired = joins.contactsOrder(d, [scanner.venue], from, to, { created: d.now() - 7200, expires: d.now() - 3600 });
  refusedWith(await joins.callVisits(d, expired), "order_expired");
  refusedWith(await joins.callTraces(d, joins.traceOrder(d, ["+821000000011"], from, to, { created: d.now() - 7200, expires: d.now() - 3600 }), 1), "order_expired");
  const ahead = joins.contactsOrder(d, [scanner.venue], from, to, { created: d.now() + 7200, expires: d.now() + 9000 });
  assert.equal((await joins.callVisits(d, ahead)).status, 403);
});

test("out_of_retention: to the minute", async () => {
  const edge = d.now() - 28 * 86400;
  refusedWith(await joins.callVisits(d, joins.contactsOrder(d, [scanner.venue], edge - 120, edge + 86400)), "out_of_retention");
  const inside = await joins.callVisits(d, joins.contactsOrder(d, [scanner.venue], edge + 120, edge + 86400));
  assert.equal(inside.status, 200);
});

test("limit_exceeded: more rows than the order allows, also spread over calls; the same request again is free", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to, { items: 1 });
  refusedWith(await joins.callVisits(d, order), "limit_exceeded");
  const enough = joins.contactsOrder(d, [scanner.venue], from, to, { items: 2 });
  const first = await joins.callVisits(d, enough);
  assert.equal(first.status, 200);
  assert.equal((await joins.callVisits(d, enough)).status, 200, "identical request");
  await d.registry.stop();
  d.registry.start();
  await d.registry.ready();
  assert.equal((await joins.answeredVisits(d, enough)).status, 200, "identical request after a restart");

  const { answer } = joins.openVisits(d, enough, first);
  const items = joins.identityItems(d, answer, 1);
  const one = joins.contactsOrder(d, [scanner.venue], from, to, { items: 2 });
  const released = joins.openVisits(d, one, await joins.callVisits(d, one));
  const oneItems = joins.identityItems(d, released.answer, 1);
  assert.equal(items.length, 1);
  assert.equal((await joins.callIdentities(d, one, 1, released.answer, oneItems)).status, 200);
  const spoiled = oneItems.map((i) => ({ ...i, S: encodeBase64url(newBoxKey().public) }));
  assert.equal((await joins.callIdentities(d, one, 1, released.answer, spoiled)).status, 200, "a second item");
  const third = oneItems.map((i) => ({ ...i, S: encodeBase64url(newBoxKey().public) }));
  refusedWith(await joins.callIdentities(d, one, 1, released.answer, third), "limit_exceeded");
});

test("not_in_release: a body that the registry did not release, a release of another order", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  const [item] = joins.identityItems(d, answer, 1);
  if (item === undefined) throw new Error("no item");
  const twisted = { ...item, c: encodeBase64url(systemRandom(32)) };
  refusedWith(await joins.callIdentities(d, order, 1, answer, [twisted]), "not_in_release");
  const second = joins.contactsOrder(d, [scanner.venue], from, to);
  const foreign = await joins.callIdentities(d, second, 1, answer, [item]);
  assert.equal(foreign.status, 403);
  assert.ok(foreign.code === "not_in_release" || foreign.code === "signature_invalid");
  const unsigned = await joins.call(d, d.issuerDaemon(1).url, "issuer:1", "/v1/orders/identities", {
    order: order.signed,
    release: { doc: writeDocument(answer.release).doc, signatures: [] },
    proofs: writeLogProof(answer.proofs),
    items: [item],
  });
  assert.equal(unsigned.status, 403);
});

test("a wrong point answers nobody, and never another person", async () => {
  const order = joins.contactsOrder(d, [scanner.venue, elsewhere.venue], from, to);
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  const items = joins.identityItems(d, answer, 1);
  assert.equal(items.length, 2);
  const swapped = items.map((item, i) => ({ ...item, S: items[1 - i]?.S ?? "" }));
  const people = joins.openPeople(order, 1, await joins.callIdentities(d, order, 1, answer, swapped));
  assert.deepEqual(people.map((p) => p.name), [undefined, undefined]);
  assert.ok(people.every((p) => typeof p.missing === "string"));
});

test("a body of another issuer is not answered", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  const foreign = joins.identityItems(d, answer, 2);
  assert.equal(foreign.length, 1);
  assert.equal(parseBody(answer.rows.find((r) => parseBody(r.body).issuer === 2)?.body ?? new Uint8Array()).issuer, 2);
  const outcome = await joins.callIdentities(d, order, 1, answer, foreign);
  if (outcome.status === 200) assert.deepEqual(joins.openPeople(order, 1, outcome).map((p) => p.name), [undefined]);
  else assert.equal(outcome.status, 403);
});

test("a secret that the statement does not hold is refused by the registry", async () => {
  const order = joins.traceOrder(d, ["+821000000011"], from, to);
  const opened = joins.openTraces(d, order, 1, await joins.callTraces(d, order, 1));
  const secrets = opened.secrets.map((s) => ({ ...s, secret: encodeBase64url(systemRandom(32)) }));
  const answer = await joins.callVisits(d, order, { statement: writeDocument(opened.document), secrets });
  assert.equal(answer.status, 403);
});

test("a trace window just after the day boundary finds a visit with yesterday's token", async () => {
  const epoch = epochOf(d.now(), DAY_OFFSET);
  const [token] = await d.wallet(other, 100, 1);
  if (token === undefined) throw new Error("no token");
  const boundary = (epoch + 1) * 86400 - DAY_OFFSET;
  await d.shift(boundary + 1800 - d.now());
  await d.confirmClock();
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
  const window = { from: boundary + 60, to: d.now() + 600 };
  assert.equal(epochsOf(window, DAY_OFFSET).first, epoch, "the day before is asked too");
  const places = await joins.trace(d, "+821000000012", window.from, window.to);
  assert.deepEqual(places.map((p) => p.venue), [scanner.venue]);
  // The identity day has closed and been rewritten meanwhile; contacts still answers from it.
  const found = await joins.contacts(d, [elsewhere.venue], from, to);
  assert.deepEqual(found.map((p) => p.name), ["시험 둘"]);
});

test("policy_outdated: an order made before the policy changed", async () => {
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  await d.replaceTrust("policy", newerPolicy(d.ceremony, d.now()));
  await (async () => {
    const answer = await joins.callVisits(d, order);
    refusedWith(answer, "policy_outdated");
  })();
  refusedWith(await joins.callTraces(d, joins.traceOrder(d, ["+821000000011"], from, to), 1), "policy_outdated");
});

test("a policy of a lower serial is not taken back, nor accepted at a start", async () => {
  await d.replaceTrust("policy", d.ceremony.policyDocument);
  const order = joins.contactsOrder(d, [scanner.venue], from, to);
  refusedWith(await joins.callVisits(d, order), "policy_outdated");
});
