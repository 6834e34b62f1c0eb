// The visitor page in a real browser: registering, the codes that it shows, and how it looks.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { BLOCKED, blockStorage, Device, inspect, overflow, skipByKeyboard, untilText } from "./browser.js";
import { CONSENT } from "./ceremony.js";
import { Deployment, type Scanner, until } from "./deployment.js";
import { enlarged } from "./large_text.js";
import { accepted, hide, onStore, readCode, registerOn, see, type Seen, seeOther, untilShown, Wire } from "./visitors.js";

let d: Deployment;
let wire: Wire;
let door: Scanner;
let phone: Device;
let page: Page;
const found: string[] = [];

before(async () => {
  d = await Deployment.start("pages-visitor", { roles: ["issuer", "registry"] });
  wire = new Wire(d.issuerDaemon().port);
  await wire.open();
  door = await d.venue();
  phone = new Device("visitor");
  page = await phone.page(wire.url);
  await phone.browserContext().grantPermissions(["clipboard-read", "clipboard-write"]);
});
after(async () => {
  await phone?.discard();
  await wire?.cut();
  await d?.stop();
});

/** Tab until the element has the focus; every one on the way must be seen to have it. */
async function tabTo(id: string): Promise<void> {
  for (let i = 0; i < 30; i++) {
    if ((await focused()) === id) return;
    await page.keyboard.press("Tab");
    const isSeen = await page.evaluate(() => document.activeElement === document.body || document.activeElement?.matches(":focus-visible"));
    assert.ok(isSeen, "the focus is visible");
  }
  assert.fail(`#${id} cannot be reached by Tab`);
}
const focused = (): Promise<string | undefined> => page.evaluate(() => document.activeElement?.id);
/** A picture of a state, and what is wrong with it. */
const look = async (name: string): Promise<string[]> => [...(await inspect(page, name)).map((f) => `${name}: ${f}`), ...(await enlarged(page, name))];

// ---- Registering ----

test("the consent is one screen of what, where, how long and who, and nothing is on the device before it", async () => {
  await untilText(page, "출입 QR을 쓰기 전에");
  await untilText(page, "시험 환경입니다");
  for (const words of ["28일", "30일", "탈퇴한 뒤에도", "통신 업체", "발급 기관", "기록 기관", "업소", "방역 당국", "이 기기의 브라우저"]) await untilText(page, words);
  assert.deepEqual(await page.evaluate(async () => [await indexedDB.databases(), await caches.keys(), localStorage.length + sessionStorage.length]), [[], [], 0]);
  assert.equal(await page.locator("#ios-first").count(), 0);
  found.push(...(await look("visitor-consent")));
});

test("registering takes the keyboard alone: a wrong number, a wrong code, going back, a pasted message", async () => {
  await tabTo("agree");
  await page.keyboard.press("Enter");
  await untilText(page, "여섯 자리 인증번호를 문자로");
  await tabTo("name");
  await page.keyboard.type("시험 하나");
  await tabTo("phone");
  await page.keyboard.type("010-0000-10");
  await page.keyboard.press("Enter");
  await untilText(page, "전화번호를 확인해 주세요");
  assert.equal(await focused(), "phone");
  assert.equal(await page.getAttribute("#phone", "aria-invalid"), "true");
  found.push(...(await look("visitor-details-wrong")));
  const before = d.smsCount();
  await page.keyboard.type("1");
  await page.keyboard.press("Backspace");
  await page.keyboard.type("1-01"); // 010-0000-101-01 is too long still
  await page.keyboard.press("Control+A");
  await page.keyboard.type("010 0000 0101");
  await page.keyboard.press("Enter");
  await untilText(page, "010-0000-0101 번호로 인증번호를 보냈습니다");
  assert.equal(await focused(), "code");
  const right = await d.smsCode("+821000000101", before);

  await page.keyboard.type(right === "000000" ? "000001" : "000000");
  await untilText(page, "4번 더 입력할 수 있습니다");
  assert.equal(await focused(), "code");
  found.push(...(await look("visitor-code-wrong")));

  await page.goBack();
  await untilText(page, "이름과 전화번호");
  assert.deepEqual([await page.inputValue("#name"), await page.inputValue("#phone")], ["시험 하나", "010 0000 0101"]);
  await page.goForward();
  await page.reload(); // a phone may throw the page away while its owner reads the message
  await untilText(page, "010-0000-0101 번호로 인증번호를 보냈습니다");

  await tabTo("again");
  const seen = d.smsCount();
  await page.keyboard.press("Enter");
  await untilText(page, "새 인증번호를 보냈습니다");
  assert.notEqual(await d.smsCode("+821000000101", seen), undefined);
  await tabTo("code");
  await page.evaluate((code) => navigator.clipboard.writeText(`[Entrylog] 인증번호 ${code}`), right); // of the first message
  await page.keyboard.press("Control+V");
  await untilShown(page);
  await accepted(d, door, await see(page));
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, "the draft is gone");
});

