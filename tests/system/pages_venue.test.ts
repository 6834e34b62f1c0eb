// The venue page in a real browser against real daemons: from registering to the printed poster.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { ServiceClient } from "../../src/web/lib/index.js";
import { Device, inspect, overflow, PHONE, shots, skipByKeyboard, SMALL, TABLET, untilText, violations } from "./browser.js";
import { Deployment, sourceRoot, until } from "./deployment.js";

const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
const jsQR = (web("jsqr") as { default: typeof import("jsqr").default }).default;
const { PNG } = web("pngjs") as { PNG: { sync: { read(bytes: Buffer): { data: Buffer; width: number; height: number } } } };

const NAME = "시험 가게 하나";
const BUSINESS = "100-00-00009";

const ONE_PAGE = { pages: 1, paper: "A4" };

let d: Deployment;
let device: Device;
let page: Page;
let id = 0;
let key = "";
/** Every address that the browser asked for, to show that the key stands in none. */
const addresses: string[] = [];

const url = (view = ""): string => `${d.registry.url}/venue/${view}`;
const registry = (): ServiceClient => new ServiceClient(d.registry.url);

before(async () => {
  d = await Deployment.start("pages-venue", { issuers: [1, 2] });
  device = new Device("venue");
  await start();
});
after(async () => {
  await device?.discard();
  await d?.stop();
});

/** The page on the device, in a window that watches every request. */
async function start(view = "", viewport = PHONE): Promise<void> {
  page = await device.page(url(view), viewport);
  page.on("request", (r) => addresses.push(r.url()));
  page.on("framenavigated", (frame) => addresses.push(frame.url())); // what stands in the history
}
const clean = async (name: string): Promise<void> => assert.deepEqual(await inspect(page, `venue-${name}`), [], name);
const heading = (text: string | RegExp): Promise<void> => page.getByRole("heading", { level: 1, name: text }).waitFor();
const button = (name: string | RegExp): ReturnType<Page["getByRole"]> => page.getByRole("button", { name, exact: typeof name === "string" });

/** Press Tab until an element with this name has the focus: as somebody without a mouse gets there. */
async function tabTo(name: string | RegExp): Promise<void> {
  const named = (): Promise<string> =>
    page.evaluate(() => {
      const e = document.activeElement as HTMLElement | null;
      const label = e instanceof HTMLInputElement ? (e.labels?.[0]?.textContent ?? "") : (e?.getAttribute("aria-label") ?? e?.textContent ?? "");
      return e === document.body ? "" : label.trim();
    });
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const now = await named();
    if (typeof name === "string" ? now === name : name.test(now)) return;
  }
  throw new Error(`no way by keyboard to ${String(name)}`);
}
async function pressKey(name: string | RegExp): Promise<void> {
  await tabTo(name);
  await page.keyboard.press("Enter");
}

async function logIn(keep = false, who = { id, key, name: NAME }): Promise<void> {
  await page.goto(url("#login"));
  await page.reload(); // whoever was logged in without being kept is not
  await page.getByLabel("업소 번호", { exact: true }).fill(String(who.id));
  await page.getByLabel("관리 키", { exact: true }).fill(who.key);
  if (keep) await page.getByLabel("이 기기에서 로그인 유지").check();
  await button("로그인").click();
  await heading(who.name);
}
async function logOut(): Promise<void> {
  await button("로그아웃").click();
  await untilText(page, "로그아웃했습니다");
}
const approve = async (approved: boolean): Promise<void> =>
  void (await registry().call("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved } }));

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

/** What an element shows as a QR, read from its picture on the screen. */
async function readQr(selector: string): Promise<string | undefined> {
  const picture = PNG.sync.read(await page.locator(selector).screenshot());
  return jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height)?.data;
}

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

/** A moment's time of day as the browser writes it: Node may come with fewer languages. */
const timeOfDay = (seconds: number): Promise<string> =>
  page.evaluate((s) => new Intl.DateTimeFormat("ko", { timeStyle: "short", timeZone: "Asia/Seoul" }).format(s * 1000), seconds);

/** Pages of a PDF by its page objects, and its paper: A4 within the point that Chromium rounds by. */
async function pdf(name: string): Promise<{ pages: number; paper: string }> {
  const bytes = await page.pdf({ preferCSSPageSize: true, printBackground: true });
  writeFileSync(path.join(shots, `venue-${name}.pdf`), bytes);
  const text = bytes.toString("latin1");
  const box = /\/MediaBox\s*\[([^\]]*)\]/.exec(text)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
  const isA4 = Math.abs((box[2] ?? 0) - 595.28) < 1 && Math.abs((box[3] ?? 0) - 841.89) < 1;
  return { pages: (text.match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length, paper: isA4 ? "A4" : box.join(" ") };
}

async function counts(): Promise<{ hours: number[]; day_start: number; since: number }> {
  return (await registry().call<{ hours: number[]; day_start: number; since: number }>("GET", `/v1/venues/${id}/counts`, { bearer: key })).body;
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
  key = await page.locator("#new-key").innerText();
  id = Number(await page.locator("#new-number").innerText());
  assert.match(key, /^[A-Za-z0-9_-]{43}$/);
  await clean("key");
  assert.ok(!(await page.title()).includes(key));
  assert.equal(await page.evaluate(() => history.state as unknown), null);
  await device.browserContext().grantPermissions(["clipboard-read", "clipboard-write"]);
  await pressKey("키 복사");
  await untilText(page, "관리 키를 복사했습니다");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), key);
  const saved = page.waitForEvent("download");
  await pressKey("파일로 저장");
  const download = await saved;
  assert.equal(download.suggestedFilename(), `entrylog-venue-${id}.txt`);
  const text = readFileSync(await download.path(), "utf8");
  for (const part of [NAME, BUSINESS, `업소 번호: ${id}\n`, `관리 키: ${key}\n`]) assert.ok(text.includes(part), part);
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
  assert.equal(await page.locator("#new-key").innerText(), key);
  await page.locator("#key-kept").focus();
  await page.keyboard.press("Space");
  await pressKey("계속하기");
  await heading(NAME);
  assert.ok(!(await page.content()).includes(key), "nothing of the key is left on the next screen");
});

