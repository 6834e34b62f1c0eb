// The scanner page for those who stand beside it all evening: low windows, open menus, what is said when something
// changes, pairing before the approval, and what must come back by itself.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { newAttempt, sealOffline, decodeBase64url, ServiceClient, type WalletToken } from "../../src/web/lib/index.js";
import { Device, inspect, overflow, PHONE, shots, skipByKeyboard, SMALL, TABLET, untilText } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { byHand, cameraFile, changed, chip, database, deactivate, enrolmentCode, forged, holdVerdicts, measurements, paired, scan, type Shop, shop, tokens, touched, untilChip, untilUnsent, verdicts, wedge, withoutServiceWorker, onDevice } from "./scanner_page.js";

let d: Deployment;
let venue: Shop;
let token: () => WalletToken;

before(async () => {
  d = await Deployment.start("pages-scanner-staff", { registry: ["late_limit = 7200"] });
  venue = await shop(d);
  token = await tokens(d, 96);
});
after(async () => d.stop());

async function withDevice(name: string, work: (device: Device, film: string) => Promise<void>, camera = false): Promise<void> {
  const film = path.join(d.dir, `${name}.y4m`);
  if (camera) cameraFile(film, undefined);
  await onDevice(name, camera ? { camera: film } : {}, (device) => work(device, film));
}

/** Keep all that the region for changes says from now on, over reloads: one text may follow another at once. */
async function listen(page: Page): Promise<void> {
  const ear = (): void => {
    const told: string[] = [];
    Object.assign(globalThis, { told });
    const attach = (): void => {
      const region = document.querySelector("#state");
      if (region !== null) new MutationObserver(() => region.textContent !== "" && told.push(region.textContent ?? "")).observe(region, { childList: true });
    };
    if (document.querySelector("#state") === null) document.addEventListener("DOMContentLoaded", attach);
    else attach();
  };
  await page.addInitScript(ear);
  await page.evaluate(ear);
}
const told = (page: Page): Promise<string> =>
  page.evaluate(() => (globalThis as unknown as { told?: string[] }).told?.join(" ") ?? document.querySelector("#state")?.textContent ?? "");
/** What is said of changes: since listen(), else at the moment. */
async function untilTold(page: Page, text: string | RegExp): Promise<void> {
  await until(`"${String(text)}" to be said`, 20_000, async () => {
    const said = await told(page);
    return (typeof text === "string" ? said.includes(text) : text.test(said)) ? true : undefined;
  });
}
/** The element that has the focus, as TAG or its text. */
const focused = (page: Page): Promise<string> => page.evaluate(() => document.activeElement?.tagName ?? "");

/** A venue that waits for the operator. */
async function unapproved(name: string): Promise<Shop> {
  const { body } = await new ServiceClient(d.registry.url).call<{ id: number; owner_key: string }>("POST", "/v1/venues", { body: { name, business_number: "1000000009" } });
  return { venue: body.id, ownerKey: body.owner_key, name };
}
async function approve({ venue: id }: Shop): Promise<void> {
  await new ServiceClient(d.registry.url).call("PATCH", `/v1/venues/${id}`, { bearer: d.operator.registry, body: { approved: true } });
}

test("a scanner that is paired before the approval says that it waits, also after a reload, and goes on once approved", async () => {
  await withDevice("before-approval", async (device) => {
    const own = await unapproved("새로 여는 가게");
    const { code } = await enrolmentCode(d, own);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, PHONE);
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator('[data-notice="waiting"]').waitFor();
    await untilTold(page, "업소의 승인을 기다리고 있습니다");
    assert.deepEqual(await inspect(page, "scanner-waiting"), []);
    await page.reload();
    await untilText(page, "아직 승인되지 않았거나 일시 중지되어 있습니다. 확인 시각:");
    let asked = 0;
    page.on("request", () => asked++);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await until("an answer", 20_000, async () => (asked > 0 && (await page.locator(".outcome").textContent())?.startsWith("아직") === true ? true : undefined));
    await untilTold(page, "아직 승인되지 않았거나");
    assert.equal(await focused(page), "BUTTON");
    await page.getByRole("button", { name: "English" }).click();
    await untilText(page, "Waiting for the venue’s approval");
    assert.deepEqual(await inspect(page, "scanner-waiting-en"), []);
    await approve(own);
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // looked at again
    await page.locator("main.scan").waitFor();
    assert.equal(await scan(page, d.show(token())), "accepted");
  });
});

