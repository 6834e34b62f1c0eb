// The scanner page without network: what is refused, what is kept, how it is sent, and what a thief of it sees.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { decodeBase64url, decodeTokenText, encodeBase64url, newAttempt, sealOffline, type SignedDocument, toHex, type WalletToken } from "../../src/web/lib/index.js";
import { Device, inspect, TABLET, untilText, worksOffline } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { byHand, chip, database, deactivate, enrolmentCode, forged, holdVerdicts, paired, recorded, scan, type Shop, shop, tokens, unsent, untilChip, untilUnsent, wedge, withoutServiceWorker, onDevice } from "./scanner_page.js";

let d: Deployment;
let token: () => WalletToken;

before(async () => {
  d = await Deployment.start("pages-scanner-offline", { registry: ["late_limit = 7200"] });
  token = await tokens(d, 720);
});
after(async () => d.stop());

const withDevice = (name: string, work: (device: Device, venue: Shop) => Promise<void>): Promise<void> =>
  onDevice(name, { patient: false }, async (device) => work(device, await shop(d, `가게 ${name}`)));

/** Put sealed entries into the page's queue, as its own scans would have. */
async function preload(page: Page, sealed: readonly Uint8Array[]): Promise<void> {
  await page.evaluate(
    (all) =>
      new Promise<void>((done, fail) => {
        const open = indexedDB.open("entrylog-scanner");
        open.onsuccess = () => {
          const tx = open.result.transaction("queue", "readwrite");
          for (const one of all) tx.objectStore("queue").add(Uint8Array.from(one));
          tx.oncomplete = () => {
            open.result.close();
            done();
          };
          tx.onerror = () => fail(tx.error);
        };
      }),
    sealed.map((s) => [...s]),
  );
}

interface Identity {
  id: number;
  key: string;
  queueKey: Uint8Array;
}
async function identity(page: Page): Promise<Identity> {
  const { pairing } = (await database(page)).meta as { pairing: { id: number; key: string; info: { queue_keys: { key: string }[]; directory: SignedDocument } } };
  return { id: pairing.id, key: pairing.key, queueKey: decodeBase64url(pairing.info.queue_keys[0]?.key ?? "") };
}
function seal(who: Identity, one: WalletToken, at: number): Uint8Array {
  return sealOffline(who.queueKey, who.id, d.show(one, at), newAttempt(), at);
}

test("offline, a made-up code and an old one are refused, a good one is kept, a copy of it is refused", async () => {
  await withDevice("offline-judge", async (device, venue) => {
    await (await device.open(TABLET)).clock.install(); // one clock from the start
    const page = await paired(d, device, venue);
    await holdVerdicts(page);
    await device.offline(true);
    await untilChip(page, "offline");
    assert.equal(await scan(page, forged(token(), d.now(), 80)), "forged:bad_signature");
    assert.equal(await scan(page, d.show(token(), d.now() - 60)), "stale");
    assert.equal(await unsent(page), 0);
    const good = token();
    assert.equal(await scan(page, d.show(good)), "queued");
    assert.equal(await unsent(page), 1);
    assert.deepEqual(await inspect(page, "scanner-verdict-queued"), []);
    assert.equal(await scan(page, d.show(token())), "queued");
    await page.clock.fastForward(15_000);
    assert.equal(await scan(page, d.show(good)), "used");
    assert.deepEqual(await inspect(page, "scanner-verdict-used"), []);
    assert.equal(await unsent(page), 2);
  });
});

