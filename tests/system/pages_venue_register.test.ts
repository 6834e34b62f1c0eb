// The venue page for who comes with a venue: registering it, the owner's key that is shown once, and the approval.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { untilText, violations } from "./browser.js";
import { type Deployment, until } from "./deployment.js";
import { BUSINESS, NAME, VenuePage } from "./venue_page.js";

const venue = new VenuePage("pages-venue-register");
const { device, url, registry, logIn, logOut, clean, heading, button, pressKey, pdf, keptItsKey } = venue;
let d: Deployment;
let page: Page;

before(async () => {
  ({ d, page } = await venue.start());
});
after(() => venue.stop());

/** Press a button twice before the first press is answered, and once more by keyboard: how many calls does it make? */
async function pressedThrice(pattern: string, name: string, meanwhile = async (): Promise<void> => undefined): Promise<number> {
  let calls = 0;
  let release: () => void = () => undefined;
  const held = new Promise<void>((done) => (release = done));
  await page.route(pattern, async (route) => {
    if (route.request().method() !== "POST") return route.fallback();
    calls++;
    await held;
    return route.continue();
  });
  const press = button(name);
  await press.evaluate((b: HTMLElement) => (b.focus(), b.click(), b.click()));
  await page.keyboard.press("Enter");
  await until("a call", 20_000, async () => (calls > 0 ? true : undefined));
  await meanwhile();
  release();
  return until("the answer", 20_000, async () => ((await page.getByText("처리 중입니다…").count()) === 0 ? calls : undefined));
}

test("the first screen says what there is to do, and is clean in light, dark and forced colours", async () => {
  await heading("업소 관리");
  await clean("start");
  await page.emulateMedia({ colorScheme: "dark" });
  await clean("start-dark");
  await page.emulateMedia({ colorScheme: "light", forcedColors: "active" });
  assert.deepEqual(await violations(page), []);
  await page.emulateMedia({ forcedColors: "none" });
});

test("a venue is registered by keyboard alone, and a wrong business number is told with what to do", async () => {
  await pressKey("업소 등록하기");
  await heading("업소 등록");
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "the new screen's heading has the focus");
  await pressKey("등록하기");
  await untilText(page, "업소 이름을 적어 주세요");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "venue-name", "the first wrong field has the focus");
  await page.keyboard.type(NAME);
  for (const [typed, told] of [
    ["12345", "숫자 10자리를"],
    ["100-00-00008", "숫자 하나가 잘못된 것 같습니다"],
  ] as const) {
    await page.getByLabel("사업자등록번호").fill("");
    await page.getByLabel("사업자등록번호").focus();
    await page.keyboard.type(typed);
    await page.keyboard.press("Enter");
    await untilText(page, told);
    const field = page.getByLabel("사업자등록번호");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.match((await field.getAttribute("aria-describedby")) ?? "", /business-number-error/);
  }
  await clean("register-wrong");
  await page.emulateMedia({ colorScheme: "dark" });
  await clean("register-wrong-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByLabel("사업자등록번호").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(BUSINESS);
  await page.keyboard.press("Enter");
  await heading("관리 키를 보관하세요");
});

