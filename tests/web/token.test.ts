import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b } from "@noble/hashes/blake2.js";
import * as el from "../../src/web/lib/index.js";

const fill = (n: number, x: number): Uint8Array => new Uint8Array(n).fill(x);
const seed = fill(32, 7);
const linkSecret = 4242n;
const linkKey = el.encodePoint(el.publicPoint(linkSecret));
const pair = fill(32, 8);
const draw = { issuer: 7, epoch: 20700, secret: fill(32, 1), handle: fill(16, 2), index: 3, linkKey, seed };
const dayKey = el.dayTokenKey(pair, 7, 20700);

test("the KDF is BLAKE2b-256, keyed and personalised, computed by hand", () => {
  const pad = (label: string): Uint8Array => el.concat(el.utf8(label), new Uint8Array(16 - label.length));
  const byHand = blake2b(fill(3, 5), { dkLen: 32, key: fill(32, 9), personalization: pad("EL1-tags") });
  assert.deepEqual(el.kdf(fill(32, 9), "EL1-tags", fill(1, 5), fill(2, 5)), byHand);
  assert.throws(() => el.kdf(fill(31, 9), "EL1-tags"), el.EntrylogError);
  assert.equal(el.personal("EL1-tags").length, 16);
});

test("PRF8 and PRF16 are the first bytes of the KDF, not a shorter BLAKE2b", () => {
  const long = el.kdf(fill(32, 9), "EL1-tag", fill(4, 1));
  assert.deepEqual(el.prf8(fill(32, 9), "EL1-tag", fill(4, 1)), long.slice(0, 8));
  assert.deepEqual(el.prf16(fill(32, 9), "EL1-tag", fill(4, 1)), long.slice(0, 16));
  const short = blake2b(fill(4, 1), { dkLen: 8, key: fill(32, 9), personalization: el.personal("EL1-tag") });
  assert.notDeepEqual(long.slice(0, 8), short);
});

test("a drawn body verifies, and its link opens to the handle", () => {
  const body = el.drawBody(draw);
  const key = el.signingPublicKey(seed);
  assert.equal(body.length, el.BODY_LEN);
  assert.ok(el.verifyBody(body, key));
  const parsed = el.parseBody(body);
  assert.deepEqual(el.encodeBody(parsed), body);
  assert.deepEqual(parsed.id, el.tokenId(draw.secret, 3));
  const shared = el.multiply(el.decodePoint(parsed.point), linkSecret);
  assert.deepEqual(el.openLink(parsed.link, shared, parsed.point, linkKey), draw.handle);
  for (const at of [0, 1, 3, 5, 30, 60, 68, 131]) {
    const bad = body.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    assert.ok(!el.verifyBody(bad, key), `byte ${at}`);
  }
});

test("a drawn body is reproducible with injected randomness, and fresh without", () => {
  assert.deepEqual(el.drawBody(draw, el.systemRandom, 5n), el.drawBody(draw, el.systemRandom, 5n));
  assert.notDeepEqual(el.drawBody(draw), el.drawBody(draw));
});

test("a stamped body is a token of 220 characters whose tag the registry accepts", () => {
  const body = el.drawBody(draw);
  const token = el.stampBody(body, el.showKey(dayKey, body), 1788500000);
  const text = el.encodeTokenText(token);
  assert.equal(text.length, el.TEXT_LEN);
  assert.match(text, /^[0-9A-Z $%*+\-./:]{220}$/);
  assert.deepEqual(el.decodeTokenText(text), token);
  assert.ok(el.verifyTag(token, dayKey));
  const parsed = el.parseToken(token);
  assert.equal(parsed.shownAt, 1788500000);
  assert.deepEqual(el.encodeToken(parsed), token);
  for (const at of [10, 131, 135, 143]) {
    const bad = token.slice();
    bad[at] = (bad[at] ?? 0) ^ 1;
    assert.ok(!el.verifyTag(bad, dayKey), `byte ${at}`);
  }
  assert.ok(!el.verifyTag(token, el.dayTokenKey(pair, 7, 20701)));
});

