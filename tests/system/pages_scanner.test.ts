// The scanner page at a door with network: pairing, every verdict with its own look, what a person does about them.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import {
  decodeBase64url,
  deploymentOf,
  encodeBase64url,
  encodeRestricted,
  encodeTokenText,
  fromUtf8,
  signDocument,
  type SignedDocument,
  signingPublicKey,
  stampBody,
  systemRandom,
  type WalletToken,
} from "../../src/web/lib/index.js";
import { inspect, PHONE, shots, SMALL, TABLET, untilText } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { byHand, changed, database, chip, deactivate, enrolmentCode, forged, holdVerdicts, paired, recorded, type RowKey, scan, type Shop, shop, tokens, typeRow, typeText, unsent, untilChip, verdicts, withoutServiceWorker, onDevice } from "./scanner_page.js";

let d: Deployment;
let venue: Shop;
let token: () => WalletToken;

before(async () => {
  d = await Deployment.start("pages-scanner");
  venue = await shop(d);
  token = await tokens(d, 64);
});
after(async () => d.stop());


test("pairs by a typed code, groups and lower case forgiven, and says what is wrong with another", async () => {
  await onDevice("pair-typed", {}, async (device) => {
    const { code } = await enrolmentCode(d, venue);
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    const field = page.getByLabel("연결 코드 12자");
    await field.fill("짧은 코드");
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await untilText(page, "연결 코드는 글자와 숫자 12자입니다");
    assert.equal(await field.getAttribute("aria-invalid"), "true");
    assert.deepEqual(await inspect(page, "scanner-pair-wrong"), []);
    await field.fill("0000-0000-0000");
    await page.keyboard.press("Enter");
    await untilText(page, "코드가 맞지 않거나 이미 쓰였거나");
    const sloppy = code.toLowerCase().replaceAll("0", "o").replaceAll("1", "l");
    await field.fill("");
    // Keys in a field are the field's, at a hand's speed.
    await field.pressSequentially(`${sloppy.slice(0, 4)} ${sloppy.slice(4, 8)}-${sloppy.slice(8)}`, { delay: 120 });
    await page.keyboard.press("Enter");
    await page.locator("main.scan").waitFor();
    await untilText(page, venue.name);
    assert.deepEqual(await inspect(page, "scanner-paired"), []);
  });
});

test("pairs from the address of the venue's QR: prefilled, confirmed, and the code leaves the address", async () => {
  await onDevice("pair-fragment", { language: "en" }, async (device) => {
    const { code } = await enrolmentCode(d, venue);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, PHONE);
    await untilText(page, "The enrolment code was read");
    assert.equal(new URL(page.url()).hash, "");
    assert.equal((await page.getByLabel("Enrolment code").inputValue()).replaceAll("-", ""), code);
    assert.deepEqual(await inspect(page, "scanner-pair-fragment-en"), []);
    assert.equal(await page.locator("main.scan").count(), 0, "nothing happens before it is confirmed");
    await page.getByRole("button", { name: "Pair this device" }).click();
    await untilText(page, venue.name);
    assert.deepEqual(await inspect(page, "scanner-door-en"), []);
    await page.goto(`${d.registry.url}/scanner/#enrol=${code}`);
    await until("the fragment to go", 20_000, () => (new URL(page.url()).hash === "" ? true : undefined));
    assert.equal(await page.locator("main.scan").count(), 1);
  });
});

test("a code is accepted, recorded once and counted; the same person's second scan is no alarm; a copy later is refused", async () => {
  await onDevice("accept", {}, async (device) => {
    await (await device.open(TABLET)).clock.install(); // one clock from the start
    const page = await paired(d, device, venue);
    const before = await recorded(d, venue);
    const one = token();
    assert.equal(await scan(page, d.show(one)), "accepted");
    await untilText(page, "오늘 1건");
    assert.equal(await unsent(page), 0);
    assert.equal(await recorded(d, venue), before + 1);
    const posts: string[] = [];
    page.on("request", (r) => posts.push(r.url()));
    assert.equal(await scan(page, d.show(one)), "counted");
    assert.deepEqual(posts.filter((u) => u.includes("/v1/checkins")), [], "not asked again");
    assert.equal(await chip(page, "today"), "오늘 1건");
    await page.clock.fastForward(15_000);
    assert.equal(await scan(page, d.show(one)), "used");
    assert.equal(await recorded(d, venue), before + 1);
    const elsewhere = await d.venue("다른 곳");
    const copied = token();
    assert.equal((await d.checkin(elsewhere, d.show(copied))).status, 201);
    assert.equal(await scan(page, d.show(copied)), "used:already_used");
  });
});