test("a venue waits for approval and says what comes next; looking again finds it approved", async () => {
  await untilText(page, "승인 대기 중");
  await untilText(page, "승인되면 이 화면이 바뀝니다");
  await pressKey("다시 확인");
  await untilText(page, "아직 승인되지 않았습니다");
  await clean("waiting");
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved: true } });
  await button("다시 확인").click();
  await untilText(page, "승인되었습니다");
  await untilText(page, "운영 중");
  await untilText(page, "아직 출입이 없습니다");
  await clean("approved");
});

test("a waiting page looks again by itself only when it is seen again", async () => {
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved: false } });
  await button("새로 고침").click();
  await untilText(page, "승인 대기 중");
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved: true } });
  const other = await device.browserContext().newPage();
  await other.goto("about:blank");
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await untilText(page, "승인되었습니다");
  await other.close();
});

test("before the approval a scanner is paired but not called working, and its card stays until its owner closes it", async () => {
  await untilText(page, "시간대별 표 보기");
  await approve(false);
  await button("새로 고침").click();
  await untilText(page, "승인 대기 중");
  await untilText(page, "연결해 둔 스캐너는 승인된 뒤에 작동합니다");
  await page.getByRole("main").getByRole("link", { name: "스캐너", exact: true }).click();
  await page.getByLabel("스캐너 이름").fill("미리");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await untilText(page, "Safari에서 한 연결은 아이콘으로 이어지지 않습니다");
  const { id: early } = await d.registryClient().enrol(await page.locator("#code").innerText());
  await button("연결되었는지 확인").click();
  await untilText(page, "연결됨: 승인된 뒤에 작동합니다");
  const card = page.locator("#enrol");
  assert.match(await card.innerText(), /승인된 뒤 .*‘다시 확인’을 누르면 작동합니다/);
  assert.equal(await page.locator("#code").count(), 0, "a used code is gone");
  assert.doesNotMatch(await page.innerText("main"), /작동 중/);
  await clean("paired-waiting");
  await button("새로 고침").click();
  await page.getByRole("link", { name: "오늘", exact: true }).click();
  await page.getByRole("navigation").getByRole("link", { name: "스캐너", exact: true }).click();
  await page.locator(`#scanner-${early} .state.ready`).waitFor();
  assert.equal(await card.count(), 1, "nothing but its owner closes it");
  await approve(true);
  await button("새로 고침").click();
  await page.locator(`#scanner-${early} .state.active`).waitFor();
  assert.doesNotMatch(await card.innerText(), /승인/);
  await card.getByRole("button", { name: "닫기" }).click();
  assert.equal(await card.count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.id), "scanner-name");
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: key, body: { active: false } });
  await button("새로 고침").click();
  await untilText(page, "업소와 함께 일시 중지됨");
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: key, body: { active: true } });
  await registry().call("DELETE", `/v1/venues/${id}/scanners/${early}`, { bearer: key });
  await page.getByRole("link", { name: "오늘", exact: true }).click();
  await heading(NAME);
});

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
  await page.getByLabel("업소 번호", { exact: true }).fill(String(id));
  await secret.fill("A".repeat(43));
  await button("로그인").click();
  await untilText(page, "서로 맞지 않습니다");
  await clean("login-wrong");
  await button("키 보기").click();
  assert.equal(await page.locator("#password").getAttribute("type"), "text");
  await secret.fill(` ${key.slice(0, 20)} ${key.slice(20)}`);
  await secret.press("Enter");
  await heading(NAME);
});

test("without being kept, a reload logs out, and the device's storage never held the key", async () => {
  await page.reload();
  await heading("업소 관리");
  assert.deepEqual(await page.evaluate(() => indexedDB.databases().then((all) => all.map((x) => x.name))), []);
  await device.close();
  assert.equal(holds(device.profile, key), undefined);
  await start();
});

