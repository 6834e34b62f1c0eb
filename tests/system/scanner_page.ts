// The scanner page as a test drives it: paired, fed by keystrokes or pictures, its verdicts waited for.
import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";

import { qrMatrix } from "../../src/web/kit/qr.js";
import { encodeTokenText, ServiceClient, stampBody, type WalletToken } from "../../src/web/lib/index.js";
import { type BrowserOptions, Device, TABLET } from "./browser.js";
import { type Deployment, sourceRoot, until } from "./deployment.js";

const { PNG } = createRequire(path.join(sourceRoot, "src/web/package.json"))("pngjs") as typeof import("pngjs");

export interface Shop {
  venue: number;
  ownerKey: string;
  name: string;
}

/** Use a device of its own for as long as a test takes; it must have done nothing that no page may do. */
export async function onDevice(name: string, options: BrowserOptions, work: (device: Device) => Promise<void>): Promise<void> {
  const device = new Device(name, { patient: true, ...options });
  try {
    await work(device);
    clean(device);
  } finally {
    await device.discard();
  }
}

/** An approved venue whose scanner is still to be paired. */
export async function shop(d: Deployment, name = "달빛 식당"): Promise<Shop> {
  const { venue, ownerKey } = await d.venue(name);
  return { venue, ownerKey, name };
}

/** An enrolment code for one more scanner of the venue. */
export async function enrolmentCode(d: Deployment, { venue, ownerKey }: Shop): Promise<{ id: number; code: string }> {
  return d.registryClient().newScanner(venue, ownerKey);
}

export async function deactivate(d: Deployment, { venue }: Shop, active: boolean): Promise<void> {
  await new ServiceClient(d.registry.url).call("PATCH", `/v1/venues/${venue}`, { bearer: d.operator.registry, body: { active } });
}

/** How many check-ins the registry has counted at the venue today. */
export async function recorded(d: Deployment, { venue, ownerKey }: Shop): Promise<number> {
  const counts = (await d.registryClient().counts(venue, ownerKey)) as { hours: number[] };
  return counts.hours.reduce((sum, n) => sum + n, 0);
}

/** Open the page and pair it by typing. Resolves when the door's screen is there and has the server's time. */
export async function paired(d: Deployment, device: Device, at: Shop, viewport = TABLET): Promise<Page> {
  const { code } = await enrolmentCode(d, at);
  const page = await device.page(`${d.registry.url}/scanner/`, viewport);
  await page.getByLabel(/연결 코드|Enrolment code/).fill(code.toLowerCase());
  await page.keyboard.press("Enter");
  await page.locator("main.scan").waitFor();
  return page;
}

/** Requests that pass by a service worker pass by the test's hand: for tests that hold or alter them there is none. */
export async function withoutServiceWorker(device: Device): Promise<void> {
  const context = await device.open(TABLET);
  await context.addInitScript(() => {
    delete (Navigator.prototype as unknown as Record<string, unknown>)["serviceWorker"];
  });
}

const KEYS = { Tab: [9, ""], Enter: [13, "\r"], Space: [32, " "], Escape: [27, ""] } as const;
export type RowKey = keyof typeof KEYS;

/** A key as the browser's protocol has it. */
interface Key {
  code: string;
  key: string;
  windowsVirtualKeyCode: number;
  /** What it types; "": nothing. */
  text: string;
}
function rowKey(code: RowKey): Key {
  const [windowsVirtualKeyCode, text] = KEYS[code];
  return { code, key: code === "Space" ? " " : code, windowsVirtualKeyCode, text };
}
function characterKey(character: string): Key {
  if (character === " ") return rowKey("Space");
  const upper = character.toUpperCase();
  const code = /[A-Z]/.test(upper) ? `Key${upper}` : /[0-9]/.test(character) ? `Digit${character}` : "";
  return { code, key: character, windowsVirtualKeyCode: code === "" ? 0 : upper.charCodeAt(0), text: character };
}