test("while it waits another code can be used, a scanner that types offers one, and a revoked one says so", async () => {
  await withDevice("other-code", async (device) => {
    const own = await unapproved("기다리는 가게");
    const { id, code } = await enrolmentCode(d, own);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, PHONE);
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator('[data-notice="waiting"]').waitFor();
    const second = await enrolmentCode(d, venue);
    await wedge(page, second.code);
    assert.equal((await page.getByLabel("연결 코드 12자").inputValue()).replaceAll("-", ""), second.code);
    await page.reload();
    await page.locator('[data-notice="waiting"]').waitFor();
    await device.offline(true);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await untilText(page, "서버에 연결할 수 없습니다");
    await device.offline(false);
    await d.registryClient().dropScanner(own.venue, id, own.ownerKey);
    await approve(own);
    await until("the code to be given up", 20_000, async () => {
      const again = page.getByRole("button", { name: "다시 확인" });
      if ((await again.count()) > 0) await again.click({ timeout: 1000 }).catch(() => undefined);
      return (await page.getByLabel("연결 코드 12자").count()) === 1 ? true : undefined;
    });
    await untilText(page, "이 연결 코드의 스캐너는 업소 관리 페이지에서 폐기되었습니다");
    await page.getByLabel("연결 코드 12자").fill(second.code);
    await page.keyboard.press("Enter");
    await page.locator("main.scan").waitFor();
  });
});

test("pairing without a camera points to the field, not to a picture file", async () => {
  await withDevice("pair-no-camera", async (device) => {
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await page.getByRole("button", { name: "QR을 카메라로 찍기" }).click();
    await untilText(page, "위 칸에 연결 코드 12자를 입력하세요.");
    assert.ok(!(await page.innerText("main")).includes("사진 파일"));
    assert.deepEqual(await inspect(page, "scanner-pair-no-camera"), []);
    await page.getByRole("heading", { level: 1 }).focus(); // nowhere near the field
    await wedge(page, "HTTPS://EXAMPLE.INVALID/MENU");
    await untilText(page, "연결 QR이 아닙니다");
    const { code } = await enrolmentCode(d, venue);
    await wedge(page, `${d.registry.url}/scanner/#enrol=${code}`.toUpperCase());
    assert.equal((await page.getByLabel("연결 코드 12자").inputValue()).replaceAll("-", ""), code);
  });
});

/** Parts of the verdict that stick out of the window, or reach into the verdict's edge. */
async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const parts = [...document.querySelectorAll(".verdict .icon, .verdict .word, .verdict .detail")];
    return parts.flatMap((e) => {
      const { left, top, right, bottom, height } = e.getBoundingClientRect();
      const edge = 10;
      const frame = document.querySelector(".verdict")?.getBoundingClientRect();
      if (frame === undefined || top < frame.top + edge || bottom > frame.bottom - edge) return [`${e.className.toString()} in the edge`];
      const inside = left >= -1 && top >= -1 && right <= innerWidth + 1 && bottom <= innerHeight + 1 && height > 0;
      return inside ? [] : [`${e.className.toString()} ${[left, top, right, bottom].map(Math.round).join()} in ${innerWidth}x${innerHeight}`];
    });
  });
}