/** Each verdict's picture, what axe says of it, and what is heard. */
async function look(page: Page, name: string): Promise<void> {
  assert.deepEqual(await inspect(page, `scanner-verdict-${name}`), [], name);
}

test("every refusal has its own look, word, sound and vibration", async () => {
  await onDevice("refusals", {}, async (device) => {
    await withoutServiceWorker(device);
    await device.browserContext().addInitScript(() => {
      const heard = { tones: [] as string[], shakes: [] as string[] };
      Object.assign(globalThis, { heard });
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (when) {
        heard.tones.push(`${this.frequency.value} ${this.type}`);
        start.call(this, when);
      };
      Navigator.prototype.vibrate = (pattern) => {
        heard.shakes.push(String(pattern));
        return true;
      };
    });
    const page = await paired(d, device, venue);
    await holdVerdicts(page);
    const now = (): number => d.now();
    const strange = token();
    const tampered = d.show(token());
    const cases: [name: string, expected: string, text: () => string][] = [
      ["accepted", "accepted", () => d.show(token())],
      ["forged", "forged:bad_signature", () => forged(token(), now(), 100)],
      ["unknown-issuer", "unknown:unknown_issuer", () => changed(strange, now(), { 1: 77 })],
      ["stale", "stale", () => d.show(token(), now() - 60)],
      ["future", "future", () => d.show(token(), now() + 60)],
      ["wrong-day", "wrong_day", () => forgedDay(token(), now())],
      ["newer", "newer:unknown_version", () => changed(strange, now(), { 0: 2 })],
      ["refused", "refused:a_new_reason", () => d.show(token())],
      ["foreign", "foreign", () => "https://example.invalid/menu"],
      ["cut-off", "foreign", () => tampered.slice(0, 200)],
    ];
    const seen = new Map<string, { word: string; colour: string; icon: string; tones: string; shake: string }>();
    for (const [name, expected, text] of cases) {
      await page.evaluate(() => Object.assign((globalThis as unknown as { heard: object }).heard, { tones: [], shakes: [] }));
      const says = expected.startsWith("refused") ? { type: "about:blank", title: "", status: 422, code: "a_new_reason", request_id: "x" } : undefined;
      if (says !== undefined) await page.route("**/v1/checkins", (route) => route.fulfill({ status: 422, contentType: "application/problem+json", body: JSON.stringify(says) }));
      assert.equal(await scan(page, text()), expected, name);
      if (says !== undefined) assert.match(await page.locator(".verdict .detail").innerText(), /운영자에게 알리세요\.\s+사유: a_new_reason$/);
      if (name === "cut-off") continue;
      const got = await page.locator(".verdict").evaluate((v) => {
        const { heard } = globalThis as unknown as { heard: { tones: string[]; shakes: string[] } };
        return {
          word: v.querySelector(".word")?.textContent ?? "",
          colour: getComputedStyle(v).backgroundColor,
          icon: [...v.querySelectorAll("path")].map((p) => p.getAttribute("d")).join(),
          tones: heard.tones.join(),
          shake: heard.shakes.join(),
        };
      });
      assert.ok(got.tones !== "" && got.shake !== "", `${name} is heard and felt`);
      const region = name === "accepted" ? "#polite" : "#urgent";
      await until(`${region} to say it`, 20_000, async () => ((await page.locator(region).textContent())?.startsWith(got.word) === true ? true : undefined));
      for (const [other, kept] of seen) for (const key of ["word", "colour", "icon", "tones", "shake"] as const) assert.notEqual(got[key], kept[key], `${key} of ${name} and ${other}`);
      seen.set(name, got);
      await look(page, name);
    }
    await page.getByRole("button", { name: "English" }).click();
    for (const [name, expected, text] of cases.filter(([one]) => ["unknown-issuer", "newer", "refused", "wrong-day"].includes(one))) {
      assert.equal(await scan(page, text()), expected, name);
      await look(page, `${name}-en`);
    }
  });
});

