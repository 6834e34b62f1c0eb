// docs/integrators.md keeps its word: its code, as printed there, registers, fills a wallet and passes the door.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import type { IssuerClient, WalletToken } from "../../src/web/lib/index.js";
import { CONSENT } from "./ceremony.js";
import { buildDir, Deployment, sourceRoot } from "./deployment.js";

interface Ticket {
  ticket: string;
  epoch: number;
  validUntil: number;
  next: number;
}
interface HeldToken extends WalletToken {
  from: number;
  until: number;
}
interface Guide {
  register(issuer: IssuerClient, name: string, phone: string, consent: number, code: () => Promise<string>): Promise<string>;
  openDay(issuer: IssuerClient, credential: string, day: "today" | "tomorrow"): Promise<Ticket>;
  draw(issuer: IssuerClient, ticket: Ticket, count: number, save: (t: Ticket) => Promise<void>): Promise<HeldToken[]>;
  nextToken(wallet: readonly HeldToken[], serverNow: number): HeldToken | undefined;
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
  const credential = await guide.register(issuer, "A. Guide", PHONE, CONSENT, () => d.smsCode(PHONE, 0));
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

test("what registering can be refused with is in the guide's table, and a wrong code may be tried again", async () => {
  const issuer = d.issuer();
  const phone = "+821000000303";
  const rows = (/## What you hear.*?(?=\n## )/s.exec(readFileSync(path.join(sourceRoot, "docs/integrators.md"), "utf8")) ?? assert.fail())[0];
  const refused = async (code: string, call: () => Promise<unknown>): Promise<void> => {
    await assert.rejects(call, (failure: { code?: string }) => failure.code === code);
    assert.match(rows, new RegExp(`^\\| .*\`${code}\``, "m"));
  };
  await refused("invalid_name", () => guide.register(issuer, "", phone, CONSENT, async () => "000000"));
  await refused("invalid_phone", () => guide.register(issuer, "C. Guide", "12", CONSENT, async () => "000000"));
  await refused("consent_outdated", () => guide.register(issuer, "C. Guide", phone, CONSENT - 1, async () => "000000"));
  const { registration } = await issuer.register("C. Guide", phone, CONSENT);
  const right = await d.smsCode(phone, 0);
  for (let i = 0; i < 4; i++) await refused("wrong_code", () => issuer.verify(registration, right === "000000" ? "000001" : "000000"));
  assert.ok((await issuer.verify(registration, right)).credential);
  await refused("unknown_registration", () => issuer.verify(registration, right));
});

test("tomorrow's tokens are drawn today and pass tomorrow, with the issuer gone; today's pass for two hours of it", async () => {
  const issuer = d.issuer();
  const scanner = await d.venue();
  const phone = "+821000000302";
  const credential = await guide.register(issuer, "B. Guide", phone, CONSENT, () => d.smsCode(phone, 0));
  const today = await guide.openDay(issuer, credential, "today");
  const tomorrow = await guide.openDay(issuer, credential, "tomorrow");
  assert.equal(tomorrow.epoch, today.epoch + 1);
  const later = await guide.draw(issuer, tomorrow, 2, async () => undefined);
  const wallet = [...later, ...(await guide.draw(issuer, today, 3, async () => undefined))];
  /** Show the next one, as the guide has it; it leaves the wallet first. */
  const show = async (): Promise<{ status: number; isLater: boolean }> => {
    const token = guide.nextToken(wallet, d.now()) ?? assert.fail("no token");
    wallet.splice(wallet.indexOf(token), 1);
    return { status: (await d.checkin(scanner, guide.qrText(token, d.now()))).status, isLater: later.includes(token) };
  };
  assert.deepEqual(await show(), { status: 201, isLater: false });
  const first = later[0] ?? assert.fail();
  assert.equal(first.from, today.validUntil);
  assert.equal(guide.nextToken(later, first.from - 1), undefined);
  assert.equal((await d.checkin(scanner, guide.qrText(first, d.now()))).code, "wrong_day", "which is why");
  await d.issuerDaemon().stop();
  d.issuerDaemons.clear();
  await d.shift(first.from - d.now() + 1); // the day has just begun
  await d.confirmClock();
  assert.deepEqual(await show(), { status: 201, isLater: true });
  assert.deepEqual(await show(), { status: 201, isLater: true });
  assert.deepEqual(await show(), { status: 201, isLater: false }, "yesterday's, in its first two hours");
  assert.equal(wallet.length, 1);
  assert.equal(guide.nextToken(wallet, first.from + 7199), wallet[0]);
  assert.equal(guide.nextToken(wallet, first.from + 7200), undefined);
});