/** Keys so many milliseconds apart, however slow this machine is: their times are the test's. */
async function press(page: Page, keys: readonly Key[], gapMs: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  let timestamp = Date.now() / 1000;
  for (const { text, ...key } of keys) {
    const down = text === "" ? { type: "rawKeyDown" as const } : { type: "keyDown" as const, text };
    await session.send("Input.dispatchKeyEvent", { ...down, ...key, timestamp });
    await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key, timestamp: timestamp + gapMs / 2000 });
    timestamp += gapMs / 1000;
  }
  await session.detach();
  // What comes next must not be earlier.
  await new Promise((done) => setTimeout(done, Math.max(0, timestamp * 1000 - Date.now())));
}
export function typeRow(page: Page, keys: readonly RowKey[], gapMs = 4): Promise<void> {
  return press(page, keys.map(rowKey), gapMs);
}
/** What a scanner with a cable types, without Enter. */
export function typeText(page: Page, text: string): Promise<void> {
  return press(page, [...text].map(characterKey), 0.5);
}
/** What a scanner with a cable does: types, then Enter. */
export function wedge(page: Page, text: string): Promise<void> {
  return press(page, [...[...text].map(characterKey), rowKey("Enter")], 0.5);
}

/** Press a key as a person does, some time behind all others: one just behind a code is taken for the scanner's. */
export async function byHand(page: Page, key: string, pauseMs = 700): Promise<void> {
  await new Promise((done) => setTimeout(done, pauseMs));
  await page.keyboard.press(key);
}

export async function verdicts(page: Page): Promise<number> {
  return Number((await page.locator(".verdict").getAttribute("data-count")) ?? 0);
}

/** Do something that is judged, and tell the verdict's kind (and its code after a colon). */
export async function verdictOf(page: Page, act: () => Promise<void>): Promise<string> {
  const before = await verdicts(page);
  await act();
  await until("a verdict", 20_000, async () => ((await verdicts(page)) > before ? true : undefined));
  const view = page.locator(".verdict");
  const code = await view.getAttribute("data-code");
  const kind = (await view.getAttribute("data-kind")) ?? "";
  return code === null || code === "" ? kind : `${kind}:${code}`;
}

export async function scan(page: Page, text: string): Promise<string> {
  return verdictOf(page, () => wedge(page, text));
}

/** Have something judged and touch the verdict, which goes by itself after two seconds: then once more. */
export async function touched(page: Page, act: () => Promise<string>): Promise<string> {
  for (let left = 4; ; left--) {
    const kind = await act();
    try {
      await page.locator(".verdict").click({ timeout: 1500 });
      return kind;
    } catch (failure) {
      if (left === 0) throw failure;
    }
  }
}

/** Keep verdicts on the screen beyond their two seconds, for pictures and axe. */
export async function holdVerdicts(page: Page): Promise<void> {
  await page.evaluate(() => {
    const view = document.querySelector<HTMLElement>(".verdict");
    if (view !== null) new MutationObserver(() => (view.hidden = false)).observe(view, { attributes: true, attributeFilter: ["hidden"] });
  });
}

/** Tokens of one visitor for as many scans, one after the other. */
export async function tokens(d: Deployment, count: number, phone = "010-0000-0001"): Promise<() => WalletToken> {
  const visitor = await d.register("김시험", phone);
  const { ticket } = await d.issuer().day(visitor.credential);
  const all: WalletToken[] = [];
  while (all.length < count) all.push(...(await d.issuer().wallet(ticket, all.length, Math.min(16, count - all.length))).tokens);
  return () => {
    const one = all.pop();
    assert.ok(one !== undefined, "the wallet is empty");
    return one;
  };
}

/** The QR text of a token with single bits of its body turned. */
export function forged(token: WalletToken, at: number, byte: number): string {
  const body = Uint8Array.from(token.body);
  body[byte] = (body[byte] ?? 0) ^ 1;
  return encodeTokenText(stampBody(body, token.key, at));
}

/** The QR text of a token with bytes of its body as they are given, by place. */
export function changed(token: WalletToken, at: number, bytes: Readonly<Record<number, number>>): string {
  const body = Uint8Array.from(token.body);
  for (const [place, byte] of Object.entries(bytes)) body[Number(place)] = byte;
  return encodeTokenText(stampBody(body, token.key, at));
}

export async function chip(page: Page, state: string): Promise<string> {
  return (await page.locator(`.chip[data-state="${state}"]`).textContent()) ?? "";
}