function forgedDay(one: WalletToken, at: number): string {
  const body = Uint8Array.from(one.body);
  const epoch = ((body[2] ?? 0) << 8) | (body[3] ?? 0);
  body[2] = (epoch - 3) >> 8;
  body[3] = (epoch - 3) & 255;
  return encodeTokenText(stampBody(body, one.key, at));
}

test("a venue that is not active is said plainly, and works again at the press of a button", async () => {
  await onDevice("inactive", {}, async (device) => {
    const own = await shop(d, "쉬는 가게");
    const page = await paired(d, device, own);
    await holdVerdicts(page);
    await deactivate(d, own, false);
    const one = token();
    assert.equal(await scan(page, d.show(one)), "paused:venue_inactive");
    await untilText(page, "접수가 중지되어 있습니다");
    assert.deepEqual(await inspect(page, "scanner-paused"), []);
    assert.equal(await unsent(page), 0, "who was refused is not kept");
    assert.equal(await scan(page, d.show(one)), "paused:venue_inactive");
    await deactivate(d, own, true);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await until("the notice to go", 20_000, async () => ((await page.locator("[data-notice]").count()) === 0 ? true : undefined));
    assert.equal(await scan(page, d.show(one)), "accepted");
  });
});

/** The registry's answer on who this scanner is, changed on its way. */
async function altered(page: Page, change: (info: Record<string, unknown>) => void): Promise<void> {
  await page.route("**/v1/scanner", async (route) => {
    const answer = await route.fetch();
    const info = (await answer.json()) as Record<string, unknown>;
    change(info);
    await route.fulfill({ response: answer, json: info });
  });
}

test("a scanner that its owner pauses says so, also when it starts, and goes on once it is resumed", async () => {
  await onDevice("paused", {}, async (device) => {
    const own = await shop(d, "잠시 쉬는 문");
    const page = await paired(d, device, own);
    const { pairing } = (await database(page)).meta as { pairing: { id: number } };
    const pause = async (active: boolean): Promise<void> => {
      await d.registryClient().patchScanner(own.venue, pairing.id, own.ownerKey, { active });
    };
    const one = token();
    await pause(false);
    assert.equal(await scan(page, d.show(one)), "paused:scanner_paused");
    await page.reload();
    await untilText(page, "이 스캐너가 일시 중지되었습니다");
    assert.equal(await scan(page, d.show(one)), "paused:scanner_paused");
    assert.equal(await unsent(page), 0, "who was refused is not kept");
    await pause(true);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await until("the notice to go", 20_000, async () => ((await page.locator("[data-notice]").count()) === 0 ? true : undefined));
    assert.equal(await scan(page, d.show(one)), "accepted");
  });
});

test("a directory of another root, an older one and one that has run out are not taken, and it is said", async () => {
  await onDevice("directory", {}, async (device) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue);
    const doc = JSON.parse(fromUtf8(decodeBase64url(d.ceremony.directoryDocument.doc))) as Record<string, unknown>;
    const signed = (change: Record<string, unknown>, seed: Uint8Array): SignedDocument => signDocument("EL1-directory", encodeRestricted({ ...doc, ...change } as never), [seed]);
    const { root } = d.ceremony;
    const thief = systemRandom(32);
    const bad: [string, SignedDocument][] = [
      ["another root", signed({ serial: 99, deployment: encodeBase64url(deploymentOf(signingPublicKey(thief))) }, thief)],
      ["another key", signed({ serial: 99 }, thief)],
      ["older", signed({ serial: Number(doc["serial"]) - 1 }, root.seed)],
      ["run out", signed({ serial: 99, not_after: d.now() - 1 }, root.seed)],
    ];
    for (const [name, document] of bad) {
      await altered(page, (info) => (info["directory"] = document));
      await page.reload();
      await untilText(page, "전의 목록을 계속 씁니다");
      assert.equal(await scan(page, d.show(token())), "accepted", name);
      await page.unroute("**/v1/scanner");
    }
    assert.deepEqual(await inspect(page, "scanner-directory"), []);
    await altered(page, (info) => (info["directory"] = signed({ serial: 99, issuers: [] }, root.seed)));
    const taken = page.waitForResponse("**/v1/scanner");
    await page.reload();
    await (await taken).finished();
    await until("the newer directory to be in force", 20_000, async () => ((await scan(page, d.show(token()))) === "unknown:unknown_issuer" ? true : undefined));
    assert.equal(await page.locator("[data-notice]").count(), 0);
    // An honest visitor of an issuer that was not known yet: refused without an accusation, and let in once it is.
    const honest = token();
    assert.equal(await scan(page, d.show(honest)), "unknown:unknown_issuer");
    await page.unroute("**/v1/scanner");
    await altered(page, (info) => (info["directory"] = signed({ serial: 100 }, root.seed)));
    const asked = page.waitForResponse("**/v1/scanner");
    await page.evaluate(() => globalThis.dispatchEvent(new Event("online"))); // connected to the network
    await (await asked).finished();
    await until("the newest directory to be fetched", 20_000, async () => ((await scan(page, d.show(honest))) === "accepted" ? true : undefined));
  });
});

