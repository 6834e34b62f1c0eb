// A real browser for the pages: Debian's Chromium through playwright-core, with a camera that plays a file.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { BrowserContext, Page } from "playwright-core";

import { buildDir, sourceRoot, until } from "./deployment.js";

const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
const { chromium } = web("playwright-core") as typeof import("playwright-core");
const axe = readFileSync(web.resolve("axe-core/axe.min.js"), "utf8");

/** Where screenshots go: build output, kept after the run to be looked at. */
export const shots = path.join(buildDir, "screenshots");

export interface BrowserOptions {
  /** A Y4M or MJPEG file that the camera plays, read anew each time the camera starts. None: the camera is refused. */
  camera?: string;
  language?: "ko" | "en";
  /** Calls of the pages may take ten times as long as at a door: not for tests of what happens when they do. */
  patient?: boolean;
}

/** A phone as people have it, and the smallest that the pages must fit. */
export const PHONE = { width: 390, height: 844 };
export const SMALL = { width: 320, height: 568 };
export const TABLET = { width: 1024, height: 768 };

/** One browser with one profile on disk, so that it can be closed and opened again as a device is. */
export class Device {
  private context: BrowserContext | undefined;
  private readonly ownsProfile: boolean;
  readonly profile: string;
  constructor(
    readonly name: string,
    readonly options: BrowserOptions = {},
    profile?: string,
  ) {
    this.ownsProfile = profile === undefined;
    mkdirSync(path.join(buildDir, "system"), { recursive: true });
    this.profile = profile ?? mkdtempSync(path.join(buildDir, "system", `browser-${name}-`));
    mkdirSync(shots, { recursive: true });
  }
  async open(viewport = PHONE): Promise<BrowserContext> {
    const camera =
      this.options.camera === undefined
        ? []
        : ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${this.options.camera}`];
    const context = await chromium.launchPersistentContext(this.profile, {
      executablePath: "/usr/bin/chromium",
      headless: true,
      viewport,
      locale: this.options.language === "en" ? "en-US" : "ko-KR",
      timezoneId: "Asia/Seoul",
      args: ["--no-sandbox", "--disable-dev-shm-usage", "--autoplay-policy=no-user-gesture-required", ...camera],
      permissions: this.options.camera === undefined ? [] : ["camera"],
    });
    this.context = context;
    if (this.options.patient === true) await context.addInitScript(patience);
    for (const page of context.pages()) watch(page, this.problems);
    context.on("page", (page) => watch(page, this.problems));
    return context;
  }
  /** The one page of the device at an address; errors of its scripts and refusals of its policy end up in `problems`. */
  async page(url: string, viewport = PHONE): Promise<Page> {
    const context = this.context ?? (await this.open(viewport));
    const page = context.pages()[0] ?? (await context.newPage());
    watch(page, this.problems);
    await page.goto(url, { waitUntil: "domcontentloaded" });
    return page;
  }
  /** What no page or tab may do: throw, be refused by the policy, load from elsewhere. Tests assert that it is empty. */
  readonly problems: string[] = [];
  browserContext(): BrowserContext {
    if (this.context === undefined) throw new Error(`${this.name} is not open`);
    return this.context;
  }
  async offline(is: boolean): Promise<void> {
    await this.browserContext().setOffline(is);
  }
  async close(): Promise<void> {
    const context = this.context;
    this.context = undefined;
    await context?.close();
  }
  /** Close and remove the profile. */
  async discard(): Promise<void> {
    await this.close();
    if (this.ownsProfile && process.env["EL_KEEP"] === undefined) rmSync(this.profile, { recursive: true, force: true });
  }
}

/** An init script: this machine may stop for a second, which is another thing than a registry that does not answer. */
export function patience(): void {
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeout(10 * ms);
}

const watched = new WeakSet<Page>();
/** Chromium's word where a window goes while its manifest is on the way; that it is a good one, other tests show. */
const MANIFEST_CUT_SHORT = "Manifest: Line: 1, column: 1, Syntax error.";

function watch(page: Page, problems: string[]): void {
  if (watched.has(page)) return;
  watched.add(page);
  page.on("pageerror", (e) => problems.push(`error: ${e.message}`));
  page.on("console", (m) => {
    if (m.type() === "error" && m.text() !== MANIFEST_CUT_SHORT && !/net::ERR_|Failed to load resource/.test(m.text())) problems.push(`console: ${m.text()}`);
  });
  page.on("request", (r) => {
    const url = new URL(r.url());
    // A daemon's own origin is its port: the issuer's page asks the registry for nothing, nor the other way round.
    if (/^https?:$/.test(url.protocol) && !r.isNavigationRequest() && url.origin !== new URL(page.url()).origin)
      problems.push(`elsewhere: ${url.origin} from ${page.url()}`);
  });
}

/** Violations of WCAG 2.2 A and AA that axe finds in the page's state, one line each; empty when clean. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Result {
      violations: { id: string; help: string; nodes: { target: unknown[] }[] }[];
    }
    const run = (globalThis as unknown as { axe: { run(context: unknown, options: unknown): Promise<Result> } }).axe;
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const result = await run.run(document, { runOnly: { type: "tag", values: tags } });
    return result.violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).join(", ")})`);
  });
}

