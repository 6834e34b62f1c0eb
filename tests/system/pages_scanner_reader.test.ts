// How the scanner page reads: the fake camera, the browser's own detector if it proves itself, a picture file, the
// decoder's late arrival.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import type { WalletToken } from "../../src/web/lib/index.js";
import { Device, inspect, PHONE, shots, TABLET, untilText } from "./browser.js";
import { Deployment, sourceRoot, until } from "./deployment.js";
import { byHand, cameraFile, enrolmentCode, forged, measurements, paired, picture, recorded, scan, type Shop, shop, tokens, typeRow, untilChip, untilUnsent, verdictOf, verdicts, wedge, withoutServiceWorker, onDevice } from "./scanner_page.js";

const require = createRequire(path.join(sourceRoot, "src/web/package.json"));
const { PNG } = require("pngjs") as typeof import("pngjs");
const jsQR = require("jsqr") as (data: Uint8ClampedArray, width: number, height: number) => { data: string } | null;

let d: Deployment;
let venue: Shop;
let token: () => WalletToken;

before(async () => {
  d = await Deployment.start("pages-scanner-reader");
  venue = await shop(d);
  token = await tokens(d, 48);
});
after(async () => d.stop());

async function withDevice(name: string, withCamera: boolean, work: (device: Device, film: string) => Promise<void>): Promise<void> {
  const film = path.join(d.dir, `${name}.y4m`);
  cameraFile(film, undefined);
  await onDevice(name, withCamera ? { camera: film } : {}, (device) => work(device, film));
}

/** Start the camera anew, with another film. */
async function show(page: Page, film: string, text: string): Promise<string> {
  cameraFile(film, text);
  await page.reload();
  await until("a verdict of the camera", 20_000, async () => ((await verdicts(page)) > 0 ? true : undefined));
  return (await page.locator(".verdict").getAttribute("data-kind")) ?? "";
}

test("a code before the camera is accepted once, however long it is held there", async () => {
  await withDevice("camera", true, async (device, film) => {
    const page = await paired(d, device, venue);
    await untilText(page, "방문자의 QR을 네모 안에");
    assert.deepEqual(await inspect(page, "scanner-camera"), []);
    const before = await recorded(d, venue);
    assert.equal(await show(page, film, d.show(token())), "accepted");
    await page.screenshot({ path: path.join(shots, "scanner-camera-accepted.png") });
    await until("the verdict to give way to the picture", 20_000, async () => ((await page.locator(".verdict").isHidden()) ? true : undefined));
    await page.screenshot({ path: path.join(shots, "scanner-camera-held.png") });
    assert.equal(await verdicts(page), 1, "one presentation, one verdict");
    assert.equal(await recorded(d, venue), before + 1);
    const measured = await measurements(page);
    console.log("# measured", JSON.stringify(measured));
    assert.equal(measured["판독기"], "zxing-wasm");
    assert.match(measured["판정 시간"] ?? "", / ms$/);
    assert.equal(await show(page, film, d.show(token(), d.now() - 60)), "stale");
  });
});

test("a code that is redrawn while it is held there is the same person's: no alarm, not asked and not counted again", async () => {
  await withDevice("camera-redraw", true, async (device, film) => {
    const page = await paired(d, device, venue);
    await untilText(page, "방문자의 QR을 네모 안에");
    const before = await recorded(d, venue);
    const one = token();
    const kinds: string[] = [];
    await page.exposeFunction("verdictShown", (kind: string) => void kinds.push(kind));
    await page.addInitScript(() => {
      document.addEventListener("DOMContentLoaded", () => {
        const shown = (globalThis as unknown as { verdictShown(kind: string): void }).verdictShown;
        const seen = new MutationObserver(() => shown(document.querySelector<HTMLElement>(".verdict")?.dataset["kind"] ?? ""));
        new MutationObserver((_, whole) => {
          const view = document.querySelector(".verdict");
          if (view === null) return;
          whole.disconnect();
          seen.observe(view, { attributes: true, attributeFilter: ["data-count"] });
        }).observe(document, { childList: true, subtree: true });
      });
    });
    let posts = 0;
    page.on("request", (r) => (posts += r.url().endsWith("/v1/checkins") ? 1 : 0));
    cameraFile(film, [d.show(one), d.show(one, d.now() + 2)], 7, 3);
    await page.reload();
    await until("the redrawn code", 20_000, () => (kinds.length >= 2 ? true : undefined));
    assert.deepEqual(kinds.slice(0, 2), ["accepted", "counted"]);
    assert.equal(posts, 1);
    assert.equal(await recorded(d, venue), before + 1);
    await page.screenshot({ path: path.join(shots, "scanner-verdict-counted.png") });
  });
});

