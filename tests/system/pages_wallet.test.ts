// The visitor page's wallet in a real browser: what the issuer sees, and what happens without it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { decodeBase64url, parseBody } from "../../src/web/lib/index.js";
import { Device, inspect, patience, untilText } from "./browser.js";
import { Deployment, type Scanner, until } from "./deployment.js";
import { enlarged } from "./large_text.js";
import { accepted, onStore, registerOn, see, seeOther, untilShown, Wire } from "./visitors.js";

let d: Deployment;
let wire: Wire;
let door: Scanner;
let phone: Device;
let page: Page;
const found: string[] = [];

const HOUR = 3600;
interface Kept {
  index: number;
  epoch: number;
}

before(async () => {
  d = await Deployment.start("pages-wallet", { roles: ["issuer", "registry"] });
  wire = new Wire(d.issuerDaemon().port);
  await wire.open();
  door = await d.venue();
  phone = new Device("wallet");
});
after(async () => {
  await phone?.discard();
  await wire?.cut();
  await d?.stop();
});

const tokens = (): Promise<Kept[]> => onStore<Kept[]>(page, "tokens", "getAll");
const setting = (name: string): Promise<number> => onStore<number>(page, "settings", "get", name);
const look = async (name: string): Promise<string[]> => [...(await inspect(page, name)).map((f) => `${name}: ${f}`), ...(await enlarged(page, name))];
const full = (): Promise<true> => until("a full wallet", 20_000, async () => ((await tokens()).length >= 60 ? true : undefined));
const apiCalls = (): string[] => wire.requests.filter((r) => r.includes(" /v1/"));

test("at most 60 KB arrive before the first code, and registering fills today's and tomorrow's wallet at once", async (t) => {
  page = await phone.page("about:blank");
  const cdp = await phone.browserContext().newCDPSession(page);
  await cdp.send("Network.enable");
  const arrived: { at: number; bytes: number }[] = [];
  let wallLess = 0; // what the browser's clock of requests is behind the wall's
  cdp.on("Network.requestWillBeSent", (e) => (wallLess = e.wallTime - e.timestamp));
  cdp.on("Network.loadingFinished", (e) => arrived.push({ at: e.timestamp, bytes: e.encodedDataLength }));
  await page.goto(wire.url);
  await registerOn(page, d, "시험 하나", "010-0000-0201");
  const drawn = await page.evaluate(() => (performance.timeOrigin + (performance.getEntriesByName("code")[0]?.startTime ?? Infinity)) / 1000);
  const bytes = arrived.filter((a) => a.at + wallLess <= drawn).reduce((sum, a) => sum + a.bytes, 0);
  t.diagnostic(`${(bytes / 1024).toFixed(1)} KB before the first code`);
  assert.ok(bytes > 10_000 && bytes <= 60 * 1024, `${bytes} bytes`);
  await full();
  const now = d.now();
  const isNext = (at: number): boolean => at >= now + HOUR - 60 && at <= now + 6 * HOUR + 60;
  await until("the notices to be asked for", 20_000, () => (wire.requests.some((r) => r.includes("/v1/me/notices")) ? true : undefined));
  await until("the next moment", 20_000, async () => (isNext(await setting("refill_at")) ? true : undefined)); // the refill's last deed
  await untilText(page, "오늘 쓸 수 있는 QR 31개");
});

test("opening the page, showing a code and redrawing it asks the network for nothing", async (t) => {
  await until("the service worker", 20_000, () => page.evaluate(async () => (navigator.serviceWorker.controller === null ? undefined : ((await navigator.serviceWorker.ready), true))));
  const before = wire.requests.length;
  const asked: string[] = [];
  page.on("request", (r) => asked.push(new URL(r.url()).pathname));
  await page.reload();
  const first = await see(page);
  t.diagnostic(`${Math.round(await page.evaluate(() => performance.getEntriesByName("code")[0]?.startTime ?? 0))} ms from opening to the first code`);
  await seeOther(page, await seeOther(page, first));
  assert.deepEqual(wire.requests.slice(before), []);
  assert.deepEqual(asked.filter((p) => p.startsWith("/v1/") || p === "/readyz"), []);
});

