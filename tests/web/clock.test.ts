// The server's time on a device: what it learns, and what it does not take for a time.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { ServerClock } from "../../src/web/kit/clock.js";
import { Pulse } from "../../src/web/scanner/pulse.js";

test("learns from a time that was told quickly, and from nothing else", () => {
  const clock = new ServerClock(undefined);
  assert.equal(clock.known, false);
  const t = performance.now();
  for (const [time, answered] of [[NaN, t], [undefined as unknown as number, t], [0, t], [-5, t], [1.5, t], [Infinity, t], [1_700_000_000, t + 4001]] as const) {
    assert.equal(clock.learn(time, t, answered), false);
    assert.equal(clock.known, false);
    assert.ok(Math.abs(clock.now() - Date.now() / 1000) < 5);
  }
  assert.equal(clock.learn(1_700_000_000, t, t), true);
  assert.ok(clock.known && Math.abs(clock.now() - 1_700_000_000) < 5);
});

test("an offset that is no number is as if there were none", () => {
  const clock = new ServerClock(NaN);
  assert.equal(clock.known, false);
  assert.ok(Number.isFinite(clock.now()) && Number.isFinite(clock.offset()));
});

/** A device whose two clocks are the test's, and a door's look at them. */
function device(t: TestContext): { clock: ServerClock; run(s: number): void; sleep(s: number): void; hide(s: number): void; set(s: number): void; off(): number } {
  let [wall, monotonic, passed] = [1_000_000, 0, 0];
  t.mock.method(Date, "now", () => wall * 1000);
  t.mock.method(performance, "now", () => monotonic * 1000);
  const clock = new ServerClock(50);
  const pulse = new Pulse(clock);
  const go = (s: number, counts: boolean): void => {
    wall += s;
    passed += s;
    if (counts) monotonic += s;
  };
  const run = (s: number): void => {
    for (let i = 0; i < s * 10; i++) {
      go(0.1, true);
      pulse.beat();
    }
  };
  return {
    clock,
    run,
    /** The page is seen meanwhile: going to sleep and waking take their time, by either clock. */
    sleep: (s) => {
      go(0.4, true);
      go(s, false);
      go(0.4, true);
      pulse.beat();
    },
    /** The page is out of sight, and the device sleeps. */
    hide: (s) => {
      go(s, false);
      clock.wake();
    },
    set: (s) => {
      wall += s;
    },
    off: () => Math.round(clock.now() - (1_000_050 + passed)) + 0, // no -0
  };
}

test("a clock that is set while the page runs changes nothing, and nothing when it is right again", (t) => {
  for (const jump of [3600, -3600, 90, 1e7]) {
    const { run, set, hide, off, sleep } = device(t);
    run(5);
    set(jump);
    run(5);
    assert.equal(off(), 0, `${jump} s`);
    sleep(600);
    assert.equal(off(), 0, `${jump} s, and asleep`);
    hide(600);
    assert.equal(off(), 0, `${jump} s, and out of sight`);
    set(-jump);
    run(5);
    assert.equal(off(), 0, `${jump} s, and back`);
    hide(28_800);
    assert.equal(off(), 0, `${jump} s, and over night`);
  }
});

test("a clock that was set while the device slept is believed only as long as it stays", (t) => {
  for (const nap of [0, 30, 28_800])
    for (const jump of [30, 3600]) {
      const { run, set, hide, off } = device(t);
      run(5);
      hide(nap);
      set(jump);
      hide(30);
      assert.equal(off(), jump, "nobody can know");
      run(5);
      set(-jump);
      run(1);
      assert.equal(off(), 0, `under our eyes, ${jump} s after ${nap} s`);
      set(jump);
      hide(30);
      set(-jump);
      hide(100);
      assert.equal(off(), 0, `out of sight, ${jump} s after ${nap} s`);
    }
});

test("a clock that is set ahead before our eyes and right again while the device sleeps costs no sleep", (t) => {
  const { run, set, hide, off } = device(t);
  hide(28_800);
  set(3600);
  run(5);
  set(-3600);
  hide(600);
  assert.equal(off(), 0);
});

test("a door that slept in plain sight goes by the wall clock at the next look", (t) => {
  const { run, sleep, off } = device(t);
  run(5);
  for (const s of [90, 90, 28_800]) {
    sleep(s);
    assert.equal(off(), 0);
    run(1);
    assert.equal(off(), 0);
  }
});