/** Wait for a chip by its state: the page's text may still hold what was said before. */
export async function untilChip(page: Page, state: string): Promise<void> {
  await page.locator(`.chip[data-state="${state}"]`).waitFor({ timeout: 20_000 });
}

export async function unsent(page: Page): Promise<number> {
  return page.evaluate(() => Number(/[0-9]+/.exec(document.querySelector('.chip[data-state="unsent"]')?.textContent?.replace(/,/g, "") ?? "0")?.[0]));
}

export async function untilUnsent(page: Page, count: number, ms = 30_000): Promise<void> {
  await until(`${count} unsent entries`, ms, async () => ((await unsent(page)) === count ? true : undefined));
}

/** What the page's database holds: entries of the queue as base64url, the rest as it is. */
export async function database(page: Page): Promise<{ queue: string[]; meta: Record<string, unknown> }> {
  return page.evaluate(
    () =>
      new Promise((done, fail) => {
        const open = indexedDB.open("entrylog-scanner");
        open.onerror = () => fail(open.error);
        open.onsuccess = () => {
          const tx = open.result.transaction(["queue", "meta"]);
          const queue = tx.objectStore("queue").getAll();
          const keys = tx.objectStore("meta").getAllKeys();
          const values = tx.objectStore("meta").getAll();
          tx.oncomplete = () => {
            open.result.close();
            const text = (b: Uint8Array): string => btoa(String.fromCharCode(...b)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
            done({ queue: (queue.result as Uint8Array[]).map(text), meta: Object.fromEntries(keys.result.map((k, i) => [String(k), values.result[i]])) });
          };
        };
      }),
  );
}

/** No error, no refusal by the policy, nothing from elsewhere. */
export function clean(...devices: Device[]): void {
  for (const device of devices) assert.deepEqual(device.problems, [], device.name);
}

const [width, height] = [1280, 720];

/** One picture of a film: a QR on a grey wall, or the wall alone. */
function still(text: string | undefined, module: number): Buffer {
  const luma = Buffer.alloc(width * height, 120);
  if (text !== undefined) {
    const matrix = qrMatrix(text);
    const side = matrix.length * module;
    const [left, top] = [(width - side) >> 1, (height - side) >> 1];
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) luma[(top + y) * width + left + x] = matrix[Math.floor(y / module)]?.[Math.floor(x / module)] === true ? 40 : 220;
  }
  const colour = Buffer.alloc((width * height) / 2, 128);
  return Buffer.concat([Buffer.from("FRAME\n"), luma, colour]);
}

/** A film for the fake camera that shows each text for so many seconds, over and over. */
export function cameraFile(file: string, text: string | undefined | readonly string[], module = 7, seconds = 1): void {
  const fps = 5;
  const frames = (Array.isArray(text) ? (text as readonly string[]) : [text as string | undefined]).flatMap((t) => {
    const frame = still(t, module);
    return Array.from({ length: seconds * fps }, () => frame);
  });
  writeFileSync(`${file}.new`, Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`), ...frames]));
  renameSync(`${file}.new`, file);
}

/** The same as a picture file. */
export function picture(text: string | undefined): Buffer {
  const matrix = qrMatrix(text ?? "");
  const module = 6;
  const png = new PNG({ width: matrix.length * module, height: matrix.length * module });
  for (let y = 0; y < png.height; y++)
    for (let x = 0; x < png.width; x++) {
      const dark = text !== undefined && matrix[Math.floor(y / module)]?.[Math.floor(x / module)] === true;
      png.data.fill(dark ? 0 : 255, (y * png.width + x) * 4, (y * png.width + x) * 4 + 3);
      png.data[(y * png.width + x) * 4 + 3] = 255;
    }
  return PNG.sync.write(png);
}

/** What the menu says of its measurements, by name. */
export async function measurements(page: Page): Promise<Record<string, string>> {
  await page.getByRole("button", { name: "메뉴" }).click();
  await page.getByText("측정값").click();
  const got = await page.locator(".measurements dl").evaluate((dl) => {
    const names = [...dl.querySelectorAll("dt")].map((e) => e.textContent ?? "");
    const values = [...dl.querySelectorAll("dd")].map((e) => e.textContent ?? "");
    return Object.fromEntries(names.map((n, i) => [n, values[i] ?? ""]));
  });
  await page.getByRole("button", { name: "닫기" }).click();
  return got;
}