test("asking for another code again and again tells the issuer nothing; the button that sets the clock says that it does, and mends one that was set meanwhile", async () => {
  const kept = await setting("clock_offset");
  const withClock = async (offset: number): Promise<void> => {
    await page.goto(`${wire.url}healthz`);
    await onStore(page, "settings", "put", offset, "clock_offset");
    await page.goto(wire.url);
  };
  await withClock(kept + HOUR); // as if the device's clock had been put right while the page was closed
  let last = await see(page);
  assert.equal((await d.checkin(door, last.text)).status, 422);
  const before = wire.requests.length;
  assert.equal(await page.locator("#set-clock").count(), 0);
  for (let i = 0; i < 3; i++) {
    await page.click("#new-code");
    last = await seeOther(page, last);
    assert.equal(await page.locator("#set-clock").isVisible(), i > 0, "offered from the second time on");
  }
  await untilText(page, "발급 기관은 이 페이지가 지금 열려 있다는 것을 알게 됩니다");
  await new Promise((done) => setTimeout(done, 1500)); // a request would have its time
  assert.deepEqual(wire.requests.slice(before), []);
  found.push(...(await look("visitor-clock")));
  await page.click("#language");
  await see(page);
  for (let i = 0; i < 2; i++) await page.click("#new-code");
  found.push(...(await look("visitor-clock-en")));
  await page.click("#set-clock");
  await untilText(page, "The clock is set");
  const right = await until("a code of now", 20_000, async () => (Math.abs((await see(page)).shownAt - d.now()) < 12 ? see(page) : undefined));
  await accepted(d, door, right);
  await page.click("#set-clock");
  await untilText(page, "The clock is right");
  assert.deepEqual(wire.requests.slice(before), ["GET /v1/time", "GET /v1/time"]);
  assert.ok(Math.abs((await setting("clock_offset")) - kept) < 3, "and it is kept");
  await wire.cut();
  await page.click("#set-clock");
  await untilText(page, "The server cannot be reached");
  found.push(...(await look("visitor-clock-failed-en")));
  await page.click("#language");
  await wire.open();
  await page.reload();
  await untilShown(page);
  assert.equal(await page.locator("#set-clock").count(), 0, "a new opening begins without it");
});

test("with the issuer stopped a new browser on the same device opens, shows and is let in", async () => {
  await phone.close();
  await wire.cut();
  await d.issuerDaemon().stop();
  page = await phone.page(wire.url);
  const first = await see(page);
  await accepted(d, door, first);
  await phone.offline(true); // flight mode as well
  await page.reload();
  const second = await see(page);
  assert.notEqual(second.body, first.body);
  await accepted(d, door, await seeOther(page, second));
  found.push(...(await look("visitor-offline")));
  await phone.offline(false);
  d.issuerDaemon().start();
  await d.issuerDaemon().ready();
  await wire.open();
});

/** The browser's main process, found by its profile: the one that this test started. */
function mainProcess(): number {
  for (const pid of readdirSync("/proc").filter((n) => /^[0-9]+$/.test(n)))
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, "utf8");
      if (line.includes(`--user-data-dir=${phone.profile}`) && !line.includes("--type=")) return Number(pid);
    } catch {
      continue; // it ended meanwhile
    }
  throw new Error("no browser");
}

test("a browser that is killed between taking a body and showing it loses that body alone, and shows none twice", async () => {
  const context = phone.browserContext();
  await page.goto(`${wire.url}healthz`); // of the same origin, and shows nothing
  const before = await tokens();
  const stuck = await context.newPage();
  await stuck.addInitScript(() => {
    HTMLCanvasElement.prototype.getContext = () => {
      throw new Error("stuck before drawing");
    };
  });
  await stuck.goto(wire.url);
  const lost = await until("a body taken", 20_000, async () => {
    const rest = new Set((await tokens()).map((t) => `${t.epoch}:${t.index}`));
    return before.find((t) => !rest.has(`${t.epoch}:${t.index}`));
  });
  const taken = before.length - (await tokens()).length;
  const gone = new Promise<void>((done) => context.once("close", () => done()));
  process.kill(mainProcess(), "SIGKILL");
  await gone;
  await phone.close();
  page = await phone.page(`${wire.url}healthz`);
  const after = await tokens();
  assert.equal(before.length - after.length, taken, "nothing came back, nothing more is gone");
  assert.ok(after.every((t) => t.epoch !== lost.epoch || t.index !== lost.index));
  await page.goto(wire.url);
  await accepted(d, door, await see(page));
});

