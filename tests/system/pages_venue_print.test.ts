// What the venue page tells of the day, and what it prints: counts, the poster, the paper list, any name on them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { PHONE, TABLET, untilText } from "./browser.js";
import { type Deployment, until } from "./deployment.js";
import { NAME, VenuePage } from "./venue_page.js";

const ONE_PAGE = { pages: 1, paper: "A4" };

const venue = new VenuePage("pages-venue-print");
const { device, addresses, url, registry, logIn, logOut, clean, heading, button, pressKey, readQr, pdf, keptItsKey } = venue;
let d: Deployment;
let page: Page;
let scannerKey = "";

before(async () => {
  ({ d, page } = await venue.start([1, 2]));
  await venue.registered();
  scannerKey = (await venue.scanner("정문 태블릿")).key;
  await logIn();
});
after(() => venue.stop());

/** A moment's time of day as the browser writes it: Node may come with fewer languages. */
const timeOfDay = (seconds: number): Promise<string> =>
  page.evaluate((s) => new Intl.DateTimeFormat("ko", { timeStyle: "short", timeZone: "Asia/Seoul" }).format(s * 1000), seconds);

async function counts(): Promise<{ hours: number[]; day_start: number; since: number }> {
  return (await registry().call<{ hours: number[]; day_start: number; since: number }>("GET", `/v1/venues/${venue.id}/counts`, { bearer: venue.key })).body;
}

test("today's check-ins stand in total, chart and table as the registry counted them, in local hours", async () => {
  for (let i = 0; i < 6; i++) {
    const visitor = await d.register(`시험 ${i}`, `+8210000001${String(i).padStart(2, "0")}`);
    const [token] = await d.wallet(visitor, 0, 1);
    assert.ok(token);
    assert.equal((await d.checkin({ key: scannerKey }, d.show(token))).status, 201);
  }
  // The view that is open was drawn before: come back to it from another one.
  await page.getByRole("link", { name: "스캐너", exact: true }).click();
  await heading("스캐너");
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

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", keptItsKey);
