// A door that is closed while it sends, and when a page is loaded anew for its decoder.
import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { ServerClock } from "../../src/web/kit/clock.js";
import { Door } from "../../src/web/scanner/door.js";
import type { Identity } from "../../src/web/scanner/pairing.js";
import { isRenewalDue } from "../../src/web/scanner/renewal.js";
import type { Entry } from "../../src/web/scanner/store.js";

/** A door over a queue of one entry; `first` is told by the test, posts and timers are kept. */
function bench(first: () => Promise<Entry[]>): { door: Door; posts: string[]; timers: (() => void)[]; end: () => void } {
  const posts: string[] = [];
  const timers: (() => void)[] = [];
  const before = { navigator: Object.getOwnPropertyDescriptor(globalThis, "navigator"), location: Object.getOwnPropertyDescriptor(globalThis, "location"), fetch: globalThis.fetch, setTimeout: globalThis.setTimeout };
  Object.defineProperty(globalThis, "navigator", { configurable: true, value: { onLine: true } });
  Object.defineProperty(globalThis, "location", { configurable: true, value: { origin: "https://registry.invalid" } });
  globalThis.fetch = async (input) => {
    posts.push(String(input));
    throw new TypeError("no network");
  };
  globalThis.setTimeout = ((work: () => void) => timers.push(work)) as unknown as typeof setTimeout;
  const own = { lost: () => undefined, first, tally: async () => ({ size: 1, today: 0, report: {} }) };
  const identity = { own, pairing: { id: 1, key: "key" }, info: { active: true }, clock: new ServerClock(0), day: () => 1 };
  const door = new Door(identity as unknown as Identity, () => undefined);
  const end = (): void => {
    globalThis.fetch = before.fetch;
    globalThis.setTimeout = before.setTimeout;
    for (const name of ["navigator", "location"] as const) {
      const was = before[name];
      if (was === undefined) delete (globalThis as Record<string, unknown>)[name];
      else Object.defineProperty(globalThis, name, was);
    }
  };
  return { door, posts, timers, end };
}

const entry: Entry = { key: 1, sealed: new Uint8Array(204) };

test("a door that is closed while it looks what there is to send sends nothing", async () => {
  let give = (_: Entry[]): void => undefined;
  const { door, posts, end } = bench(() => new Promise((done) => (give = done)));
  try {
    const flushed = door.flush();
    await Promise.resolve();
    door.close();
    give([entry]);
    await flushed;
    assert.deepEqual(posts, []);
  } finally {
    end();
  }
});

test("a retry that is due after the door was closed does not even look", async () => {
  let looked = 0;
  const { door, posts, timers, end } = bench(async () => {
    looked++;
    return [entry];
  });
  try {
    await door.flush();
    assert.equal(posts.length, 1);
    const before = looked;
    door.close();
    for (const work of timers.splice(0)) work();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    assert.equal(looked, before);
    assert.equal(posts.length, 1);
  } finally {
    end();
  }
});

test("a page is loaded anew for its decoder with network only, unseen, and once an hour", () => {
  const due = { failures: 3, online: true, idle: true, last: undefined, now: 1e12 };
  assert.equal(isRenewalDue(due), true);
  for (const change of [{ failures: 2 }, { online: false }, { idle: false }, { last: 1e12 - 60_000 }, { last: 1e12 + 60_000 }]) assert.equal(isRenewalDue({ ...due, ...change }), false, JSON.stringify(change));
  assert.equal(isRenewalDue({ ...due, last: 1e12 - 3_700_000 }), true);
});