test("an empty wallet with network draws live at once, then fills itself", async () => {
  await onStore(page, "tokens", "clear");
  const before = wire.requests.length;
  await page.reload();
  const code = await see(page);
  await accepted(d, door, code);
  const since = (): string[] => wire.requests.slice(before);
  assert.ok(since().includes("POST /v1/tokens"));
  await until("a refill", 20_000, () => (since().includes("POST /v1/wallet") ? true : undefined));
  await full();
  await untilText(page, /오늘 쓸 수 있는 QR [0-9]+개/, 20_000);
  assert.notEqual((await seeOther(page, code)).body, code.body);
});

test("an empty wallet without network says so plainly, keeps trying, and recovers by itself and by the button", async () => {
  for (const by of ["itself", "the button"]) {
    await page.goto(`${wire.url}healthz`);
    await onStore(page, "tokens", "clear");
    await wire.cut();
    await page.goto(wire.url);
    await untilText(page, "지금은 QR을 보여 드릴 수 없습니다");
    await untilText(page, "네트워크에 연결하면 저절로 나타납니다");
    if (by === "itself") found.push(...(await look("visitor-none")));
    await page.focus("#retry");
    if (by === "the button") {
      await page.evaluate(() => {
        for (let last = Number(setTimeout(() => 0)); last > 0; last--) clearTimeout(last);
        (globalThis as { setTimeout: unknown }).setTimeout = () => 0; // it does not try by itself
      });
      await wire.open();
      await page.keyboard.press("Enter");
    } else await wire.open();
    await untilShown(page);
    assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "the focus is not lost with the button");
    await accepted(d, door, await see(page));
    if (by === "the button") await page.reload();
    await full();
  }
});

test("an answer that is lost on its way costs its index, and no other code is shown for it", async () => {
  await page.goto(`${wire.url}healthz`);
  await onStore(page, "tokens", "clear");
  wire.losesAnswers = true;
  await page.goto(wire.url);
  await until("two lost answers", 20_000, () => (wire.lost >= 2 ? true : undefined));
  wire.losesAnswers = false;
  await untilShown(page);
  await accepted(d, door, await see(page));
  await full();
});

test("a device without space left shows the codes that it has, then live ones, and fills up when there is space", async () => {
  await phone.browserContext().addInitScript(() => {
    const add = IDBObjectStore.prototype.add;
    const full = new WeakSet<IDBTransaction>();
    IDBObjectStore.prototype.add = function (...given) {
      if (localStorage.getItem("full") !== null && !full.has(this.transaction)) {
        full.add(this.transaction);
        queueMicrotask(() => this.transaction.abort()); // as the browser does when the disk is full
      }
      return add.apply(this, given);
    };
  });
  const keys = await onStore<number[]>(page, "tokens", "getAllKeys");
  const mine = await tokens();
  const today = Math.min(...mine.map((t) => t.epoch));
  const keep = keys.filter((_, i) => mine[i]?.epoch === today).slice(0, 3);
  for (const key of keys) if (!keep.includes(key)) await onStore(page, "tokens", "delete", key);
  await page.evaluate(() => localStorage.setItem("full", ""));
  const asked = apiCalls().length;
  await page.reload();
  const bodies = [(await see(page)).body];
  await until("a refill for nothing", 20_000, () => (apiCalls().slice(asked).includes("POST /v1/wallet") ? true : undefined));
  for (let i = 0; i < 4; i++) {
    const now = await see(page);
    await page.click("#new-code");
    bodies.push((await seeOther(page, now, 10_000)).body);
  }
  await untilText(page, "지금은 서버에서 바로 받아 보여 드립니다");
  assert.equal(new Set(bodies).size, 5);
  assert.deepEqual(await tokens(), []);
  await accepted(d, door, await see(page));
  await page.evaluate(() => localStorage.removeItem("full"));
  await page.reload();
  await untilShown(page);
  await full();
});