test("a verdict is seen whole in low and narrow windows, below a notice, and with text at twice its size", async () => {
  await withDevice("low-windows", async (device) => {
    await withoutServiceWorker(device);
    const page = await paired(d, device, venue, SMALL);
    await holdVerdicts(page);
    const sizes = [SMALL, { width: 512, height: 384 }, { width: 568, height: 320 }, PHONE, TABLET];
    const strange = token(); // never accepted
    const look = async (name: string): Promise<void> => {
      for (const size of sizes) {
        await page.setViewportSize(size);
        const [newer, unknown] = [changed(strange, d.now(), { 0: 2 }), changed(strange, d.now(), { 1: 77 })]; // the longest texts
        for (const [kind, text] of [["accepted", d.show(token())], ["forged", forged(token(), d.now(), 90)], ["newer", newer], ["unknown", unknown]] as const) {
          assert.equal((await scan(page, text)).split(":")[0], kind);
          assert.deepEqual(await cutOff(page), [], `${name} ${kind} ${size.width}x${size.height}`);
          assert.equal(await overflow(page), undefined, `${name} ${size.width}x${size.height}`);
        }
        await page.screenshot({ path: path.join(shots, `scanner-low-${name}-${size.width}x${size.height}.png`) });
      }
    };
    await look("plain");
    const inLanguage = (name: string): Promise<void> => page.getByRole("button", { name }).dispatchEvent("click"); // a held verdict lies over it
    await inLanguage("English"); // words are longer there
    await look("plain-en");
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await look("large-text-en");
    await inLanguage("한국어");
    await look("large-text");
    await page.evaluate(() => (document.documentElement.style.fontSize = ""));
    // A directory that cannot be verified: a notice that lets scanning go on.
    await page.route("**/v1/scanner", async (route) => {
      const answer = await route.fetch();
      const info = (await answer.json()) as { directory: { doc: string } };
      info.directory.doc = `${info.directory.doc.slice(0, -8)}AAAAAAAA`;
      await route.fulfill({ response: answer, json: info });
    });
    await page.reload();
    await page.locator('[data-notice="doubtful"]').waitFor();
    await holdVerdicts(page);
    await look("notice");
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    await look("notice-large-text");
    // It covers the buttons then: a touch clears it.
    await page.reload();
    await page.locator('[data-notice="doubtful"]').waitFor();
    await page.setViewportSize(SMALL);
    assert.equal(await touched(page, () => scan(page, d.show(token(), d.now() - 60))), "stale");
    assert.ok(await page.locator(".verdict").isHidden());
  });
});

test("at 200 % zoom and with text at twice its size nothing sticks out and axe finds nothing", async () => {
  await withDevice("zoom", async (device) => {
    const page = await paired(d, device, venue, { width: 512, height: 384 }); // a tablet at 200 %
    assert.deepEqual(await inspect(page, "scanner-door-zoomed"), []);
    assert.equal(await overflow(page), undefined);
    await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
    assert.deepEqual(await inspect(page, "scanner-door-large-text"), []);
    await page.getByRole("button", { name: "메뉴" }).click();
    assert.deepEqual(await inspect(page, "scanner-menu-large-text"), []);
  });
});

test("nothing on the page moves for those who want no motion", async () => {
  await withDevice("motion", async (device) => {
    const page = await paired(d, device, venue, PHONE);
    await page.emulateMedia({ reducedMotion: "reduce" });
    await holdVerdicts(page);
    assert.equal(await scan(page, d.show(token())), "accepted");
    const moving = await page.evaluate(() => [
      ...document.getAnimations().map((a) => a.id || "animation"),
      ...[...document.querySelectorAll("*")].filter((e) => getComputedStyle(e).transitionDuration.split(", ").some((t) => Number.parseFloat(t) > 0)).map((e) => e.tagName),
    ]);
    assert.deepEqual(moving, []);
  });
});

test("the calm verdict of a second scan, and a refusal in forced colours, are without a fault", async () => {
  await withDevice("more-looks", async (device) => {
    const page = await paired(d, device, venue, PHONE);
    await holdVerdicts(page);
    const one = token();
    assert.equal(await scan(page, d.show(one)), "accepted");
    assert.equal(await scan(page, d.show(one)), "counted");
    assert.deepEqual(await inspect(page, "scanner-verdict-counted-calm"), []);
    await page.emulateMedia({ forcedColors: "active" });
    assert.equal(await scan(page, d.show(token(), d.now() - 60)), "stale");
    assert.deepEqual(await inspect(page, "scanner-forced-colours"), []);
  });
});

test("the link past the bar goes to the screen's heading, before pairing and while scanning", async () => {
  await withDevice("skip", async (device) => {
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await page.getByLabel("연결 코드 12자").waitFor();
    await skipByKeyboard(page);
    await skipByKeyboard(await paired(d, device, venue));
  });
});

