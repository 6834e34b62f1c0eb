// The venue page for everybody: in English, enlarged, in forced colours, narrow, by keyboard, and when something fails.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { inspect, overflow, PHONE, shots, skipByKeyboard, SMALL, untilText } from "./browser.js";
import { type Deployment, until } from "./deployment.js";
import { BUSINESS, NAME, VenuePage } from "./venue_page.js";

const venue = new VenuePage("pages-venue-access");
const { device, url, registry, logIn, logOut, clean, heading, button, keptItsKey } = venue;
let d: Deployment;
let page: Page;

before(async () => {
  ({ d, page } = await venue.start([1, 2]));
  await venue.registered();
  const scanner = await venue.scanner("정문 태블릿");
  await venue.scanner("후문");
  // So that the chart and the table of the day have something to show.
  const [token] = await d.wallet(await d.register("시험 방문자", "+821000000001"), 0, 1);
  assert.ok(token);
  assert.equal((await d.checkin(scanner, d.show(token))).status, 201);
});
after(() => venue.stop());

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

test("a network that swallows everything is told of, and can be tried again", async () => {
  await logIn();
  await page.goto(url("#scanners"));
  await page.locator(".scanner").first().waitFor();
  const held: (() => Promise<void>)[] = [];
  await page.route(`**/v1/venues/${venue.id}/scanners`, (route) => void held.push(() => route.abort().catch(() => undefined)));
  const refresh = button("새로 고침");
  await refresh.click();
  await until("the call to be on its way", 20_000, () => (held.length > 0 ? true : undefined));
  await untilText(page, "서버에 연결할 수 없습니다", 60_000); // after the page's own patience, not the network's
  await page.unroute(`**/v1/venues/${venue.id}/scanners`);
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
  const doomed = await d.addScanner(venue.id, venue.key);
  await button("새로 고침").click();
  await button(`“이름 없는 스캐너 ${doomed.id}” 일시 중지`).waitFor();
  await registry().call("DELETE", `/v1/venues/${venue.id}/scanners/${doomed.id}`, { bearer: venue.key });
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

test("the key was never in an address, a title or a daemon's log, and the page did nothing that it may not", keptItsKey);