test("the link past the bar goes to the heading of the screen that is there, on every screen, and costs no code", async () => {
  await page.reload();
  await see(page);
  const kept = await onStore<number>(page, "tokens", "count");
  const { body } = await see(page);
  await skipByKeyboard(page);
  assert.equal((await see(page)).body, body);
  assert.ok((await onStore<number>(page, "tokens", "count")) >= kept);
  await page.focus("#skip");
  found.push(...(await look("visitor-skip")));
  await page.click("#to-me");
  await untilText(page, "010-0000-0101");
  await skipByKeyboard(page);
  assert.match(page.url(), /#me$/);
  await page.goto(`${wire.url}#consent`);
  await untilText(page, "출입 QR을 쓰기 전에");
  await skipByKeyboard(page);
  await page.click("#agree");
  await page.locator("#name").waitFor();
  await skipByKeyboard(page);
  assert.match(page.url(), /#details$/);
  await page.goto(wire.url);
  await untilShown(page);
});

test("a link to a later step shows the consent to whoever has not agreed to the text that is asked for", async () => {
  const other = new Device("visitor-link");
  try {
    const p = await other.page(`${wire.url}#details`);
    const asked = async (): Promise<void> => {
      await untilText(p, "출입 QR을 쓰기 전에");
      assert.equal(await p.locator("input").count(), 0);
    };
    await asked();
    await p.goto(`${wire.url}#code`);
    await asked();
    // Agreed to an earlier text, in a tab that was open since.
    await p.evaluate((agreed) => sessionStorage.setItem("draft", JSON.stringify({ name: "시험 넷", phone: "010-0000-0104", agreed, pending: [{ registration: "x", wrong: 0 }] })), CONSENT - 1);
    for (const step of ["details", "code"]) {
      await p.goto(`${wire.url}#${step}`);
      await p.reload();
      await asked();
    }
    await p.click("#agree");
    await untilText(p, "이 번호로 여섯 자리");
    assert.equal(await p.inputValue("#name"), "시험 넷");
    await p.reload();
    await untilText(p, "이 번호로 여섯 자리");
    assert.deepEqual(other.problems, []);
  } finally {
    await other.discard();
  }
});

test("a code that was wrong five times is said to be of no use, and another one works", async () => {
  const other = new Device("visitor-other", { language: "en" });
  try {
    const p = await other.page(wire.url);
    assert.deepEqual([...(await inspect(p, "visitor-consent-en")), ...(await enlarged(p, "visitor-consent-en"))], []);
    await p.click("#agree");
    await p.fill("#name", "Test Two");
    await p.fill("#phone", "010-0000-0102");
    const seen = d.smsCount();
    await p.click("#send");
    await p.waitForSelector("#check");
    const right = await d.smsCode("+821000000102", seen);
    const wrong = right === "000000" ? "000001" : "000000";
    await p.fill("#code", "123");
    for (const _ of ["in Korean", "back in English"]) {
      await p.click("#language");
      assert.equal(await p.inputValue("#code"), "123", "another language takes nothing of what was typed");
    }
    for (const left of ["left: 4", "left: 3", "left: 2", "left: 1", "wrong five times"]) {
      await p.fill("#code", wrong);
      await untilText(p, left);
    }
    await p.fill("#code", right);
    await untilText(p, "The time for this code is over");
    const again = d.smsCount();
    await p.click("#again");
    await untilText(p, "A new code is on its way");
    await p.fill("#code", await d.smsCode("+821000000102", again));
    await untilShown(p);
    assert.deepEqual(await inspect(p, "visitor-show-en"), []);
    assert.ok(!/[가-힣]/.test((await p.innerText("main")) + (await p.innerText("#polite"))), "English is complete");
    // Tomorrow is on record once a token of it was drawn; the next screen asks once.
    await until("a full wallet", 20_000, async () => ((await onStore<number>(p, "tokens", "count")) > 40 ? true : undefined));
    await p.click("#to-me");
    await untilText(p, "Days on record");
    await until("the days", 20_000, async () => ((await p.locator("tbody tr").count()) === 2 ? true : undefined));
    assert.ok(!/[가-힣]/.test(await p.innerText("main")));
    assert.deepEqual(other.problems, []);
  } finally {
    await other.discard();
  }
});

test("when the text to agree to has changed, the page says so and opens it anew, with the input kept", async () => {
  const other = new Device("visitor-consent");
  try {
    const p = await other.page(wire.url);
    await p.route("**/v1/registrations", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "x", status: 422, code: "consent_outdated" }) }));
    await p.click("#agree");
    await p.fill("#name", "시험 셋");
    await p.fill("#phone", "010-0000-0103");
    await p.click("#send");
    await untilText(p, "동의 내용이 새로 바뀌었습니다");
    assert.deepEqual(await inspect(p, "visitor-consent-outdated"), []);
    await p.click("#fresh");
    await untilText(p, "출입 QR을 쓰기 전에");
    await p.click("#agree");
    assert.equal(await p.inputValue("#name"), "시험 셋");
  } finally {
    await other.discard();
  }
});