test("the link past the bar goes to the heading of the view that is there, logged out and in", async () => {
  await page.goto(url("#login"));
  await heading("로그인");
  await skipByKeyboard(page);
  await logIn();
  await page.getByRole("link", { name: "스캐너", exact: true }).click();
  await heading("스캐너");
  await skipByKeyboard(page);
  assert.match(page.url(), /#scanners$/);
});

test("kept on the device, the login outlives the browser; logging out leaves nothing but the language", async () => {
  await logIn(true);
  await device.close();
  await start();
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
  await start();
  await heading("업소 관리");
});

test("logging out stops a login that is under way in another window", async () => {
  await logIn(true);
  const other = await device.browserContext().newPage();
  let answer = (): void => undefined;
  const loggedOut = new Promise<void>((done) => (answer = done));
  let asked = (): void => undefined;
  const isAsked = new Promise<void>((done) => (asked = done));
  await other.route(`**/v1/venues/${id}`, async (route) => {
    asked();
    await loggedOut;
    await route.continue();
  });
  await other.goto(url());
  await isAsked;
  await button("로그아웃").click();
  await untilText(page, "관리 키가 남아 있지 않습니다");
  await other.getByRole("heading", { level: 1, name: "업소 관리" }).waitFor();
  const answered = other.waitForResponse(`**/v1/venues/${id}`);
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
  await page.getByLabel("업소 번호").fill(String(id));
  await page.getByLabel("이 기기에서 로그인 유지").check();
  await button("English").click();
  assert.equal(await page.locator("#username").inputValue(), String(id));
  assert.ok(await page.locator("#keep").isChecked());
  await button("한국어").click();
  assert.equal(await page.locator("#username").inputValue(), String(id));
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

test("pausing the venue is explained and confirmed, closes its doors, and is undone the same way", async () => {
  await logIn();
  const scanner = await d.addScanner(id, key);
  const visitor = await d.register("시험 방문자", "+821000000001");
  const [token] = await d.wallet(visitor, 0, 1);
  assert.ok(token);
  await pressKey("업소 일시 중지");
  await page.getByRole("dialog").waitFor();
  await clean("pause-dialog");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.id), "pause", "the focus is back at its button");
  await untilText(page, "운영 중");
  await page.keyboard.press("Enter");
  await button("중지하기").click();
  await untilText(page, "업소를 일시 중지했습니다");
  await untilText(page, "일시 중지됨");
  await clean("paused");
  assert.equal((await d.checkin(scanner, d.show(token))).code, "venue_inactive");
  await button("다시 시작").click();
  await page.getByRole("dialog").getByRole("button", { name: "다시 시작" }).click();
  await untilText(page, "업소를 다시 시작했습니다");
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
  await registry().call("DELETE", `/v1/venues/${id}/scanners/${scanner.id}`, { bearer: key });
});

let scannerKey = "";
let scannerId = 0;

test("a scanner is added by keyboard; its code is on the screen, in a QR of the scanner page, and really pairs", async () => {
  await pressKey("스캐너");
  await heading("스캐너");
  await untilText(page, "아직 스캐너가 없습니다");
  await clean("scanners-none");
  await tabTo(/^스캐너 이름/);
  await page.keyboard.type("정문 태블릿");
  await page.keyboard.press("Enter");
  await page.locator("#enrol").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "enrol-title", "the code has the focus");
  await untilText(page, "연결 대기 중");
  const shown = await page.locator("#code").innerText();
  assert.match(shown, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  const code = shown.replaceAll("-", "");
  assert.equal(await readQr("#enrol-qr"), `${d.registry.url}/scanner/#enrol=${code}`);
  await untilText(page, /오후 12:\d\d까지 15분 동안/);
  await untilText(page, `${d.registry.url}/scanner/`);
  await clean("code");
  await page.emulateMedia({ colorScheme: "dark" });
  await clean("code-dark");
  await page.emulateMedia({ colorScheme: "light" });
  assert.equal(await readQr("#enrol-qr"), `${d.registry.url}/scanner/#enrol=${code}`);
  assert.equal((await pdf("code")).pages, 1);
  await button("연결되었는지 확인").click();
  await untilText(page, "아직 연결되지 않았습니다");
  const enrolled = await d.registryClient().enrol(shown);
  scannerKey = enrolled.key;
  scannerId = enrolled.id;
  await button("연결되었는지 확인").click();
  await untilText(page, "“정문 태블릿” 스캐너가 연결되었습니다");
  await untilText(page, "작동 중");
  assert.equal(await page.locator("#code").count(), 0, "a used code is gone");
  await clean("code-used");
  await button("닫기").click();
  assert.equal(await page.locator("#enrol").count(), 0);
  await clean("scanners");
});

test("a code that ran out is said so, and a new one is free; the old one pairs nothing", async () => {
  await page.getByLabel("스캐너 이름").fill("후문");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  const first = await page.locator("#code").innerText();
  await until("two scanners", 20_000, async () => ((await page.locator(".scanner").count()) === 2 ? true : undefined));
  const old = await page.locator(".scanner").last().getAttribute("id");
  await page.locator("#enrol").getByRole("button", { name: "새 코드 받기" }).click();
  await until("another code", 20_000, async () => ((await page.locator("#code").innerText()) === first ? undefined : true));
  const second = await page.locator("#code").innerText();
  await assert.rejects(d.registryClient().enrol(first), /./, "the first code is dead");
  await page.locator(`#${old}`).waitFor({ state: "detached" });
  assert.equal(await page.locator(".scanner").count(), 2);
  await d.shift(16 * 60);
  await button("새로 고침").click();
  await logIn(); // the page learns the server's time when it is opened
  await page.getByRole("link", { name: "스캐너", exact: true }).click();
  await untilText(page, "코드 만료됨");
  await clean("scanners-expired");
  await assert.rejects(d.registryClient().enrol(second));
  await button("“후문” 새 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await page.locator(".state.expired").waitFor({ state: "detached" }); // the new code's scanner stands in its place
  await d.registryClient().enrol(await page.locator("#code").innerText());
  await button("연결되었는지 확인").click();
  await untilText(page, "“후문” 스캐너가 연결되었습니다");
  assert.equal(await page.locator(".scanner").count(), 2);
});

test("a new code for a scanner that was paired meanwhile takes nothing from it", async () => {
  await page.getByLabel("스캐너 이름").fill("계단");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await until("three scanners", 20_000, async () => ((await page.locator(".scanner").count()) === 3 ? true : undefined));
  const enrolled = await d.registryClient().enrol(await page.locator("#code").innerText());
  await page.locator("#enrol").getByRole("button", { name: "새 코드 받기" }).click();
  await untilText(page, "“계단” 스캐너가 연결되었습니다");
  assert.equal((await d.registryClient().scanner(enrolled.key)).id, enrolled.id, "its key still counts");
  assert.equal(await page.locator("#code").count(), 0);
  await button("“계단” 폐기").click();
  await button("폐기하기").click();
  await untilText(page, "“계단” 스캐너를 폐기했습니다");
  await assert.rejects(d.registryClient().scanner(enrolled.key));
});

test("a new code that could not be had leaves one scanner less, no second one, and the name ready", async () => {
  const count = (): Promise<number> => page.locator(".scanner").count();
  await page.getByLabel("스캐너 이름").fill("옥상");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await until("three scanners", 20_000, async () => ((await count()) === 3 ? true : undefined));
  const pattern = "**/v1/venues/*/scanners";
  await page.route(pattern, async (route) => (route.request().method() === "POST" ? route.abort() : route.fallback()));
  await page.locator("#enrol").getByRole("button", { name: "새 코드 받기" }).click();
  await untilText(page, "서버에 연결할 수 없습니다");
  await page.unroute(pattern);
  assert.equal(await count(), 2);
  assert.equal((await registry().call<{ scanners: unknown[] }>("GET", `/v1/venues/${id}/scanners`, { bearer: key })).body.scanners.length, 2);
  assert.equal(await page.getByLabel("스캐너 이름").inputValue(), "옥상");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await button("“옥상” 폐기").click();
  await button("폐기하기").click();
  await untilText(page, "“옥상” 스캐너를 폐기했습니다");
});

test("an open code says when its time is over", async () => {
  await page.clock.install();
  await page.getByLabel("스캐너 이름").fill("잠깐");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await page.clock.fastForward(15 * 60 * 1000 + 2000);
  await untilText(page, "코드의 시간이 지났습니다");
  await untilText(page, "코드 만료됨");
  await clean("code-over");
  await button("“잠깐” 폐기").click();
  await button("폐기하기").click();
  await untilText(page, "“잠깐” 스캐너를 폐기했습니다");
  await page.clock.resume();
});

test("a scanner is renamed in place, by keyboard; Escape changes nothing; a bad name is told", async () => {
  await pressKey("“정문 태블릿” 이름 바꾸기");
  await page.keyboard.press("Escape");
  await button("“정문 태블릿” 이름 바꾸기").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.type("가".repeat(34));
  await page.keyboard.press("Enter");
  await untilText(page, "이름은 한글로 33자까지");
  await clean("rename");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("정문 <b>새 태블릿</b>");
  await page.keyboard.press("Enter");
  await untilText(page, "정문 <b>새 태블릿</b>");
  assert.equal(await page.locator(".scanner b").count(), 0, "a name is text and nothing else");
  const list = await d.registryClient().scanners(id, key);
  assert.equal(list.find((s) => s.id === scannerId)?.name, "정문 <b>새 태블릿</b>");
  // Coming back to the page draws the list anew, and takes nothing from who is typing.
  await button(/“정문 .*이름 바꾸기/).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("정문 태");
  const drawn = page.waitForResponse(`**/v1/venues/${id}/scanners`);
  const before = await page.locator(`#scanner-${scannerId}`).elementHandle();
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await drawn;
  await page.waitForFunction((row) => row?.isConnected === false, before);
  await page.keyboard.type("블릿");
  assert.equal(await page.locator(`#new-name-${scannerId}`).inputValue(), "정문 태블릿");
  await page.keyboard.press("Enter");
  await untilText(page, "이름을 “정문 태블릿”(으)로");
});

test("a paused scanner is refused with scanner_paused, a resumed one records, a revoked one is unauthorized", async () => {
  const visitor = await d.register("시험 둘", "+821000000002");
  const [a] = await d.wallet(visitor, 0, 1);
  assert.ok(a);
  await button("“정문 태블릿” 일시 중지").click();
  await untilText(page, "“정문 태블릿” 스캐너를 일시 중지했습니다");
  await clean("scanner-paused");
  assert.equal((await d.checkin({ key: scannerKey }, d.show(a))).code, "scanner_paused");
  await button("“정문 태블릿” 다시 시작").click();
  await untilText(page, "“정문 태블릿” 스캐너의 일시 중지를 풀었습니다");
  assert.equal((await d.checkin({ key: scannerKey }, d.show(a))).status, 201);
  await button("“후문” 폐기").click();
  await page.getByRole("dialog").waitFor();
  await clean("revoke-dialog");
  await button("취소").click();
  assert.equal(await page.locator(".scanner").count(), 2);
  const doomed = await d.addScanner(id, key);
  await button("새로 고침").click();
  await button(`“이름 없는 스캐너 ${doomed.id}” 폐기`).click();
  await button("폐기하기").click();
  await untilText(page, `“이름 없는 스캐너 ${doomed.id}” 스캐너를 폐기했습니다`);
  const [b] = await d.wallet(visitor, 0, 1);
  assert.ok(b);
  assert.equal((await d.checkin(doomed, d.show(b))).status, 401);
});

test("today's check-ins stand in total, chart and table as the registry counted them, in local hours", async () => {
  for (let i = 0; i < 4; i++) {
    const visitor = await d.register(`시험 ${i}`, `+8210000001${String(i).padStart(2, "0")}`);
    const [token] = await d.wallet(visitor, 0, 1);
    assert.ok(token);
    assert.equal((await d.checkin({ key: scannerKey }, d.show(token))).status, 201);
  }
  await page.getByRole("link", { name: "오늘", exact: true }).click();
  const told = await counts();
  const total = told.hours.reduce((a, b) => a + b, 0);
  assert.ok(total >= 6, `${total} check-ins`);
  await until("the total", 20_000, async () => ((await page.locator("#total").innerText().catch(() => "")) === `${total}건` ? true : undefined));
  await page.locator("summary").click();
  const rows = await page.locator("#hours tbody tr").evaluateAll((all) => all.map((row) => [...row.children].map((c) => c.textContent ?? "")));
  for (const [i, [hour, count]] of rows.entries()) {
    const from = await timeOfDay(told.day_start + i * 3600);
    assert.ok(hour?.startsWith(`${from}–${await timeOfDay(told.day_start + (i + 1) * 3600)}`), `${hour} is the hour from ${from}`);
    assert.equal(Number(count), told.hours[i]);
  }
  assert.equal(rows.length, told.hours.length - [...told.hours].reverse().findIndex((_, i) => told.day_start + (23 - i) * 3600 <= d.now()));
  assert.equal(await page.locator("#hours tfoot td").innerText(), String(total));
  assert.equal(await page.locator(".chart rect").count(), told.hours.filter((n) => n > 0).length, "one bar an hour with check-ins");
  assert.match((await page.locator(".chart").getAttribute("aria-label")) ?? "", new RegExp(`모두 ${total}건`));
  await clean("today");
  await page.emulateMedia({ colorScheme: "dark" });
  await clean("today-dark");
  await page.emulateMedia({ colorScheme: "light" });
});

test("the page says since when it counts, asks nothing by itself, and refreshes on demand", async () => {
  const told = await counts();
  assert.ok(told.since > told.day_start, "the daemons began at noon");
  const since = await timeOfDay(told.since);
  assert.equal(await page.locator("#since").innerText(), `오늘 ${since}에 집계를 시작했습니다. 그 전의 출입은 여기에 세지 않았지만, 기록은 안전하게 남아 있습니다.`);
  const asked = addresses.length;
  await page.clock.install();
  await page.clock.fastForward(3600_000);
  assert.equal(addresses.length, asked, "an hour without polling");
  await page.clock.resume();
  const visitor = await d.register("시험 셋", "+821000000003");
  const [token] = await d.wallet(visitor, 0, 1);
  assert.ok(token);
  await d.checkin({ key: scannerKey }, d.show(token));
  const total = (await counts()).hours.reduce((a, b) => a + b, 0);
  await button("새로 고침").click();
  await until("the new total", 20_000, async () => ((await page.locator("#total").innerText()) === `${total}건` ? true : undefined));
  await untilText(page, `새로 고쳤습니다. 오늘의 출입 ${total}건`);
});

test("the poster is one A4 page with a QR to each chosen issuer's page", async () => {
  await pressKey("인쇄물");
  await heading("인쇄물");
  await clean("print");
  await pressKey("입구 포스터 미리 보기");
  await heading("입구 포스터");
  await page.setViewportSize(TABLET);
  await until("two codes", 20_000, async () => ((await page.locator(".poster-codes svg.qr").count()) === 2 ? true : undefined));
  for (const [i, issuer] of [1, 2].entries())
    assert.equal(await readQr(`.poster-codes figure:nth-child(${i + 1}) svg.qr`), d.issuerDaemon(issuer).url);
  const two = await page.locator(".sheet").innerText();
  for (const text of ["처음이시면 아래 QR 가운데 하나만 고르세요", "New here? Pick any one.", "아래 QR을 찍으세요", "체크 표시(✓)가 나오면"]) assert.ok(two.includes(text), text);
  await clean("poster-two");
  assert.deepEqual(await pdf("poster-two"), ONE_PAGE);
  await page.getByRole("checkbox", { name: "issuer 2" }).uncheck();
  await until("one code", 20_000, async () => ((await page.locator(".poster-codes svg.qr").count()) === 1 ? true : undefined));
  const sheet = await page.locator(".sheet").innerText();
  for (const text of [NAME, "QR로 입장해 주세요", "Please check in by QR", "28일", "28 days", "여기에서 시작하세요", "QR로 입장하시면 이 업소는"]) assert.ok(sheet.includes(text), text);
  assert.ok(!sheet.includes("하나만 고르세요"), "with one issuer there is nothing to choose");
  await clean("poster");
  assert.deepEqual(await pdf("poster"), ONE_PAGE);
  await page.setViewportSize(PHONE);
});

test("a poster is printed without a QR where the directory cannot be had, and then sends nobody to one", async () => {
  await page.route("**/v1/directory", (route) => route.abort());
  await logIn();
  await page.goto(url("#poster"));
  await untilText(page, "주소 QR 없이 인쇄됩니다");
  const steps = await page.locator(".poster-steps li").allInnerTexts();
  assert.match(steps[0] ?? "", /이미 쓰는 출입 QR 앱이나 페이지를 여세요/);
  assert.equal(await page.locator(".poster-start, .sheet svg.qr").count(), 0);
  assert.doesNotMatch(await page.locator(".sheet").innerText(), /아래 QR|code below/);
  await clean("poster-without");
  assert.deepEqual(await pdf("poster-without"), ONE_PAGE);
  await page.unroute("**/v1/directory");
  await button("다시 시도").click();
  await until("two codes", 20_000, async () => ((await page.locator(".poster-codes svg.qr").count()) === 2 ? true : undefined));
});

test("what was loaded is printed without a network too", async () => {
  await device.offline(true);
  for (const view of ["poster", "paper"]) {
    await page.getByRole("navigation").getByRole("link", { name: "인쇄물" }).click();
    await page.getByRole("link", { name: view === "poster" ? "입구 포스터 미리 보기" : "종이 명부 미리 보기" }).click();
    await page.locator(`.sheet.${view}`).waitFor();
    assert.equal(await page.locator("svg.qr").count(), view === "poster" ? 2 : 0);
    assert.deepEqual(await pdf(`offline-${view}`), ONE_PAGE);
    assert.doesNotMatch(await page.innerText("body"), /불러오지 못했습니다/);
  }
  await device.offline(false);
  await page.goto(url("#print"));
  await heading("인쇄물");
});

test("the paper list is one A4 page that says until when it is kept, and when it is shredded", async () => {
  await page.getByRole("link", { name: "종이 명부 미리 보기" }).click();
  await heading("종이 명부");
  assert.equal(await page.getByLabel("명부 날짜").inputValue(), new Date((d.now() + 32400) * 1000).toISOString().slice(0, 10), "today");
  await page.getByLabel("명부 날짜").fill("2024-02-10");
  await untilText(page, "2024년 3월 9일(토)까지 보관하고 2024년 3월 10일(일)에 파쇄합니다");
  const sheet = await page.locator(".sheet").innerText();
  for (const text of [NAME, "2024년 3월 10일(일)", "Sun 10 March 2024", "28일", "28 days", "파쇄한 날", "Signature"]) assert.ok(sheet.includes(text), text);
  await clean("paper");
  assert.deepEqual(await pdf("paper"), ONE_PAGE);
  // What is cut off and kept stands below everything else and names the list, but nobody on it.
  const strip = page.locator(".paper-strip");
  const kept = await strip.innerText();
  for (const text of [NAME, "2024년 2월 10일(토)", "파쇄한 날", "서명"]) assert.ok(kept.includes(text), text);
  assert.doesNotMatch(kept, /이름|전화번호|Phone/);
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: 703, height: 1032 }); // A4 within its margins
  const ends = await page.evaluate(() => {
    const box = (what: string): DOMRect | undefined => document.querySelector(what)?.getBoundingClientRect();
    const cut = getComputedStyle(document.querySelector(".paper-strip") ?? document.body);
    return { rules: box(".paper-rules")?.bottom ?? NaN, strip: box(".paper-strip")?.top ?? NaN, line: cut.borderTopStyle };
  });
  await page.emulateMedia({ media: null });
  await page.setViewportSize(PHONE);
  assert.ok(ends.strip > ends.rules, JSON.stringify(ends));
  assert.equal(ends.line, "dashed");
  for (const text of ["날마다 새 종이를 쓰고, 모자라면 한 장 더", "잘라 두고, 나머지는 파쇄합니다"]) assert.ok(sheet.includes(text), text);
  await page.getByLabel("명부 날짜").fill("");
  await untilText(page, "날짜로부터 28일이 지난 다음 날");
  assert.deepEqual(await pdf("paper-blank"), ONE_PAGE);
  await page.evaluate(() => (window.print = () => (document.documentElement.dataset["printed"] = "paper")));
  await pressKey("인쇄하기");
  assert.equal(await page.evaluate(() => document.documentElement.dataset["printed"]), "paper");
});

