// What the tests of the visitor page share: a wire that sees what the issuer sees, registering by hand, reading codes.
import assert from "node:assert/strict";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createRequire } from "node:module";
import path from "node:path";
import type { Page } from "playwright-core";

import { decodeTokenText, encodeBase64url } from "../../src/web/lib/index.js";
import { type Deployment, sourceRoot, until } from "./deployment.js";

const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
const jsqr = web("jsqr") as unknown as { default?: typeof import("jsqr").default } & typeof import("jsqr").default;
const { PNG } = web("pngjs") as { PNG: { sync: { read(picture: Buffer): { data: Buffer; width: number; height: number } } } };

/** A wire between browser and issuer that notes every request on it: more than the browser tells of itself. */
export class Wire {
  readonly requests: string[] = [];
  private sent = "";
  private server: Server | undefined;
  private readonly sockets = new Set<Socket>();
  /** Swallow what is sent: a network that is there and leads nowhere. */
  swallows = false;
  port = 0;
  /** What is asked arrives, what is answered does not. */
  losesAnswers = false;
  lost = 0;
  /** Requests like this wait on the wire until release(). */
  private holds: RegExp | undefined;
  private readonly held: (() => void)[] = [];
  constructor(private readonly target: number) {}
  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }
  async open(): Promise<void> {
    const server = createServer((from) => {
      const to = connect(this.target, "127.0.0.1");
      for (const [a, b] of [[from, to], [to, from]] as const) {
        this.sockets.add(a);
        a.on("error", () => b.destroy());
        a.on("close", () => (b.destroy(), this.sockets.delete(a)));
      }
      from.on("data", (data: Buffer) => {
        for (const m of data.toString("latin1").matchAll(/(?:^|\r\n)((?:GET|POST|DELETE|HEAD) \S+) HTTP\/1\.1\r\n/g)) this.requests.push(m[1] ?? "");
        this.sent += data.toString("latin1");
        if (this.swallows) return;
        if (this.holds?.test(data.toString("latin1")) === true) this.held.push(() => to.write(data));
        else to.write(data);
      });
      to.on("data", (data: Buffer) => {
        if (!this.losesAnswers) return void from.write(data);
        this.lost++;
        from.end(data.subarray(0, data.indexOf("\r\n\r\n") + 5)); // not less: the browser would ask again by itself
        to.destroy();
      });
    });
    this.server = server;
    await new Promise<void>((done) => server.listen(this.port, "127.0.0.1", done));
    const address = server.address();
    this.port = typeof address === "object" && address !== null ? address.port : 0;
  }
  hold(like: RegExp): void {
    this.holds = like;
  }
  /** How many of them wait. */
  get waiting(): number {
    return this.held.length;
  }
  /** Let go what waits, and hold nothing more. */
  release(): void {
    this.holds = undefined;
    for (const go of this.held.splice(0)) go();
  }
  /** What was drawn over it: by which ticket, the first index and how many. */
  draws(): { ticket: string; first: number; count: number }[] {
    const out = [];
    for (const [, head, first, count] of this.sent.matchAll(/POST \/v1\/wallet HTTP([^{]*)\{"first":([0-9]+),"count":([0-9]+)\}/g))
      out.push({ ticket: /Bearer (\S+)/.exec(head ?? "")?.[1] ?? "", first: Number(first), count: Number(count) });
    for (const [, head, index] of this.sent.matchAll(/POST \/v1\/tokens HTTP([^{]*)\{"index":([0-9]+)\}/g))
      out.push({ ticket: /Bearer (\S+)/.exec(head ?? "")?.[1] ?? "", first: Number(index), count: 1 });
    return out;
  }
  /** Cut it: the issuer is gone. open() again puts it back under the same address. */
  async cut(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((done) => (server === undefined ? done() : server.close(() => done())));
  }
}

/** Register by pointer and keyboard as a person does, until the first code is there. */
export async function registerOn(page: Page, d: Deployment, name: string, phone: string): Promise<void> {
  await page.click("#agree");
  await page.fill("#name", name);
  await page.fill("#phone", phone);
  const seen = d.smsCount();
  await page.click("#send");
  await page.waitForSelector("#code[autocomplete=one-time-code]");
  await page.fill("#code", await d.smsCode(`+82${phone.replace(/-/g, "").slice(1)}`, seen));
  await untilShown(page);
}

/** Wait until a code is on the screen. */
export async function untilShown(page: Page): Promise<void> {
  await page.waitForSelector("canvas#code", { state: "visible" });
  await until("a code on the screen", 20_000, async () => ((await readCode(page)) === undefined ? undefined : true));
}

/** The text of the code in a picture of the screen, as a scanner sees it. */
export async function readCode(page: Page): Promise<string | undefined> {
  const card = page.locator(".code-card");
  if (!(await card.isVisible())) return undefined;
  const shot = await card.screenshot().catch(async (failure: unknown) => {
    if (await card.isVisible()) throw failure;
    return undefined; // it went just now
  });
  if (shot === undefined) return undefined;
  const picture = PNG.sync.read(shot);
  const read = (jsqr.default ?? jsqr)(new Uint8ClampedArray(picture.data), picture.width, picture.height);
  return read?.data;
}

/** A code that is on the screen, taken apart; a body by its text. */
export interface Seen {
  text: string;
  body: string;
  shownAt: number;
}
export async function see(page: Page): Promise<Seen> {
  const text = await until("a readable code", 20_000, () => readCode(page));
  const bytes = decodeTokenText(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return { text, body: encodeBase64url(bytes.slice(0, 132)), shownAt: view.getUint32(132) };
}

/** Another code than this one. */
export async function seeOther(page: Page, than: Seen, ms = 20_000): Promise<Seen> {
  return until("another code", ms, async () => {
    const now = await see(page);
    return now.text === than.text ? undefined : now;
  });
}

/** Out of sight and back, as when a phone is locked and woken: the page itself cannot tell it from the real thing. */
export async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((is) => {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (is ? "hidden" : "visible") });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

/** One request on a store of the page's database: `[method, ...arguments]`. */
export async function onStore<T>(page: Page, store: string, method: string, ...args: unknown[]): Promise<T> {
  return page.evaluate(
    async ([name, call, given]) =>
      new Promise<unknown>((done, fail) => {
        const open = indexedDB.open("entrylog-visitor");
        open.onerror = () => fail(open.error);
        open.onsuccess = () => {
          const tx = open.result.transaction(name as string, "readwrite");
          const target = tx.objectStore(name as string) as unknown as Record<string, (...x: unknown[]) => IDBRequest>;
          const request = target[call as string]?.(...(given as unknown[]));
          tx.oncomplete = () => {
            open.result.close();
            done(request?.result);
          };
          tx.onerror = () => fail(tx.error);
        };
      }),
    [store, method, args] as const,
  ) as Promise<T>;
}

/** Check a code in at the registry: how it answers. */
export async function accepted(d: Deployment, scanner: { key: string }, code: Seen): Promise<void> {
  const outcome = await d.checkin(scanner, code.text);
  assert.equal(outcome.status, 201, outcome.code);
}