test("kept entries outlive reload and restart without network, and are recorded once when it is back", async () => {
  await withDevice("offline-restart", async (device, venue) => {
    let page = await paired(d, device, venue);
    await worksOffline(page);
    const before = await recorded(d, venue);
    await device.offline(true);
    const shown: string[] = [];
    for (let i = 0; i < 3; i++) {
      const text = d.show(token());
      shown.push(text);
      assert.equal(await scan(page, text), "queued");
    }
    await page.reload();
    await untilText(page, venue.name);
    assert.equal(await unsent(page), 3);
    assert.equal(await chip(page, "today"), "오늘 3건");
    const fourth = d.show(token());
    assert.equal(await scan(page, fourth), "queued", "judged by what is on the device");
    await device.close();
    const context = await device.open(TABLET);
    await context.setOffline(true);
    page = await device.page(`${d.registry.url}/scanner/`);
    await untilText(page, venue.name);
    assert.equal(await unsent(page), 4);
    assert.deepEqual(await inspect(page, "scanner-offline-restarted"), []);
    await device.offline(false);
    await untilUnsent(page, 0);
    await untilChip(page, "online");
    assert.equal(await recorded(d, venue), before + 4);
    assert.deepEqual((await database(page)).queue, []);
    const other = await d.addScanner(venue.venue, venue.ownerKey);
    for (const text of [...shown, fourth]) {
      const again = await d.checkin({ key: other.key }, text);
      assert.ok(again.code === "already_used" || again.code === "stale", String(again.code));
    }
    assert.equal(await recorded(d, venue), before + 4);
  });
});

test("a scanner left without network over night judges and keeps the next day's codes, and counts from nothing", async () => {
  await withDevice("over-night", async (device, venue) => {
    const page = await paired(d, device, venue);
    const visitor = await d.register("박시험", "010-0000-0009");
    const tomorrow = await d.wallet(visitor, 0, 1, "tomorrow");
    await device.offline(true);
    const today = token();
    assert.equal(await scan(page, d.show(today)), "queued");
    const [next] = tomorrow;
    assert.ok(next !== undefined);
    assert.equal(await scan(page, d.show(next)), "wrong_day", "not before its day");
    await page.clock.install();
    await page.clock.fastForward(86_400_000);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await untilText(page, "오늘 0건");
    assert.equal(await scan(page, d.show(token(), d.now() + 86_400)), "wrong_day");
    assert.equal(await scan(page, d.show(next, d.now() + 86_400)), "queued");
    await untilText(page, "오늘 1건");
    assert.equal(await unsent(page), 2);
  });
});

test("a registry that is stopped and started again gets what was kept meanwhile", async () => {
  await withDevice("outage", async (device, venue) => {
    const page = await paired(d, device, venue);
    await d.registry.stop();
    assert.equal(await scan(page, d.show(token())), "queued");
    assert.equal(await scan(page, d.show(token())), "queued");
    await untilChip(page, "offline");
    d.registry.start();
    await d.registry.ready();
    await untilUnsent(page, 0); // by itself: the wait between two tries is bounded
    assert.equal(await recorded(d, venue), 2);
    assert.equal(await scan(page, d.show(token())), "accepted");
  });
});

test("a registry that is slow keeps nobody waiting twice, and nothing is recorded twice", async () => {
  await withDevice("slow", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    let calls = 0;
    let arrived = 0;
    await page.route("**/v1/checkins", async (route) => {
      calls++;
      await route.fetch(); // it arrives and is recorded, but the answer does not come back
      arrived++;
    });
    await page.route("**/v1/checkins/batch", (route) => route.abort());
    assert.equal(await scan(page, d.show(token())), "queued");
    await until("the call to have arrived", 20_000, () => (arrived > 0 ? true : undefined));
    assert.equal(await recorded(d, venue), 1);
    assert.equal(await scan(page, d.show(token())), "queued");
    assert.equal(calls, 1, "known to be out of reach");
    // The button is there as long as something waits, and the page tries by itself, too.
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.unroute("**/v1/checkins/batch");
    await page.unroute("**/v1/checkins");
    await page.getByRole("button", { name: "보관한 기록 지금 보내기" }).click();
    await untilUnsent(page, 0);
    assert.equal(await recorded(d, venue), 2);
    assert.equal(await page.locator("[data-notice]").count(), 0, "no refusal of its own entries");
  });
});