test("pairs through the camera with the venue's QR, after a confirmation", async () => {
  await withDevice("camera-pair", true, async (device, film) => {
    const { code } = await enrolmentCode(d, venue);
    cameraFile(film, `${d.registry.url}/scanner/#enrol=${code}`, 9);
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await page.getByRole("button", { name: "QR을 카메라로 찍기" }).click();
    await untilText(page, "연결 코드를 읽었습니다");
    assert.equal((await page.getByLabel("연결 코드 12자").inputValue()).replaceAll("-", ""), code);
    await page.getByRole("button", { name: "이 기기를 연결" }).click();
    await page.locator("main.scan").waitFor();
  });
});

test("an enrolment link of another host is not taken", async () => {
  await withDevice("camera-foreign", true, async (device, film) => {
    cameraFile(film, "https://example.invalid/scanner/#enrol=0123456789AB", 9);
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await page.getByRole("button", { name: "QR을 카메라로 찍기" }).click();
    await untilText(page, "연결 QR이 아닙니다");
    assert.deepEqual(await inspect(page, "scanner-pair-camera"), []);
    assert.equal(await page.getByLabel("연결 코드 12자").inputValue(), "");
  });
});

test("reads a picture file, and says when there is nothing to read in it", async () => {
  await withDevice("picture", false, async (device) => {
    const page = await paired(d, device, venue);
    const choose = async (buffer: Buffer): Promise<void> => {
      await page.getByRole("button", { name: "메뉴" }).click();
      const [chooser] = await Promise.all([page.waitForEvent("filechooser"), page.getByRole("button", { name: "사진 파일에서 읽기" }).click()]);
      await chooser.setFiles({ name: "qr.png", mimeType: "image/png", buffer });
    };
    assert.equal(await verdictOf(page, () => choose(picture(d.show(token())))), "accepted");
    await choose(picture(undefined));
    await untilText(page, "사진에서 QR을 찾지 못했습니다");
    await choose(Buffer.from("no picture"));
    await untilText(page, "사진 파일을 열 수 없습니다");
    assert.deepEqual(await inspect(page, "scanner-no-camera"), []);
  });
});

/** A browser with a detector of its own: what it reads on our canvas is told by the test. */
async function inject(device: Device, misreads: boolean): Promise<void> {
  const context = await device.open(TABLET);
  await context.exposeFunction("readForDetector", (url: string) => decodePng(Buffer.from(url.split(",")[1] ?? "", "base64")));
  await context.addInitScript((bad) => {
    const read = (globalThis as unknown as { readForDetector(url: string): Promise<string[]> }).readForDetector;
    class Injected {
      async detect(source: HTMLCanvasElement | ImageData): Promise<{ rawValue: string }[]> {
        let canvas = source instanceof HTMLCanvasElement ? source : undefined;
        if (canvas === undefined) {
          canvas = document.createElement("canvas");
          canvas.width = source.width;
          canvas.height = source.height;
          canvas.getContext("2d")?.putImageData(source as ImageData, 0, 0);
        }
        const texts = await read(canvas.toDataURL());
        return texts.map((text) => ({ rawValue: bad ? text.replace(/ +/g, " ").trim() : text }));
      }
    }
    Object.assign(globalThis, { BarcodeDetector: Injected });
  }, misreads);
}

function decodePng(bytes: Buffer): string[] {
  const png = PNG.sync.read(bytes);
  const found = jsQR(new Uint8ClampedArray(png.data), png.width, png.height);
  return found === null ? [] : [found.data];
}

test("the browser's own detector is used once it has read a known code exactly", async () => {
  await withDevice("native-good", true, async (device, film) => {
    await inject(device, false);
    const wasm: string[] = [];
    device.browserContext().on("request", (r) => {
      if (r.url().endsWith(".wasm") && r.serviceWorker() === null) wasm.push(r.url());
    });
    const page = await paired(d, device, venue);
    assert.equal(await show(page, film, d.show(token())), "accepted");
    assert.equal((await measurements(page))["판독기"], "브라우저 내장");
    assert.deepEqual(wasm, [], "the page itself did not load the decoder");
  });
});

