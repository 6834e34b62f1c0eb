// The venue page as a test drives it: a venue of its own, its owner's key, and a browser that is listened to.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Locator, Page } from "playwright-core";

import { ServiceClient } from "../../src/web/lib/index.js";
import { Device, inspect, PHONE, shots, untilText } from "./browser.js";
import { Deployment, sourceRoot } from "./deployment.js";

const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
const jsQR = (web("jsqr") as { default: typeof import("jsqr").default }).default;
const { PNG } = web("pngjs") as { PNG: { sync: { read(bytes: Buffer): { data: Buffer; width: number; height: number } } } };

export const NAME = "시험 가게 하나";
export const BUSINESS = "100-00-00009";

/**
 * One deployment, one device and the venue page on it; start() before anything else, stop() in any case. What a test
 * calls again and again are fields rather than methods, so that a file can take those it needs by their names.
 */
export class VenuePage {
  readonly device = new Device("venue");
  /** Every address that a window asked for and every one in its history, to show that the key stands in none. */
  readonly addresses: string[] = [];
  /** The venue of this file and its owner's key: from registered(), or as the test read them on the page. */
  id = 0;
  key = "";
  private deployment: Deployment | undefined;
  private window: Page | undefined;

  constructor(readonly name: string) {}

  get d(): Deployment {
    if (this.deployment === undefined) throw new Error(`${this.name} is not started`);
    return this.deployment;
  }
  get page(): Page {
    if (this.window === undefined) throw new Error(`${this.name} has no window`);
    return this.window;
  }

  /** A fresh deployment, and the page's first screen. */
  async start(issuers = [1]): Promise<{ d: Deployment; page: Page }> {
    this.deployment = await Deployment.start(this.name, { issuers });
    return { d: this.deployment, page: await this.open() };
  }
  async stop(): Promise<void> {
    await this.device.discard();
    await this.deployment?.stop();
  }
  /** The page in a browser that is listened to: at the start, and whenever the device was closed. */
  readonly open = async (): Promise<Page> => {
    const context = await this.device.open(PHONE);
    const listen = (page: Page): void => {
      page.on("framenavigated", (frame) => this.addresses.push(frame.url())); // what stands in the history
    };
    context.on("request", (r) => this.addresses.push(r.url()));
    context.on("page", listen);
    for (const page of context.pages()) listen(page);
    this.window = await this.device.page(this.url());
    return this.window;
  };

  readonly url = (view = ""): string => `${this.d.registry.url}/venue/${view}`;
  readonly registry = (): ServiceClient => new ServiceClient(this.d.registry.url);

  /** The venue without the page: registered and approved. */
  async registered(): Promise<void> {
    const { id, owner_key } = await this.d.registryClient().newVenue(NAME, BUSINESS.replaceAll("-", ""));
    this.id = id;
    this.key = owner_key;
    await this.approve(true);
  }
  readonly approve = async (approved: boolean): Promise<void> =>
    void (await this.registry().call("PATCH", `/v1/venues/${this.id}`, { bearer: this.d.operator.registry, body: { approved } }));
  /** A scanner without the page: added under a name and paired. */
  async scanner(name: string): Promise<{ id: number; key: string }> {
    const { code } = await this.d.registryClient().newScanner(this.id, this.key, name);
    return this.d.registryClient().enrol(code);
  }

  /** Log in by the form; as the owner of another venue, when one is given. */
  readonly logIn = async (keep = false, who = { id: this.id, key: this.key, name: NAME }): Promise<void> => {
    await this.page.goto(this.url("#login"));
    await this.page.reload(); // whoever was logged in without being kept is not
    await this.page.getByLabel("업소 번호", { exact: true }).fill(String(who.id));
    await this.page.getByLabel("관리 키", { exact: true }).fill(who.key);
    if (keep) await this.page.getByLabel("이 기기에서 로그인 유지").check();
    await this.button("로그인").click();
    await this.heading(who.name);
  };
  readonly logOut = async (): Promise<void> => {
    await this.button("로그아웃").click();
    await untilText(this.page, "로그아웃했습니다");
  };

  /** Keep a picture of the state and hold it against what every state must keep: see inspect(). */
  readonly clean = async (name: string): Promise<void> => assert.deepEqual(await inspect(this.page, `venue-${name}`), [], name);
  /** Wait for the screen of this title. */
  readonly heading = (text: string | RegExp): Promise<void> => this.page.getByRole("heading", { level: 1, name: text }).waitFor();
  readonly button = (name: string | RegExp): Locator => this.page.getByRole("button", { name, exact: typeof name === "string" });

  /** Press Tab until an element with this name has the focus: as somebody without a mouse gets there. */
  readonly tabTo = async (name: string | RegExp): Promise<void> => {
    const named = (): Promise<string> =>
      this.page.evaluate(() => {
        const e = document.activeElement as HTMLElement | null;
        const label = e instanceof HTMLInputElement ? (e.labels?.[0]?.textContent ?? "") : (e?.getAttribute("aria-label") ?? e?.textContent ?? "");
        return e === document.body ? "" : label.trim();
      });
    for (let i = 0; i < 60; i++) {
      await this.page.keyboard.press("Tab");
      const now = await named();
      if (typeof name === "string" ? now === name : name.test(now)) return;
    }
    throw new Error(`no way by keyboard to ${String(name)}`);
  };
  readonly pressKey = async (name: string | RegExp): Promise<void> => {
    await this.tabTo(name);
    await this.page.keyboard.press("Enter");
  };

  /** What an element shows as a QR, read from its picture on the screen. */
  readonly readQr = async (selector: string): Promise<string | undefined> => {
    const picture = PNG.sync.read(await this.page.locator(selector).screenshot());
    return jsQR(new Uint8ClampedArray(picture.data), picture.width, picture.height)?.data;
  };

  /** Pages of a PDF by its page objects, and its paper: A4 within the point that Chromium rounds by. */
  readonly pdf = async (name: string): Promise<{ pages: number; paper: string }> => {
    const bytes = await this.page.pdf({ preferCSSPageSize: true, printBackground: true });
    writeFileSync(path.join(shots, `venue-${name}.pdf`), bytes);
    const text = bytes.toString("latin1");
    const box = /\/MediaBox\s*\[([^\]]*)\]/.exec(text)?.[1]?.trim().split(/\s+/).map(Number) ?? [];
    const isA4 = Math.abs((box[2] ?? 0) - 595.28) < 1 && Math.abs((box[3] ?? 0) - 841.89) < 1;
    return { pages: (text.match(/\/Type\s*\/Page\b(?!s)/g) ?? []).length, paper: isA4 ? "A4" : box.join(" ") };
  };

  /** What must hold when all else is done, in every file: the last test of each. */
  readonly keptItsKey = async (): Promise<void> => {
    assert.ok(this.addresses.length > 50);
    assert.deepEqual(this.addresses.filter((a) => a.includes(this.key)), []);
    assert.ok(!(await this.page.title()).includes(this.key));
    assert.ok(!readFileSync(this.d.registry.log, "utf8").includes(this.key));
    assert.deepEqual(this.device.problems, []);
  };
}