test("QR text: refuses trimming, lower case, another prefix and another length", () => {
  const body = el.drawBody(draw);
  const text = el.encodeTokenText(el.stampBody(body, el.showKey(dayKey, body), 1));
  for (const bad of [
    text.slice(0, -1),
    `${text} `,
    ` ${text}`,
    text.toLowerCase(),
    `EL2:${text.slice(4)}`,
    text.slice(4),
    `${text}AB`,
    "",
  ])
    assert.throws(() => el.decodeTokenText(bad), el.EntrylogError, bad);
});

test("the last character of a QR text is never a space", () => {
  // The last triple's third digit is at most floor(65535 / 2025) = 32, below the space's 36.
  const worst = el.stampBody(fill(132, 0xff), fill(32, 0), 0xffffffff);
  worst.fill(0xff, 136);
  assert.notEqual(el.encodeTokenText(worst).at(-1), " ");
});

test("a day ticket shows its epoch and opens only under its key, issuer and epoch", () => {
  const key = fill(32, 4);
  const ticket = el.sealTicket(key, 7, 20700, draw.secret, draw.handle);
  assert.equal(ticket.length, el.TICKET_LEN);
  assert.equal(el.encodeBase64url(ticket).length, 120);
  assert.equal(el.ticketEpoch(ticket), 20700);
  assert.deepEqual(el.openTicket(key, 7, ticket), { secret: draw.secret, handle: draw.handle });
  assert.throws(() => el.openTicket(key, 8, ticket), el.EntrylogError);
  const moved = ticket.slice();
  moved[1] = (moved[1] ?? 0) ^ 1;
  assert.throws(() => el.openTicket(key, 7, moved), el.EntrylogError);
});

test("epochs turn at the deployment's hour, and a token outlives its day by 2 h", () => {
  const offset = 18000; // Korea: a day starts at 04:00 local time, 19:00 UTC
  const start = el.epochStart(20700, offset);
  assert.equal(el.epochOf(start, offset), 20700);
  assert.equal(el.epochOf(start - 1, offset), 20699);
  assert.equal((start + 9 * 3600) % 86400, 4 * 3600);
  const end = el.epochEnd(20700, offset);
  assert.ok(el.isShowable(20700, start, offset) && el.isShowable(20700, end + 7199, offset));
  assert.ok(!el.isShowable(20700, start - 1, offset) && !el.isShowable(20700, end + 7200, offset));
  assert.equal(el.destroyDue(20700, offset) - end, 7200 + 28 * 86400);
  assert.deepEqual(
    [94, 95, 120, 121].map((at) => el.freshness(100, at)),
    ["from_future", "fresh", "fresh", "stale"],
  );
  assert.equal(el.minuteOf(1788500059), 1788500040);
  assert.throws(() => el.epochOf(-100000, 0), el.EntrylogError);
});

test("an offline item opens only for its scanner", () => {
  const queue = el.newBoxKey();
  const body = el.drawBody(draw);
  const token = el.stampBody(body, el.showKey(dayKey, body), 1788500000);
  const attempt = el.newAttempt();
  const sealed = el.sealOffline(queue.public, 12, el.encodeTokenText(token), attempt, 1788500003);
  assert.equal(sealed.length, 144 + 8 + 4 + 48);
  assert.deepEqual(el.openOffline(queue.secret, 12, sealed), { token, attempt, scannedAt: 1788500003 });
  assert.throws(() => el.openOffline(queue.secret, 13, sealed), el.EntrylogError);
});