interface Spied {
  held: number;
  persisted: number;
}
const spied = (p: Page): Promise<Spied> => p.evaluate(() => (globalThis as unknown as { spied: Spied }).spied);
const held = async (p: Page, n: number): Promise<void> => void (await until(`${n} held`, 20_000, async () => ((await spied(p)).held === n ? true : undefined)));
/** Count the locks that are held and how often storage was asked to be kept. */
function spy(): void {
  const seen = { held: 0, persisted: 0 };
  (globalThis as unknown as { spied: Spied }).spied = seen;
  navigator.storage.persist = async () => (seen.persisted++, true);
  navigator.wakeLock.request = async () => {
    seen.held++;
    const lock = { released: false, release: async () => void ((lock.released = true), seen.held--) };
    return lock as unknown as WakeLockSentinel;
  };
}

test("in Safari on an iPhone the consent says that the icon comes first; someone who types registers in under a minute, and storage is kept", async (t) => {
  const other = new Device("visitor-ios");
  let isCut = false;
  try {
    const context = await other.open();
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "standalone", { configurable: true, get: () => false });
    });
    await context.addInitScript(spy);
    const p = await other.page(wire.url);
    await untilText(p, "먼저 홈 화면에 추가하고, 그 아이콘으로 열어 등록하세요");
    assert.deepEqual([...(await inspect(p, "visitor-ios")), ...(await enlarged(p, "visitor-ios"))], []);
    const begun = Date.now();
    await p.click("#agree");
    await p.click("#name");
    await p.keyboard.type("시험 다섯", { delay: 250 });
    await p.keyboard.press("Tab");
    await p.keyboard.type("01000000105", { delay: 250 });
    const seen = d.smsCount();
    await p.keyboard.press("Enter");
    await p.waitForSelector("#check");
    await p.keyboard.type(await d.smsCode("+821000000105", seen), { delay: 400 });
    await untilShown(p);
    t.diagnostic(`${((Date.now() - begun) / 1000).toFixed(1)} s from agreeing to the first code, by a script that types a key in 250 to 400 ms`);
    assert.equal((await spied(p)).persisted, 1);

    // The screen stays on while there is a code to hold up, and only then.
    await held(p, 1);
    await seeOther(p, await see(p));
    await held(p, 1);
    await p.click("#to-me");
    await held(p, 0);
    await p.click("#to-qr");
    await held(p, 1);
    await hide(p, true);
    await hide(p, false);
    await untilShown(p);
    await held(p, 1);
    isCut = true;
    await wire.cut();
    await onStore(p, "tokens", "clear");
    await p.click("#new-code");
    await untilText(p, "지금은 QR을 보여 드릴 수 없습니다", 30_000);
    await held(p, 0);
    assert.ok(["H1", "BUTTON"].includes(await p.evaluate(() => document.activeElement?.tagName ?? "")), "the focus is not lost with the button that had it");
    await wire.open();
    isCut = false;
    await p.click("#retry", { timeout: 2000 }).catch(() => undefined); // it may be there already
    await untilShown(p);
    await held(p, 1);
    await p.evaluate(() => Object.defineProperty(Navigator.prototype, "standalone", { configurable: true, get: () => true }));
    await p.evaluate(() => (location.hash = "consent"));
    await untilText(p, "출입 QR을 쓰기 전에");
    assert.equal(await p.locator("#ios-first").count(), 0, "not in the icon");
    assert.deepEqual(other.problems, []);
  } finally {
    if (isCut) await wire.open();
    await other.discard();
  }
});

