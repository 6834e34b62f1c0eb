// The venue page's scanners, and what closes the venue's doors: adding, pairing, renaming, pausing, revoking.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { untilText } from "./browser.js";
import { type Deployment, until } from "./deployment.js";
import { NAME, VenuePage } from "./venue_page.js";

const venue = new VenuePage("pages-venue-scanners");
const { registry, approve, logIn, clean, heading, button, tabTo, pressKey, readQr, pdf, keptItsKey } = venue;
let d: Deployment;
let page: Page;

before(async () => {
  ({ d, page } = await venue.start());
  await venue.registered();
  await logIn();
});
after(() => venue.stop());

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
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: venue.key, body: { active: false } });
  await button("새로 고침").click();
  await untilText(page, "업소와 함께 일시 중지됨");
  await registry().call("PATCH", `/v1/venues/${venue.id}`, { bearer: venue.key, body: { active: true } });
  await registry().call("DELETE", `/v1/venues/${venue.id}/scanners/${early}`, { bearer: venue.key });
  await page.getByRole("link", { name: "오늘", exact: true }).click();
  await heading(NAME);
});

test("pausing the venue is explained and confirmed, closes its doors, and is undone the same way", async () => {
  await logIn();
  const scanner = await d.addScanner(venue.id, venue.key);
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
  await registry().call("DELETE", `/v1/venues/${venue.id}/scanners/${scanner.id}`, { bearer: venue.key });
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
  assert.equal((await registry().call<{ scanners: unknown[] }>("GET", `/v1/venues/${venue.id}/scanners`, { bearer: venue.key })).body.scanners.length, 2);
  assert.equal(await page.getByLabel("스캐너 이름").inputValue(), "옥상");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await button("“옥상” 폐기").click();
  await button("폐기하기").click();
  await untilText(page, "“옥상” 스캐너를 폐기했습니다");
});

test("an open code says when its time is over", async () => {
  await page.clock.install();
  await logIn(); // the page learns the server's time by the clock that it has from now on
  await page.getByRole("link", { name: "스캐너", exact: true }).click();
  await page.getByLabel("스캐너 이름").fill("잠깐");
  await button("추가하고 코드 받기").click();
  await page.locator("#enrol").waitFor();
  await button("“잠깐” 폐기").waitFor(); // a list that is on its way would be given up in the jump
  await page.clock.fastForward(15 * 60 * 1000 + 5000); // from an answer of up to 4 s it knows the time to 2.5 s
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
  const list = await d.registryClient().scanners(venue.id, venue.key);
  assert.equal(list.find((s) => s.id === scannerId)?.name, "정문 <b>새 태블릿</b>");
  // Coming back to the page draws the list anew, and takes nothing from who is typing.
  await button(/“정문 .*이름 바꾸기/).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("정문 태");
  const drawn = page.waitForResponse(`**/v1/venues/${venue.id}/scanners`);
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
  const doomed = await d.addScanner(venue.id, venue.key);
  await button("새로 고침").click();
  await button(`“이름 없는 스캐너 ${doomed.id}” 폐기`).click();
  await button("폐기하기").click();
  await untilText(page, `“이름 없는 스캐너 ${doomed.id}” 스캐너를 폐기했습니다`);
  const [b] = await d.wallet(visitor, 0, 1);
  assert.ok(b);
  assert.equal((await d.checkin(doomed, d.show(b))).status, 401);
});

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", keptItsKey);