test("any name that the registry takes is text and nothing else, on one page each, and fits at 320 px", async () => {
  const names = {
    long: "가나다라마바사아자차카타파하".repeat(2) + "가나다라마",
    latin: "Donaudampfschifffahrt".repeat(5).slice(0, 100),
    signs: `<b>"Tom's" & </p><script>x</script> {name} 'y'`,
    rtl: "مطعم الاختبار (12) <b>",
  };
  await logOut();
  for (const [what, name] of Object.entries(names)) {
    const { id: other, owner_key } = await d.registryClient().newVenue(name, "1000000009");
    await logIn(false, { id: other, key: owner_key, name });
    assert.equal(await page.locator("h1").textContent(), name);
    assert.ok((await page.title()).startsWith(name));
    await clean(`name-${what}`);
    await page.goto(url("#scanners"));
    await page.getByLabel("스캐너 이름").fill(name);
    await button("추가하고 코드 받기").click();
    await page.locator(".scanner").waitFor();
    assert.equal(await page.locator("#enrol-title").textContent(), `“${name}” 연결하기`);
    assert.equal(await page.locator(".scanner h3").textContent(), name);
    await clean(`name-${what}-code`);
    assert.equal((await pdf(`name-${what}-code`)).pages, 1);
    for (const view of ["poster", "paper"]) {
      await page.goto(url(`#${view}`));
      await page.locator(".sheet").waitFor();
      if (view === "poster") await page.locator(".poster-codes svg.qr").first().waitFor();
      for (const place of await page.locator(".sheet bdi").allTextContents()) assert.ok(place === name || /^issuer/.test(place), place);
      await clean(`name-${what}-${view}`);
      assert.deepEqual(await pdf(`name-${what}-${view}`), ONE_PAGE);
    }
    assert.equal(await page.locator("main b, main script").count(), 0);
    await logOut();
  }
});

