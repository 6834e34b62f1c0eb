// The server's time on a device: what it learns, and what it does not take for a time.
import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../src/web/kit/clock.js";

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