test("the login page of a guest network lets nobody in, refuses nobody and unpairs nothing", async () => {
  await withDevice("portal", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    for (const status of [200, 401, 403, 404]) {
      await page.route("**/v1/**", (route) => route.fulfill({ status, contentType: "text/html", body: "<h1>Welcome, please log in</h1>" }));
      assert.equal(await scan(page, d.show(token())), "queued", String(status));
      await untilChip(page, "offline");
      assert.equal(await scan(page, d.show(token())), "queued", `${status}, known to be out of reach`);
      assert.equal(await unsent(page), 2);
      // The device is told of a network, and it is that one: what it answers is no time and no scanner's entry.
      const asked = page.waitForResponse("**/v1/time");
      await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
      await (await asked).finished();
      assert.equal(await scan(page, d.show(token(), d.now() - 60)), "stale", `${status}, the clock is right`);
      assert.equal(await scan(page, d.show(token(), d.now() + 60)), "future", `${status}, the clock is right`);
      assert.equal(await scan(page, d.show(token())), "queued", `${status}, after it has asked`);
      assert.equal(await unsent(page), 3);
      await page.unroute("**/v1/**");
      await untilUnsent(page, 0); // by itself
      await untilChip(page, "online");
      assert.equal(await scan(page, d.show(token())), "accepted");
    }
    // A page that stands in the way of one answer alone is not taken for the scanner's entry either.
    await page.route("**/v1/scanner", (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Welcome</h1>" }));
    await page.evaluate(() => globalThis.dispatchEvent(new Event("online")));
    await untilChip(page, "offline");
    await page.unroute("**/v1/scanner");
    await page.reload();
    await untilChip(page, "online");
    assert.equal(await page.locator("main.scan h1").innerText(), venue.name);
    assert.equal(await page.locator("[data-notice]").count(), 0);
    assert.equal(await recorded(d, venue), 16);
  });
});

test("without network and without storage nobody is told that they are recorded", async () => {
  await withDevice("full-disk", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    await holdVerdicts(page);
    await page.evaluate(() => {
      IDBObjectStore.prototype.add = () => {
        throw new DOMException("full", "QuotaExceededError");
      };
    });
    assert.equal(await scan(page, d.show(token())), "accepted", "the registry has it");
    // The post fails, and so does what was to be written beside it; known to be offline, there is no post.
    await page.route("**/v1/checkins", (route) => route.abort());
    const said = "네트워크가 없고 이 기기의 저장 공간이 가득 찼거나 막혀 있습니다. 종이 명부를 쓰고, 저장 공간을 비우세요.";
    for (const known of [false, true]) {
      if (known) await device.offline(true);
      if (known) await untilChip(page, "offline");
      assert.equal(await scan(page, d.show(token())), "unrecorded:storage");
      assert.equal((await page.locator(".verdict .detail").innerText()).replace(/\s+/g, " ").trim(), said);
    }
    assert.deepEqual(await inspect(page, "scanner-verdict-storage"), []);
    assert.equal(await chip(page, "today"), "오늘 1건");
  });
});

test("without network and with keys that have run out it is said that they have, not that the storage is full", async () => {
  await withDevice("old-keys", async (device, venue) => {
    await withoutServiceWorker(device);
    await device.browserContext().route("**/v1/scanner", async (route) => {
      const answer = await route.fetch();
      const info = (await answer.json()) as { queue_keys: { epoch: number }[] };
      for (const key of info.queue_keys) key.epoch -= 9;
      await route.fulfill({ response: answer, json: info });
    });
    const page = await paired(d, device, venue);
    await holdVerdicts(page);
    await device.offline(true);
    await untilChip(page, "offline");
    assert.equal(await scan(page, d.show(token())), "unrecorded");
    await untilText(page, "보관용 키도 기한이 지났습니다");
    assert.deepEqual(await inspect(page, "scanner-verdict-unrecorded"), []);
    assert.equal(await chip(page, "today"), "오늘 0건");
  });
});

