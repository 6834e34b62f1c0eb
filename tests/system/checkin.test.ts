// Check-ins over HTTP against the real daemons: every refusal code, forging, replaying, delaying, flags.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  encodeBase45,
  encodeBase64url,
  encodeTokenText,
  decodeBase64url,
  decodeTokenText,
  dayTokenKey,
  drawBody,
  newAttempt,
  nextPairKey,
  openBundle,
  decodeDocument,
  publicKeyOf,
  ServiceClient,
  sealOffline,
  showKey,
  stampBody,
  systemRandom,
  type WalletToken,
  epochOf,
  epochEnd,
} from "../../src/web/lib/index.js";
import { DAY_OFFSET, newSigner } from "./ceremony.js";
import { Deployment, type Scanner, type Visitor } from "./deployment.js";
import { callVisits, contactsOrder, openVisits } from "./joins.js";

let d: Deployment;
let visitor: Visitor;
let scanner: Scanner;
let wallet: WalletToken[] = [];
let used = 0;

/** The next unused body of the wallet. */
async function body(): Promise<WalletToken> {
  if (used === wallet.length) {
    wallet = await d.wallet(visitor, nextIndex, 16);
    nextIndex += 16;
    used = 0;
  }
  const token = wallet[used++];
  if (token === undefined) throw new Error("the wallet is empty");
  return token;
}
let nextIndex = 0;

/** Visits of a venue as the registry would release them now: what is stored, seen from outside. */
async function stored(venue: number): Promise<{ venue: number; minute: number; flags: number }[]> {
  const order = contactsOrder(d, [venue], d.now() - 86400, d.now() + 120);
  const { answer } = openVisits(d, order, await callVisits(d, order));
  return [...answer.rows, ...answer.listed].map((r) => ({ venue: r.venue, minute: r.minute, flags: r.flags }));
}

/** A token made outside the issuer, with any key and pair secret. */
function forge(over: { seed?: Uint8Array; epoch?: number; pair?: Uint8Array; issuer?: number; shownAt?: number } = {}): string {
  const issuer = d.ceremony.issuers[0];
  if (issuer === undefined) throw new Error("no issuer");
  const epoch = over.epoch ?? epochOf(d.now(), DAY_OFFSET);
  const bundle = openBundle(decodeDocument(d.ceremony.bundleDocument), d.ceremony.root.key);
  const made = drawBody({
    issuer: over.issuer ?? 1,
    epoch,
    secret: systemRandom(32),
    handle: systemRandom(16),
    index: 0,
    linkKey: publicKeyOf(bundle, Math.max(epoch, d.ceremony.firstEpoch), "links"),
    seed: over.seed ?? issuer.token.seed,
  });
  let pair = over.pair ?? issuer.pair;
  for (let e = d.ceremony.firstEpoch; e < epoch; e++) pair = nextPairKey(pair);
  const key = showKey(dayTokenKey(pair, over.issuer ?? 1, epoch), made);
  return encodeTokenText(stampBody(made, key, over.shownAt ?? d.now()));
}

before(async () => {
  d = await Deployment.start("checkin", { issuers: [1], registry: ["late_limit = 14400"] });
  visitor = await d.register("시험 방문자", "+821000000001");
  scanner = await d.venue();
});
after(async () => d?.stop());

test("a fresh token is recorded", async () => {
  const answer = await d.checkin(scanner, d.show(await body()));
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.body, { status: "recorded", flags: [] });
});

test("the same attempt again gets the first answer with 200", async () => {
  const attempt = newAttempt();
  const token = d.show(await body());
  assert.equal((await d.checkin(scanner, token, { attempt })).status, 201);
  const again = await d.checkin(scanner, token, { attempt });
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, { status: "recorded", flags: [] });
});

test("unauthorized: an unknown scanner key, even with a malformed token", async () => {
  const stranger = { key: encodeBase64url(systemRandom(32)) };
  for (const token of [d.show(await body()), "EL1:NO"]) {
    const answer = await d.checkin(stranger, token);
    assert.deepEqual([answer.status, answer.code], [401, "unauthorized"]);
  }
});