test("a code that nobody touches lets the screen go dark after about three bodies; it stays good, and a touch or a key keeps the screen on again", async () => {
  const other = new Device("visitor-idle");
  try {
    const context = await other.open();
    await context.addInitScript(spy);
    await context.addInitScript(() => {
      const [monotonic, wall] = [performance.now.bind(performance), Date.now.bind(Date)];
      const state = globalThis as unknown as { ahead: number };
      state.ahead = 0;
      performance.now = () => monotonic() + state.ahead * 1000;
      Date.now = () => wall() + state.ahead * 1000;
    });
    const p = await other.page(wire.url);
    await registerOn(p, d, "시험 일곱", "010-0000-0107");
    await until("a full wallet", 20_000, async () => ((await onStore<number>(p, "tokens", "count")) > 40 ? true : undefined));
    let ahead = 0;
    const isGood = (code: Seen): boolean => Math.abs(d.now() + ahead - code.shownAt) <= 12;
    /** So much time goes by on the device; the code on the screen is one of then. */
    const pass = async (seconds: number): Promise<Seen> => {
      ahead += seconds;
      await p.evaluate((s) => void ((globalThis as unknown as { ahead: number }).ahead = s), ahead);
      return until("a code of then", 30_000, async () => {
        const code = await see(p);
        return isGood(code) ? code : undefined;
      });
    };
    await held(p, 1);
    for (const wake of ["a touch", "a key", "an opening"]) {
      await pass(200);
      await held(p, 1);
      const code = await pass(100);
      await held(p, 0);
      if (wake === "a touch") assert.ok(isGood(await seeOther(p, code)), "and it goes on so");
      await held(p, 0);
      if (wake === "a touch") await p.locator("h1").click();
      else if (wake === "a key") await p.keyboard.press("Shift");
      else {
        await hide(p, true);
        await hide(p, false);
      }
      await held(p, 1);
      assert.ok(isGood(await see(p)), "never without a valid one");
    }
    await p.click("text=QR이 바뀌는 이유");
    await untilText(p, "화면을 꺼 두면 미리 받은 QR을 아낄 수 있고");
    assert.deepEqual([...(await inspect(p, "visitor-about")), ...(await enlarged(p, "visitor-about"))], []);
    assert.deepEqual(other.problems, []);
  } finally {
    await other.discard();
  }
});

test("a browser that keeps nothing is told so in plain words, before a message is sent for nothing", async () => {
  for (const blocked of BLOCKED) {
    const other = new Device("visitor-private");
    try {
      await blockStorage(await other.open(), blocked);
      const p = await other.page(wire.url);
      const before = d.smsCount();
      if (blocked === "databases") {
        await p.click("#agree");
        await p.fill("#name", "시험 여섯");
        await p.fill("#phone", "010-0000-0106");
        await p.click("#send");
      }
      await untilText(p, "이 브라우저에는 저장할 수 없습니다");
      assert.equal(d.smsCount(), before);
      assert.deepEqual([...(await inspect(p, "visitor-private")), ...(await enlarged(p, "visitor-private"))], []);
      assert.deepEqual(other.problems, []);
    } finally {
      await other.discard();
    }
  }
});