test("few are left: more are fetched at once; the issuer's wish to be left alone is kept", async () => {
  const all = await onStore<number[]>(page, "tokens", "getAllKeys");
  const mine = await tokens();
  const today = Math.min(...mine.map((t) => t.epoch));
  const keep = new Set(all.filter((_, i) => mine[i]?.epoch === today).slice(0, 3));
  for (const [i, key] of all.entries()) if (mine[i]?.epoch === today && !keep.has(key)) await onStore(page, "tokens", "delete", key);
  await onStore(page, "settings", "put", d.now() + 600, "hold_until");
  const before = apiCalls().length;
  await page.reload();
  await untilText(page, "QR 2개");
  assert.equal(apiCalls().length, before, "held");
  await page.goto(`${wire.url}healthz`); // or a page that has not looked yet would fetch as well
  await onStore(page, "settings", "delete", "hold_until");
  await page.goto(wire.url);
  await untilText(page, "QR 17개");
  assert.deepEqual(apiCalls().slice(before).filter((r) => r.startsWith("POST")), ["POST /v1/wallet"]);
});

interface Event {
  registrationId: string;
}

test("when its moment has passed, the page does not fetch as it opens; the service worker does when the browser wakes it", async () => {
  await onStore(page, "settings", "put", d.now() - 10, "refill_at");
  await page.reload();
  await see(page);
  const rest = (await tokens()).length;
  const before = apiCalls().length;
  await seeOther(page, await see(page));
  assert.equal(apiCalls().length, before, "the opening is not seen");
  await page.goto("about:blank");
  const helper = await phone.browserContext().newPage();
  await helper.goto(`${wire.url}healthz`);
  page = helper;
  const cdp = await phone.browserContext().newCDPSession(helper);
  const id = new Promise<string>((done) => cdp.on("ServiceWorker.workerRegistrationUpdated", (e: { registrations: Event[] }) => e.registrations[0] && done(e.registrations[0].registrationId)));
  await cdp.send("ServiceWorker.enable");
  await cdp.send("ServiceWorker.dispatchPeriodicSyncEvent", { origin: wire.url.slice(0, -1), registrationId: await id, tag: "entrylog-refill" });
  await until("the refill", 20_000, async () => ((await setting("refill_at")) > d.now() ? true : undefined));
  assert.ok(apiCalls().length > before);
  assert.ok((await tokens()).length >= rest);
});

let offset = 0;

test("a page that stays open fetches by itself a while after the moment", async () => {
  offset = await setting("clock_offset");
  await page.clock.install();
  await page.goto(`${wire.url}healthz`);
  await onStore(page, "settings", "put", d.now() - 10, "refill_at");
  await page.goto(wire.url);
  await page.clock.runFor(1000);
  await see(page);
  const before = apiCalls().length;
  await page.clock.runFor(15_000);
  assert.equal(apiCalls().length, before);
  await until("the refill", 30_000, async () => {
    await page.clock.runFor(10_000);
    return apiCalls().length > before ? true : undefined;
  });
});

test("the next body takes over by itself before 90 seconds are over", async () => {
  const before = await see(page); // of any age: the test before let time go by until a refill came
  await page.click("#new-code");
  const first = await until("a new body", 20_000, async () => ((await see(page)).body !== before.body ? see(page) : undefined));
  const bodies = [first.body];
  for (let s = 0; s < 88; s += 8) {
    await page.clock.runFor(8_000);
    bodies.push((await see(page)).body);
  }
  await until("the next body", 20_000, async () => ((await see(page)).body !== first.body ? true : undefined));
  assert.ok(bodies.filter((b) => b === first.body).length >= 4, "not before its time");
  await phone.close(); // a clock that was put in stays for the browser's life; the offset must fit the real one
  page = await phone.page(`${wire.url}healthz`);
  await onStore(page, "settings", "put", offset, "clock_offset");
  await page.goto(wire.url);
  await untilShown(page);
});