test("everything is there in English, and the language is kept", async () => {
  await logIn();
  await button("English").click();
  await page.getByRole("link", { name: "Scanners" }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), "en");
  const hangul = async (): Promise<string> =>
    (await page.evaluate(() => {
      const copy = document.body.cloneNode(true) as HTMLElement;
      for (const e of copy.querySelectorAll('[lang="ko"], .sheet, .skip')) e.remove();
      return copy.innerText;
    })).replaceAll(NAME, "").replace(/정문 태블릿|후문/g, "").match(/.*[가-힣].*/)?.[0] ?? "";
  for (const [view, title] of [["today", NAME], ["scanners", "Scanners"], ["print", "Print"], ["poster", "Poster for the door"], ["paper", "Paper list"]] as const) {
    await page.goto(url(`#${view}`));
    await heading(title);
    await page.waitForFunction(() => !document.body.innerText.includes("Loading"));
    assert.equal(await hangul(), "", `${view} is English alone`);
    await clean(`en-${view}`);
  }
  await button("Log out").click();
  await untilText(page, "key is not left on this device");
  for (const view of ["", "register", "login"] as const) {
    await page.goto(url(`#${view}`));
    assert.equal(await hangul(), "", view);
    await clean(`en-${view === "" ? "start" : view}`);
  }
  await button("한국어").click();
  await untilText(page, "로그인");
});