test("a scan while the menu is open closes it: the verdict is bright, and read out", async () => {
  await withDevice("open-menu", async (device) => {
    const page = await paired(d, device, venue);
    for (const buttons of [["메뉴"], ["메뉴", "이 기기의 연결 해제"]]) {
      for (const name of buttons) await page.getByRole("button", { name }).click();
      await page.locator("dialog[open]").waitFor();
      assert.equal(await scan(page, d.show(token())), "accepted");
      assert.equal(await page.locator("dialog").count(), 0);
      await until("the verdict to be said", 20_000, async () => ((await page.locator("#polite").textContent())?.startsWith("확인되었습니다") === true ? true : undefined));
      await until("the focus to go back", 20_000, async () => ((await focused(page)) !== "BODY" ? true : undefined));
    }
  });
});

test("going offline, coming back and having sent all are said once each, and how late an entry may be is shown meanwhile", async () => {
  await withDevice("changes", async (device) => {
    const page = await paired(d, device, venue);
    await untilTold(page, /카메라.*USB 스캐너/); // that there is no picture is a change, too
    await listen(page);
    assert.equal(await page.locator("#state").getAttribute("role"), "status");
    await device.offline(true);
    await untilTold(page, "오프라인입니다. 기록은 이 기기에 보관됩니다.");
    assert.ok(await page.locator(".deadline").isHidden());
    assert.equal(await scan(page, d.show(token())), "queued");
    assert.equal(await scan(page, d.show(token())), "queued");
    assert.equal(await page.locator(".deadline").innerText(), "찍은 때부터 2시간 안에 네트워크에 연결하세요. 더 늦으면 접수되지 않습니다.");
    assert.deepEqual(await inspect(page, "scanner-deadline"), []);
    await device.offline(false);
    await untilUnsent(page, 0);
    await untilTold(page, "모두 보냈습니다");
    assert.equal(await told(page), "오프라인입니다. 기록은 이 기기에 보관됩니다. 다시 연결되었습니다. 보관한 기록을 모두 보냈습니다.");
    assert.ok(await page.locator(".deadline").isHidden());
  });
});

test("asking again and sending by hand are answered on the page and aloud, and the focus is never lost", async () => {
  await withDevice("answers", async (device) => {
    const own = await shop(d, "대답하는 가게");
    const page = await paired(d, device, own);
    await listen(page);
    await deactivate(d, own, false);
    assert.equal(await scan(page, d.show(token())), "paused:venue_inactive");
    await untilTold(page, "접수가 중지되어 있습니다. 업소가 아직 승인되지 않았거나");
    const again = page.getByRole("button", { name: "다시 확인" });
    await again.focus();
    await byHand(page, "Space");
    await untilTold(page, /아직 중지되어 있습니다\. 확인 시각: 오[전후] \d+:\d\d:\d\d/);
    assert.match(await page.locator(".notices .outcome").innerText(), /^아직 중지되어 있습니다\. 확인 시각: /);
    assert.deepEqual(await inspect(page, "scanner-still-paused"), []);
    assert.equal(await focused(page), "BUTTON");
    await deactivate(d, own, true);
    await page.keyboard.press("Space");
    await untilTold(page, "다시 접수합니다.");
    await until("the line to say it", 20_000, async () => ((await page.locator(".last").innerText()) === "다시 접수합니다." ? true : undefined));
    assert.equal(await focused(page), "H1");

    await device.offline(true);
    await untilChip(page, "offline");
    assert.equal(await scan(page, d.show(token())), "queued");
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "보관한 기록 지금 보내기" }).click();
    await untilTold(page, "아직 연결되지 않습니다. 기록은 그대로 보관됩니다.");
    await until("the line to say it", 20_000, async () => ((await page.locator(".last").innerText()).startsWith("아직 연결되지 않습니다.") ? true : undefined));
    assert.deepEqual(await inspect(page, "scanner-still-offline"), []);
    await device.offline(false);
    await untilTold(page, "보관한 기록을 모두 보냈습니다.");
  });
});