test("venue_inactive comes before the token is looked at", async () => {
  const other = await d.venue();
  const api = d.registryClient();
  await api.call("PATCH", `/v1/venues/${other.venue}`, { bearer: other.ownerKey, body: { active: false } });
  for (const token of [d.show(await body()), "EL1:NO"]) {
    const answer = await d.checkin(other, token);
    assert.deepEqual([answer.status, answer.code], [403, "venue_inactive"]);
  }
  await api.call("PATCH", `/v1/venues/${other.venue}`, { bearer: other.ownerKey, body: { active: true } });
  assert.equal((await d.checkin(other, d.show(await body()))).status, 201);
});

test("an owner lists, names, pauses and resumes the scanners of a venue", async () => {
  const other = await d.venue();
  const api = d.registryClient();
  const { id, code, expires_at } = await api.newScanner(other.venue, other.ownerKey, "  뒷문 ");
  const front = { id: other.id, name: "", active: true, enrolled: true, expires_at: null };
  const back = { id, name: "뒷문", active: true, enrolled: false, expires_at };
  assert.deepEqual(await api.scanners(other.venue, other.ownerKey), [front, back]);
  assert.deepEqual(await api.scanners(other.venue, d.operator.registry), [front, back]);
  const named = await api.patchScanner(other.venue, other.id, other.ownerKey, { name: "정문" });
  assert.deepEqual(named, { ...front, name: "정문" });
  const paused = await api.patchScanner(other.venue, id, d.operator.registry, { active: false, name: "" });
  assert.deepEqual(paused, { ...back, name: "", active: false });
  const { key } = await api.enrol(code);
  assert.equal((await api.scanner(key)).active, false, "paused before it was enrolled");
  await api.patchScanner(other.venue, id, other.ownerKey, { active: true });
  assert.equal((await api.scanner(key)).active, true);
  assert.equal(await api.dropScanner(other.venue, other.id, other.ownerKey), 204);
  assert.deepEqual(await api.scanners(other.venue, other.ownerKey), [{ ...paused, active: true, enrolled: true, expires_at: null }]);
});

test("scanners: what is refused of a list and of a change", async () => {
  const [one, two] = [await d.venue(), await d.venue()];
  const api = d.registryClient();
  const refusal = async (method: string, path: string, bearer: string, body?: unknown): Promise<unknown[]> => {
    const answer = await d.outcome(await api.raw(method, path, body === undefined ? { bearer } : { bearer, body }));
    return [answer.status, answer.code];
  };
  const list = `/v1/venues/${one.venue}/scanners`;
  const path = `${list}/${one.id}`;
  assert.deepEqual(await refusal("GET", list, two.ownerKey), [401, "unauthorized"]);
  assert.deepEqual(await refusal("GET", list, one.key), [401, "unauthorized"]);
  assert.deepEqual(await refusal("PATCH", path, two.ownerKey, { active: false }), [401, "unauthorized"]);
  assert.deepEqual(await refusal("PATCH", path, one.key, { active: true }), [401, "unauthorized"]);
  for (const body of [{}, { active: 0 }, { name: null }, { name: 1 }, { active: false, revoked: false }])
    assert.deepEqual(await refusal("PATCH", path, one.ownerKey, body), [400, "malformed_request"], JSON.stringify(body));
  for (const name of ["x".repeat(101), "a\u202eb"]) {
    assert.deepEqual(await refusal("PATCH", path, one.ownerKey, { name }), [422, "invalid_name"]);
    assert.deepEqual(await refusal("POST", list, one.ownerKey, { name }), [422, "invalid_name"]);
  }
  assert.deepEqual(await refusal("POST", list, one.ownerKey, { active: false }), [400, "malformed_request"]);
  assert.deepEqual(await refusal("PATCH", `${list}/${two.id}`, one.ownerKey, { active: false }), [404, "not_found"]);
  assert.deepEqual(await refusal("PATCH", `${list}/0`, one.ownerKey, { active: false }), [404, "not_found"]);
  await api.dropScanner(one.venue, one.id, one.ownerKey);
  assert.deepEqual(await refusal("PATCH", path, one.ownerKey, { active: true }), [404, "not_found"]);
  assert.deepEqual(await api.scanners(one.venue, one.ownerKey), []);
  for (let i = 0; i < 100; i++) await api.newScanner(one.venue, one.ownerKey);
  assert.deepEqual(await refusal("POST", list, one.ownerKey, {}), [403, "limit_exceeded"]);
  assert.deepEqual(await refusal("POST", list, d.operator.registry), [403, "limit_exceeded"]);
  const listed = await api.scanners(one.venue, one.ownerKey);
  assert.equal(listed.length, 100);
  await api.dropScanner(one.venue, listed[50]?.id ?? 0, one.ownerKey);
  await api.newScanner(one.venue, one.ownerKey);
});