test("rows: equal length, padded, opening only in their place", () => {
  const tags = el.dayKeys(fill(32, 6));
  const base = { handle: fill(16, 2), consent: 1, salt: fill(16, 3), com: fill(32, 4), box: fill(80, 5) };
  const short = el.encodeIdentityRow({ name: "A", phone: "+1234567", ...base });
  const long = el.encodeIdentityRow({ name: "가".repeat(33), phone: "+123456789012345", ...base });
  assert.equal(short.length, el.IDENTITY_LEN);
  assert.equal(long.length, el.IDENTITY_LEN);
  assert.equal(el.parseIdentityRow(long).name, "가".repeat(33));
  const dirty = short.slice();
  dirty[20] = 1;
  assert.throws(() => el.parseIdentityRow(dirty), el.EntrylogError);
  assert.throws(
    () => el.encodeIdentityRow({ name: "가".repeat(34), phone: "+1234567", ...base }),
    el.EntrylogError,
  );
  const place: el.RowPlace = {
    store: el.STORE_IDENTITY,
    epoch: 20700,
    segment: 0,
    tagA: el.handleTag(tags.tags, base.handle),
    tagB: el.phoneTag(tags.tags, "+1234567"),
  };
  const sealed = el.sealRow(tags.rows, place, short);
  assert.deepEqual(el.openRow(tags.rows, place, sealed), short);
  for (const other of [
    { epoch: 20701 },
    { segment: 1 },
    { store: el.STORE_VISIT },
    { tagA: place.tagB },
  ] as Partial<el.RowPlace>[])
    assert.throws(() => el.openRow(tags.rows, { ...place, ...other }, sealed), el.EntrylogError);
  const visit = {
    venue: 5,
    scanner: 6,
    minute: 1788500040,
    flags: 3,
    attempt: fill(8, 1),
    salt: fill(16, 2),
    body: fill(132, 3),
  };
  assert.equal(el.encodeVisitRow(visit).length, el.VISIT_LEN);
  assert.deepEqual(el.parseVisitRow(el.encodeVisitRow(visit)), visit);
  assert.throws(() => el.encodeVisitRow({ ...visit, minute: 1788500041 }), el.EntrylogError);
  assert.throws(() => el.encodeVisitRow({ ...visit, flags: 4 }), el.EntrylogError);
});

test("keyring entries open only under their KEK, party, kind, index and epoch", () => {
  const kek = fill(32, 1);
  const bytes = el.sealEntry(
    kek,
    el.PARTY.issuer,
    { kind: el.KEY_KIND.pair, index: 7, epoch: 20700 },
    fill(32, 9),
  );
  assert.equal(bytes.length, el.ENTRY_LEN);
  const entry = el.parseEntry(bytes);
  assert.deepEqual(el.openEntry(kek, el.PARTY.issuer, entry), fill(32, 9));
  assert.throws(() => el.openEntry(kek, el.PARTY.registry, entry), el.EntrylogError);
  assert.throws(() => el.openEntry(fill(32, 2), el.PARTY.issuer, entry), el.EntrylogError);
  for (const change of [{ kind: 1 }, { index: 8 }, { epoch: 20701 }])
    assert.throws(() => el.openEntry(kek, el.PARTY.issuer, { ...entry, ...change }), el.EntrylogError);
  assert.throws(() => el.parseEntry(bytes.slice(1)), el.EntrylogError);
});

test("an executor's header covers method, path, party, body, time and nonce", () => {
  const call: el.Call = { method: "POST", path: "/v1/orders/visits", party: "registry", body: el.utf8("{}") };
  const header = el.parseAuthorization(el.authorizeCall(call, seed, 1788500000));
  assert.deepEqual(header.key, el.signingPublicKey(seed));
  assert.ok(el.verifyCall(call, header, 1788500060));
  assert.ok(!el.verifyCall(call, header, 1788500061) && !el.verifyCall(call, header, 1788499939));
  for (const change of [
    { method: "GET" },
    { path: "/v1/orders/visit" },
    { party: "issuer:7" },
    { body: el.utf8("{ }") },
  ])
    assert.ok(!el.verifyCall({ ...call, ...change }, header, 1788500000));
  assert.ok(!el.verifyCall(call, { ...header, time: header.time + 1 }, 1788500000));
  assert.ok(!el.verifyCall(call, { ...header, nonce: fill(16, 0) }, 1788500000));
  const text = el.authorizeCall(call, seed, 5);
  for (const bad of [
    text.replace("EL1 ", "EL1  "),
    text.replace("time=5", "time=05"),
    `${text},`,
    text.replace(/,sig=.*/, ""),
  ])
    assert.throws(() => el.parseAuthorization(bad), el.EntrylogError);
});
