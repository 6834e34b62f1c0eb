// The visitor's own data: days on record, notices, and the two ways out, after which nothing is left on the device.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { epochOf } from "../../src/web/lib/index.js";
import { Device, inspect, untilText } from "./browser.js";
import { DAY_OFFSET } from "./ceremony.js";
import { Deployment, type Scanner, until } from "./deployment.js";
import * as joins from "./joins.js";
import { enlarged } from "./large_text.js";
import { accepted, hide, onStore, registerOn, see, untilShown, Wire } from "./visitors.js";

let d: Deployment;
let wire: Wire;
let door: Scanner;
let phone: Device;
let page: Page;
const found: string[] = [];

before(async () => {
  d = await Deployment.start("pages-me", { roles: ["issuer", "registry"] });
  wire = new Wire(d.issuerDaemon().port);
  await wire.open();
  door = await d.venue();
  phone = new Device("me");
  page = await phone.page(wire.url);
});
after(async () => {
  await phone?.discard();
  await wire?.cut();
  await d?.stop();
});

/** All that an origin can keep on a device. */
const kept = (p: Page): Promise<unknown> =>
  p.evaluate(async () => ({
    databases: (await indexedDB.databases()).map((x) => x.name),
    caches: await caches.keys(),
    local: Object.keys(localStorage),
    session: Object.keys(sessionStorage),
    cookies: document.cookie,
    workers: (await navigator.serviceWorker.getRegistrations()).length,
    files: await (async () => {
      const names: string[] = [];
      for await (const name of (await navigator.storage.getDirectory() as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
      return names;
    })(),
  }));
const NOTHING = { databases: [], caches: [], local: [], session: [], cookies: "", workers: 0, files: [] };

/** From a code on the screen: my data, log out, and yes. */
async function logOut(): Promise<void> {
  await page.click("#to-me");
  await page.click("#log-out");
  await page.click("dialog .danger");
}
/** Registered anew, with the service worker on its way and held on the wire. */
async function withWorkerHeld(name: string, phone: string): Promise<void> {
  await page.goto(wire.url);
  wire.hold(/^GET \/sw\.js /);
  await registerOn(page, d, name, phone);
  await until("the service worker to be asked for", 20_000, () => (wire.waiting === 1 ? true : undefined));
}

/** A picture of a state, and what is wrong with it. */
const look = async (p: Page, name: string): Promise<string[]> => [...(await inspect(p, name)).map((f) => `${name}: ${f}`), ...(await enlarged(p, name))];

const dateOf = (epoch: number): string => new Intl.DateTimeFormat("ko", { dateStyle: "long", timeZone: "UTC" }).format(epoch * 86400_000);

test("my data: who I am, until when, and which days are on record until when", async () => {
  await registerOn(page, d, "시험 하나", "010-0000-0301");
  await accepted(d, door, await see(page));
  await until("tomorrow's wallet", 20_000, async () => ((await onStore<unknown[]>(page, "tokens", "getAll")).length >= 60 ? true : undefined));
  await page.click("#to-me");
  const today = epochOf(d.now(), DAY_OFFSET);
  for (const words of ["시험 하나", "010-0000-0301", dateOf(today), dateOf(today + 1), dateOf(today + 29), "받은 안내가 없습니다"]) await untilText(page, words);
  assert.equal(await page.locator("tbody tr").count(), 2);
  found.push(...(await look(page, "visitor-me")));
  await page.goBack();
  await untilShown(page);
});

test("a notice shows the day after with the code, is read in both languages, and is gone once it is confirmed", async () => {
  const day = epochOf(d.now(), DAY_OFFSET);
  const order = joins.noticeOrder(d, [door.venue], d.now() - 600, d.now() + 60, { template: 7, day });
  const { answer } = joins.openVisits(d, order, await joins.callVisits(d, order));
  const outcome = await joins.callNotices(d, order, 1, answer, joins.identityItems(d, answer, 1));
  assert.equal(outcome.status, 200, outcome.code);
  await d.shift(86400);
  await onStore(page, "tokens", "clear"); // as when the device has not been used for a day
  await page.reload();
  await untilText(page, "받은 안내가 있습니다");
  await see(page);
  found.push(...(await look(page, "visitor-show-notice")));
  await page.click("text=읽어 보기");
  for (const words of ["안내 7", "text 7", dateOf(day)]) await untilText(page, words);
  found.push(...(await look(page, "visitor-notice")));
  await page.click("#confirm-notices");
  await untilText(page, "받은 안내가 없습니다");
  const { credential } = await onStore<{ credential: string }>(page, "settings", "get", "registration");
  assert.deepEqual(await d.issuer().notices(credential), []);
  await page.goBack();
  await untilShown(page);
  await untilText(page, "등록은 ");
  assert.ok(!(await page.innerText("main")).includes("받은 안내가 있습니다"));
  await page.click("#to-me");
  await untilText(page, "010-0000-0301");
});

test("without network my data says so and can be tried again", async () => {
  await wire.cut();
  await page.reload();
  const said = (): Promise<true> => until("an announcement", 20_000, async () => (/서버에 연결할 수 없습니다/.test((await page.textContent("#urgent")) ?? "") ? true : undefined));
  await said();
  await page.evaluate(() => document.getElementById("urgent")?.replaceChildren());
  await page.click("#retry");
  await said();
  found.push(...(await look(page, "visitor-me-offline")));
  await wire.open();
  await page.click("#retry");
  await untilText(page, "010-0000-0301");
});

test("an offer to install the page waits as a quiet button with my data, and counts once", async () => {
  await page.evaluate(() => {
    const offer = Object.assign(new Event("beforeinstallprompt", { cancelable: true }), {
      prompt: async () => void (document.documentElement.dataset["asked"] = String(Number(document.documentElement.dataset["asked"] ?? 0) + 1)),
    });
    globalThis.dispatchEvent(offer);
    document.documentElement.dataset["kept"] = String(offer.defaultPrevented);
  });
  await page.click("#install");
  assert.deepEqual(await page.evaluate(() => ({ ...document.documentElement.dataset })), { asked: "1", kept: "true" });
  assert.equal(await page.locator("#install").isVisible(), false);
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
});

test("a question comes before each way out: Escape and Cancel change nothing and give the focus back", async () => {
  for (const id of ["log-out", "withdraw"]) {
    await page.click(`#${id}`);
    assert.ok(await page.locator("dialog[open]").isVisible());
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "취소");
    found.push(...(await look(page, `visitor-${id}`)));
    await page.keyboard.press(id === "log-out" ? "Escape" : "Enter");
    await until("the dialog to go", 20_000, async () => ((await page.locator("dialog").count()) === 0 ? true : undefined));
    assert.equal(await page.evaluate(() => document.activeElement?.id), id);
  }
  await page.click("#to-qr");
  await untilShown(page);
});

test("logging out, without a network too, leaves nothing on the device, in this tab and another, and the registration with the issuer", async () => {
  const { credential } = await onStore<{ credential: string }>(page, "settings", "get", "registration");
  await page.click("#language"); // a choice is kept, too
  await page.click("#language");
  const before = (await kept(page)) as typeof NOTHING;
  assert.deepEqual([before.databases, before.workers, before.local], [["entrylog-visitor"], 1, ["language"]]);
  assert.ok(before.caches.length > 0);
  const second = await phone.browserContext().newPage();
  await second.goto(wire.url);
  await untilShown(second);
  await page.bringToFront();
  await page.click("#to-me");
  await wire.cut();
  await page.click("#log-out");
  await page.click("dialog .danger");
  await untilText(page, "로그아웃했습니다");
  assert.deepEqual(await kept(page), NOTHING);
  await wire.open();
  await untilText(second, "이 기기에서 로그아웃했습니다");
  assert.equal(await second.locator("canvas").count(), 0);
  found.push(...(await look(page, "visitor-logged-out")), ...(await look(second, "visitor-gone")));
  await second.close();
  assert.equal((await d.issuer().raw("GET", "/v1/me", { bearer: credential })).status, 200);
  await page.click("text=처음으로");
  await untilText(page, "출입 QR을 쓰기 전에");
  assert.deepEqual(await kept(page), NOTHING);
});

test("withdrawing ends the registration with the issuer and leaves nothing on the device", async () => {
  await registerOn(page, d, "시험 둘", "010-0000-0302");
  const { credential } = await onStore<{ credential: string }>(page, "settings", "get", "registration");
  await page.click("#to-me");
  await untilText(page, "010-0000-0302");
  await wire.cut();
  await page.click("#withdraw");
  await page.click("dialog .danger");
  await untilText(page, "서버에 연결할 수 없습니다");
  assert.equal((await onStore<{ credential: string }>(page, "settings", "get", "registration")).credential, credential, "not without the issuer");
  await wire.open();
  await page.click("#withdraw");
  await page.click("dialog .danger");
  await untilText(page, "탈퇴했습니다");
  assert.equal(await page.innerText("h1"), "탈퇴했습니다", "which is not: all is gone");
  await untilText(page, "이미 기록된 날의 이름과 전화번호는 각 날짜의 28일이 지날 때까지");
  found.push(...(await look(page, "visitor-withdrawn")));
  assert.deepEqual(await kept(page), NOTHING);
  assert.equal((await d.issuer().raw("GET", "/v1/me", { bearer: credential })).status, 401);
});

test("what was typed in another tab goes when somebody registers, logs out, or leaves it out of sight for a quarter of an hour", async () => {
  const other = await phone.browserContext().newPage();
  const typed = (): Promise<unknown> => other.evaluate(() => [sessionStorage.length, document.querySelectorAll("input").length]);
  const type = async (): Promise<void> => {
    await other.bringToFront();
    await other.goto(`${wire.url}healthz`);
    await other.goto(wire.url);
    await other.click("#agree");
    await other.fill("#name", "시험 셋");
    await other.fill("#phone", "010-0000-0303");
  };
  const minutesAgo = (n: number): Promise<void> =>
    other.evaluate((ms) => sessionStorage.setItem("draft", JSON.stringify({ ...(JSON.parse(sessionStorage.getItem("draft") ?? "{}") as object), seen: Date.now() - ms })), n * 60_000);
  await page.goto(wire.url);

  await type();
  for (const [minutes, stays] of [[14, true], [16, false]] as const) {
    await minutesAgo(20);
    await hide(other, true); // it was in sight until now, so it has its time
    await minutesAgo(minutes);
    await hide(other, false);
    assert.deepEqual(await typed(), stays ? [1, 2] : [0, 0]);
  }
  await untilText(other, "출입 QR을 쓰기 전에");
  await type();
  await other.goto(`${wire.url}healthz`);
  await minutesAgo(16);
  await other.goto(`${wire.url}#details`); // as when a browser brings back a session
  assert.deepEqual(((await kept(other)) as typeof NOTHING).session, []);

  await type();
  await page.bringToFront();
  await page.evaluate(() => new BroadcastChannel("entrylog-visitor").postMessage("wiped"));
  await untilText(other, "이 기기에서 로그아웃했습니다");
  assert.deepEqual(await typed(), [0, 0]);
  assert.ok((await page.innerText("main")).includes("출입 QR을 쓰기 전에"), "who has nothing begun stays");

  await type();
  await page.bringToFront();
  await registerOn(page, d, "시험 넷", "010-0000-0304");
  await other.bringToFront();
  await untilShown(other); // registered now, too
  assert.deepEqual(await typed(), [0, 0]);
  await other.click("#to-me");
  await untilText(other, "시험 넷");
  await page.bringToFront();
  await page.goto(`${wire.url}#consent`);
  await registerOn(page, d, "시험 다섯", "010-0000-0305");
  await other.bringToFront();
  await untilShown(other);
  assert.ok(!(await other.innerText("main")).includes("시험 넷"), "nothing of whom was registered before");
  await other.close();
});

test("a code that is confirmed in one tab while another logs out leaves nothing either, here or with the issuer", async () => {
  const other = await phone.browserContext().newPage();
  let release = (): void => undefined;
  const gate = new Promise<void>((go) => (release = go));
  let confirmed = "";
  await other.route("**/v1/registrations/*/verify", async (route) => {
    const response = await route.fetch();
    confirmed = ((await response.json()) as { credential: string }).credential;
    await gate;
    await route.fulfill({ response });
  });
  await other.goto(`${wire.url}#consent`);
  await other.click("#agree");
  await other.fill("#name", "시험 여섯");
  await other.fill("#phone", "010-0000-0306");
  const seen = d.smsCount();
  await other.click("#send");
  await other.waitForSelector("#check");
  await other.fill("#code", await d.smsCode("+821000000306", seen));
  await until("the confirmation", 20_000, () => (confirmed === "" ? undefined : true));
  await page.bringToFront();
  await logOut();
  await untilText(page, "로그아웃했습니다");
  await untilText(other, "이 기기에서 로그아웃했습니다");
  release();
  await until("withdrawn", 20_000, async () => ((await d.issuer().raw("GET", "/v1/me", { bearer: confirmed })).status === 401 ? true : undefined));
  assert.deepEqual(await kept(page), NOTHING);
  assert.deepEqual(await kept(other), NOTHING);
  await untilText(other, "이 기기에서 로그아웃했습니다");
  await other.close();
});

test("a browser without a channel between tabs registers and logs out all the same", async () => {
  await page.addInitScript(() => delete (globalThis as unknown as Record<string, unknown>)["BroadcastChannel"]);
  await page.goto(wire.url);
  assert.equal(await page.evaluate(() => typeof BroadcastChannel), "undefined");
  await registerOn(page, d, "시험 일곱", "010-0000-0307");
  await logOut();
  await untilText(page, "로그아웃했습니다");
  assert.deepEqual(await kept(page), NOTHING);
});

test("who logs out while the page is still being kept for use without a network leaves nothing, either", async () => {
  await withWorkerHeld("시험 여덟", "010-0000-0308");
  await logOut();
  await until("the databases to go", 20_000, async () => (((await kept(page)) as typeof NOTHING).databases.length === 0 ? true : undefined));
  wire.release();
  await untilText(page, "로그아웃했습니다");
  assert.deepEqual(await kept(page), NOTHING);
  await new Promise((done) => setTimeout(done, 1500)); // a worker would have its time
  assert.deepEqual(await kept(page), NOTHING);
});

test("a network that swallows the service worker does not hold up who logs out", async () => {
  await withWorkerHeld("시험 아홉", "010-0000-0309");
  await logOut();
  await untilText(page, "로그아웃했습니다");
  const { databases, caches, local, session } = (await kept(page)) as typeof NOTHING;
  assert.deepEqual([databases, caches, local, session], [[], [], [], []]);
  assert.equal(wire.waiting, 1, "it never came");
  wire.release();
});

test("all states were clean, and nothing of the page did what it must not", () => {
  assert.deepEqual(found, []);
  assert.deepEqual(phone.problems, []);
});