test("scanner_paused: nothing is recorded, and the same attempts are when it is resumed", async () => {
  const other = await d.venue();
  const api = d.registryClient();
  const token = d.show(await body());
  const attempt = newAttempt();
  const queueKey = decodeBase64url((await api.scanner(other.key)).queue_keys.find((k) => k.epoch === epochOf(d.now(), DAY_OFFSET))?.key ?? "");
  const then = d.now() - 60;
  const queued = {
    items: [
      { sealed: encodeBase64url(sealOffline(queueKey, other.id, decodeTokenText(d.show(await body(), then)), newAttempt(), then)) },
      { token: d.show(await body(), then), attempt: encodeBase64url(newAttempt()), scanned_at: then },
    ],
  };
  const plain = { items: queued.items.slice(1) };
  const post = async (items: unknown): Promise<unknown> => {
    const answer = await d.outcome(await api.raw("POST", "/v1/checkins/batch", { bearer: other.key, body: items }));
    return answer.code ?? answer.body["results"];
  };
  await api.patchScanner(other.venue, other.id, other.ownerKey, { active: false });
  for (const text of [token, "EL1:NO"]) {
    const answer = await d.checkin(other, text, { attempt });
    assert.deepEqual([answer.status, answer.code], [403, "scanner_paused"]);
  }
  assert.equal(await post(queued), "scanner_paused");
  assert.equal(await post(plain), "scanner_paused");
  const info = await api.scanner(other.key);
  assert.deepEqual([info.id, info.active, info.venue], [other.id, false, { id: other.venue, name: other.venueName }]);
  assert.equal((await api.raw("GET", `/v1/venues/${other.venue}/counts`, { bearer: other.key })).status, 200);
  assert.deepEqual(await stored(other.venue), []);

  await api.patchVenue(other.venue, other.ownerKey, { active: false });
  assert.equal((await d.checkin(other, token, { attempt })).code, "venue_inactive");
  assert.equal((await d.outcome(await api.raw("GET", "/v1/scanner", { bearer: other.key }))).code, "venue_inactive");
  await api.patchVenue(other.venue, other.ownerKey, { active: true });
  assert.equal((await d.checkin(other, token, { attempt })).code, "scanner_paused");

  await api.patchScanner(other.venue, other.id, other.ownerKey, { active: true });
  assert.equal((await d.checkin(other, token, { attempt })).status, 201);
  const late = { status: "recorded", flags: ["late"] };
  assert.deepEqual(await post(queued), [late, late]);
  assert.equal((await stored(other.venue)).length, 3);
});

test("a revoked scanner is unauthorized", async () => {
  const other = await d.venue();
  await d.registryClient().call("DELETE", `/v1/venues/${other.venue}/scanners/${other.id}`, { bearer: other.ownerKey });
  const answer = await d.checkin(other, d.show(await body()));
  assert.deepEqual([answer.status, answer.code], [401, "unauthorized"]);
});

test("malformed_token: wrong length, prefix, case, alphabet", async () => {
  const good = d.show(await body());
  for (const bad of ["", "EL1:", good.slice(0, -1), good + "0", good.replace("EL1:", "EL2:"), good.toLowerCase(), good.slice(0, 100) + "~" + good.slice(101), "x".repeat(220)]) {
    const answer = await d.checkin(scanner, bad);
    assert.deepEqual([answer.status, answer.code], [400, "malformed_token"], bad);
  }
});

