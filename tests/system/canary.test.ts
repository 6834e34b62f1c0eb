// Claim L1: planted names, numbers, tokens and keys appear in no log, error, argument list or environment.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { encodeBase64url, executorOf, systemRandom } from "../../src/web/lib/index.js";
import { CONSENT } from "./ceremony.js";
import { Deployment, type Scanner, type Visitor } from "./deployment.js";
import { callVisits, contacts, contactsOrder, trace } from "./joins.js";

let d: Deployment;
let visitor: Visitor;
let scanner: Scanner;
const canaries: string[] = [];
const errors: string[] = [];
let calls = 0;

/** A word that occurs nowhere by chance. */
function canary(): string {
  const word = `CANARY${encodeBase64url(systemRandom(9)).replace(/[-_]/g, "x")}`;
  canaries.push(word);
  return word;
}

before(async () => {
  d = await Deployment.start("canary");
  visitor = await d.register("카나리아", "+821000000061");
  scanner = await d.venue(`Venue ${canary()}`);
  canaries.push("카나리아", "1000000061", visitor.credential, scanner.key, scanner.ownerKey);
  for (const keys of d.ceremony.issuers) canaries.push(...[keys.token.seed, keys.answer.seed, keys.pair].map((k) => encodeBase64url(k)));
  canaries.push(encodeBase64url(d.ceremony.executor.seed), d.operator.issuer, d.operator.registry);
});
after(async () => d?.stop());

async function refused(response: Promise<Response>): Promise<void> {
  const answer = await response;
  calls++;
  errors.push(await answer.text(), ...[...answer.headers].map((h) => h.join(": ")));
  assert.ok(answer.status >= 400, `${answer.status}`);
}

test("canaries go through every field of every call, good and bad", async () => {
  const [token] = await d.wallet(visitor, 0, 1);
  if (token === undefined) throw new Error("no token");
  const text = d.show(token);
  canaries.push(text, encodeBase64url(token.key));
  assert.equal((await d.checkin(scanner, text)).status, 201);
  await contacts(d, [scanner.venue], d.now() - 600, d.now() + 60);
  await trace(d, visitor.phone, d.now() - 600, d.now() + 60);

  const issuer = d.issuer();
  const registry = d.registryClient();
  await refused(issuer.raw("POST", "/v1/registrations", { body: { name: canary() + "\n", phone: "+821000000062", consent: CONSENT } }));
  await refused(issuer.raw("POST", "/v1/registrations", { body: { name: "x", phone: canary(), consent: CONSENT } }));
  await refused(issuer.raw("POST", "/v1/registrations", { body: { name: "x", phone: "1", consent: canary() } }));
  await refused(issuer.raw("POST", "/v1/registrations", { body: { [canary()]: 1 } }));
  await refused(issuer.raw("POST", `/v1/registrations/${canary()}/verify`, { body: { code: canary() } }));
  await refused(issuer.raw("GET", `/v1/${canary()}?${canary()}=${canary()}`));
  await refused(issuer.raw("POST", "/v1/days", { bearer: canary(), body: { day: canary() } }));
  await refused(issuer.raw("POST", "/v1/days", { bearer: visitor.credential, body: { day: canary() } }));
  await refused(issuer.raw("POST", "/v1/tokens", { bearer: canary(), body: { index: canary() } }));
  await refused(registry.raw("POST", "/v1/checkins", { bearer: scanner.key, body: { token: canary(), attempt: canary() } }));
  await refused(registry.raw("POST", "/v1/checkins", { bearer: scanner.key, body: { token: text, attempt: canary() } }));
  // A bad item of a batch is refused by itself, inside a 200.
  errors.push(await (await registry.raw("POST", "/v1/checkins/batch", { bearer: scanner.key, body: { items: [{ token: canary(), attempt: canary(), scanned_at: 1 }] } })).text());
  await refused(registry.raw("POST", "/v1/scanners/enrol", { body: { code: canary() } }));
  await refused(registry.raw("POST", "/v1/venues", { body: { name: canary(), business_number: canary() } }));
  await refused(registry.raw("PATCH", `/v1/venues/${scanner.venue}`, { bearer: canary(), body: { approved: true } }));
  const order = contactsOrder(d, [scanner.venue], d.now() - 60, d.now());
  await refused(registry.raw("POST", "/v1/orders/visits", { body: { order: order.signed, scope: { party: "registry", salt: canary(), scope: canary() } }, executor: executorOf(d.ceremony.executor.seed, "registry", () => d.now()) }));
  assert.ok((await callVisits(d, { ...order, signed: { ...order.signed, doc: canary() } })).status >= 400);
  assert.ok(calls > 10);
});

test("no canary stands in a log, an error, an argument list or an environment", () => {
  const places: [string, string][] = [["errors", errors.join("\n")]];
  for (const daemon of d.daemons()) {
    places.push([daemon.log, readFileSync(daemon.log, "utf8")]);
    for (const pid of [daemon.pid, ...daemon.children().map((c) => c.pid)])
      for (const what of ["cmdline", "environ"]) places.push([`/proc/${pid}/${what}`, readFileSync(`/proc/${pid}/${what}`, "utf8")]);
  }
  assert.ok(places.some(([name, text]) => /log$/.test(name) && text.length > 0), "the logs are not empty");
  for (const [name, text] of places) for (const word of canaries) assert.ok(!text.includes(word), `${word.slice(0, 8)}... in ${name}`);
});

test("the event log has one form only: time process event err count", () => {
  for (const daemon of d.daemons())
    for (const line of readFileSync(daemon.log, "utf8").split("\n").filter((l) => l !== ""))
      assert.match(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [a-z/-]+ [a-z_]+ err=-?\d+ count=\d+$/);
});

test("no process leaves a core file or can be traced", () => {
  for (const daemon of d.daemons())
    for (const pid of [daemon.pid, ...daemon.children().map((c) => c.pid)])
      assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /Max core file size +0 +0/);
});