test("at 200 % zoom nothing is cut off, and every target is large enough", async () => {
  await logIn();
  // 1,280 px at 200 % are 640 CSS pixels; 320 is what 400 % leaves.
  for (const width of [640, SMALL.width]) {
    await page.setViewportSize({ width, height: 512 });
    for (const view of ["today", "scanners", "print", "poster", "paper"]) {
      await page.goto(url(`#${view}`));
      await page.locator("h1").waitFor();
      assert.equal(await overflow(page), undefined, `${view} at ${width} px`);
    }
  }
  await page.goto(url("#scanners"));
  await page.locator(".scanner").first().waitFor();
  // Text alone at 200 %, as a browser's own setting makes it.
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  assert.equal(await overflow(page), undefined, "text at 200 %");
  await page.screenshot({ path: path.join(shots, "venue-text-200.png"), fullPage: true });
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, a.button, nav a, .brand, input")]
      .map((e) => [e.textContent ?? "", e.getBoundingClientRect()] as const)
      .filter(([, r]) => r.height > 0 && r.height < 44)
      .map(([text, r]) => `${text} ${r.height}`),
  );
  assert.deepEqual(small, []);
  await page.setViewportSize(PHONE);
});

test("every main state is clean at 200 % zoom, in forced colours and with reduced motion", async () => {
  // The contrast is then the browser's: axe goes on reading the colours that the page asked for, and they are not painted.
  const forced = async (name: string): Promise<void> => {
    // A document that is loaded anew matches the media query, but Chromium paints it forced from the next change on.
    await page.emulateMedia({ forcedColors: "none" });
    await page.emulateMedia({ forcedColors: "active" });
    await page.waitForFunction(() => getComputedStyle(document.body).backgroundColor === "rgb(0, 0, 0)");
    assert.deepEqual((await inspect(page, `venue-forced-${name}`)).filter((found) => !found.startsWith("color-contrast:")), [], name);
  };
  await logOut();
  await page.setViewportSize({ width: 640, height: 400 });
  await page.emulateMedia({ colorScheme: "dark", forcedColors: "active", reducedMotion: "reduce" });
  await page.goto(url("#register"));
  await heading("업소 등록");
  await forced("register");
  await page.getByLabel("업소 이름").fill("시험 가게 둘");
  await page.getByLabel("사업자등록번호").fill(BUSINESS);
  await button("등록하기").click();
  await heading("관리 키를 보관하세요");
  await forced("key");
  await page.locator("#key-kept").check();
  await button("계속하기").click();
  await untilText(page, "승인 대기 중");
  await forced("waiting");
  await logOut();
  await forced("start");
  await page.goto(url("#login"));
  await heading("로그인");
  await forced("login");
  await logIn();
  await untilText(page, "시간대별 표 보기");
  await page.locator("summary").click();
  await forced("today");
  await button("업소 일시 중지").click();
  await page.getByRole("dialog").waitFor();
  await forced("dialog");
  await button("취소").click();
  await page.getByRole("navigation").getByRole("link", { name: "스캐너", exact: true }).click();
  await page.getByLabel("스캐너 이름").fill("색 시험");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await until("its row", 20_000, async () => ((await page.getByRole("heading", { level: 3, name: "색 시험" }).count()) === 1 ? true : undefined));
  await forced("scanners");
  const colours = await page.evaluate(() => [...document.querySelectorAll("nav a")].map((a) => [a.getAttribute("aria-current"), getComputedStyle(a).borderBottomColor]));
  const [here, ...others] = [...colours].sort((a, b) => Number(b[0] === "page") - Number(a[0] === "page"));
  assert.ok(others.length === 2 && others.every(([, colour]) => colour !== here?.[1]), `which page is open is seen: ${JSON.stringify(colours)}`);
  await button("“색 시험” 폐기").click();
  await button("폐기하기").click();
  await untilText(page, "“색 시험” 스캐너를 폐기했습니다");
  for (const view of ["print", "poster", "paper"]) {
    await page.goto(url(`#${view}`));
    await page.locator(view === "print" ? ".card" : ".sheet").first().waitFor();
    if (view === "poster") await page.locator(".poster-codes svg.qr").first().waitFor();
    await forced(view);
    if (view === "print") continue;
    const paper = await page.locator(".sheet").evaluate((e) => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]);
    assert.deepEqual(paper, ["rgb(255, 255, 255)", "rgb(16, 23, 30)"], "a sheet is dark on white as it is printed");
  }
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none", reducedMotion: "no-preference" });
  await page.setViewportSize(PHONE);
});

