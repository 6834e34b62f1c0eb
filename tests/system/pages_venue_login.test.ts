// The venue page's login: what a device keeps of it and for how long, how it ends, and keys that are refused.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { untilText } from "./browser.js";
import { until } from "./deployment.js";
import { NAME, VenuePage } from "./venue_page.js";

const venue = new VenuePage("pages-venue-login");
const { device, open, url, registry, logIn, logOut, clean, heading, button, keptItsKey } = venue;
let page: Page;

before(async () => {
  ({ page } = await venue.start());
  await venue.registered();
  await venue.scanner("정문 태블릿");
  await logIn();
});
after(() => venue.stop());

/** Does any file below a folder hold a text, as it is or in UTF-16? */
function holds(dir: string, text: string): string | undefined {
  for (const entry of readdirSync(dir, { recursive: true }) as string[]) {
    const file = path.join(dir, entry);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) continue;
    const bytes = readFileSync(file);
    if (bytes.includes(text) || bytes.includes(Buffer.from(text, "utf16le"))) return entry;
  }
  return undefined;
}

test("log in is a form that password managers know; a wrong key is told, a lost login asks again", async () => {
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
  await clean("logged-out");
  await page.getByRole("link", { name: "로그인", exact: true }).click();
  await heading("로그인");
  assert.equal(await page.getByLabel("업소 번호", { exact: true }).getAttribute("autocomplete"), "username");
  const secret = page.getByLabel("관리 키", { exact: true });
  assert.equal(await secret.getAttribute("autocomplete"), "current-password");
  assert.equal(await secret.getAttribute("type"), "password");
  await clean("login");
  await page.getByLabel("업소 번호", { exact: true }).fill("하나");
  await secret.fill("too short");
  await button("로그인").click();
  await untilText(page, "업소 번호는 숫자입니다");
  await untilText(page, "43자입니다");
  await page.getByLabel("업소 번호", { exact: true }).fill(String(venue.id));
  await secret.fill("A".repeat(43));
  await button("로그인").click();
  await untilText(page, "서로 맞지 않습니다");
  await clean("login-wrong");
  await button("키 보기").click();
  assert.equal(await page.locator("#password").getAttribute("type"), "text");
  await secret.fill(` ${venue.key.slice(0, 20)} ${venue.key.slice(20)}`);
  await secret.press("Enter");
  await heading(NAME);
});

test("without being kept, a reload logs out, and the device's storage never held the key", async () => {
  await page.reload();
  await heading("업소 관리");
  assert.deepEqual(await page.evaluate(() => indexedDB.databases().then((all) => all.map((x) => x.name))), []);
  await device.close();
  assert.equal(holds(device.profile, venue.key), undefined);
  page = await open();
});

test("kept on the device, the login outlives the browser; logging out leaves nothing but the language", async () => {
  // A language that was chosen is kept, also where it is the device's own.
  await button("English").click();
  await button("한국어").click();
  await logIn(true);
  await device.close();
  page = await open();
  await heading(NAME);
  const other = await device.browserContext().newPage();
  await other.goto(url());
  await other.getByRole("heading", { level: 1, name: NAME }).waitFor();
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
  await other.getByRole("heading", { level: 1, name: "업소 관리" }).waitFor();
  await other.close();
  assert.deepEqual(await page.evaluate(() => indexedDB.databases().then((all) => all.map((x) => x.name))), []);
  assert.deepEqual(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]), ["language"]);
  await device.close();
  page = await open();
  await heading("업소 관리");
});

test("logging out stops a login that is under way in another window", async () => {
  await logIn(true);
  const other = await device.browserContext().newPage();
  let answer = (): void => undefined;
  const loggedOut = new Promise<void>((done) => (answer = done));
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((done) => (asked = done));
  await other.route(`**/v1/venues/${venue.id}`, async (route) => {
    asked();
    await loggedOut;
    await route.continue();
  });
  await other.goto(url());
  await isAsked;
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
  await other.getByRole("heading", { level: 1, name: "업소 관리" }).waitFor();
  const answered = other.waitForResponse(`**/v1/venues/${venue.id}`);
  answer();
  await (await answered).finished();
  await other.evaluate(() => new Promise((done) => setTimeout(done))); // what waited for the answer has run
  await other.getByRole("heading", { level: 1, name: "업소 관리" }).waitFor();
  assert.equal(await other.getByRole("button", { name: "로그아웃" }).count(), 0);
  await other.close();
});

