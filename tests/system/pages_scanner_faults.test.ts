// The scanner page when what it stands on gives way: another tab pairs the browser anew, the device sleeps, the storage
// closes, is full or is damaged. Nothing is recorded under another's name, and nothing fails without a word.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import type { WalletToken } from "../../src/web/lib/index.js";
import { BLOCKED, blockStorage, Device, inspect, TABLET, untilText, worksOffline } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { byHand, cameraFile, clean, database, enrolmentCode, paired, recorded, scan, type Shop, shop, tokens, unsent, untilChip, untilUnsent, withoutServiceWorker, onDevice } from "./scanner_page.js";

let d: Deployment;
let token: () => WalletToken;

before(async () => {
  d = await Deployment.start("pages-scanner-faults");
  token = await tokens(d, 60);
});
after(async () => d.stop());

const withDevice = (name: string, work: (device: Device, venue: Shop) => Promise<void>): Promise<void> =>
  onDevice(name, { patient: false }, async (device) => work(device, await shop(d, `가게 ${name}`)));

interface Kept {
  id: number;
  key: string;
}
const pairing = async (page: Page): Promise<Kept | undefined> => (await database(page)).meta["pairing"] as Kept | undefined;

async function unpair(page: Page): Promise<void> {
  await page.getByRole("button", { name: "메뉴" }).click();
  await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
  await page.getByRole("button", { name: "연결 해제", exact: true }).click();
  await untilText(page, "연결을 해제했습니다");
}
async function pairAgain(page: Page, venue: Shop): Promise<number> {
  const { id, code } = await enrolmentCode(d, venue);
  await page.getByLabel("연결 코드 12자").fill(code);
  await byHand(page, "Enter");
  await page.locator("main.scan").waitFor();
  return id;
}
async function secondTab(device: Device): Promise<Page> {
  const page = await device.browserContext().newPage();
  await page.goto(`${d.registry.url}/scanner/`);
  await page.locator("main.scan").waitFor();
  return page;
}
/** Tabs that do not hear of each other: what is left is what each transaction finds. */
async function deaf(device: Device): Promise<void> {
  await withoutServiceWorker(device);
  await device.browserContext().addInitScript(() => {
    delete (globalThis as unknown as Record<string, unknown>)["BroadcastChannel"];
  });
}

test("a tab whose browser is paired anew in another one stops, says so, and goes on as the new scanner when asked", async () => {
  await withDevice("two-tabs", async (device, venue) => {
    const page = await paired(d, device, venue);
    const second = await secondTab(device);
    await unpair(second);
    await page.locator('[data-notice="gone"]').waitFor();
    await page.bringToFront();
    await page.getByRole("button", { name: "지금 상태로 다시 열기" }).click();
    await page.getByLabel("연결 코드 12자").waitFor();
    const id = await pairAgain(second, venue);
    await page.locator("main.scan").waitFor(); // the tab that waits for a code hears of it
    assert.equal((await pairing(page))?.id, id);
    assert.equal(await scan(page, d.show(token())), "accepted");
    await second.bringToFront();
    assert.equal(await scan(second, d.show(token())), "accepted");
    await second.close();
  });
});