test("a detector that loses spaces is not used", async () => {
  await withDevice("native-bad", true, async (device, film) => {
    await inject(device, true);
    const page = await paired(d, device, venue);
    assert.equal(await show(page, film, d.show(token())), "accepted");
    assert.equal((await measurements(page))["판독기"], "zxing-wasm");
  });
});

test("the page pairs and judges before the decoder has arrived", async () => {
  await withDevice("late-wasm", true, async (device) => {
    await withoutServiceWorker(device);
    const context = device.browserContext();
    let release = (): void => undefined;
    const held = new Promise<void>((done) => (release = done));
    let asked = 0;
    await context.route("**/*.wasm", async (route) => {
      asked++;
      await held;
      await route.continue();
    });
    const page = await paired(d, device, venue);
    await untilText(page, "QR 판독기를 불러오는 중입니다");
    assert.deepEqual(await inspect(page, "scanner-reader-loading"), []);
    await until("the decoder to be asked for", 20_000, () => (asked > 0 ? true : undefined));
    assert.equal(await scan(page, d.show(token())), "accepted");
    release();
    await untilText(page, "방문자의 QR을 네모 안에");
  });
});

test("camera choice and light are there where the device has them, and the choice is kept", async () => {
  await withDevice("controls", true, async (device) => {
    const context = await device.open(PHONE);
    await context.addInitScript(() => {
      const capabilities = MediaStreamTrack.prototype.getCapabilities;
      MediaStreamTrack.prototype.getCapabilities = function () {
        return { ...capabilities.call(this), torch: true } as MediaTrackCapabilities;
      };
      const apply = MediaStreamTrack.prototype.applyConstraints;
      MediaStreamTrack.prototype.applyConstraints = function (c) {
        const torch = (c?.advanced?.[0] as { torch?: boolean } | undefined)?.torch;
        if (torch === undefined) return apply.call(this, c);
        Object.assign(globalThis, { torch });
        return Promise.resolve();
      };
    });
    const page = await paired(d, device, venue, PHONE);
    await untilText(page, "방문자의 QR을 네모 안에");
    await page.getByRole("button", { name: "메뉴" }).click();
    const select = page.getByLabel("카메라");
    await select.waitFor();
    assert.deepEqual(await inspect(page, "scanner-menu-camera"), []);
    await page.getByRole("button", { name: "조명 켜기" }).click();
    await page.getByRole("button", { name: "조명 끄기" }).waitFor();
    assert.equal(await page.evaluate(() => (globalThis as unknown as { torch: boolean }).torch), true);
    const id = await select.inputValue();
    await select.evaluate((s) => s.dispatchEvent(new Event("change")));
    assert.equal(await page.evaluate(() => localStorage.getItem("scanner-camera")), id);
  });
});

test("pairs through a scanner that types the venue's QR, after a confirmation", async () => {
  await withDevice("wedge-pair", false, async (device) => {
    const { code } = await enrolmentCode(d, venue);
    const page = await device.page(`${d.registry.url}/scanner/`, PHONE);
    await untilText(page, "스캐너 연결");
    const link = `${d.registry.url}/scanner/#enrol=${code}`;
    // The Enters behind it press nothing, also where the field had the focus.
    for (const place of ["h1", "#code"]) {
      await page.locator(place).focus();
      await page.locator("#code").fill("");
      await new Promise((done) => setTimeout(done, 700));
      await page.locator(place).focus();
      await wedge(page, link);
      await untilText(page, "연결 코드를 읽었습니다");
      await typeRow(page, ["Enter", "Enter", "Tab", "Tab", "Tab", "Enter", "Enter"]);
      assert.equal((await page.locator("#code").inputValue()).replaceAll("-", ""), code);
      assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
    }
    await page.getByRole("button", { name: "이 기기를 연결" }).focus();
    await new Promise((done) => setTimeout(done, 1200));
    await typeRow(page, ["Enter", "Enter"], 300);
    await untilText(page, "같은 키를 한 번 더 누르세요");
    assert.equal(await page.locator("main.scan").count(), 0, "too soon");
    assert.deepEqual(await inspect(page, "scanner-pair-twice"), []);
    await page.locator("#code").focus();
    await byHand(page, "Enter", 1200);
    await page.locator("main.scan").waitFor();
  });
});

