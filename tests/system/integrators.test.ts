// docs/integrators.md keeps its word: its code, as printed there, registers, fills a wallet and passes the door.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import type { IssuerClient, WalletToken } from "../../src/web/lib/index.js";
import { buildDir, Deployment, sourceRoot } from "./deployment.js";

interface Ticket {
  ticket: string;
  epoch: number;
  validUntil: number;
  next: number;
}
interface Guide {
  register(issuer: IssuerClient, name: string, phone: string, code: () => Promise<string>): Promise<string>;
  openDay(issuer: IssuerClient, credential: string, day: "today" | "tomorrow"): Promise<Ticket>;
  draw(issuer: IssuerClient, ticket: Ticket, count: number, save: (t: Ticket) => Promise<void>): Promise<WalletToken[]>;
  qrText(token: WalletToken, serverNow: number): string;
}

const PHONE = "+821000000301";
let d: Deployment;
let guide: Guide;

/** The printed code as a module. */
async function load(): Promise<Guide> {
  const web = createRequire(path.join(sourceRoot, "src/web/package.json"));
  const { build } = web("esbuild") as typeof import("esbuild");
  const blocks = [...readFileSync(path.join(sourceRoot, "docs/integrators.md"), "utf8").matchAll(/```ts\n(.*?)```/gs)].map((m) => m[1]);
  assert.ok(blocks.length >= 3, "the guide has code");
  const dir = path.join(buildDir, "system", "integrators");
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, "guide.ts"), blocks.join("\n"));
  await build({
    entryPoints: [path.join(dir, "guide.ts")],
    outfile: path.join(dir, "guide.mjs"),
    alias: { entrylog: path.join(sourceRoot, "src/web/lib/index.ts") },
    nodePaths: [path.join(sourceRoot, "src/web/node_modules")],
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node18",
    logLevel: "warning",
  });
  return (await import(pathToFileURL(path.join(dir, "guide.mjs")).href)) as Guide;
}

before(async () => {
  guide = await load();
  d = await Deployment.start("integrators");
});
after(async () => d?.stop());

test("an app made from the guide passes the door, once a token", async () => {
  const issuer = d.issuer();
  const scanner = await d.venue();
  const credential = await guide.register(issuer, "A. Guide", PHONE, () => d.smsCode(PHONE, 0));
  const saved: number[] = [];
  const today = await guide.openDay(issuer, credential, "today");
  const save = async (t: Ticket): Promise<void> => void saved.push(t.next);
  const tokens = [...(await guide.draw(issuer, today, 16, save)), ...(await guide.draw(issuer, today, 16, save))];
  assert.deepEqual(saved, [16, 32], "the next index is durable before it is asked for");
  assert.equal(new Set(tokens.map((t) => t.index)).size, 32);
  for (const token of tokens.slice(0, 3)) {
    const text = guide.qrText(token, d.now());
    assert.equal(text.length, 220);
    assert.equal((await d.checkin(scanner, text)).status, 201);
    assert.equal((await d.checkin(scanner, guide.qrText(token, d.now()))).code, "already_used");
  }
});

test("tomorrow's tokens are drawn today and pass tomorrow, with the issuer gone", async () => {
  const issuer = d.issuer();
  const scanner = await d.venue();
  const phone = "+821000000302";
  const credential = await guide.register(issuer, "B. Guide", phone, () => d.smsCode(phone, 0));
  const today = await guide.openDay(issuer, credential, "today");
  const tomorrow = await guide.openDay(issuer, credential, "tomorrow");
  assert.equal(tomorrow.epoch, today.epoch + 1);
  const [token] = await guide.draw(issuer, tomorrow, 1, async () => undefined);
  assert.ok(token !== undefined);
  assert.equal((await d.checkin(scanner, guide.qrText(token, d.now()))).code, "wrong_day");
  await d.issuerDaemon().stop();
  d.issuerDaemons.clear();
  await d.shift(86400);
  await d.confirmClock();
  assert.equal((await d.checkin(scanner, guide.qrText(token, d.now()))).status, 201);
});