test("however many ways lead to the door at once, one door opens, and a scan is posted once", async () => {
  await withDevice("one-door", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    const posts = new Map<Page, number>();
    device.browserContext().on("request", (r) => {
      if (r.url().endsWith("/v1/checkins")) posts.set(r.frame().page(), (posts.get(r.frame().page()) ?? 0) + 1);
    });
    const isOnce = async (tab: Page): Promise<void> => {
      await tab.bringToFront();
      assert.equal(await scan(tab, d.show(token())), "accepted");
      assert.equal(posts.get(tab), 1);
      posts.clear();
    };
    // A button that is pressed twice before anything has come of it.
    const second = await secondTab(device);
    await unpair(second);
    await pairAgain(second, venue);
    await page.locator('[data-notice="gone"]').waitFor();
    await page.bringToFront();
    await page.getByRole("button", { name: "지금 상태로 다시 열기" }).evaluate((button: HTMLButtonElement) => {
      button.click();
      button.click();
    });
    await page.locator("[data-notice]").waitFor({ state: "detached" });
    await isOnce(page);
    // Two tabs that have waited for the network, and hear of each other while each finds it back.
    await second.bringToFront();
    await unpair(second);
    await page.locator('[data-notice="gone"]').waitFor();
    const { code } = await enrolmentCode(d, venue);
    await device.browserContext().route("**/v1/scanner", (route) => route.abort());
    await second.getByLabel("연결 코드 12자").fill(code);
    await second.keyboard.press("Enter");
    await second.locator('[data-notice="unfinished"]').waitFor({ timeout: 30_000 });
    await page.reload();
    await page.locator('[data-notice="unfinished"]').waitFor({ timeout: 30_000 });
    await untilText(page, "서버에 연결할 수 없습니다", 30_000); // it is not asking any more
    await device.browserContext().unroute("**/v1/scanner");
    await Promise.all([page, second].map((tab) => tab.evaluate(() => dispatchEvent(new Event("online")))));
    for (const tab of [page, second]) await tab.locator("main.scan").waitFor();
    for (const tab of [page, second]) await isOnce(tab);
    await second.close();
  });
});

test("a browser that keeps nothing is told so, whichever of its stores is blocked", async () => {
  for (const blocked of BLOCKED)
    await onDevice(`blocked-${blocked}`, {}, async (device) => {
      await blockStorage(await device.open(TABLET), blocked);
      const page = await device.page(`${d.registry.url}/scanner/`);
      await untilText(page, "저장");
      assert.equal(await page.locator(".notice.bad").count(), 1);
      assert.deepEqual(await inspect(page, "scanner-no-storage"), []);
    });
});

test("entries of one scanner never wait for, or go out under, the key of another that a second tab has become", async () => {
  await withDevice("two-tabs-deaf", async (device, venue) => {
    await deaf(device);
    const page = await paired(d, device, venue);
    const old = await pairing(page);
    const second = await secondTab(device);
    await unpair(second);
    const id = await pairAgain(second, venue);
    await device.offline(true);
    await page.bringToFront();
    await untilChip(page, "offline");
    assert.equal(await scan(page, d.show(token())), "unrecorded:gone");
    await page.locator('[data-notice="gone"]').waitFor();
    assert.deepEqual(await inspect(page, "scanner-gone"), []);
    assert.deepEqual((await database(page)).queue, []);
    // Unpairing from there does not take the other tab's pairing away: it is shown instead.
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "연결 해제", exact: true }).click();
    await until("the notice to go", 20_000, async () => ((await page.locator("[data-notice]").count()) === 0 ? true : undefined));
    assert.equal((await pairing(page))?.id, id);
    await second.bringToFront();
    assert.equal(await scan(second, d.show(token())), "queued");
    const keys: string[] = [];
    device.browserContext().on("request", (r) => {
      if (r.url().includes("/v1/checkins")) keys.push(r.headers()["authorization"] ?? "");
    });
    await device.offline(false);
    await untilUnsent(second, 0);
    assert.ok(keys.length > 0 && !keys.some((k) => k.includes(old?.key ?? "none")));
    assert.equal(await recorded(d, venue), 1);
    assert.equal(await second.locator("[data-notice]").count(), 0);
    assert.equal((await pairing(second))?.id, id);
    await second.close();
  });
});

test("what a tab learns of its own scanner does not replace the one that another tab has become", async () => {
  await withDevice("two-tabs-refresh", async (device, venue) => {
    await deaf(device);
    const page = await paired(d, device, venue);
    const second = await secondTab(device);
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    let asked = false;
    await page.route("**/v1/scanner", async (route) => {
      asked = true;
      await held;
      await route.continue();
    });
    await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await until("the own entry to be asked for", 20_000, () => (asked ? true : undefined));
    await unpair(second);
    const id = await pairAgain(second, venue);
    release();
    await page.locator('[data-notice="gone"]').waitFor();
    assert.equal((await pairing(second))?.id, id);
    await second.close();
  });
});

