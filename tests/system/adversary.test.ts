import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import path from "node:path";
import { after, before, test } from "node:test";

import { decodeBase64url, decodePoint, decodeDocument, encodeScalar, KEY_KIND, openBundle, openTraceBox, orderFile, parseBody, publicKeyOf, rowCommitment, writeKeyFile, publicPoint, encodePoint, tokenId } from "../../src/web/lib/index.js";
import { buildDir, Daemon, Deployment, freePort, type Scanner, type Visitor } from "./deployment.js";
import * as joins from "./joins.js";
import { bytes, family, look, type Needle, type Process, text } from "./memory.js";
import { writeShares } from "./shares.js";
import { type Loot, ransack } from "./thief.js";

let d: Deployment;
let loot: Loot;
let door: Scanner;
const visitors: Record<string, Visitor> = {};
const bodyOf: Record<string, Uint8Array> = {};
const trustees: Daemon[] = [];

async function makeTrustee(j: number): Promise<Daemon> {
  const daemon = new Daemon("authority", `trustee-${j}`, path.join(d.dir, `trustee-${j}`), await freePort());
  mkdirSync(daemon.dir, { mode: 0o700 });
  const share = path.join(d.authority.dir, "data", "trustees", String(j), "share");
  const conf = readFileSync(d.authority.conf, "utf8").replace(/^listen = .*$/m, `listen = 127.0.0.1:${daemon.port}`);
  writeFileSync(daemon.conf, conf.replace("role = executor", `role = trustee\nshare_file = ${share}`));
  daemon.start();
  await daemon.ready();
  return daemon;
}
async function visit(who: string, phone: string, at: Scanner): Promise<void> {
  const visitor = await d.register(`시험 ${who} 방문자`, phone);
  visitors[who] = visitor;
  const [token] = await d.wallet(visitor, 0, 1);
  if (token === undefined) throw new Error("no token");
  bodyOf[who] = token.body;
  assert.equal((await d.checkin(at, d.show(token))).status, 201);
}

before(async () => {
  d = await Deployment.start("adversary", { prepare: (x) => writeShares(x) });
  trustees.push(await makeTrustee(1));
  door = await d.venue();
  const elsewhere = await d.venue();
  await visit("early", "+821000000051", door);
  await d.shift(50 * 60);
  await visit("elsewhere", "+821000000052", elsewhere);
  await visit("covered", "+821000000053", door);
  loot = ransack([d.issuerDaemon().dir, d.registry.dir, d.authority.dir]);
});
after(async () => {
  for (const t of trustees) await t.stop();
  await d?.stop();
});

function needles(who: string): Needle[] {
  const body = bodyOf[who]!;
  const visit = loot.visits.find((v) => Buffer.from(v.visit.body).equals(Buffer.from(body)))!.visit;
  const idRow = loot.identities.find((i) => i.identity.phone === visitors[who]!.phone)!;
  const identity = idRow.identity;
  const bundle = openBundle(decodeDocument(d.ceremony.bundleDocument), d.ceremony.root.key);
  const e = idRow.row.epoch;
  const S = joins.openPoint(d, e, "links", parseBody(body).point);
  const SZ = joins.openPoint(d, e, "traces", identity.box.subarray(0, 32));
  const secret = openTraceBox(decodePoint(SZ), publicKeyOf(bundle, e, "traces"), 1, { epoch: e, com: identity.com, box: identity.box } as never, identity.box);
  return [
    ...text(`${who}:name`, identity.name), ...text(`${who}:phone`, identity.phone), ...bytes(`${who}:h`, identity.handle), ...bytes(`${who}:idsalt`, identity.salt),
    ...bytes(`${who}:com`, identity.com), ...bytes(`${who}:box`, identity.box), ...bytes(`${who}:s`, secret), ...bytes(`${who}:S`, S), ...bytes(`${who}:SZ`, SZ),
    ...bytes(`${who}:body`, body), ...bytes(`${who}:T`, parseBody(body).id), ...bytes(`${who}:link`, parseBody(body).link), ...bytes(`${who}:R`, parseBody(body).point), ...bytes(`${who}:salt`, visit.salt), ...bytes(`${who}:c`, rowCommitment(visit as never)), ...bytes(`${who}:attempt`, visit.attempt),
    ...bytes(`${who}:vc`, decodeBase64url(visitors[who]!.credential)),
  ];
}

test("explore", async () => {
  const all = ["early", "elsewhere", "covered"].flatMap(needles);
  const order = joins.contactsOrder(d, [door.venue], d.now() - 600, d.now() + 60);
  all.push(...bytes("boxsecret", encodeScalar(order.boxSecret)));
  for (const k of loot.keyring.filter((k) => k.epoch === d.ceremony.firstEpoch)) all.push(...bytes(`key-${k.party}-${k.kind}-${k.index}`, k.key));
  all.push(...bytes("ranswer", d.ceremony.registryAnswer.seed), ...bytes("ianswer", d.ceremony.issuers[0]!.answer.seed), ...bytes("itoken", d.ceremony.issuers[0]!.token.seed));
  const procs = (): Process[] => [family("issuer", d.issuerDaemon().pid), family("registry", d.registry.pid), family("executor", d.authority.pid), family("trustee1", trustees[0]!.pid)].flat();
  const show = (when: string, ps: Process[]) => {
    const t0 = Date.now();
    const l = look(ps, all);
    console.log(when, Date.now() - t0, "ms", [...(l?.read ?? [])].map(([p, n]) => `${ps.find((x) => x.pid === p)?.name} ${n >> 20}M`).join(", "));
    for (const f of l?.found ?? []) console.log("   ", f);
  };
  show("before", procs());
  const file = path.join(d.dir, "order");
  writeFileSync(file, JSON.stringify(orderFile(order.signed, order.scopes)), { mode: 0o600 });
  writeFileSync(`${file}.key`, writeKeyFile({ purpose: "order", epoch: undefined, secret: encodeScalar(order.boxSecret) }), { mode: 0o600 });
  let child: ChildProcess | undefined;
  const server: Server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      show("between", [...procs(), ...family("cli", child!.pid!)]);
      const asked: unknown = JSON.parse(Buffer.concat(parts).toString());
      response.setHeader("Content-Type", "application/json");
      response.end(JSON.stringify(joins.answerRows(d, order, 3, asked)));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  child = spawn(path.join(buildDir, "src/cli/entrylog"), ["join", file, "--config", d.authority.conf, "-o", `${file}.report`, "--json", "--timeout", "60", "--trustee", `1=${trustees[0]!.url}`, "--trustee", `3=http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
  let said = "";
  child.stdout!.on("data", (p: Buffer) => (said += p.toString()));
  child.stderr!.on("data", (p: Buffer) => (said += p.toString()));
  const status = await new Promise((done) => child!.once("close", done));
  console.log(status, said);
  server.close();
  show("after", procs());
  void existsSync; void KEY_KIND; void publicPoint; void encodePoint; void tokenId;
});