test("unknown_version and unknown_issuer", async () => {
  const bytes = decodeTokenText(d.show(await body()));
  const version = Uint8Array.from(bytes);
  version[0] = 2;
  assert.deepEqual((await d.checkin(scanner, `EL1:${encodeBase45(version)}`)).code, "unknown_version");
  const issuer = Uint8Array.from(bytes);
  issuer[1] = 99;
  const answer = await d.checkin(scanner, encodeTokenText(issuer));
  assert.deepEqual([answer.status, answer.code], [422, "unknown_issuer"]);
});

test("wrong_day: a token whose epoch is not the day of shown_at", async () => {
  const today = epochOf(d.now(), DAY_OFFSET);
  for (const epoch of [today + 1, today - 1, today - 2, 0]) {
    const bytes = decodeTokenText(d.show(await body()));
    bytes[2] = epoch >> 8;
    bytes[3] = epoch & 255;
    const answer = await d.checkin(scanner, encodeTokenText(bytes));
    assert.deepEqual([answer.status, answer.code], [422, "wrong_day"], `epoch ${epoch}`);
  }
});

test("a token of tomorrow's ticket is refused today", async () => {
  const [token] = await d.wallet(visitor, 0, 1, "tomorrow");
  if (token === undefined) throw new Error("no token");
  const answer = await d.checkin(scanner, d.show(token));
  assert.deepEqual([answer.status, answer.code], [422, "wrong_day"]);
});

test("forge: every changed byte of a token is refused and nothing is stored", async () => {
  const other = await d.venue();
  const bytes = decodeTokenText(d.show(await body()));
  for (let i = 0; i < bytes.length; i++) {
    const bad = Uint8Array.from(bytes);
    bad[i] = (bad[i] ?? 0) ^ (1 << (i % 8));
    const answer = await d.checkin(other, encodeTokenText(bad));
    assert.ok(answer.status >= 400, `byte ${i}`);
    if (i >= 4) assert.equal(answer.code, i >= 132 && i < 136 ? answer.code : "bad_tag", `byte ${i}`);
  }
  assert.deepEqual(await stored(other.venue), []);
});

test("forge: a made-up token without the pair secret is bad_tag", async () => {
  const answer = await d.checkin(scanner, forge({ pair: systemRandom(32) }));
  assert.deepEqual([answer.status, answer.code], [422, "bad_tag"]);
});

test("a token stamped by somebody who has the pair secret but not the issuer's key names nobody", async () => {
  // The registry has the pair secret itself; what it makes up is refused by trustees and issuer (signature).
  const answer = await d.checkin(scanner, forge({ seed: newSigner().seed }));
  assert.equal(answer.status, 201);
});

test("stale: an old shown_at; from_future: a shown_at ahead; to the second", async () => {
  const now = d.now();
  const at = async (shown: number): Promise<string | undefined> => (await d.checkin(scanner, d.show(await body(), shown), { scanned_at: now })).code;
  assert.equal(await at(now - 21), "stale");
  assert.equal(await at(now - 20), undefined);
  assert.equal(await at(now + 5), undefined);
  assert.equal(await at(now + 6), "from_future");
});

test("from_future: scanned_at more than 30 s ahead of the server", async () => {
  const ahead = d.now() + 40;
  const answer = await d.checkin(scanner, d.show(await body(), ahead), { scanned_at: ahead });
  assert.deepEqual([answer.status, answer.code], [422, "from_future"]);
});

test("already_used: shown twice at one door, and replayed at another venue", async () => {
  const token = d.show(await body());
  assert.equal((await d.checkin(scanner, token)).status, 201);
  const again = await d.checkin(scanner, token);
  assert.deepEqual([again.status, again.code], [409, "already_used"]);
  const other = await d.venue();
  const replay = await d.checkin(other, token);
  assert.deepEqual([replay.status, replay.code], [409, "already_used"]);
  assert.deepEqual(await stored(other.venue), []);
});

test("a wallet body used again later, with a new stamp, is already_used", async () => {
  const token = await body();
  assert.equal((await d.checkin(scanner, d.show(token, d.now() - 10))).status, 201);
  const answer = await d.checkin(scanner, d.show(token, d.now()));
  assert.deepEqual([answer.status, answer.code], [409, "already_used"]);
});