test("a scanner that is unpaired while it asks who it is stays unpaired, and its key is gone", async () => {
  await withDevice("unpair-in-flight", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    const key = (await pairing(page))?.key ?? "";
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    let asked = false;
    await page.route("**/v1/scanner", async (route) => {
      asked = true;
      await held;
      await route.continue();
    });
    await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await until("the own entry to be asked for", 20_000, () => (asked ? true : undefined));
    await unpair(page);
    const answered = page.waitForResponse("**/v1/scanner");
    release();
    await (await answered).finished();
    // It is dealt with before anything that is begun later.
    await page.evaluate(async () => {
      await fetch("/v1/time");
      await new Promise((done) => setTimeout(done, 200));
    });
    assert.deepEqual((await database(page)).meta, {});
    await page.reload();
    await page.getByLabel("연결 코드 12자").waitFor();
    assert.ok(!JSON.stringify(await database(page)).includes(key));
  });
});

test("the retry of a door that is closed sends nothing", async () => {
  await withDevice("closed-retry", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await device.page(`${d.registry.url}/scanner/`, TABLET);
    await page.clock.install();
    await pairAgain(page, venue);
    const old = await pairing(page);
    await page.route("**/v1/checkins**", (route) => route.abort());
    await page.route("**/v1/checkins/batch", (route) => route.abort());
    assert.equal(await scan(page, d.show(token())), "queued");
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "기록 1건을 버리고 연결 해제" }).click();
    await untilText(page, "연결을 해제했습니다");
    await pairAgain(page, venue);
    assert.equal(await scan(page, d.show(token())), "queued");
    const keys: string[] = [];
    page.on("request", (r) => {
      if (r.url().includes("/v1/checkins")) keys.push(r.headers()["authorization"] ?? "");
    });
    await page.clock.runFor(180_000);
    await until("the new door's retry", 20_000, () => (keys.length > 0 ? true : undefined));
    assert.ok(!keys.some((k) => k.includes(old?.key ?? "none")), "under the old key");
  });
});

/** Let the device's wall clock be moved by the test; its monotonic one stays. */
async function withWallClock(device: Device): Promise<void> {
  const context = await device.open(TABLET);
  await context.addInitScript(() => {
    const real = Date.now.bind(Date);
    let moved = 0;
    Date.now = () => real() + moved;
    Object.assign(globalThis, { move: (ms: number) => (moved += ms) });
  });
}

/** Let the device sleep: the page stands still as well, for going to sleep and waking take their time. */
async function sleep(page: Page, ms: number): Promise<void> {
  await page.evaluate((long) => {
    const from = performance.now();
    while (performance.now() - from < 400);
    (globalThis as unknown as { move(ms: number): void }).move(long);
    while (performance.now() - from < 800);
  }, ms);
}

/** Set the wall clock while the page runs: where this machine held the page up just then, once more. */
async function setWallClock(page: Page, ms: number): Promise<void> {
  await page.evaluate(async (by) => {
    const { move } = globalThis as unknown as { move(ms: number): void };
    const rest = (): Promise<void> => new Promise((done) => setTimeout(done, 50));
    for (;;) {
      await rest();
      const from = performance.now();
      move(by);
      await rest();
      await rest();
      if (performance.now() - from < 200) return;
      move(-by);
    }
  }, ms);
}