test("a scanner that was revoked says so, keeps nothing back, and is paired anew", async () => {
  await onDevice("revoked", {}, async (device) => {
    const own = await shop(d, "바꾼 가게");
    const { id, code } = await enrolmentCode(d, own);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, TABLET);
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator("main.scan").waitFor();
    await holdVerdicts(page);
    await d.registryClient().dropScanner(own.venue, id, own.ownerKey);
    const one = token();
    assert.equal(await scan(page, d.show(one)), "revoked:unauthorized");
    await untilText(page, "이 스캐너는 폐기되었습니다");
    assert.deepEqual(await inspect(page, "scanner-revoked"), []);
    await page.getByRole("button", { name: "새로 연결하기" }).click();
    const again = await enrolmentCode(d, own);
    await page.getByLabel("연결 코드 12자").fill(again.code);
    await byHand(page, "Enter");
    await page.locator("main.scan").waitFor();
    assert.equal(await scan(page, d.show(one)), "accepted");
  });
});

test("unpairing asks first and leaves no key", async () => {
  await onDevice("unpair", {}, async (device) => {
    const page = await paired(d, device, venue, PHONE);
    await page.getByRole("button", { name: "메뉴" }).click();
    assert.deepEqual(await inspect(page, "scanner-menu"), []);
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await untilText(page, "연결을 해제할까요?");
    assert.deepEqual(await inspect(page, "scanner-unpair"), []);
    await page.getByRole("button", { name: "취소" }).click();
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "연결 해제", exact: true }).click();
    await untilText(page, "연결을 해제했습니다");
    assert.deepEqual(await inspect(page, "scanner-unpaired"), []);
    const kept = await page.evaluate(
      () =>
        new Promise<number>((done) => {
          const open = indexedDB.open("entrylog-scanner");
          open.onsuccess = () => {
            const all = open.result.transaction("meta").objectStore("meta").count();
            all.onsuccess = () => done(all.result);
          };
        }),
    );
    assert.equal(kept, 0);
  });
});

test("a scanner that types presses no button, and a person's keys still do", async () => {
  await onDevice("wedge", {}, async (device) => {
    const page = await paired(d, device, venue);
    const menu = page.getByRole("button", { name: "메뉴" });
    await menu.focus();
    const text = d.show(token());
    assert.equal(await scan(page, text), "accepted");
    assert.equal(await page.locator("dialog").count(), 0);
    // Without Enter behind it, and with Caps Lock on.
    const before = await verdicts(page);
    await typeText(page, d.show(token()).toLowerCase());
    await until("a verdict without Enter", 20_000, async () => ((await verdicts(page)) > before ? true : undefined));
    assert.equal(await page.locator(".verdict").getAttribute("data-kind"), "accepted");
    assert.equal(await page.locator("dialog").count(), 0, "a space in a code is no press");
    await byHand(page, "Enter");
    await page.locator("dialog").waitFor();
    await byHand(page, "Escape");
    await until("the menu to go", 20_000, async () => ((await page.locator("dialog").count()) === 0 ? true : undefined));
  });
});

const focused = (page: Page): Promise<string> => page.evaluate(() => (document.activeElement?.textContent ?? "").trim());

/** Press Tab as a person does until this has the focus; tells how often. */
async function tabTo(page: Page, name: RegExp): Promise<number> {
  for (let n = 0; n < 30; n++) {
    if (name.test(await focused(page))) return n;
    await byHand(page, "Tab", 150);
  }
  throw new Error(`no way by keyboard to ${String(name)}`);
}

