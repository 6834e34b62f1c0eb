// Exposure notices over HTTP and by the command line: people are told and nobody is named, once, when the day is over.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { epochOf, type Notice } from "../../src/web/lib/index.js";
import { DAY_OFFSET } from "./ceremony.js";
import { CommandLine, done } from "./cli.js";
import { Deployment, type Scanner, type Visitor } from "./deployment.js";
import * as joins from "./joins.js";

let d: Deployment;
let cli: CommandLine;
let a: Visitor;
let b: Visitor; // of the other issuer, at the same place
let away: Visitor;
let here: Scanner;
let there: Scanner;
let day = 0;
let from = 0;
let to = 0;

before(async () => {
  d = await Deployment.start("notices", { issuers: [1, 2] });
  cli = new CommandLine(d);
  a = await d.register("시험 하나", "+821000000021", 1);
  b = await d.register("시험 둘", "+821000000022", 2);
  away = await d.register("시험 셋", "+821000000023", 1);
  here = await d.venue();
  there = await d.venue();
  for (const [visitor, place] of [
    [a, here],
    [b, here],
    [away, there],
  ] as const) {
    const [token] = await d.wallet(visitor, 0, 1);
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(place, d.show(token))).status, 201);
  }
  day = epochOf(d.now(), DAY_OFFSET);
  from = d.now() - 600;
  to = d.now() + 60;
});
after(async () => d?.stop());

const told = (visitor: Visitor): Promise<Notice[]> => d.issuer(visitor.issuer).notices(visitor.credential);
const one = (template: number): Notice => ({ template, ko: `안내 ${template}`, en: `text ${template}`, day });

/** A notice through one issuer: the answer. */
async function notice(template: number, issuer: number): Promise<{ delivered: number; text: string }> {
  const order = joins.noticeOrder(d, [here.venue], from, to, { template, day });
  const visits = await joins.callVisits(d, order);
  assert.equal(visits.status, 200, visits.code);
  const { answer } = joins.openVisits(d, order, visits);
  assert.equal(answer.rows.length, 2);
  const items = joins.identityItems(d, answer, issuer);
  const outcome = await joins.callNotices(d, order, issuer, answer.release, items);
  assert.equal(outcome.status, 200, outcome.code);
  const { delivered } = joins.openDelivered(order, issuer, outcome, items.length);
  return { delivered, text: JSON.stringify(outcome.body) };
}

test("a notice is answered with a count, and is not shown before the day is over", async () => {
  assert.equal((await notice(7, 1)).delivered, 1);
  assert.deepEqual(await told(a), []);
});

test("a notice order gets no names, a contacts order delivers nothing, and another text than the signed one neither", async () => {
  const order = joins.noticeOrder(d, [here.venue], from, to, { template: 7, day });
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  const items = joins.identityItems(d, answer, 1);
  const named = await joins.callIdentities(d, order, 1, answer.release, items);
  assert.deepEqual([named.status, named.code], [403, "scope_mismatch"]);
  const other = joins.noticeOrder(d, [here.venue], from, to, { template: 1, day });
  const swapped = await joins.callNotices(d, order, 1, answer.release, items, joins.scopeFor(other, "issuer:1"));
  assert.deepEqual([swapped.status, swapped.code], [403, "scope_mismatch"]);
  const without = await joins.callNotices(d, order, 1, answer.release, items, null);
  assert.equal(without.status, 400);

  const contacts = joins.contactsOrder(d, [here.venue], from, to);
  const got = joins.openVisits(d, contacts, await joins.callVisits(d, contacts));
  const told = await joins.callNotices(d, contacts, 1, got.answer.release, joins.identityItems(d, got.answer, 1), joins.scopeFor(contacts, "issuer:1"));
  assert.deepEqual([told.status, told.code], [403, "scope_mismatch"]);

  const unknown = joins.noticeOrder(d, [here.venue], from, to, { template: 2, day });
  const release = joins.openVisits(d, unknown, await joins.callVisits(d, unknown)).answer;
  const refused = await joins.callNotices(d, unknown, 1, release.release, joins.identityItems(d, release, 1));
  assert.deepEqual([refused.status, refused.code], [403, "scope_mismatch"], "the policy has no such text");
});

// ---- The command line ----

const dateOf = (e: number): string => new Date(e * 86400_000).toISOString().slice(0, 10);
const draft = (name: string, ...extra: string[]) => cli.draft("notice", name, from, to, "--venue", String(here.venue), ...extra);

test("order new notice wants a text of the policy and a day of the window, and says that naming people is the last resort", () => {
  assert.match(done(cli.run("order", "new", "--help")), /naming people is the last resort/);
  assert.match(draft("bad", "--template", "2", "--day", dateOf(day)).err, /--template N/);
  assert.match(draft("bad", "--day", dateOf(day)).err, /--template N/);
  for (const wrong of [dateOf(day - 1), dateOf(day + 1), "24.11.2026", "2026-13-01"])
    assert.match(draft("bad", "--template", "7", "--day", wrong).err, /--day YYYY-MM-DD/);
});

test("a notice by the command line: in words for who signs, opened by two trustees, reported as a count", () => {
  done(draft("order", "--template", "7", "--day", dateOf(day)));
  for (const who of ["health", "court"] as const) {
    const said = done(cli.sign("order", who));
    for (const words of ["nobody is named", dateOf(day), "안내 7", "text 7"]) assert.ok(said.includes(words), said);
  }
  const shown = JSON.parse(done(cli.run("order", "show", "--json", "--dir", cli.file("trust"), cli.file("order")))) as { audience: { party: string; scope: unknown }[] };
  assert.deepEqual(shown.audience.find((x) => x.party === "issuer:1")?.scope, { opened: "links", template: 7, day });

  assert.match(cli.join("order", "report"), /visitors of 2 visits are told/);
  const report = JSON.parse(done(cli.run("report", "show", cli.file("report"), ...cli.conf, "--json"))) as Record<string, unknown>;
  assert.equal(report["kind"], "notice");
  assert.deepEqual([report["delivered"], report["people"], report["places"], report["unverifiable"]], [2, [], [], []]);
  const file = readFileSync(cli.file("report"), "utf8");
  for (const secret of ["시험", "8210000000"]) assert.ok(!file.includes(secret));
  assert.match(done(cli.run("report", "export", cli.file("report"), ...cli.conf, "--csv")), /"delivered"/);
});

test("the next day everybody who was there reads it, once, and nobody else; confirmed it is gone", async () => {
  assert.deepEqual(await told(b), []);
  await d.shift(86400);
  assert.deepEqual(await told(a), [one(7)]);
  assert.deepEqual(await told(b), [one(7)]);
  assert.deepEqual(await told(away), []);
  assert.equal(await d.issuer(1).confirmNotices(a.credential), 204);
  assert.deepEqual(await told(a), []);
  assert.deepEqual(await told(b), [one(7)]);
  const nobody = await d.issuer(1).raw("DELETE", "/v1/me/notices", { bearer: Buffer.alloc(32).toString("base64url") });
  assert.equal(nobody.status, 401);
});

test("a notice that was answered outlives a kill of the issuer", async () => {
  assert.equal((await notice(1, 1)).delivered, 1);
  await d.issuerDaemon(1).stop("SIGKILL");
  d.issuerDaemon(1).start();
  await d.issuerDaemon(1).ready();
  assert.deepEqual(await told(a), []);
  await d.shift(86400);
  assert.deepEqual(await told(a), [one(1)]);
});