test("a page that dies while the registry is asked loses nothing and doubles nothing", async () => {
  for (const arrives of [true, false])
    await withDevice(`dies-${String(arrives)}`, async (device, venue) => {
      await withoutServiceWorker(device);
      let page = await paired(d, device, venue);
      let asked = false;
      await page.route("**/v1/checkins", async (route) => {
        if (arrives) await route.fetch();
        asked = true;
        await new Promise(() => undefined);
      });
      await page.route("**/v1/checkins/batch", () => new Promise(() => undefined)); // which it would try next
      await wedge(page, d.show(token()));
      await until("the post", 20_000, () => (asked ? true : undefined));
      await until("the entry beside it", 20_000, async () => ((await database(page)).queue.length === 1 ? true : undefined));
      await device.close();
      page = await device.page(`${d.registry.url}/scanner/`, TABLET);
      await untilText(page, venue.name);
      await until("the entry to be sent", 20_000, async () => ((await database(page)).queue.length === 0 ? true : undefined));
      assert.equal(await recorded(d, venue), 1);
      assert.equal(await page.locator("[data-notice]").count(), 0);
    });
});

test("600 entries go in batches of at most 500, oldest first, each once", async () => {
  await withDevice("many", async (device, venue) => {
    const page = await paired(d, device, venue);
    const who = await identity(page);
    const at = d.now() - 600;
    const sealed = Array.from({ length: 600 }, () => seal(who, token(), at));
    await preload(page, sealed);
    const sent: string[][] = [];
    page.on("response", (r) => {
      if (!r.url().endsWith("/batch") || r.status() !== 200) return;
      sent.push((JSON.parse(r.request().postData() ?? "") as { items: { sealed: string }[] }).items.map((i) => i.sealed));
    });
    await page.reload();
    await untilText(page, "보낼 기록");
    assert.deepEqual(await inspect(page, "scanner-full-queue"), []);
    await untilUnsent(page, 0, 60_000);
    assert.ok(sent.length >= 2 && sent.every((s) => s.length <= 500), sent.map((s) => s.length).join());
    assert.deepEqual(sent.flat(), sealed.map(encodeBase64url));
    assert.equal(await recorded(d, venue), 600);
  });
});

test("entries that come too late are told of until that is read, and other refusals too", async () => {
  await withDevice("too-late", async (device, venue) => {
    const page = await paired(d, device, venue);
    const who = await identity(page);
    const good = d.now() - 600;
    const late = d.now() - 3 * 3600;
    const own = token();
    const damaged = seal(who, token(), good);
    damaged[100] = (damaged[100] ?? 0) ^ 1;
    await preload(page, [seal(who, token(), late), seal(who, own, good), seal(who, token(), late), damaged, seal(who, token(), late)]);
    await page.reload();
    await untilText(page, "3건은 너무 늦게 보내져 접수되지 않았습니다");
    await untilText(page, "1건은 너무 오래되었거나 손상되어 접수되지 않았습니다");
    await untilUnsent(page, 0);
    assert.deepEqual(await inspect(page, "scanner-report"), []);
    await page.reload();
    await untilText(page, "3건은 너무 늦게 보내져 접수되지 않았습니다");
    await page.getByRole("button", { name: "확인했습니다" }).click();
    await until("the notice to go", 20_000, async () => ((await page.locator("[data-notice]").count()) === 0 ? true : undefined));
    await page.reload();
    await untilText(page, venue.name);
    assert.equal(await page.locator("[data-notice]").count(), 0);
    assert.equal(await recorded(d, venue), 1);
  });
});

test("a batch that is told to wait, and items that are, stay and are sent later", async () => {
  await withDevice("busy", async (device, venue) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    const who = await identity(page);
    await preload(page, [seal(who, token(), d.now() - 300), seal(who, token(), d.now() - 300)]);
    const times: number[] = [];
    await page.route("**/v1/checkins/batch", async (route) => {
      times.push(Date.now());
      if (times.length === 1)
        return route.fulfill({ status: 503, contentType: "application/problem+json", body: JSON.stringify({ type: "about:blank", title: "", status: 503, code: "busy", request_id: "x", retry_after: 3 }) });
      if (times.length > 2) return route.continue();
      const answer = await route.fetch();
      const body = (await answer.json()) as { results: unknown[] };
      body.results[1] = { code: "busy" };
      return route.fulfill({ response: answer, json: body });
    });
    await page.reload();
    await untilText(page, "보낼 기록 1건", 30_000);
    assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 2900, "not before the registry said");
    await untilUnsent(page, 0, 60_000);
    assert.equal(await recorded(d, venue), 2);
  });
});