/** Korean that is left on an English page, but for names of places. */
async function korean(page: Page, ...names: string[]): Promise<string[]> {
  const text = names.reduce((all, name) => all.replaceAll(name, ""), await page.locator("main").innerText());
  return text.match(/[^\n]*[가-힣][^\n]*/g) ?? [];
}
/** Switch the language under a state, look, and switch back. */
async function switched(page: Page, name: string, here: string, english: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: "English" }).click();
  await untilText(page, english);
  assert.deepEqual(await korean(page, here), [], name);
  assert.deepEqual(await inspect(page, `scanner-switched-${name}`), []);
  await page.getByRole("button", { name: "한국어" }).click();
}

test("what was said before the language is switched is said in the other one", async () => {
  await withDevice("switch-pairing", async (device) => {
    await withoutServiceWorker(device);
    const own = await unapproved("바꾸는 가게");
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await page.getByLabel("연결 코드 12자").fill("짧은 코드");
    await page.keyboard.press("Enter");
    await untilText(page, "연결 코드는 글자와 숫자 12자입니다");
    await switched(page, "wrong-code", own.name, "An enrolment code has 12 letters");
    await page.getByLabel("연결 코드 12자").fill("0000-0000-0000");
    await page.keyboard.press("Enter");
    await untilText(page, "코드가 맞지 않거나");
    await switched(page, "refused-code", own.name, "already used, or older than 15 minutes");
    const { id, code } = await enrolmentCode(d, own);
    await page.getByLabel("연결 코드 12자").fill(code);
    await page.keyboard.press("Enter");
    await page.locator('[data-notice="waiting"]').waitFor();
    await page.getByRole("button", { name: "다시 확인" }).click();
    await untilText(page, "확인 시각:");
    await switched(page, "still-waiting", own.name, "Checked at");
    await device.offline(true);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await untilText(page, "서버에 연결할 수 없습니다");
    await switched(page, "unreachable", own.name, "The server cannot be reached");
    await device.offline(false);
    await d.registryClient().dropScanner(own.venue, id, own.ownerKey);
    await approve(own);
    await until("the code to be given up", 20_000, async () => {
      const again = page.getByRole("button", { name: "다시 확인" });
      if ((await again.count()) > 0) await again.click({ timeout: 1000 }).catch(() => undefined);
      return (await page.getByLabel("연결 코드 12자").count()) === 1 ? true : undefined;
    });
    await untilText(page, "이 연결 코드의 스캐너는");
    await switched(page, "given-up", own.name, "The scanner of this code was revoked");
  });
  await withDevice("switch-door", async (device) => {
    await withoutServiceWorker(device);
    const own = await shop(d, "문 여는 가게");
    const page = await paired(d, device, own, PHONE);
    await holdVerdicts(page);
    assert.equal(await scan(page, d.show(token(), d.now() - 60)), "stale");
    await switched(page, "verdict", own.name, "Code too old");
    await page.reload();
    await page.locator("main.scan").waitFor();
    await deactivate(d, own, false);
    assert.equal(await touched(page, () => scan(page, d.show(token()))), "paused:venue_inactive");
    await page.getByRole("button", { name: "다시 확인" }).click();
    await untilText(page, "아직 중지되어 있습니다");
    await switched(page, "still-paused", own.name, "Still paused. Checked at");
    await deactivate(d, own, true);
    await page.getByRole("button", { name: "다시 확인" }).click();
    await until("the line to say it", 20_000, async () => ((await page.locator(".last").innerText()) === "다시 접수합니다." ? true : undefined));
    await switched(page, "resumed", own.name, "Accepting again.");
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "연결 해제", exact: true }).click();
    await untilText(page, "연결을 해제했습니다");
    await switched(page, "unpaired", own.name, "This device is unpaired");
  });
  await withDevice("switch-no-storage", async (device) => {
    const context = await device.open(PHONE);
    await context.addInitScript(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("blocked", "SecurityError");
      };
    });
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await untilText(page, "저장 공간을 쓸 수 없어");
    await switched(page, "no-storage", "-", "gives the page no storage");
  });
});

