// What the scanner tells of itself, and how it reads on after it was stopped and started.
import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";

import { CALM, changesOf, lateText } from "../../src/web/scanner/changes.js";
import { codeOfInput } from "../../src/web/scanner/enrol_code.js";
import type { CodeReader } from "../../src/web/scanner/reader.js";
import { Watch } from "../../src/web/scanner/watch.js";

test("a change is told once, and what only counts on is not told", () => {
  assert.deepEqual(changesOf(CALM, CALM), []);
  assert.deepEqual(changesOf(CALM, { ...CALM, online: false, unsent: 1 }), ["went_offline"]);
  assert.deepEqual(changesOf({ ...CALM, online: false, unsent: 1 }, { ...CALM, online: false, unsent: 2 }), []);
  assert.deepEqual(changesOf({ ...CALM, online: false, unsent: 2 }, CALM), ["back_online", "all_sent"]);
  assert.deepEqual(changesOf(CALM, { ...CALM, block: "paused" }), ["paused"]);
  assert.deepEqual(changesOf({ ...CALM, block: "paused" }, { ...CALM, block: "revoked" }), ["revoked"]);
  assert.deepEqual(changesOf({ ...CALM, block: "paused" }, CALM), ["resumed"]);
  assert.deepEqual(changesOf(CALM, { ...CALM, report: 3 }), ["report"]);
  assert.deepEqual(changesOf({ ...CALM, report: 3 }, CALM), []);
});

test("the time in which a kept entry must arrive is told in whole hours, below two in minutes, and none plainly", () => {
  assert.deepEqual(lateText(86_400), { name: "late_hours", params: { hours: 24 } });
  assert.deepEqual(lateText(7200), { name: "late_hours", params: { hours: 2 } });
  assert.deepEqual(lateText(100_000), { name: "late_hours", params: { hours: 27 } }, "never longer than it is");
  assert.deepEqual(lateText(5400), { name: "late_minutes", params: { minutes: 90 } });
  assert.deepEqual(lateText(3600), { name: "late_minutes", params: { minutes: 60 } });
  for (const none of [0, 59]) assert.deepEqual(lateText(none), { name: "late_none", params: {} });
});

test("an enrolment link is taken whatever a keyboard makes of its case", () => {
  const origin = "https://registry.invalid";
  const link = `${origin}/scanner/#enrol=7K3M-Q9XW-2RDT`;
  const inverted = [...link].map((c) => (c === c.toUpperCase() ? c.toLowerCase() : c.toUpperCase())).join("");
  for (const typed of [link.toUpperCase(), inverted]) assert.equal(codeOfInput(typed, origin), "7K3MQ9XW2RDT", typed);
});

test("a reader that is stopped and started again and again, as by a page that is hidden and shown, still reads one frame at a time", async () => {
  let reading = 0;
  let most = 0;
  let frames = 0;
  const release: (() => void)[] = [];
  const reader: CodeReader = {
    name: "wasm",
    async read() {
      frames++;
      most = Math.max(most, ++reading);
      await new Promise<void>((done) => release.push(done));
      reading--;
      return { texts: [], ms: 1 };
    },
  };
  const image = { width: 1, height: 1, data: new Uint8ClampedArray(4) } as unknown as ImageData;
  const watch = new Watch({ isOn: true, frame: () => image }, async () => undefined, () => undefined, async () => reader);
  const turn = (): Promise<void> => new Promise((done) => setTimeout(done, 0));
  const answer = async (): Promise<void> => {
    while (release.length === 0) await turn();
    for (const one of release.splice(0)) one();
    await turn();
  };
  watch.start();
  await answer(); // it rests now
  for (let i = 0; i < 5; i++) {
    watch.stop();
    watch.start();
    await answer();
  }
  most = reading;
  const before = frames;
  while (frames < before + 4) await answer();
  assert.equal(most, 1);
  watch.stop();
});