test("two tabs send one queue once", async () => {
  await withDevice("tabs", async (device, venue) => {
    const page = await paired(d, device, venue);
    const who = await identity(page);
    await device.offline(true);
    await preload(page, Array.from({ length: 40 }, () => seal(who, token(), d.now() - 300)));
    await worksOffline(page);
    const second = await device.browserContext().newPage();
    await second.goto(`${d.registry.url}/scanner/`);
    await untilText(second, "보낼 기록 40건");
    let items = 0;
    device.browserContext().on("response", (r) => {
      if (r.url().endsWith("/batch") && r.status() === 200) items += (JSON.parse(r.request().postData() ?? "") as { items: unknown[] }).items.length;
    });
    await device.offline(false);
    await untilUnsent(second, 0);
    assert.equal(items, 40);
    assert.equal(await recorded(d, venue), 40);
    await second.close();
  });
});

test("an inactive venue and a revoked scanner keep the queue and say what becomes of it", async () => {
  await withDevice("queue-away", async (device, venue) => {
    const { id, code } = await enrolmentCode(d, venue);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, TABLET);
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator("main.scan").waitFor();
    await worksOffline(page);
    await device.offline(true);
    assert.equal(await scan(page, d.show(token())), "queued");
    assert.equal(await scan(page, d.show(token())), "queued");
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await untilText(page, "아직 보내지 않은 기록 2건이 영원히 사라집니다");
    assert.deepEqual(await inspect(page, "scanner-unpair-queue"), []);
    await byHand(page, "Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await deactivate(d, venue, false);
    await device.offline(false);
    await untilText(page, "접수가 중지되어 있습니다");
    assert.equal(await unsent(page), 2);
    await deactivate(d, venue, true);
    await d.registryClient().dropScanner(venue.venue, id, venue.ownerKey);
    // By the button, unless a try to send that was still due has learned it before.
    await page.getByRole("button", { name: "다시 확인" }).click({ timeout: 5000 }).catch(() => undefined);
    await untilText(page, "보내지 못한 기록 2건은 이 스캐너의 것이라");
    assert.deepEqual(await inspect(page, "scanner-revoked-queue"), []);
    await device.offline(true);
    await page.reload();
    await untilText(page, "보내지 못한 기록 2건은 이 스캐너의 것이라"); // known without network, too
    assert.equal(await scan(page, d.show(token())), "revoked");
    await device.offline(false);
    await page.getByRole("button", { name: "새로 연결하기" }).click();
    const again = await enrolmentCode(d, venue);
    await page.getByLabel("연결 코드 12자").fill(again.code);
    await byHand(page, "Enter");
    await untilText(page, "남은 기록을 버리는 데 동의해야");
    // It is the box that is marked, described and focused, and the words stand below it; the code is not at fault.
    const box = page.getByRole("checkbox");
    assert.equal(await box.getAttribute("aria-invalid"), "true");
    assert.ok(await box.evaluate((e) => e === document.activeElement));
    assert.notEqual(await box.evaluate((e) => getComputedStyle(e).boxShadow), "none");
    const told = page.locator(`#${(await box.getAttribute("aria-describedby")) ?? "none"}`);
    assert.match(await told.innerText(), /^남은 기록을 버리는 데 동의해야/);
    const [boxAt, toldAt] = [await box.boundingBox(), await told.boundingBox()];
    assert.ok(boxAt !== null && toldAt !== null && toldAt.y >= boxAt.y + boxAt.height, "below the box");
    assert.equal(await page.getByLabel("연결 코드 12자").getAttribute("aria-invalid"), null);
    assert.equal(await page.locator("#code-error").innerText(), "");
    assert.deepEqual(await inspect(page, "scanner-pair-leftover"), []);
    assert.equal((await database(page)).queue.length, 2);
    await page.getByLabel("연결 코드 12자").fill("짧은 코드");
    await page.keyboard.press("Enter");
    await until("the other fault", 20_000, async () => ((await page.locator("#code-error").innerText()).startsWith("연결 코드는 글자와 숫자") ? true : undefined));
    assert.equal(await box.getAttribute("aria-invalid"), null);
    assert.equal(await told.innerText(), "");
    await page.getByLabel("연결 코드 12자").fill(again.code);
    await page.getByLabel("기록 2건을 버리고 연결하겠습니다").check();
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator("main.scan").waitFor();
    assert.equal(await unsent(page), 0);
    assert.equal(await scan(page, d.show(token())), "accepted");
  });
});

