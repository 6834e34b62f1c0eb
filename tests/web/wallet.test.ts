import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { decodeTokenText, encodeBase64url } from "../../src/web/lib/index.js";
import { backoff, callsFor, HELD_MAX, holdFor, isOfDay, isUsable, nextRefill, refillDelay, spanOf } from "../../src/web/visitor/plan.js";
import { Attention, ATTENTION_S } from "../../src/web/visitor/attention.js";
import { ServerClock } from "../../src/web/kit/clock.js";
import { BODY_S, type Code, REDRAW_S, Showing } from "../../src/web/visitor/showing.js";

/** A wallet of so many bodies, and a clock to be moved. */
class Bench {
  now = 1_800_000_000;
  taken = 0;
  live = 0;
  offline = false;
  until = Infinity;
  readonly showing: Showing;
  constructor(bodies: number) {
    this.showing = new Showing({
      now: () => this.now,
      take: async () => {
        if (this.taken >= bodies) return undefined;
        this.taken++;
        return { body: new Uint8Array(132).fill(this.taken), key: new Uint8Array(32).fill(this.taken), until: this.until };
      },
      live: async () => {
        if (this.offline) throw new TypeError("no network");
        this.live++;
        return { text: `live ${this.live}`, shownAt: Math.floor(this.now) };
      },
    });
  }
  /** Codes as the page draws them for so many seconds. */
  async run(seconds: number): Promise<Code[]> {
    const out: Code[] = [];
    for (let t = 0; t < seconds; t += REDRAW_S, this.now += REDRAW_S) out.push(await this.showing.next());
    return out;
  }
}
const bodyOf = (code: Code): string => encodeBase64url(decodeTokenText(code.text).slice(0, 132));

test("a body is on the screen for 90 seconds at most, then the next one takes over by itself", async () => {
  const b = new Bench(100);
  const begin = b.now;
  const codes = await b.run(1000);
  const seen = new Map<string, { first: number; last: number }>();
  codes.forEach((code, i) => {
    const at = begin + i * REDRAW_S;
    const known = seen.get(bodyOf(code));
    seen.set(bodyOf(code), { first: known?.first ?? at, last: at + REDRAW_S });
  });
  assert.ok(seen.size > 10);
  for (const { first, last } of seen.values()) assert.ok(last - first <= BODY_S, `${last - first} s`);
  assert.equal(b.taken, seen.size, "none is taken that is not shown");
});

test("every redraw has the second in which it was made", async () => {
  const b = new Bench(3);
  const begin = b.now;
  (await b.run(80)).forEach((code, i) => assert.equal(code.shownAt, begin + i * REDRAW_S));
});

test("a new opening and a wish for another code begin a new body; the old one never comes back", async () => {
  const b = new Bench(3);
  const bodies = [];
  for (let i = 0; i < 3; i++) {
    bodies.push(bodyOf(await b.showing.next()));
    b.showing.drop();
  }
  assert.equal(new Set(bodies).size, 3);
});

test("a code says until when it may stay: 15 seconds, and never beyond its body's 90 seconds or its day", async () => {
  const b = new Bench(2);
  const begin = b.now;
  const codes = await b.run(88);
  assert.equal(codes[0]?.until, begin + 15);
  for (const code of codes) assert.ok(code.until <= begin + BODY_S && code.until <= code.shownAt + 15 && code.until >= code.shownAt + REDRAW_S);
  b.until = b.now + 20; // the day's reserve ends at 06:00
  b.showing.drop();
  const last = await b.run(24);
  assert.deepEqual(last.map((c) => c.from), ["wallet", "wallet", "live"]);
  assert.equal(last[1]?.until, b.until);
});

test("a clock that is set back does not lengthen a body's time", async () => {
  const b = new Bench(3);
  await b.showing.next();
  b.now -= 3600;
  assert.equal((await b.showing.next()).isNew, true);
});

test("an empty wallet draws live, and without network the failure comes through", async () => {
  const b = new Bench(1);
  const codes = await b.run(120);
  assert.deepEqual([...new Set(codes.map((c) => c.from))], ["wallet", "live"]);
  b.offline = true;
  await assert.rejects(b.showing.next(), TypeError);
});

test("calls for more are whole ones, so that their size tells nothing", () => {
  assert.deepEqual([0, 1, 3, 16, 17, 31, 32, 40].map(callsFor), [2, 1, 1, 1, 0, 0, 0, 0]);
  for (let held = 0; held < HELD_MAX; held++) assert.ok(held + callsFor(held) * 16 <= HELD_MAX);
});

test("tokens may be shown on their day and two hours into the next, and count for their day only", () => {
  const end = 1_800_000_000;
  const span = spanOf(end);
  assert.deepEqual(span, { from: end - 86400, until: end + 7200 });
  for (const [now, is] of [[end - 86401, false], [end - 86400, true], [end - 1, true], [end + 7199, true], [end + 7200, false]] as const)
    assert.equal(isUsable(span, now), is);
  assert.deepEqual([isOfDay(span.from, end - 1, "today"), isOfDay(span.from, end, "today")], [true, false]);
  assert.deepEqual([isOfDay(span.from, end - 86401, "tomorrow"), isOfDay(span.from, end - 86400, "tomorrow")], [true, false]);
});

test("the next refill is hours ahead, delays are spread, and a failure leaves the issuer alone", () => {
  assert.deepEqual([nextRefill(0, 0), nextRefill(0, 0.999999)], [3600, 21600]);
  assert.ok(refillDelay(0) >= 20 && refillDelay(0.999) <= 150);
  let sum = 0;
  for (let n = 0; n < 100; n++) {
    const s = backoff(n, 0.5);
    assert.ok(s >= 1.5 && s <= 75);
    sum += s;
  }
  assert.ok(sum > 100 * 50, "tries get rare");
  assert.equal(backoff(0, 0, 500), 500);
  assert.ok(holdFor(0, undefined) >= 300);
  assert.equal(holdFor(0, 4000), 4000);
});

test("a clock that slept goes by the wall clock when it wakes, and does not believe one that was set back", (t) => {
  let wall = 1_000_000, monotonic = 0;
  t.mock.method(Date, "now", () => wall * 1000);
  t.mock.method(performance, "now", () => monotonic * 1000);
  const clock = new ServerClock(50);
  assert.equal(clock.now(), 1_000_050);
  wall += 3600; // an hour asleep
  monotonic += 10;
  clock.wake();
  assert.equal(clock.now(), 1_003_650);
  wall -= 7200;
  monotonic += 10;
  clock.wake();
  assert.equal(clock.now(), 1_003_660);
  assert.ok(clock.learn(1_003_700, monotonic * 1000, monotonic * 1000));
  clock.wake();
  assert.equal(clock.seconds(), 1_003_700);
  wall += 5;
  clock.wake();
  assert.equal(clock.seconds(), 1_003_705);
});

test("the screen is kept on for three bodies' time after an opening or a touch, no longer", async () => {
  const b = new Bench(100);
  const attention = new Attention(() => b.now);
  assert.equal(attention.isThere(), false, "before the page was ever open");
  attention.renew();
  await b.run(ATTENTION_S - REDRAW_S);
  assert.equal(attention.isThere(), true);
  b.now += REDRAW_S;
  assert.equal(attention.isThere(), false);
  assert.ok(b.taken >= 3 && b.taken <= 4, `${b.taken} bodies for nobody`);
  attention.renew();
  assert.equal(attention.isThere(), true);
});