test("a business number and an address break at 320 px only where they may", async () => {
  const { id: other, owner_key } = await d.registryClient().newVenue("시험 가게 셋", "1000000009");
  await logIn(false, { id: other, key: owner_key, name: "시험 가게 셋" });
  await page.setViewportSize(SMALL);
  /** The lines on which an element's text stands. */
  const lines = (selector: string): Promise<string[]> =>
    page.locator(selector).evaluate((element) => {
      const all: { top: number; text: string }[] = [];
      const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
        for (let i = 0; i < (node.textContent ?? "").length; i++) {
          const range = document.createRange();
          range.setStart(node, i);
          range.setEnd(node, i + 1);
          const { top } = range.getBoundingClientRect();
          const last = all.at(-1);
          if (last === undefined || Math.abs(last.top - top) > 4) all.push({ top, text: range.toString() });
          else last.text += range.toString();
        }
      return all.map((line) => line.text);
    });
  await page.goto(url("#scanners"));
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await page.locator("#enrol .address").evaluate((e) => ((e as HTMLElement).style.width = "14ch"));
  const address = await lines("#enrol .address");
  assert.ok(address.length > 1, "narrow enough to break");
  for (const line of address.slice(0, -1)) assert.match(line, /\/$/, address.join(" | "));
  await logOut();
  await page.goto(url("#register"));
  await button("등록하기").click();
  for (const place of ["#business-number-hint", "#business-number-error"]) {
    // Whatever the width of its column, a number stays whole.
    for (let width = 120; width <= 288; width += 12) {
      await page.locator(place).evaluate((e, w) => ((e as HTMLElement).style.width = `${w}px`), width);
      const told = await lines(place);
      assert.ok(told.some((line) => line.includes("123-45-67890")), told.join(" | "));
    }
  }
  await page.setViewportSize(PHONE);
  await page.goto(url());
});