test("the owner's key is shown once: copied, saved as a file, printed; only who confirms goes on", async () => {
  venue.key = await page.locator("#new-key").innerText();
  venue.id = Number(await page.locator("#new-number").innerText());
  assert.match(venue.key, /^[A-Za-z0-9_-]{43}$/);
  await clean("key");
  assert.ok(!(await page.title()).includes(venue.key));
  assert.equal(await page.evaluate(() => history.state as unknown), null);
  await device.browserContext().grantPermissions(["clipboard-read", "clipboard-write"]);
  await pressKey("키 복사");
  await untilText(page, "관리 키를 복사했습니다");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), venue.key);
  const saved = page.waitForEvent("download");
  await pressKey("파일로 저장");
  const download = await saved;
  assert.equal(download.suggestedFilename(), `entrylog-venue-${venue.id}.txt`);
  const text = readFileSync(await download.path(), "utf8");
  for (const part of [NAME, BUSINESS, `업소 번호: ${venue.id}\n`, `관리 키: ${venue.key}\n`]) assert.ok(text.includes(part), part);
  assert.equal((await pdf("key")).pages, 1);
  await page.evaluate(() => (window.print = () => (document.documentElement.dataset["printed"] = "yes")));
  await pressKey("인쇄");
  assert.equal(await page.evaluate(() => document.documentElement.dataset["printed"]), "yes");
  await pressKey("계속하기");
  await untilText(page, "먼저 키를 보관한 다음");
  await clean("key-first");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "key-kept");
  // Neither another language nor a hasty reload loses it.
  await button("English").click();
  await heading("Keep the owner’s key");
  await button("한국어").click();
  const warned = page.waitForEvent("dialog");
  await page.evaluate(() => setTimeout(() => location.reload(), 0));
  const dialog = await warned;
  assert.equal(dialog.type(), "beforeunload");
  await dialog.dismiss();
  assert.equal(await page.locator("#new-key").innerText(), venue.key);
  await page.locator("#key-kept").focus();
  await page.keyboard.press("Space");
  await pressKey("계속하기");
  await heading(NAME);
  assert.ok(!(await page.content()).includes(venue.key), "nothing of the key is left on the next screen");
});

test("a venue waits for approval and says what comes next; looking again finds it approved", async () => {
  await untilText(page, "승인 대기 중");
  await untilText(page, "승인되면 이 화면이 바뀝니다");
  await pressKey("다시 확인");
  await untilText(page, "아직 승인되지 않았습니다");
  await clean("waiting");
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: d.operator.registry, body: { approved: true } });
  await button("다시 확인").click();
  await untilText(page, "승인되었습니다");
  await untilText(page, "운영 중");
  await untilText(page, "아직 출입이 없습니다");
  await clean("approved");
});

test("a waiting page looks again by itself only when it is seen again", async () => {
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: d.operator.registry, body: { approved: false } });
  await button("새로 고침").click();
  await untilText(page, "승인 대기 중");
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: d.operator.registry, body: { approved: true } });
  const other = await device.browserContext().newPage();
  await other.goto("about:blank");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await untilText(page, "승인되었습니다");
  await other.close();
});

test("who presses twice registers one venue and adds one scanner", async () => {
  await logOut();
  await page.goto(url("#register"));
  await page.getByLabel("업소 이름").fill("시험 가게 넷");
  await page.getByLabel("사업자등록번호").fill(BUSINESS);
  const again = async (): Promise<void> => {
    // Another form of the same registration, drawn while the first is on its way.
    await button("English").click();
    await button("Register").click();
    await button("한국어").click();
    await button("등록하기").click();
  };
  assert.equal(await pressedThrice("**/v1/venues", "등록하기", again), 1);
  await heading("관리 키를 보관하세요");
  await page.unroute("**/v1/venues");
  await page.locator("#key-kept").check();
  await button("계속하기").click();
  await heading("시험 가게 넷");
  await page.goto(url("#scanners"));
  await untilText(page, "아직 스캐너가 없습니다");
  assert.equal(await pressedThrice("**/v1/venues/*/scanners", "추가하고 코드 받기"), 1);
  await page.locator(".scanner").waitFor();
  assert.equal(await page.locator(".scanner").count(), 1);
  await page.unroute("**/v1/venues/*/scanners");
});

test("logging out elsewhere leaves a key alone that is on the screen and not yet kept", async () => {
  const other = await device.browserContext().newPage();
  await other.goto(url("#register"));
  await other.getByLabel("업소 이름").fill("시험 가게 다섯");
  await other.getByLabel("사업자등록번호").fill(BUSINESS);
  await other.getByRole("button", { name: "등록하기" }).click();
  const fresh = await other.locator("#new-key").innerText();
  const third = await device.browserContext().newPage();
  await third.goto(url());
  const heard = third.evaluate(() => new Promise((done) => new BroadcastChannel("entrylog-venue").addEventListener("message", () => done(true))));
  await third.evaluate(() => undefined);
  await page.bringToFront();
  await logOut();
  await heard;
  assert.equal(await other.locator("#new-key").innerText(), fresh);
  await other.close();
  await third.close();
});

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", async () => {
  await logIn(); // with what was read on the screen when it was shown
  await keptItsKey();
});