test("no index of a ticket was ever asked for twice, and no more tickets than needed", async () => {
  await page.reload();
  await see(page);
  const draws = wire.draws();
  assert.ok(draws.length >= 8);
  const tickets = [...new Set(draws.map((x) => x.ticket))];
  assert.equal(tickets.length, 2, "one of today, one of tomorrow");
  for (const ticket of tickets) {
    const all = draws.filter((x) => x.ticket === ticket).flatMap((x) => Array.from({ length: x.count }, (_, i) => x.first + i));
    assert.equal(new Set(all).size, all.length);
  }
});

test("an older tab whose call for the registration before comes back as unknown neither ends the new one nor takes its place", async () => {
  const old = await phone.browserContext().newPage();
  try {
    await old.addInitScript(() => delete (globalThis as unknown as Record<string, unknown>)["BroadcastChannel"]); // it is not told
    await old.addInitScript(patience);
    let release = (): void => undefined;
    let held = 0;
    const gate = new Promise<void>((go) => (release = go));
    await old.route("**/v1/days", async (route) => (held++, await gate, await route.continue()));
    await old.goto(wire.url);
    await untilShown(old);
    for (const store of ["tokens", "tickets"]) await onStore(old, store, "clear");
    await old.click("#new-code");
    await until("a call that hangs", 20_000, () => (held > 0 ? true : undefined));
    await page.bringToFront();
    await page.goto(`${wire.url}#consent`);
    const before = await onStore<{ credential: string }>(page, "settings", "get", "registration");
    await registerOn(page, d, "시험 하나", "010-0000-0201");
    const fresh = await onStore<{ credential: string; ended?: boolean }>(page, "settings", "get", "registration");
    assert.notEqual(fresh.credential, before.credential);
    await until("the one before withdrawn", 20_000, async () => ((await d.issuer().raw("GET", "/v1/me", { bearer: before.credential })).status === 401 ? true : undefined));
    await full();
    const refused = old.waitForResponse((r) => r.url().endsWith("/v1/days") && r.status() === 401);
    release();
    await refused;
    await old.bringToFront();
    await untilShown(old); // it goes on with the new one
    assert.ok(!(await old.innerText("main")).includes("다시 등록"));
    assert.deepEqual(await onStore(page, "settings", "get", "registration"), fresh);
    await accepted(d, door, await see(old));
  } finally {
    await old.close();
    await page.bringToFront();
  }
});

const epochOn = (code: { body: string }): number => parseBody(decodeBase64url(code.body)).epoch;
const dropDay = async (epoch: number): Promise<void> => {
  const keys = await onStore<number[]>(page, "tokens", "getAllKeys");
  for (const [i, token] of (await tokens()).entries()) if (token.epoch === epoch) await onStore(page, "tokens", "delete", keys[i]);
};
/** The deployment's clock goes on, and the device's with it. */
const goOn = async (hours: number): Promise<void> => {
  await d.shift(hours * HOUR);
  await page.evaluate((h) => localStorage.setItem("shift", String(Number(localStorage.getItem("shift") ?? "0") + h * 3600_000)), hours);
};

test("with the issuer down tomorrow's tokens are let in tomorrow, yesterday's for two more hours if there are no others, and then they are destroyed", async () => {
  const before = await tokens();
  const [today, tomorrow] = [Math.min(...before.map((t) => t.epoch)), Math.max(...before.map((t) => t.epoch))];
  assert.equal(tomorrow, today + 1);
  await wire.cut();
  await phone.browserContext().addInitScript(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + Number(localStorage.getItem("shift") ?? "0");
  });
  await goOn(16.5); // from noon to half an hour into the next day
  await page.reload();
  const newer = await see(page);
  assert.equal(epochOn(newer), tomorrow);
  await accepted(d, door, newer);
  await dropDay(tomorrow);
  await page.reload();
  const older = await see(page);
  assert.equal(epochOn(older), today);
  await accepted(d, door, older);
  await goOn(2);
  await page.reload();
  await untilText(page, "지금은 QR을 보여 드릴 수 없습니다");
  assert.deepEqual(await tokens(), []);
  await wire.open();
  await untilShown(page);
  await accepted(d, door, await see(page));
});

test("all states were clean, and nothing of the page did what it must not", () => {
  assert.deepEqual(found, []);
  assert.deepEqual(phone.problems.filter((p) => !p.includes("stuck before drawing")), []);
});