test("a device that is full when the code is right says so, and the same code goes on once there is room", async () => {
  const other = new Device("visitor-full");
  try {
    const p = await other.page(wire.url);
    await p.click("#agree");
    await p.fill("#name", "시험 아홉");
    await p.fill("#phone", "010-0000-0109");
    const seen = d.smsCount();
    await p.click("#send");
    await p.locator("#code").waitFor();
    const code = await d.smsCode("+821000000109", seen);
    await p.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      const full = (): never => {
        throw new DOMException("full", "QuotaExceededError");
      };
      IDBObjectStore.prototype.put = full;
      addEventListener("room", () => (IDBObjectStore.prototype.put = put));
      new BroadcastChannel("entrylog-visitor").onmessage = ({ data }) => (document.documentElement.dataset["told"] += ` ${String(data)}`);
    });
    await p.fill("#code", code);
    await untilText(p, "이 기기에 저장하지 못했습니다");
    assert.deepEqual(await inspect(p, "visitor-full"), []);
    await p.evaluate(() => dispatchEvent(new Event("room")));
    await p.click("#check");
    await untilShown(p);
    assert.equal(await p.evaluate(() => document.documentElement.dataset["told"]), "undefined registered", "other tabs hear of no log-out");
    assert.deepEqual(other.problems, []);
  } finally {
    await other.discard();
  }
});

// ---- Showing ----

test("codes redraw themselves: over 25 seconds each decodes, each is fresh, all are of one body, and the registry takes the last", async () => {
  await page.reload();
  const codes = [await see(page)];
  for (let i = 0; i < 3; i++) {
    const before = codes.at(-1) ?? assert.fail();
    codes.push(
      await until("the next code", 20_000, async () => {
        assert.ok((await readCode(page)) !== undefined, "never a moment without a code");
        const looked = d.now();
        const now = await see(page);
        assert.ok(looked - now.shownAt <= 12, "never an old one");
        return now.text === before.text ? undefined : now;
      }),
    );
  }
  assert.equal(new Set(codes.map((c) => c.body)).size, 1);
  for (let i = 1; i < codes.length; i++) {
    const step = (codes[i]?.shownAt ?? 0) - (codes[i - 1]?.shownAt ?? 0);
    assert.ok(step >= 7, `${step} s`); // and never an old one, above
  }
  const last = codes.at(-1) ?? assert.fail();
  await accepted(d, door, last);
});

test("a new opening, a page that was out of sight, and the button begin a new body at once", async () => {
  const bodies = [(await see(page)).body];
  await page.reload();
  bodies.push((await see(page)).body);
  await hide(page, true);
  await until("no code while out of sight", 20_000, async () => ((await readCode(page)) === undefined ? true : undefined));
  await hide(page, false);
  bodies.push((await see(page)).body);
  const now = await see(page);
  await page.click("#new-code");
  // A redrawing of the same opening would show the same body again.
  bodies.push((await until("another body", 20_000, async () => ((await see(page)).body !== now.body ? see(page) : undefined))).body);
  assert.equal(new Set(bodies).size, 4);
});

test("a page that was frozen, or put aside by the back button and brought back, begins a new body, one for each opening", async () => {
  const kept = async (): Promise<number> => (await onStore<unknown[]>(page, "tokens", "getAll")).length;
  let last = await see(page);
  await page.evaluate(() => document.dispatchEvent(new Event("freeze")));
  await until("no code while it is frozen", 20_000, async () => ((await readCode(page)) === undefined ? true : undefined));
  await page.evaluate(() => document.dispatchEvent(new Event("resume")));
  const thawed = await see(page);
  assert.notEqual(thawed.body, last.body);
  last = thawed;
  const before = await kept();
  await page.evaluate(() => globalThis.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  await until("no code while it is put aside", 20_000, async () => ((await readCode(page)) === undefined ? true : undefined));
  await page.evaluate(() => {
    globalThis.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
    document.dispatchEvent(new Event("visibilitychange")); // some browsers say both
  });
  assert.notEqual((await see(page)).body, last.body);
  assert.equal(await kept(), before - 1, "one opening costs one body");
});

test("a device whose clock is set while it shows a code shows right ones again within seconds", async () => {
  await page.reload();
  const before = await see(page);
  await page.evaluate(() => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + 3600_000;
  });
  const now = await until("another code", 20_000, async () => {
    const code = await see(page);
    return code.text !== before.text && Math.abs(code.shownAt - d.now()) < 12 ? code : undefined;
  });
  await accepted(d, door, now);
  await seeOther(page, now);
  assert.ok(Math.abs((await see(page)).shownAt - d.now()) < 12, "and goes on so");
  await page.reload(); // the clock is back where it was, behind what was kept of it
  await onStore(page, "settings", "delete", "clock_offset");
  await onStore(page, "tokens", "clear");
  await page.reload(); // a live draw teaches the time
  await until("the right time", 20_000, async () => (Math.abs((await see(page)).shownAt - d.now()) < 12 ? true : undefined));
  await until("a full wallet", 20_000, async () => ((await onStore<unknown[]>(page, "tokens", "getAll")).length >= 17 ? true : undefined));
});