test("two draws in one second are two tokens", async () => {
  const [a, b] = [await body(), await body()];
  const now = d.now();
  assert.equal((await d.checkin(scanner, d.show(a, now))).status, 201);
  assert.equal((await d.checkin(scanner, d.show(b, now))).status, 201);
});

test("a late item is recorded with its flag; a photo posted late of a used code is late and duplicate, once", async () => {
  const other = await d.venue();
  const then = d.now() - 3600;
  const token = d.show(await body(), then);
  const first = await d.checkin(other, token, { scanned_at: then });
  assert.deepEqual([first.status, first.body["flags"]], [201, ["late"]]);
  const photo = await d.checkin(scanner, token, { scanned_at: then + 3 });
  assert.deepEqual([photo.status, photo.body["flags"]], [201, ["late", "duplicate"]]);
  const again = await d.checkin(scanner, token, { scanned_at: then + 4 });
  assert.equal(again.status, 200);
  const rows = await stored(other.venue);
  assert.deepEqual(rows, [{ venue: other.venue, minute: then - (then % 60), flags: 1 }]);
});

test("too_old: a late item beyond the limit, and one just inside it", async () => {
  const other = await d.venue();
  const at = async (then: number): Promise<string | undefined> => (await d.checkin(other, d.show(await body(), then), { scanned_at: then })).code;
  assert.equal(await at(d.now() - 14400 - 60), "too_old");
  assert.deepEqual(await stored(other.venue), []);
  assert.equal(await at(d.now() - 14400 + 60), undefined);
});

test("batch: results in order, sealed items opened, refusals do not spoil the others", async () => {
  const other = await d.venue();
  const api = d.registryClient();
  const info = await api.scanner(other.key);
  const queueKey = decodeBase64url(info.queue_keys.find((k) => k.epoch === epochOf(d.now(), DAY_OFFSET))?.key ?? "");
  const then = d.now() - 120;
  const sealedToken = decodeTokenText(d.show(await body(), then));
  const sealed = sealOffline(queueKey, other.id, sealedToken, newAttempt(), then);
  const twisted = Uint8Array.from(sealed);
  twisted[60] = (twisted[60] ?? 0) ^ 1;
  const now = d.now();
  const answer = await d.outcome(
    await api.raw("POST", "/v1/checkins/batch", {
      bearer: other.key,
      body: {
        items: [
          { token: d.show(await body()), attempt: encodeBase64url(newAttempt()), scanned_at: now },
          { sealed: encodeBase64url(sealed) },
          { sealed: encodeBase64url(twisted) },
          { token: "EL1:X", attempt: encodeBase64url(newAttempt()), scanned_at: now },
        ],
      },
    }),
  );
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.body["results"], [
    { status: "recorded", flags: [] },
    { status: "recorded", flags: ["late"] },
    { code: "malformed_token" },
    { code: "malformed_token" },
  ]);
  assert.equal((await stored(other.venue)).length, 2);
});

test("a batch of 501 items is refused whole", async () => {
  const token = d.show(await body());
  const items = Array.from({ length: 501 }, () => ({ token, attempt: encodeBase64url(newAttempt()), scanned_at: d.now() }));
  const answer = await d.outcome(await d.registryClient().raw("POST", "/v1/checkins/batch", { bearer: scanner.key, body: { items } }));
  assert.ok(answer.status === 400 || answer.status === 413);
  assert.equal((await d.checkin(scanner, token)).status, 201);
});

test("rate_limited: one scanner cannot flood", async () => {
  const other = await d.venue();
  const items = Array.from({ length: 500 }, () => ({ token: "EL1:X", attempt: encodeBase64url(newAttempt()), scanned_at: d.now() }));
  const codes: (string | undefined)[] = [];
  for (let i = 0; i < 8; i++) {
    const answer = await d.outcome(await d.registryClient().raw("POST", "/v1/checkins/batch", { bearer: other.key, body: { items } }));
    codes.push(answer.code);
    if (answer.status === 429) assert.ok(Number(answer.body["retry_after"]) > 0);
  }
  assert.ok(codes.includes("rate_limited"), codes.join());
});