test("a report of refused entries is said, and the focus goes to the heading when it was read", async () => {
  await withDevice("report-said", async (device) => {
    const page = await paired(d, device, venue);
    const { pairing } = (await database(page)).meta as { pairing: { id: number; info: { queue_keys: { key: string }[] } } };
    const late = d.now() - 3 * 3600;
    const sealed = sealOffline(decodeBase64url(pairing.info.queue_keys[0]?.key ?? ""), pairing.id, d.show(token(), late), newAttempt(), late);
    await page.evaluate(
      (bytes) =>
        new Promise<void>((done) => {
          const open = indexedDB.open("entrylog-scanner");
          open.onsuccess = () => {
            const tx = open.result.transaction("queue", "readwrite");
            tx.objectStore("queue").add(Uint8Array.from(bytes));
            tx.oncomplete = () => {
              open.result.close();
              done();
            };
          };
        }),
      [...sealed],
    );
    await listen(page);
    await page.reload();
    await untilTold(page, "보관했던 기록 가운데 접수되지 않은 것이 있습니다. 1건은 너무 늦게 보내져 접수되지 않았습니다.");
    await page.getByRole("button", { name: "확인했습니다" }).focus();
    await page.keyboard.press("Enter");
    await untilTold(page, "알림을 닫았습니다");
    assert.equal(await focused(page), "H1");
    assert.equal(await page.locator("[data-notice]").count(), 0);
  });
});

test("today's count outlives a reload and starts at nothing on another day", async () => {
  await withDevice("count", async (device) => {
    const page = await paired(d, device, venue);
    for (let i = 0; i < 2; i++) assert.equal(await scan(page, d.show(token())), "accepted");
    await page.reload();
    await page.locator("main.scan").waitFor();
    assert.equal(await chip(page, "today"), "오늘 2건");
    // As it is found a day later.
    await page.evaluate(
      () =>
        new Promise<void>((done) => {
          const open = indexedDB.open("entrylog-scanner");
          open.onsuccess = () => {
            const tx = open.result.transaction("meta", "readwrite");
            const kept = tx.objectStore("meta").get("count");
            kept.onsuccess = () => {
              const { epoch, count } = kept.result as { epoch: number; count: number };
              tx.objectStore("meta").put({ epoch: epoch - 1, count }, "count");
            };
            tx.oncomplete = () => {
              open.result.close();
              done();
            };
          };
        }),
    );
    await page.reload();
    await page.locator("main.scan").waitFor();
    assert.equal(await chip(page, "today"), "오늘 0건");
    assert.equal(await scan(page, d.show(token())), "accepted");
    assert.equal(await chip(page, "today"), "오늘 1건");
  });
});

test("an evening without a visitor is an evening without a request, but for one look an hour", async () => {
  await withDevice("no-polling", async (device) => {
    await withoutServiceWorker(device);
    const page = await device.page(`${d.registry.url}/scanner/`, TABLET);
    await page.clock.install();
    const { code } = await enrolmentCode(d, venue);
    await page.getByLabel("연결 코드 12자").fill(code);
    await page.keyboard.press("Enter");
    await page.locator("main.scan").waitFor();
    await until("the reader", 20_000, async () => ((await measurements(page))["판독기"] === "zxing-wasm" ? true : undefined));
    const asked: string[] = [];
    page.on("request", (r) => asked.push(new URL(r.url()).pathname));
    // By leaps, in which each timer fires once: ten looks at the clocks a second for an hour take minutes.
    for (let minute = 0; minute < 59; minute++) await page.clock.fastForward(60_000);
    assert.equal(asked.join(), "");
    await page.clock.fastForward(120_000);
    await until("the hourly look", 20_000, () => (asked.includes("/v1/scanner") ? true : undefined));
    assert.deepEqual(asked.sort(), ["/v1/scanner", "/v1/time"]);
  });
});

