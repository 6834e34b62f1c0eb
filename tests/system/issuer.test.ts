// The issuer over HTTP: registration, day tickets, wallet, tokens in every form, what it keeps and what it never writes.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import {
  decodeDocument,
  decodeTokenText,
  dayTokenKey,
  epochEnd,
  epochOf,
  openDirectory,
  parseBody,
  parseToken,
  showKey,
  verifyBodyBy,
  verifyTag,
  utf8,
  encodeBase64url,
  systemRandom,
} from "../../src/web/lib/index.js";
import { CONSENT, DAY_OFFSET } from "./ceremony.js";
import { Deployment, until, type Visitor } from "./deployment.js";
import { readLog } from "./logs.js";
import { filesBelow, filesWith } from "./thief.js";

let d: Deployment;
let visitor: Visitor;

before(async () => {
  d = await Deployment.start("issuer");
  visitor = await d.register("시험 아홉", "010-0000-0051");
  visitor = { ...visitor, phone: "+821000000051" };
});
after(async () => d?.stop());

/** Contents of every file of the issuer. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const f of filesBelow(path.join(d.issuerDaemon().dir, "data")).sort((a, b) => (a.path < b.path ? -1 : 1))) hash.update(f.path).update(f.bytes);
  return hash.digest("hex");
}

/** When what the start and a registration make it write is written: the log's first entries come after it is ready. */
async function atRest(): Promise<string> {
  await until("the documents in the log", 20_000, async () =>
    (await readLog(d, "issuer:1")).entries.filter((e) => e.type === "document").length === 3 ? true : undefined,
  );
  let last = "";
  return until("the issuer to write nothing for more than a tick", 30_000, async () => {
    const before = last;
    await new Promise((done) => setTimeout(done, 1500));
    try {
      last = fingerprint();
    } catch {
      last = ""; // a file went while it was read
    }
    return last !== "" && last === before ? last : undefined;
  });
}

test("1,000 tokens are drawn and no file of the issuer changes", async () => {
  const api = d.issuer();
  const { ticket } = await api.day(visitor.credential);
  const before = await atRest();
  for (let first = 0; first < 992; first += 16) assert.equal((await api.wallet(ticket, first, 16)).tokens.length, 16);
  for (let index = 992; index < 1000; index++) await api.token(ticket, index);
  assert.equal(fingerprint(), before);
});

test("what the C daemons draw is right by the TypeScript implementation", async () => {
  const api = d.issuer();
  const { ticket, epoch, valid_until } = await api.day(visitor.credential);
  assert.equal(epoch, epochOf(d.now(), DAY_OFFSET));
  assert.equal(valid_until, epochEnd(epoch, DAY_OFFSET));
  const directory = openDirectory(decodeDocument((await api.call<never>("GET", "/v1/directory")).body), d.ceremony.root.key);
  const pair = d.ceremony.issuers[0]?.pair ?? new Uint8Array();
  const { tokens } = await api.wallet(ticket, 65530, 6);
  for (const token of tokens) {
    assert.ok(verifyBodyBy(directory, token.body));
    assert.deepEqual(token.key, showKey(dayTokenKey(pair, 1, epoch), token.body));
  }
  assert.equal(new Set(tokens.map((t) => encodeBase64url(parseBody(t.body).id))).size, 6);
  const live = await api.token(ticket, 5);
  const bytes = decodeTokenText(live.token);
  assert.ok(verifyTag(bytes, dayTokenKey(pair, 1, epoch)));
  assert.equal(parseToken(bytes).shownAt, live.shown_at);
  assert.ok(Math.abs(live.shown_at - d.now()) <= 2);
  assert.equal(live.expires_at, live.shown_at + 15);
  // The same index twice gives the same id, with another R.
  const again = parseToken(decodeTokenText((await api.token(ticket, 5)).token));
  assert.deepEqual(again.body.id, parseToken(bytes).body.id);
  assert.notDeepEqual(again.body.point, parseToken(bytes).body.point);
});

test("a QR as PNG and as SVG is read by zbarimg, and checks in", async () => {
  const api = d.issuer();
  const scanner = await d.venue();
  const { ticket } = await api.day(visitor.credential);
  const dir = mkdtempSync(path.join(d.dir, "pictures-"));
  const png = await api.tokenImage(ticket, 2000, "image/png");
  assert.equal(png.headers.get("content-type"), "image/png");
  writeFileSync(path.join(dir, "qr.png"), png.body);
  const text = execFileSync("zbarimg", ["--quiet", "--raw", "--nodbus", path.join(dir, "qr.png")], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).replace(/\n$/, "");
  assert.equal((await d.checkin(scanner, text)).status, 201);
  const svg = await api.tokenImage(ticket, 2001, "image/svg+xml");
  assert.equal(svg.headers.get("content-type"), "image/svg+xml");
  assert.match(Buffer.from(svg.body).toString(), /^<svg[^>]+viewBox="0 0 57 57"/);
  rmSync(dir, { recursive: true });
});