test("two tabs never show the same body", async () => {
  const second = await phone.browserContext().newPage();
  await second.goto(wire.url);
  await see(second);
  const bodies: string[] = [];
  for (let i = 0; i < 5; i++) {
    await Promise.all([page, second].map((p) => p.evaluate(() => document.getElementById("new-code")?.click())));
    for (const p of [page, second]) {
      await p.bringToFront();
      const before = bodies.at(-2); // this tab's last, which stays on the screen until the next one is drawn
      bodies.push(await until("the tab's next body", 20_000, async () => ((await see(p)).body !== before ? (await see(p)).body : undefined)));
    }
  }
  await second.close();
  assert.equal(new Set(bodies).size, bodies.length);
});

test("the code is there for screen readers: as text, with a name, and a word that it renews itself, said once", async () => {
  await page.reload();
  const now = await see(page);
  assert.match((await page.getAttribute("canvas#code", "aria-label")) ?? "", /저절로 새로 바뀝니다/);
  await untilText(page, "그대로 보여 주시면 됩니다");
  const said = await page.evaluate(() => {
    const heard: string[] = [];
    for (const id of ["polite", "urgent"])
      new MutationObserver(() => heard.push(document.getElementById(id)?.textContent ?? "")).observe(document.getElementById(id) ?? document, { childList: true, characterData: true, subtree: true });
    (globalThis as unknown as { heard: string[] }).heard = heard;
    return document.getElementById("code-text")?.textContent;
  });
  assert.equal(said, "", "not read out unless asked for");
  await page.click("text=QR 내용을 글자로 보기");
  const shown = await until("the text of the code on the screen", 20_000, async () => {
    const code = await readCode(page);
    return code !== undefined && (await page.textContent("#code-text")) === code ? code : undefined;
  });
  assert.match(shown, /^EL1:/);
  await seeOther(page, await seeOther(page, now));
  assert.deepEqual(await page.evaluate(() => (globalThis as unknown as { heard: string[] }).heard), [], "redraws are silent");
});

// ---- Looks ----