test("after a sleep in which the device's own count of time stood still, offline, old codes are refused and fresh ones kept", async () => {
  await withDevice("asleep", async (device, venue) => {
    await withWallClock(device);
    const page = await paired(d, device, venue);
    await device.offline(true);
    await untilChip(page, "offline");
    for (const slept of [90, 180]) {
      await sleep(page, 90_000);
      assert.equal(await scan(page, d.show(token(), d.now() + slept - 90)), "stale", "a photo from before the sleep");
      assert.equal(await scan(page, d.show(token(), d.now() + slept)), "queued", "a fresh code");
    }
    // Longer than ten minutes: it asks anew who it is.
    await device.offline(false);
    await untilUnsent(page, 0);
    let asked = 0;
    page.on("request", (r) => (asked += r.url().endsWith("/v1/scanner") ? 1 : 0));
    await sleep(page, 900_000);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await until("the own entry to be asked for", 20_000, () => (asked > 0 ? true : undefined));
  });
});

test("a clock that is set wrong for a while refuses nobody, offline, and what was believed on waking ends with it", async () => {
  await withDevice("clock-set", async (device, venue) => {
    await withWallClock(device);
    const page = await paired(d, device, venue);
    await device.offline(true);
    await untilChip(page, "offline");
    const fresh = (): Promise<string> => scan(page, d.show(token()));
    const hour = 3_600_000;
    for (const jump of [hour, -hour, -hour, hour]) {
      await setWallClock(page, jump);
      assert.equal(await fresh(), "queued");
      assert.equal(await scan(page, d.show(token(), d.now() - 3600)), "stale");
    }
    await sleep(page, hour);
    assert.equal(await fresh(), "stale", "it may have slept for an hour");
    await setWallClock(page, -hour);
    assert.equal(await fresh(), "queued");
  });
});

/** Have the page's connections to its database at hand. */
async function withConnections(device: Device): Promise<void> {
  const context = await device.open(TABLET);
  await context.addInitScript(() => {
    const all: IDBDatabase[] = [];
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...args) {
      const request = open.apply(this, args);
      request.addEventListener("success", () => all.push(request.result));
      return request;
    };
    Object.assign(globalThis, { connections: all });
  });
}

test("a connection to the storage that is closed, with or without a word, is opened again and no scan is lost", async () => {
  for (const told of [true, false])
    await withDevice(`closed-${String(told)}`, async (device, venue) => {
      await withConnections(device);
      const page = await paired(d, device, venue);
      await device.offline(true);
      await untilChip(page, "offline");
      await page.evaluate((isTold) => {
        for (const one of (globalThis as unknown as { connections: IDBDatabase[] }).connections) {
          one.close();
          if (isTold) one.dispatchEvent(new Event("close"));
        }
      }, told);
      assert.equal(await scan(page, d.show(token())), "queued");
      assert.equal(await unsent(page), 1);
      await device.offline(false);
      await untilUnsent(page, 0);
      assert.equal(await recorded(d, venue), 1);
    });
});

test("data that the browser cleared is said plainly, and the way leads to pairing", async () => {
  await withDevice("cleared", async (device, venue) => {
    const page = await paired(d, device, venue);
    const session = await device.browserContext().newCDPSession(page);
    await session.send("Storage.clearDataForOrigin", { origin: d.registry.url, storageTypes: "indexeddb" });
    await page.locator('[data-notice="gone"]').waitFor();
    assert.equal(await scan(page, d.show(token())), "unrecorded:gone");
    await page.getByRole("button", { name: "지금 상태로 다시 열기" }).click();
    await pairAgain(page, venue);
    assert.equal(await scan(page, d.show(token())), "accepted");
  });
});

