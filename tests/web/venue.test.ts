// The venue page's rules apart from the page: they must be the registry's own (src/registry/venues.c, docs/protocol.md).
import assert from "node:assert/strict";
import { test } from "node:test";

import { destroyDue, epochEnd, epochOf } from "../../src/web/lib/index.js";
import { encodeBase64url } from "../../src/web/lib/base64url.js";
import { utf8 } from "../../src/web/lib/bytes.js";
import { beganLate, busiest, type Counts, hoursOf, scaleOf, totalOf } from "../../src/web/venue/counts.js";
import { businessNumberOf, grouped, ownerKeyOf, venueNumberOf, writeBusinessNumber } from "../../src/web/venue/inputs.js";
import { issuersOf } from "../../src/web/venue/issuers.js";
import { dayInWords, paperDates } from "../../src/web/venue/paper_dates.js";
import { addressPieces } from "../../src/web/venue/parts.js";
import { pairingAddress, stateOf } from "../../src/web/venue/scanner_state.js";

test("a business number is ten digits with both hyphens or none, and its last digit checks the others", () => {
  for (const good of ["100-00-00009", "1000000009", "0000000000", "  1234567891 ", "123-45-67891"])
    assert.deepEqual(businessNumberOf(good), { digits: good.replace(/[- ]/g, "") }, good);
  for (const bad of ["", "100-0000009", "10000-00009", "100000000", "10000000090", "abc-de-fghij", "１000000009", "100 00 00009"])
    assert.deepEqual(businessNumberOf(bad), { fault: "form" }, bad);
  for (const bad of ["1000000008", "100-00-00001", "123-45-67890"]) assert.deepEqual(businessNumberOf(bad), { fault: "check" }, bad);
  assert.equal(writeBusinessNumber("1000000009"), "100-00-00009");
});

test("any single wrong digit of a business number is found, but for the ninth, which may hide one", () => {
  const right = "1234567891";
  for (let i = 0; i < 10; i++)
    for (let other = 0; other < 10; other++) {
      if (other === Number(right[i]) || i === 8) continue;
      const wrong = right.slice(0, i) + String(other) + right.slice(i + 1);
      assert.deepEqual(businessNumberOf(wrong), { fault: "check" }, wrong);
    }
});

test("a venue number and an owner's key are recognised, with the white space that copying brings", () => {
  assert.equal(venueNumberOf(" 12 "), 12);
  for (const bad of ["", "0", "-1", "1.5", "12a", "4294967296"]) assert.equal(venueNumberOf(bad), undefined, bad);
  const key = encodeBase64url(new Uint8Array(32).fill(7));
  assert.equal(ownerKeyOf(` ${key.slice(0, 20)}\n${key.slice(20)} `), key);
  for (const bad of ["", key.slice(1), `${key}A`, key.replace(/.$/, "="), `${key.slice(0, 42)}1`]) assert.equal(ownerKeyOf(bad), undefined, bad);
  assert.equal(grouped("ABCDEFGHJKMN"), "ABCD-EFGH-JKMN");
});

test("a paper list is kept for 28 days after its own and shredded on the day on which the registry destroys that day", () => {
  const dates = paperDates("2021-02-03");
  assert.deepEqual(dates, { day: "2021-02-03", keepUntil: "2021-03-03", destroyOn: "2021-03-04" });
  // The registry's days at UTC+9: the day that is destroyed on the calendar day which the sheet names.
  const offset = 9 * 3600;
  const noon = Date.parse("2021-02-03T12:00:00+09:00") / 1000;
  const due = destroyDue(epochOf(noon, offset), offset);
  assert.equal(epochOf(due, offset), epochOf(Date.parse(`${dates?.destroyOn}T12:00:00+09:00`) / 1000, offset));
  assert.equal(epochEnd(epochOf(noon, offset), offset) + 28 * 86400, Date.parse(`${dates?.destroyOn}T00:00:00+09:00`) / 1000);
  assert.equal(paperDates("2024-02-01")?.destroyOn, "2024-03-01"); // a leap year
  for (const bad of ["", "2021-2-3", "2021-02-30", "yesterday"]) assert.equal(paperDates(bad), undefined, bad);
  assert.match(dayInWords("2021-03-04", "ko"), /^2021년 3월 4일\(/);
  assert.match(dayInWords("2021-03-04", "en"), /^Thu 4 March 2021$/);
});

test("the hours of a count begin where the deployment's day begins", () => {
  const counts: Counts = { epoch: 1, day_start: 1000 * 3600, since: 1000 * 3600, hours: Array.from({ length: 24 }, (_, i) => (i === 3 ? 7 : i === 5 ? 7 : 0)) };
  const hours = hoursOf(counts, 1004 * 3600 + 10);
  assert.equal(hours.length, 24);
  assert.deepEqual(hours[3], { start: 1003 * 3600, count: 7, begun: true, runs: false });
  assert.equal(hours.filter((h) => h.runs).length, 1);
  assert.equal(hours[4]?.runs, true);
  assert.equal(hours[6]?.begun, false);
  assert.equal(totalOf(counts), 14);
  assert.equal(busiest(hours)?.start, 1003 * 3600);
  assert.equal(busiest(hoursOf({ ...counts, hours: new Array<number>(24).fill(0) }, 0)), undefined);
  assert.equal(beganLate(counts), false);
  assert.equal(beganLate({ ...counts, since: counts.since + 1 }), true);
  assert.deepEqual([0, 4, 6, 11, 21, 99, 101].map(scaleOf), [5, 5, 10, 20, 50, 100, 200]);
});

test("a scanner waits while its code lives, then needs another; a paired one works only where its venue does", () => {
  const scanner = { id: 1, name: "", active: true, enrolled: false, expires_at: 100 };
  const open = { approved: true, active: true };
  assert.equal(stateOf(scanner, open, 99), "waiting");
  assert.equal(stateOf(scanner, open, 100), "expired");
  assert.equal(stateOf({ ...scanner, expires_at: null }, open, 0), "expired");
  const paired = { ...scanner, enrolled: true, expires_at: null };
  assert.equal(stateOf(paired, open, 200), "active");
  assert.equal(stateOf(paired, { ...open, approved: false }, 200), "ready");
  assert.equal(stateOf(paired, { ...open, active: false }, 200), "closed");
  for (const venue of [open, { ...open, approved: false }, { ...open, active: false }])
    assert.equal(stateOf({ ...paired, active: false }, venue, 200), "paused");
  assert.equal(pairingAddress("https://r.example", "ABCDEFGHJKMN"), "https://r.example/scanner/#enrol=ABCDEFGHJKMN");
});

test("an address may break after its slashes only, and loses nothing by it", () => {
  assert.deepEqual(addressPieces("https://r.example:8443/scanner/"), ["https://", "r.example:8443/", "scanner/"]);
  for (const address of ["https://i.example", "https://i.example/", "https://i.example/a/b?c=d/e", "i.example", ""])
    assert.equal(addressPieces(address).join(""), address);
});

test("a poster takes from the directory only issuers whose address a phone can open", () => {
  const doc = (issuers: unknown): { doc: string } => ({ doc: encodeBase64url(utf8(JSON.stringify({ issuers }))) });
  const good = { issuer: 1, name: "시험 발급", url: "https://i.example/" };
  assert.deepEqual(issuersOf(doc([{ ...good, keys: [] }])), [good]);
  assert.deepEqual(issuersOf(doc([{ ...good, url: "javascript:alert(1)" }, { ...good, url: "i.example" }, { name: "x" }, good])), [good]);
  assert.deepEqual(issuersOf(doc(undefined)), []);
});