test("what a QR has a scanner type walks to no button, and cannot unpair", async () => {
  await onDevice("wedge-walk", {}, async (device) => {
    const page = await paired(d, device, venue);
    await device.offline(true);
    await untilChip(page, "offline");
    assert.equal(await scan(page, d.show(token())), "queued");
    const top = (): Promise<void> => page.evaluate(() => document.querySelector<HTMLElement>("main h1")?.focus());
    // The way by hand, to the last button, where one press does nothing yet.
    await top();
    await byHand(page, "Tab");
    const tabs = [1 + (await tabTo(page, /^메뉴$/))];
    await byHand(page, "Enter");
    tabs.push(await tabTo(page, /^이 기기의 연결 해제$/));
    await byHand(page, "Enter");
    tabs.push(await tabTo(page, /^기록 1건을 버리고 연결 해제$/));
    await new Promise((done) => setTimeout(done, 200));
    await typeRow(page, ["Enter", "Enter"], 300);
    await untilText(page, "같은 키를 한 번 더 누르세요");
    assert.deepEqual(await inspect(page, "scanner-unpair-twice"), []);
    await byHand(page, "Escape");
    await until("the dialog to go", 20_000, async () => ((await page.locator("dialog").count()) === 0 ? true : undefined));
    // The same way as a scanner types it, with its own Enter behind; then key by key, each with that Enter.
    await top();
    const home = await focused(page);
    const walk = tabs.flatMap((n): RowKey[] => [...Array<"Tab">(n).fill("Tab"), "Enter"]);
    const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 1200));
    for (const row of [[...walk, "Enter", "Space", "Escape", "Enter"] as RowKey[], ...walk.map((key): RowKey[] => [key, "Enter"])]) {
      await pause();
      await typeRow(page, row);
      assert.equal(await focused(page), home, "taken back");
      assert.equal(await page.locator("dialog").count(), 0);
    }
    // With the last button's dialog open already.
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "버리고 연결 해제" }).focus();
    await pause();
    await typeRow(page, ["Enter", "Enter"]);
    await until("the dialog to go", 20_000, async () => ((await page.locator("dialog").count()) === 0 ? true : undefined));
    const { queue, meta } = await database(page);
    assert.equal(queue.length, 1);
    assert.ok("pairing" in meta);
  });
});

test("by keyboard the last button wants its key twice, with a pause; a screen reader's press counts at once", async () => {
  await onDevice("unpair-keys", {}, async (device) => {
    for (const by of ["Enter", "Space", "click"]) {
      const page = await paired(d, device, venue);
      await page.getByRole("button", { name: "메뉴" }).click();
      await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
      const last = page.getByRole("button", { name: "연결 해제", exact: true });
      await last.focus();
      if (by === "click") await last.evaluate((b) => (b as HTMLElement).click());
      else {
        await byHand(page, by);
        await untilText(page, "같은 키를 한 번 더 누르세요");
        assert.equal(await last.count(), 1);
        await byHand(page, by, 1200);
      }
      await untilText(page, "연결을 해제했습니다");
      await page.close();
    }
  });
});

test("reads in dark, in forced colours and at 320 px without a fault", async () => {
  await onDevice("looks", {}, async (device) => {
    const page = await paired(d, device, venue, PHONE);
    await holdVerdicts(page);
    await page.emulateMedia({ colorScheme: "dark" });
    assert.deepEqual(await inspect(page, "scanner-door-dark"), []);
    assert.equal(await scan(page, d.show(token())), "accepted");
    assert.deepEqual(await inspect(page, "scanner-accepted-dark"), []);
    await page.emulateMedia({ forcedColors: "active", colorScheme: "light" });
    assert.equal(await scan(page, d.show(token(), d.now() - 60)), "stale");
    await page.screenshot({ path: path.join(shots, "scanner-forced-colours.png"), fullPage: true });
    await page.emulateMedia({ forcedColors: "none" });
    await page.getByRole("button", { name: "English" }).click();
    await page.setViewportSize(SMALL);
    assert.equal(await scan(page, forged(token(), d.now(), 120)), "forged:bad_signature");
    assert.deepEqual(await inspect(page, "scanner-forged-en"), []);
    assert.equal(await scan(page, "8801234567893"), "foreign");
    assert.deepEqual(await inspect(page, "scanner-foreign-en"), []);
  });
});