test("every look of the code is clean: light, dark, forced colours, large text, a landscape window, less motion", async () => {
  await page.reload();
  await see(page);
  found.push(...(await look("visitor-show")));
  await page.emulateMedia({ colorScheme: "dark" });
  found.push(...(await look("visitor-show-dark")));
  assert.match((await see(page)).text, /^EL1:/);
  await page.emulateMedia({ colorScheme: "dark", forcedColors: "active" });
  found.push(...(await look("visitor-show-forced")));
  assert.match((await see(page)).text, /^EL1:/, "dark on white even in forced colours");
  await page.emulateMedia({ colorScheme: "light", forcedColors: "none", reducedMotion: "reduce" });
  await page.reload();
  await see(page);
  assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
  for (const [width, height] of [[844, 390], [667, 331], [568, 320], [320, 568]] as const) {
    await page.setViewportSize({ width, height });
    assert.match((await see(page)).text, /^EL1:/);
    await page.evaluate(() => globalThis.scrollTo(0, 0)); // where the page opens; the picture of the code scrolled to it
    const card = (await page.locator(".code-card").boundingBox()) ?? assert.fail();
    assert.ok(card.y >= 0 && card.y + card.height <= height, `all of the card is in a window of ${width} x ${height}: ${JSON.stringify(card)}`);
    if (width === 568) found.push(...(await look("visitor-show-landscape")));
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  assert.equal(await overflow(page), undefined);
  found.push(...(await look("visitor-show-large")));
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  await page.emulateMedia({ colorScheme: null, forcedColors: null, reducedMotion: null });
});

test("a registration near its end is offered to be renewed, and renewing brings the name along", async () => {
  const kept = await onStore<{ until: number }>(page, "settings", "get", "registration");
  await onStore(page, "settings", "put", { ...kept, until: d.now() + 86400 }, "registration");
  await page.reload();
  await untilText(page, "지금 다시 등록하기");
  found.push(...(await look("visitor-show-renew")));
  await page.click("#renew");
  await page.click("#agree");
  await until("the name", 20_000, async () => ((await page.inputValue("#name")) === "시험 하나" ? true : undefined));
  assert.equal(await page.inputValue("#phone"), "010-0000-0101");
  const seen = d.smsCount();
  await page.click("#send");
  await page.waitForSelector("#check");
  await page.fill("#code", await d.smsCode("+821000000101", seen));
  await untilShown(page);
  const renewed = await onStore<{ until: number; credential: string }>(page, "settings", "get", "registration");
  assert.equal(renewed.until, kept.until);
  await accepted(d, door, await see(page));
});

test("a registration that the issuer does not know leads to registering again, in plain words", async () => {
  await onStore(page, "settings", "put", { credential: "A".repeat(43), until: d.now() + 86400 }, "registration");
  await onStore(page, "tokens", "clear");
  await onStore(page, "tickets", "clear");
  await page.reload();
  await untilText(page, "다시 등록해 주세요");
  found.push(...(await look("visitor-ended")));
  const before = wire.requests.length;
  await page.click("#renew");
  await untilText(page, "출입 QR을 쓰기 전에");
  await page.goto(wire.url);
  await registerAgain();
  assert.ok(wire.requests.length - before < 40, "no loop");
});

async function registerAgain(): Promise<void> {
  await page.click("#renew");
  await registerOn(page, d, "시험 하나", "010-0000-0101");
}

test("when the browser takes away what was kept, the page says so, and registering again is all it takes", async () => {
  const cdp = await phone.browserContext().newCDPSession(page);
  await cdp.send("Storage.clearDataForOrigin", { origin: wire.url.slice(0, -1), storageTypes: "indexeddb" });
  await untilText(page, "저장한 것을 읽을 수 없습니다");
  found.push(...(await look("visitor-lost")));
  await page.click("text=처음으로");
  await untilText(page, "출입 QR을 쓰기 전에");
  await registerOn(page, d, "시험 하나", "010-0000-0101");
});

test("another person who registers on this device shows codes of their own", async () => {
  const other = new Device("visitor-heir");
  try {
    const p = await other.page(wire.url);
    await registerOn(p, d, "시험 어머니", "010-0000-0171");
    const mothers = (await onStore<{ credential: string }>(p, "settings", "get", "registration")).credential;
    await until("a full wallet", 20_000, async () => ((await onStore<number>(p, "tokens", "count")) > 40 ? true : undefined));
    const before = await see(p);
    await p.goto(`${wire.url}#consent`);
    await registerOn(p, d, "시험 아들", "010-0000-0172");
    const sons = (await onStore<{ credential: string }>(p, "settings", "get", "registration")).credential;
    await until("the son's wallet", 20_000, async () => ((await onStore<number>(p, "tokens", "count")) > 40 ? true : undefined));
    assert.notEqual((await see(p)).body, before.body);
    const days = async (credential: string): Promise<number> => ((await d.issuer().me(credential)) as { days: unknown[] }).days.length;
    assert.equal(await days(sons), 2, "the codes are of the son's days");
    assert.equal(await days(mothers), 2, "and the mother's registration stays hers");
  } finally {
    wire.swallows = false;
    await other.discard();
  }
});

test("a live code that hangs leaves no code on the screen beyond its time", async () => {
  const other = new Device("visitor-hang");
  try {
    const p = await other.page(wire.url);
    await registerOn(p, d, "시험 대기", "010-0000-0173");
    await until("a full wallet", 20_000, async () => ((await onStore<number>(p, "tokens", "count")) > 40 ? true : undefined));
    wire.swallows = true;
    await onStore(p, "tokens", "clear");
    const last = await see(p);
    await p.click("#new-code"); // which can only be drawn live now, and does not come
    await until("no code", 40_000, async () => ((await readCode(p)) === undefined ? true : undefined));
    assert.ok(d.now() <= last.shownAt + 30, "not half a minute, let alone for ever");
    wire.swallows = false;
    await untilShown(p);
  } finally {
    wire.swallows = false;
    await other.discard();
  }
});

test("all states were clean for axe and at 320 px, and nothing of the page did what it must not", () => {
  assert.deepEqual(found, []);
  assert.deepEqual(phone.problems, []);
});