test("a key that cannot be deleted from the device is told of, and one whose row alone cannot be is deleted", async () => {
  const cannot = async (what: "clear" | "delete"): Promise<void> =>
    page.evaluate((which) => {
      const fail = (): never => {
        throw new DOMException("full", "QuotaExceededError");
      };
      if (which === "clear") IDBObjectStore.prototype.clear = fail;
      else IDBFactory.prototype.deleteDatabase = fail;
    }, what);
  await logIn(true);
  await cannot("clear");
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
  assert.deepEqual(await page.evaluate(() => indexedDB.databases().then((all) => all.map((x) => x.name))), []);
  await logIn(true);
  await cannot("clear");
  await cannot("delete");
  await button("로그아웃").click();
  await untilText(page, "지우지 못했습니다");
  await clean("logged-out-kept");
  await page.reload(); // as whoever comes next would find it
  await heading(NAME);
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
});

test("another language costs nobody what was typed", async () => {
  await page.goto(url("#login"));
  await page.getByLabel("업소 번호").fill(String(venue.id));
  await page.getByLabel("이 기기에서 로그인 유지").check();
  await button("English").click();
  assert.equal(await page.locator("#username").inputValue(), String(venue.id));
  assert.ok(await page.locator("#keep").isChecked());
  await button("한국어").click();
  assert.equal(await page.locator("#username").inputValue(), String(venue.id));
});

test("a kept key that is refused stays until its owner removes it", async () => {
  await logIn(true);
  await page.evaluate(
    () =>
      new Promise<void>((done) => {
        const opening = indexedDB.open("entrylog-venue");
        opening.onsuccess = () => {
          const row = opening.result.transaction("owner", "readwrite").objectStore("owner");
          row.put({ venue: 1, key: "B".repeat(43) }, "owner").onsuccess = () => {
            opening.result.close();
            done();
          };
        };
      }),
  );
  await page.goto(url());
  await page.reload();
  await untilText(page, "저장된 키가 거절되었습니다");
  await clean("login-kept-refused");
  await button("이 기기에 저장된 키 지우기").click();
  await untilText(page, "저장된 키를 지웠습니다");
  assert.deepEqual(await page.evaluate(() => indexedDB.databases().then((all) => all.map((x) => x.name))), []);
});

test("after logging out the way back shows nothing of the venue, and late answers change nothing", async () => {
  await logIn();
  for (const view of ["scanners", "print", "poster", "scanners", "today"]) {
    await page.goto(url(`#${view}`));
    await page.locator("h1").waitFor();
  }
  await untilText(page, "시간대별 표 보기");
  let release: () => void = () => undefined;
  const held = new Promise<void>((done) => (release = done));
  let asked = 0;
  await page.route("**/v1/venues/**", async (route) => {
    asked++;
    await held;
    await route.continue();
  });
  await button("업소 일시 중지").click();
  await button("중지하기").click();
  await until("a question on its way", 20_000, async () => (asked === 1 ? true : undefined));
  await logOut();
  const answered = page.waitForResponse("**/v1/venues/**");
  release();
  await (await answered).finished();
  await page.unroute("**/v1/venues/**");
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: venue.key, body: { active: true } });
  await untilText(page, "로그아웃했습니다"); // still, and no word of what was asked before
  for (let i = 0; i < 6; i++) {
    await heading(i === 0 ? "업소 관리" : /업소 관리|로그인/);
    const shown = `${await page.innerText("body")} ${await page.title()} ${await page.locator("#urgent").textContent()}`;
    for (const trace of [NAME, "정문 태블릿", venue.key, "중지했습니다", "서버에 연결할 수 없습니다"]) assert.ok(!shown.includes(trace), `${trace} after ${i} steps back`);
    await page.goBack();
  }
  await page.goto(url());
});

test("a key that is refused in the middle of something ends the login, with its question, and says so", async () => {
  await logIn();
  await page.goto(url("#scanners"));
  await button("“정문 태블릿” 폐기").click();
  await page.getByRole("dialog").waitFor();
  await page.route("**/v1/venues/**", (route) =>
    route.fulfill({ status: 401, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "x", status: 401, code: "unauthorized", request_id: "r-2" }) }),
  );
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await heading("로그인");
  await untilText(page, "다시 로그인하세요");
  assert.equal(await page.getByRole("dialog").count(), 0);
  assert.equal(await page.getByRole("navigation").count(), 0);
  assert.ok(!(await page.innerText("body")).includes("정문 태블릿"));
  await clean("refused-key");
  await page.unroute("**/v1/venues/**");
  await page.goto(url("#scanners"));
  await heading("업소 관리");
  await logIn();
});

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", keptItsKey);