test("a kept pairing that cannot be read is said plainly; it is paired anew, and the entries stay until that is agreed", async () => {
  await withDevice("damaged", async (device, venue) => {
    const page = await paired(d, device, venue);
    await worksOffline(page);
    await device.offline(true); // for with network a door that runs writes its pairing anew
    assert.equal(await scan(page, d.show(token())), "queued");
    for (const damage of ["directory", "venue"]) {
      await page.evaluate(
        (field) =>
          new Promise<void>((done) => {
            const open = indexedDB.open("entrylog-scanner");
            open.onsuccess = () => {
              const meta = open.result.transaction("meta", "readwrite").objectStore("meta");
              const kept = meta.get("pairing");
              kept.onsuccess = () => {
                (kept.result as { info: Record<string, unknown> }).info[field] = { doc: "broken" };
                meta.put(kept.result, "pairing");
              };
              meta.transaction.oncomplete = () => {
                open.result.close();
                done();
              };
            };
          }),
        damage,
      );
      await page.reload();
      await untilText(page, "저장된 연결 정보를 읽을 수 없어");
    }
    await device.offline(false);
    assert.deepEqual(await inspect(page, "scanner-damaged"), []);
    assert.equal((await database(page)).queue.length, 1);
    await page.getByLabel("기록 1건을 버리고 연결하겠습니다").check();
    await pairAgain(page, venue);
    assert.equal(await scan(page, d.show(token())), "accepted");
  });
});

test("a decoder that does not start again and again has the page loaded anew once, with network and not under a person's eyes", async () => {
  const film = path.join(d.dir, "renewal.y4m");
  cameraFile(film, undefined);
  const device = new Device("renewal", { camera: film });
  try {
    await withoutServiceWorker(device);
    let asked = 0;
    await device.browserContext().route("**/*.wasm", async (route) => {
      asked++;
      await route.fulfill({ status: 404 });
    });
    const page = await paired(d, device, await shop(d, "오래 열린 가게"));
    let loaded = 0;
    page.on("load", () => loaded++);
    await untilText(page, "QR 판독기를 불러오지 못했습니다");
    await page.getByRole("button", { name: "메뉴" }).click();
    await until("four failures", 60_000, () => (asked >= 5 ? true : undefined));
    assert.equal(loaded, 0, "somebody reads the menu");
    await page.keyboard.press("Escape");
    await until("the page to be loaded anew", 30_000, () => (loaded === 1 ? true : undefined));
    const before = asked;
    await until("four more failures", 60_000, () => (asked >= before + 4 ? true : undefined));
    assert.equal(loaded, 1, "not over and over");
    assert.equal(await scan(page, d.show(token())), "accepted");
    clean(device);
  } finally {
    await device.discard();
  }
});

test("a pairing that fails at the storage, or at a list of issuers that is not signed, says what it was", async () => {
  await withDevice("enrol-fails", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await device.page(`${d.registry.url}/scanner/`, TABLET);
    const { code } = await enrolmentCode(d, venue);
    await page.evaluate(() => {
      const put = IDBObjectStore.prototype.put;
      Object.assign(globalThis, { heal: () => (IDBObjectStore.prototype.put = put) });
      IDBObjectStore.prototype.put = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    await page.getByLabel("연결 코드 12자").fill(code);
    await page.keyboard.press("Enter");
    await untilText(page, "저장 공간에 쓸 수 없어 연결하지 못했습니다");
    assert.deepEqual(await inspect(page, "scanner-pair-storage"), []);
    await page.evaluate(() => void (globalThis as unknown as { heal(): void }).heal());
    await page.route("**/v1/scanner", async (route) => {
      const answer = await route.fetch();
      const info = (await answer.json()) as { directory: { signatures: { sig: string }[] } };
      for (const s of info.directory.signatures) s.sig = `${"A".repeat(s.sig.length - 1)}A`;
      await route.fulfill({ response: answer, json: info });
    });
    const other = await enrolmentCode(d, venue);
    await page.getByLabel("연결 코드 12자").fill(other.code);
    await page.keyboard.press("Enter");
    await untilText(page, "발급 기관 목록의 서명을 확인할 수 없어");
    assert.deepEqual(await inspect(page, "scanner-pair-untrusted"), []);
    await page.unroute("**/v1/scanner");
    await page.getByRole("button", { name: "다시 확인" }).click();
    await page.locator("main.scan").waitFor();
  });
});
