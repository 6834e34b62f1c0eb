import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type CheckinItem, type CheckinResult, encodeBase64url } from "../../src/web/lib/index.js";
import { backoff, Sender, type SenderParts, settle } from "../../src/web/scanner/sender.js";
import { SIGNALS } from "../../src/web/scanner/signals.js";
import type { Entry } from "../../src/web/scanner/store.js";

type Result = CheckinResult | { code: string };
const ok: Result = { status: "recorded", flags: ["late"] };

/** A queue in memory and a registry that answers as it is told. */
class Bench {
  queue: Entry[];
  readonly posted: string[][] = [];
  readonly refused: string[] = [];
  readonly waits: { work: () => void; ms: number }[] = [];
  readonly heard: string[] = [];
  readonly sender: Sender;
  constructor(
    count: number,
    private readonly answer: (items: readonly CheckinItem[], call: number) => Result[] | Error,
  ) {
    this.queue = Array.from({ length: count }, (_, i) => ({ key: i, sealed: Uint8Array.of(i >> 8, i & 255) }));
    const parts: SenderParts = {
      first: async (most) => this.queue.slice(0, most),
      remove: async (keys) => {
        this.queue = this.queue.filter((e) => !keys.includes(e.key));
      },
      post: async (items) => {
        this.posted.push(items.map((i) => ("sealed" in i ? i.sealed : "")));
        const answer = this.answer(items, this.posted.length);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      refused: async (codes) => void this.refused.push(...codes),
      reached: () => this.heard.push("reached"),
      unreachable: () => this.heard.push("unreachable"),
      turnedAway: (e) => this.heard.push(e.code),
      later: (work, ms) => this.waits.push({ work, ms }),
      alone: (work) => work(),
    };
    this.sender = new Sender(parts);
  }
}

test("sends all in order, in batches", async () => {
  const bench = new Bench(1203, (items) => items.map(() => ok));
  await bench.sender.flush();
  assert.deepEqual(bench.posted.map((p) => p.length), [500, 500, 203]);
  assert.deepEqual(bench.posted.flat(), Array.from({ length: 1203 }, (_, i) => encodeBase64url(Uint8Array.of(i >> 8, i & 255))));
  assert.equal(bench.queue.length, 0);
  assert.equal(bench.waits.length, 0, "no clock of its own when there is nothing to do");
});

test("an entry goes only when its own result says so", () => {
  const entries: Entry[] = [0, 1, 2, 3, 4].map((key) => ({ key, sealed: new Uint8Array() }));
  const results = [ok, { code: "busy" }, { code: "too_old" }, { code: "rate_limited" }];
  assert.deepEqual(settle(entries, results), { done: [0, 2], refused: ["too_old"], stay: 3 });
});

test("a result that does not say what became of its entry decides nothing", async () => {
  const entries: Entry[] = [{ key: 7, sealed: new Uint8Array() }];
  for (const odd of [{}, { status: "ok" }, { flags: [] }, { code: 0 }, { code: "" }, { code: null, status: "recorded" }, [], "recorded", 1, null]) {
    const name = JSON.stringify(odd);
    assert.deepEqual(settle(entries, [odd as unknown as Result]), { done: [], refused: [], stay: 1 }, name);
    // Nor does anything beside it: the registry answers whole.
    const bench: Bench = new Bench(2, (): Result[] => [ok, odd as unknown as Result]);
    await bench.sender.flush();
    assert.equal(bench.queue.length, 2, name);
    assert.deepEqual(bench.heard, ["unreachable"], name);
    assert.equal(bench.waits.length, 1, name);
  }
});

test("without network nothing goes, and the waits grow to a minute", async () => {
  const bench = new Bench(3, () => new TypeError("no network"));
  for (let i = 0; i < 8; i++) {
    await bench.sender.flush();
    bench.waits.at(-1)?.work();
    await new Promise((done) => setTimeout(done, 0));
  }
  assert.equal(bench.queue.length, 3);
  assert.ok(bench.heard.every((h) => h === "unreachable"));
  for (const chance of [0, 1]) {
    assert.equal(backoff(1, chance), 1 + chance);
    assert.equal(backoff(3, chance), 4 * (1 + chance));
    assert.equal(backoff(50, chance), 30 * (1 + chance));
  }
});

test("a queue that cannot be read is looked at again later", async () => {
  const bench = new Bench(2, (items) => items.map(() => ok));
  const { queue } = bench;
  Object.defineProperty(bench, "queue", { configurable: true, get: () => assert.fail("the storage is gone") });
  await bench.sender.flush();
  assert.equal(bench.waits.length, 1);
  Object.defineProperty(bench, "queue", { value: queue, writable: true });
  bench.waits[0]?.work();
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(bench.queue.length, 0);
});

test("a registry that says when is not asked before", async () => {
  const bench = new Bench(2, (items, call) => (call === 1 ? new ApiError(429, "rate_limited", "", undefined, 7) : items.map(() => ok)));
  await bench.sender.flush();
  assert.ok((bench.waits[0]?.ms ?? 0) >= 7000);
  await bench.sender.flush();
  assert.equal(bench.posted.length, 1);
  assert.equal(bench.queue.length, 2);
});

test("turned away, everything stays", async () => {
  for (const [status, code] of [[401, "unauthorized"], [403, "venue_inactive"]] as const) {
    const bench = new Bench(2, () => new ApiError(status, code, "", undefined, undefined));
    await bench.sender.flush();
    assert.deepEqual(bench.heard, [code]);
    assert.equal(bench.queue.length, 2);
    assert.equal(bench.waits.length, 0);
  }
});

test("a batch that is too large is halved until it passes", async () => {
  const bench = new Bench(500, (items) => (items.length > 130 ? new ApiError(413, "too_large", "", undefined, undefined) : items.map(() => ok)));
  await bench.sender.flush();
  assert.equal(bench.queue.length, 0);
  assert.ok(bench.posted.slice(2).every((p) => p.length <= 130 || p.length === 125));
});

test("refusals are told, busy items are sent again", async () => {
  const bench = new Bench(3, (_, call) => (call === 1 ? [{ code: "too_old" }, { code: "busy" }, ok] : [ok]));
  await bench.sender.flush();
  assert.deepEqual(bench.refused, ["too_old"]);
  assert.deepEqual(bench.queue.map((e) => e.key), [1]);
  bench.waits[0]?.work();
  await new Promise((done) => setTimeout(done, 0));
  assert.equal(bench.queue.length, 0);
});

test("no two verdicts sound or feel alike", () => {
  const tones = Object.values(SIGNALS).map((s) => JSON.stringify(s.tones));
  const shakes = Object.values(SIGNALS).map((s) => JSON.stringify(s.shake));
  assert.equal(new Set(tones).size, tones.length);
  assert.equal(new Set(shakes).size, shakes.length);
});