test("who presses twice registers one venue and adds one scanner", async () => {
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
  await registry().call("PATCH", `/v1/venues/${id}`, { bearer: key, body: { active: true } });
  await untilText(page, "로그아웃했습니다"); // still, and no word of what was asked before
  for (let i = 0; i < 6; i++) {
    await heading(i === 0 ? "업소 관리" : /업소 관리|로그인/);
    const shown = `${await page.innerText("body")} ${await page.title()} ${await page.locator("#urgent").textContent()}`;
    for (const trace of [NAME, "정문 태블릿", key, "중지했습니다", "서버에 연결할 수 없습니다"]) assert.ok(!shown.includes(trace), `${trace} after ${i} steps back`);
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

test("a network that swallows everything is told of, and can be tried again", async () => {
  await logIn();
  await page.goto(url("#scanners"));
  await page.locator(".scanner").first().waitFor();
  const held: (() => Promise<void>)[] = [];
  await page.route(`**/v1/venues/${id}/scanners`, (route) => void held.push(() => route.abort().catch(() => undefined)));
  const refresh = button("새로 고침");
  await refresh.click();
  await until("the call to be on its way", 20_000, () => (held.length > 0 ? true : undefined));
  await untilText(page, "서버에 연결할 수 없습니다", 60_000); // after the page's own patience, not the network's
  await page.unroute(`**/v1/venues/${id}/scanners`);
  for (const end of held) await end();
  await refresh.click();
  await untilText(page, "정문 태블릿");
  await page.locator(".notice.bad").waitFor({ state: "hidden" });
});

test("each refusal says what to do next", async () => {
  const refuse = async (pattern: string, status: number, code: string, extra: Record<string, unknown> = {}): Promise<void> => {
    await page.route(pattern, (route) =>
      route.request().method() === "GET"
        ? route.continue()
        : route.fulfill({ status, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "x", status, code, request_id: "r-1", ...extra }) }),
    );
  };
  await page.goto(url("#scanners"));
  await page.locator(".scanner").first().waitFor();
  for (const [status, code, told, wait = 30] of [
    [403, "limit_exceeded", "스캐너를 100대까지"],
    [403, "forbidden", "운영자에게 문의하세요"],
    [422, "invalid_name", "이름을 쓸 수 없습니다"],
    [429, "rate_limited", "30초 후에"],
    [429, "rate_limited", "약 60분 뒤에", 3590],
    [503, "busy", "이용자가 많습니다"],
    [500, "internal", "r-1"],
  ] as const) {
    await refuse("**/v1/venues/*/scanners", status, code, { retry_after: wait });
    await button("추가하고 코드 받기").click();
    await untilText(page, told);
    if (code === "limit_exceeded") await clean("refused");
    await page.unroute("**/v1/venues/*/scanners");
  }
  // A scanner that is gone meanwhile, for real.
  const doomed = await d.addScanner(id, key);
  await button("새로 고침").click();
  await button(`“이름 없는 스캐너 ${doomed.id}” 일시 중지`).waitFor();
  await registry().call("DELETE", `/v1/venues/${id}/scanners/${doomed.id}`, { bearer: key });
  await button(`“이름 없는 스캐너 ${doomed.id}” 일시 중지`).click();
  await untilText(page, "그런 항목이 더는 없습니다");
  await device.offline(true);
  await button("새로 고침").click();
  await untilText(page, "서버에 연결할 수 없습니다");
  await clean("offline");
  await device.offline(false);
  await button("새로 고침").click();
  await untilText(page, "새로 고쳤습니다. 스캐너 2대");
  await button("로그아웃").click();
  await untilText(page, "로그아웃했습니다");
  await page.goto(url("#register"));
  await page.getByLabel("업소 이름").fill("시험");
  await page.getByLabel("사업자등록번호").fill(BUSINESS);
  for (const [code, field] of [["invalid_name", "venue-name"], ["invalid_business_number", "business-number"]] as const) {
    await refuse("**/v1/venues", 422, code);
    await button("등록하기").click();
    await page.locator(`#${field}[aria-invalid="true"]`).waitFor();
    await page.unroute("**/v1/venues");
  }
});

test("the page is installable: a manifest with its start, its scope and icons that exist", async () => {
  const href = await page.locator('link[rel="manifest"]').getAttribute("href");
  const manifest = (await (await fetch(new URL(href ?? "", url()))).json()) as { name: string; start_url: string; scope: string; display: string; icons: { src: string; sizes: string }[] };
  assert.equal(manifest.start_url, "/venue/");
  assert.equal(manifest.scope, "/venue/");
  assert.equal(manifest.display, "standalone");
  assert.ok(manifest.icons.some((i) => i.sizes === "192x192") && manifest.icons.some((i) => i.sizes === "512x512"));
  for (const icon of manifest.icons) assert.equal((await fetch(new URL(icon.src, url()))).status, 200, icon.src);
});

test("the registry serves the signed directory to anyone, byte for byte as the issuer does", async () => {
  const at = async (base: string): Promise<string> => (await fetch(`${base}/v1/directory`)).text();
  assert.deepEqual(JSON.parse(await at(d.registry.url)), JSON.parse(await at(d.issuerDaemon().url)));
  assert.deepEqual(JSON.parse(await at(d.registry.url)), d.ceremony.directoryDocument);
});

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", async () => {
  assert.ok(addresses.length > 50);
  assert.deepEqual(addresses.filter((a) => a.includes(key)), []);
  assert.ok(!(await page.title()).includes(key));
  assert.ok(!readFileSync(d.registry.log, "utf8").includes(key));
  assert.deepEqual(device.problems, []);
});