/** Does anything stick out of the window sideways? Its selector-like description, or undefined. */
export async function overflow(page: Page): Promise<string | undefined> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return undefined;
    const wide = [...document.querySelectorAll("body *")].find((e) => e.getBoundingClientRect().right > width + 1);
    return `${wide?.tagName ?? "?"}.${wide?.className ?? ""} in ${width}px`;
  });
}

/**
 * Keep a picture of a state and hold it against what every state must keep: axe finds nothing, nothing sticks out at
 * 320 px. The picture is build output: `NAME.png`, to be looked at.
 */
export async function inspect(page: Page, name: string): Promise<string[]> {
  const found = await violations(page);
  const before = page.viewportSize();
  await page.setViewportSize(SMALL);
  const wide = await overflow(page);
  if (wide !== undefined) found.push(`sticks out at 320 px: ${wide}`);
  await page.screenshot({ path: path.join(shots, `${name}-320.png`), fullPage: true });
  if (before !== null) await page.setViewportSize(before);
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
  return found;
}

/** What of a browser's storage is blocked: all of it, as by a setting, or the databases, as in some private windows. */
export const BLOCKED = ["all", "databases"] as const;
export async function blockStorage(context: BrowserContext, blocked: (typeof BLOCKED)[number]): Promise<void> {
  await context.addInitScript((what) => {
    const refuse = (): never => {
      throw new DOMException("blocked", "SecurityError");
    };
    if (what === "all") for (const name of ["localStorage", "sessionStorage", "indexedDB"]) Object.defineProperty(globalThis, name, { get: refuse });
    else IDBFactory.prototype.open = refuse;
  }, blocked);
}

/** The shell is kept and this page is under its service worker's care: it can be loaded without a network. */
export async function worksOffline(page: Page): Promise<void> {
  await until("the service worker's care", 20_000, async () =>
    (await page.evaluate(async () => (await navigator.serviceWorker.ready, navigator.serviceWorker.controller !== null))) ? true : undefined,
  );
}

/** Wait until a page's text holds something. */
export async function untilText(page: Page, text: string | RegExp, ms = 20_000): Promise<void> {
  const holds = (all: string): boolean => (typeof text === "string" ? all.includes(text) : text.test(all));
  await until(`"${String(text)}" on the page`, ms, async () => (holds(await page.innerText("body")) ? true : undefined));
}

/**
 * Press the link past the bar by keyboard, as it is reached from the top of the page. The address and the screen stay,
 * the screen's heading has the focus, and the next Tab goes into the content. Each part of the link says its language.
 */
export async function skipByKeyboard(page: Page): Promise<void> {
  const at = page.url();
  await page.evaluate(() => document.querySelector("main h1")?.setAttribute("data-before", ""));
  // As a hand presses: keys that come faster are a cable scanner's to the scanner page.
  const press = async (key: string): Promise<void> => {
    await new Promise((done) => setTimeout(done, 150));
    await page.keyboard.press(key);
  };
  const isThere = (): Promise<boolean> => page.evaluate(() => document.activeElement?.classList.contains("skip") === true);
  for (let i = 0; i < 60 && !(await isThere()); i++) await press("Shift+Tab");
  assert.ok(await isThere(), "the link is reached by keyboard");
  assert.deepEqual(await page.locator(".skip [lang]").evaluateAll((parts) => parts.map((p) => (p as HTMLElement).lang)), ["ko", "en"]);
  await press("Enter");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("main h1[data-before]")), "the heading that was there has the focus");
  await press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("main *")), "Tab goes on into the content");
  assert.equal(page.url(), at);
}