test("the screen is kept on while scanning, again after the page was hidden, and let go when unpaired", async () => {
  await withDevice("wake-lock", async (device) => {
    const context = await device.open(PHONE);
    await context.addInitScript(() => {
      const held = new Set<object>();
      Object.assign(globalThis, { held });
      WakeLock.prototype.request = async () => {
        const lock = { release: async () => void held.delete(lock) };
        held.add(lock);
        return lock as unknown as WakeLockSentinel;
      };
    });
    const { code } = await enrolmentCode(d, venue);
    const page = await device.page(`${d.registry.url}/scanner/#enrol=${code}`, PHONE);
    const held = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { held: Set<object> }).held.size);
    assert.equal(await held(), 0, "pairing is short");
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator("main.scan").waitFor();
    await until("the lock", 20_000, async () => ((await held()) === 1 ? true : undefined));
    await page.evaluate(() => {
      (globalThis as unknown as { held: Set<object> }).held.clear(); // the browser takes it when the page is hidden
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await until("the lock again", 20_000, async () => ((await held()) === 1 ? true : undefined));
    await page.getByRole("button", { name: "메뉴" }).click();
    await page.getByRole("button", { name: "이 기기의 연결 해제" }).click();
    await page.getByRole("button", { name: "연결 해제", exact: true }).click();
    await until("the lock to go", 20_000, async () => ((await held()) === 0 ? true : undefined));
  });
});

test("a camera that stops comes back by itself, hiding and showing the page leaves one running, and a dead decoder is replaced", async () => {
  await withDevice(
    "camera-back",
    async (device, film) => {
      const context = await device.open(TABLET);
      await context.addInitScript(() => {
        const tracks: MediaStreamTrack[] = [];
        const workers: Worker[] = [];
        Object.assign(globalThis, { tracks, workers });
        const get = MediaDevices.prototype.getUserMedia;
        MediaDevices.prototype.getUserMedia = async function (c) {
          const stream = await get.call(this, c);
          tracks.push(...stream.getTracks());
          return stream;
        };
        const Real = Worker;
        Object.assign(globalThis, {
          Worker: class extends Real {
            constructor(...args: ConstructorParameters<typeof Real>) {
              super(...args);
              workers.push(this);
            }
          },
        });
      });
      const page = await paired(d, device, venue);
      interface Spies {
        tracks: MediaStreamTrack[];
        workers: Worker[];
      }
      const live = (): Promise<number> => page.evaluate(() => (globalThis as unknown as Spies).tracks.filter((t) => t.readyState === "live").length);
      const made = (): Promise<number> => page.evaluate(() => (globalThis as unknown as Spies).tracks.length);
      await untilText(page, "방문자의 QR을 네모 안에");
      assert.equal(await live(), 1);
      // Unplugged: the track ends without the page's doing.
      const before = await made();
      await page.evaluate(() => {
        for (const track of (globalThis as unknown as Spies).tracks) {
          track.stop();
          track.dispatchEvent(new Event("ended"));
        }
      });
      await untilText(page, "카메라가 켜지지 않습니다");
      await until("the camera to be back", 20_000, async () => ((await made()) > before && (await live()) === 1 ? true : undefined));
      await untilText(page, "방문자의 QR을 네모 안에");
      // Hidden and shown faster than a camera starts.
      await page.evaluate(() => {
        for (let i = 0; i < 5; i++) document.dispatchEvent(new Event("visibilitychange"));
      });
      await until("one camera alone", 20_000, async () => ((await live()) === 1 && (await page.locator(".view.dark video").evaluate((v: HTMLVideoElement) => !v.paused)) ? true : undefined));
      // The decoder dies.
      await page.evaluate(() => {
        for (const worker of (globalThis as unknown as Spies).workers) {
          worker.terminate();
          worker.dispatchEvent(new Event("error"));
        }
      });
      await until("another decoder", 20_000, async () => ((await page.evaluate(() => (globalThis as unknown as Spies).workers.length)) === 2 ? true : undefined));
      await untilText(page, "방문자의 QR을 네모 안에");
      cameraFile(film, d.show(token()));
      const seen = await verdicts(page);
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))); // the camera starts with the new film
      await until("a verdict of the camera", 20_000, async () => ((await verdicts(page)) > seen ? true : undefined));
      assert.equal(await page.locator(".verdict").getAttribute("data-kind"), "accepted");
    },
    true,
  );
});