test("rate_limited: a batch of sealed items costs its scanner as many as it has, once", async () => {
  const other = await d.venue();
  const api = d.registryClient();
  const items = Array.from({ length: 500 }, () => ({ sealed: "AAAA" }));
  const post = async (): Promise<{ status: number; code?: string | undefined; body: Record<string, unknown> }> =>
    d.outcome(await api.raw("POST", "/v1/checkins/batch", { bearer: other.key, body: { items } }));
  const first = await post();
  assert.equal(first.status, 200);
  assert.deepEqual(first.body["results"], items.map(() => ({ code: "malformed_token" })));
  const second = await post();
  assert.deepEqual([second.status, second.code], [429, "rate_limited"]);
  assert.ok(Number(second.body["retry_after"]) > 0 && Number(second.body["retry_after"]) <= 10);
  assert.equal((await api.scanner(other.key)).id, other.id, "asking who it is costs nothing");
});

test("rate_limited: nobody's venue makes the registry write without end, and an approved one's owner can still revoke", async () => {
  const api = new ServiceClient(d.registry.url);
  const approved = await d.venue();
  const { id, owner_key: key } = (await api.call<{ id: number; owner_key: string }>("POST", "/v1/venues", { body: { name: "Nobody's", business_number: "1000000009" } })).body;
  const ask = async (method: string, path: string, body?: unknown) => d.outcome(await d.registryClient().raw(method, path, { bearer: key, ...(body === undefined ? {} : { body }) }));
  const made = Number((await ask("POST", `/v1/venues/${id}/scanners`, {})).body["id"]);
  const calls = [
    () => ask("PATCH", `/v1/venues/${id}/scanners/${made}`, { name: "again" }),
    () => ask("PATCH", `/v1/venues/${id}`, { active: true }),
    () => ask("POST", `/v1/venues/${id}/scanners`, {}),
  ];
  const answers = [];
  for (let i = 0; i < 30; i++) answers.push(await calls[i % calls.length]!());
  const taken = answers.filter((a) => a.status < 300);
  assert.ok(taken.length >= 19 && taken.length <= 25, `${taken.length}`);
  for (const call of [...calls, () => ask("DELETE", `/v1/venues/${id}/scanners/${made}`)]) {
    const refused = await call();
    assert.deepEqual([refused.status, refused.code], [429, "rate_limited"]);
    assert.ok(Number(refused.body["retry_after"]) > 0 && Number(refused.body["retry_after"]) <= 60);
  }
  assert.equal((await ask("GET", `/v1/venues/${id}/scanners`)).status, 200, "reading is free");
  const approval = await d.registryClient().raw("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved: true } });
  assert.equal(approval.status, 200, "the operator spends nothing");
  const revoked = await d.registryClient().raw("DELETE", `/v1/venues/${approved.venue}/scanners/${approved.id}`, { bearer: approved.ownerKey });
  assert.equal(revoked.status, 204);
});

test("single use holds after a restart, and over the day boundary in the first two hours", async () => {
  const token = await body();
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
  await d.registry.stop();
  d.registry.start();
  await d.registry.ready();
  assert.equal((await d.checkin(scanner, d.show(token))).code, "already_used");

  const fresh = await body();
  const today = epochOf(d.now(), DAY_OFFSET);
  await d.shift(epochEnd(today, DAY_OFFSET) + 1800 - d.now());
  await d.confirmClock();
  assert.equal((await d.checkin(scanner, d.show(token))).code, "already_used", "3 h and a day later");
  const late = d.show(fresh);
  assert.equal((await d.checkin(scanner, late)).status, 201, "yesterday's ticket, 30 minutes after midnight");
  assert.equal((await d.checkin(scanner, late)).code, "already_used");
  await d.shift(2 * 3600);
  await d.confirmClock();
  const expired = await d.checkin(scanner, d.show(await body()));
  assert.equal(expired.code, "wrong_day", "yesterday's ticket, two and a half hours after the boundary");
});