test("registration: the same answer for a known and an unknown number; wrong code; used up after five tries", async () => {
  const api = d.issuer();
  const known = await api.raw("POST", "/v1/registrations", { body: { name: "시험", phone: visitor.phone, consent: CONSENT } });
  const fresh = await api.raw("POST", "/v1/registrations", { body: { name: "시험", phone: "+821000000052", consent: CONSENT } });
  assert.deepEqual([known.status, fresh.status], [202, 202]);
  const { registration } = (await fresh.json()) as { registration: string };
  const code = await d.smsCode("+821000000052", 0);
  const wrong = code === "000000" ? "000001" : "000000";
  for (let i = 0; i < 5; i++) {
    const answer = await d.outcome(await api.raw("POST", `/v1/registrations/${registration}/verify`, { body: { code: wrong } }));
    assert.ok(answer.code === "wrong_code" || answer.code === "unknown_registration", answer.code);
  }
  const late = await d.outcome(await api.raw("POST", `/v1/registrations/${registration}/verify`, { body: { code } }));
  assert.deepEqual([late.status, late.code], [404, "unknown_registration"]);
  const unknown = await d.outcome(await api.raw("POST", `/v1/registrations/${encodeBase64url(systemRandom(16))}/verify`, { body: { code } }));
  assert.equal(unknown.code, "unknown_registration");
});

test("registration: names, numbers and consent are checked", async () => {
  const api = d.issuer();
  const cases: [Record<string, unknown>, string][] = [
    [{ name: "", phone: "+821000000053", consent: CONSENT }, "invalid_name"],
    [{ name: "줄\n바꿈", phone: "+821000000053", consent: CONSENT }, "invalid_name"],
    [{ name: "가".repeat(34), phone: "+821000000053", consent: CONSENT }, "invalid_name"],
    [{ name: "시험", phone: "12", consent: CONSENT }, "invalid_phone"],
    [{ name: "시험", phone: "+82010000000", consent: CONSENT }, "invalid_phone"],
    [{ name: "시험", phone: "+821000000053", consent: CONSENT + 1 }, "consent_outdated"],
    [{ name: "시험", phone: "+821000000053" }, "malformed_request"],
    [{ name: "시험", phone: "+821000000053", consent: CONSENT, more: 1 }, "malformed_request"],
    [{ name: 7, phone: "+821000000053", consent: CONSENT }, "malformed_request"],
  ];
  for (const [body, code] of cases) assert.equal((await d.outcome(await api.raw("POST", "/v1/registrations", { body }))).code, code, JSON.stringify(body));
});

test("unauthorized: a credential or ticket that is none", async () => {
  const api = d.issuer();
  const credential = encodeBase64url(systemRandom(32));
  const ticket = encodeBase64url(systemRandom(90));
  assert.equal((await d.outcome(await api.raw("POST", "/v1/days", { bearer: credential, body: { day: "today" } }))).code, "unauthorized");
  assert.equal((await d.outcome(await api.raw("GET", "/v1/me", { bearer: credential }))).code, "unauthorized");
  for (const [p, body] of [
    ["/v1/tokens", { index: 0 }],
    ["/v1/wallet", { first: 0, count: 1 }],
  ] as const) {
    const answer = await d.outcome(await api.raw("POST", p, { bearer: ticket, body }));
    assert.deepEqual([answer.status, answer.code], [401, "ticket_invalid"]);
  }
});

test("at most eight day tickets a credential and day", async () => {
  const other = await d.register("시험 열", "+821000000054");
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 9; i++) codes.push((await d.outcome(await d.issuer().raw("POST", "/v1/days", { bearer: other.credential, body: { day: "today" } }))).code);
  assert.deepEqual(codes.slice(0, 8), Array(8).fill(undefined));
  assert.equal(codes[8], "rate_limited");
});

test("GET /v1/me says what is stored; DELETE /v1/me withdraws: no further ticket, no master row", async () => {
  const other = await d.register("시험 탈퇴", "+821000000055");
  await d.wallet(other, 0, 1);
  const me = JSON.stringify(await d.issuer().me(other.credential));
  assert.match(me, /시험 탈퇴/);
  assert.match(me, /\+821000000055/);
  const gone = await d.issuer().raw("DELETE", "/v1/me", { bearer: other.credential });
  assert.ok(gone.status === 204 || gone.status === 200);
  assert.equal((await d.outcome(await d.issuer().raw("POST", "/v1/days", { bearer: other.credential, body: { day: "today" } }))).code, "unauthorized");
});

test("nothing in clear: no name, number or handle stands readable in any file of the issuer", () => {
  const files = filesBelow(d.issuerDaemon().dir);
  for (const text of [visitor.name, visitor.phone, visitor.phone.slice(1), "시험 탈퇴"]) assert.deepEqual(filesWith(files, utf8(text)), [], text);
});

test("yesterday's ticket draws nothing after the day has closed", async () => {
  const { ticket, epoch } = await d.issuer().day(visitor.credential);
  await d.shift(epochEnd(epoch, DAY_OFFSET) + 60 - d.now());
  await d.confirmClock();
  const answer = await d.outcome(await d.issuer().raw("POST", "/v1/tokens", { bearer: ticket, body: { index: 9 } }));
  assert.deepEqual([answer.status, answer.code], [401, "ticket_invalid"]);
});