/** All files below a folder. */
function files(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((e) => (e.isDirectory() ? files(path.join(dir, e.name)) : e.isFile() ? [path.join(dir, e.name)] : []));
}

test("a stolen scanner with a full queue shows no visit", async () => {
  await withDevice("stolen", async (device, venue) => {
    const page = await paired(d, device, venue);
    await worksOffline(page);
    const attempts: string[] = [];
    page.on("request", (r) => {
      if (r.url().endsWith("/v1/checkins")) attempts.push((JSON.parse(r.postData() ?? "{}") as { attempt: string }).attempt);
    });
    const shown: string[] = [];
    for (let i = 0; i < 3; i++) {
      const text = d.show(token());
      shown.push(text);
      assert.equal(await scan(page, text), "accepted");
    }
    await device.offline(true);
    for (let i = 0; i < 5; i++) {
      const text = d.show(token());
      shown.push(text);
      assert.equal(await scan(page, text), "queued");
    }
    const { queue, meta } = await database(page);
    assert.equal(queue.length, 5);
    assert.ok(queue.every((q) => decodeBase64url(q).length === 204), "sealed bytes and nothing else");
    assert.deepEqual(Object.keys(meta).sort(), ["count", "pairing"]);
    const settings = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }));
    const cached = await page.evaluate(async () => {
      const urls: string[] = [];
      for (const name of await caches.keys()) urls.push(...(await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname));
      return urls;
    });
    assert.ok(cached.every((u) => u === "/scanner/" || u.startsWith("/assets/")), cached.join());
    await device.close();

    // Every form in which a code, T, a body, a tag or an attempt could lie about.
    const needles = new Map<string, Buffer>();
    const add = (what: string, bytes: Uint8Array): void => {
      const hex = toHex(bytes);
      for (const [form, text] of [["hex", hex], ["HEX", hex.toUpperCase()], ["base64url", encodeBase64url(bytes)], ["base64", Buffer.from(bytes).toString("base64").replace(/=+$/, "")]] as const) {
        needles.set(`${what} in ${form}`, Buffer.from(text));
        needles.set(`${what} in ${form}, two bytes a letter`, Buffer.from(text, "utf16le"));
      }
      needles.set(`${what} as bytes`, Buffer.from(bytes));
    };
    shown.forEach((text, i) => {
      const bytes = decodeTokenText(text);
      needles.set(`text ${i}`, Buffer.from(text));
      needles.set(`end of text ${i}`, Buffer.from(text.slice(-24)));
      needles.set(`text ${i}, two bytes a letter`, Buffer.from(text, "utf16le"));
      add(`T ${i}`, bytes.slice(4, 20));
      add(`R ${i}`, bytes.slice(20, 52));
      add(`link ${i}`, bytes.slice(52, 68));
      add(`tag ${i}`, bytes.slice(136));
    });
    assert.equal(attempts.length, 3);
    for (const attempt of attempts) add(`attempt ${attempt}`, decodeBase64url(attempt));
    const found: string[] = [];
    let bytes = 0;
    let canary = false;
    const marker = Buffer.from(decodeBase64url(queue[0] ?? ""));
    for (const file of files(device.profile)) {
      if (statSync(file).size > 200e6) continue;
      const content = readFileSync(file);
      bytes += content.length;
      canary ||= content.includes(marker.subarray(0, 40));
      for (const [what, needle] of needles) if (content.includes(needle)) found.push(`${what}: ${path.relative(device.profile, file)}`);
    }
    assert.deepEqual(found, []);
    assert.ok(canary, "the sealed entries themselves are found, so the search looks at the right place");
    for (const [what, needle] of needles) assert.ok(!settings.includes(needle.toString("latin1")), what);
    console.log(`# searched ${bytes} bytes for ${needles.size} forms`);
  });
});