test("sound waits for a touch where the browser wants one, can be muted, and the screen stays on", async () => {
  await withDevice("sound", false, async (device) => {
    const context = await device.open(PHONE);
    await context.addInitScript(() => {
      let touched = false;
      const heard: number[] = [];
      const locks: string[] = [];
      Object.assign(globalThis, { heard, locks });
      addEventListener("pointerdown", () => (touched = true), true);
      Object.defineProperty(BaseAudioContext.prototype, "state", { get: () => (touched ? "running" : "suspended") });
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (when) {
        heard.push(this.frequency.value);
        start.call(this, when);
      };
      const request = WakeLock.prototype.request;
      WakeLock.prototype.request = function (type) {
        locks.push(String(type));
        return request.call(this, type);
      };
    });
    const page = await paired(d, device, venue, PHONE);
    const heard = (): Promise<number> => page.evaluate(() => (globalThis as unknown as { heard: number[] }).heard.length);
    await untilText(page, "소리를 켜려면 누르세요");
    assert.deepEqual(await inspect(page, "scanner-sound-asleep"), []);
    assert.equal(await scan(page, d.show(token())), "accepted");
    assert.equal(await heard(), 0);
    await page.getByRole("button", { name: "소리를 켜려면 누르세요" }).click();
    await until("the hint to go", 20_000, async () => ((await page.getByText("소리를 켜려면 누르세요").count()) === 0 ? true : undefined));
    assert.equal(await scan(page, d.show(token())), "accepted");
    const loud = await heard();
    assert.ok(loud > 0);
    await page.getByRole("button", { name: "소리 끄기" }).click();
    assert.equal(await scan(page, d.show(token())), "accepted");
    assert.equal(await heard(), loud);
    await page.reload();
    await page.getByRole("button", { name: "소리 켜기" }).waitFor();
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as { locks: string[] }).locks.slice(0, 1)), ["screen"]);
  });
});

test("tells how long verdicts take (printed, not judged)", async () => {
  const samples = process.env["EL_TEST_MEASURE"] === undefined ? 1 : 4;
  await withDevice("times", false, async (device) => {
    const page = await paired(d, device, venue);
    const session = await device.browserContext().newCDPSession(page);
    const writes = await page.evaluate(async () => {
      const db = await new Promise<IDBDatabase>((done) => {
        const open = indexedDB.open("measure", 1);
        open.onupgradeneeded = () => open.result.createObjectStore("queue", { autoIncrement: true });
        open.onsuccess = () => done(open.result);
      });
      const out: Record<string, number> = {};
      for (const durability of ["relaxed", "strict"] as const) {
        const times: number[] = [];
        for (let i = 0; i < 50; i++) {
          const from = performance.now();
          await new Promise<void>((done) => {
            const tx = db.transaction("queue", "readwrite", { durability });
            tx.objectStore("queue").add(new Uint8Array(204));
            tx.oncomplete = () => done();
          });
          times.push(performance.now() - from);
        }
        out[durability] = times.sort((a, b) => a - b)[25] ?? 0;
      }
      return out;
    });
    console.log(`# a write of one entry, median ms: ${JSON.stringify(writes)}`);
    for (const rate of [1, 6]) {
      await session.send("Emulation.setCPUThrottlingRate", { rate });
      const times: Record<string, string[]> = { accepted: [], queued: [], "forged:bad_signature": [] };
      for (let i = 0; i < samples; i++) {
        for (const text of [d.show(token()), forged(token(), d.now(), 90)]) {
          const kind = await scan(page, text);
          times[kind]?.push((await measurements(page))["판정 시간"] ?? "");
        }
        await device.offline(true);
        times[await scan(page, d.show(token()))]?.push((await measurements(page))["판정 시간"] ?? "");
        await device.offline(false);
        await untilChip(page, "online");
        await untilUnsent(page, 0);
      }
      console.log(`# processor slowed ${rate} times: ${JSON.stringify(times)}`);
    }
  });
});
