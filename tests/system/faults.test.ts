// Errors of reading and writing, put between the registry and its disk by libfiu: what was acknowledged is stored once,
// core ends on the first one and is replaced, and when the disk is well again everything goes on by itself.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { Deployment, type Scanner, until } from "./deployment.js";
import { checkIntegrity, dataDir, expectExactlyOnce, expectFirstAnswers, listVisits, load, send, type Tally } from "./load.js";

const PRELOAD = ["/usr/lib/fiu/fiu_run_preload.so", "/usr/lib/fiu/fiu_posix_preload.so"];
const skip = !PRELOAD.every((file) => existsSync(file))
  ? "libfiu is not installed"
  : process.env["EL_SANITIZED"]
    ? "another library cannot stand before a sanitizer's"
    : false;

let d: Deployment;
const scanners: Scanner[] = [];
const tally: Tally = { acknowledged: [], unknown: [] };

before(async () => {
  if (skip !== false) return;
  d = await Deployment.start("faults", { roles: ["registry"], registry: ["lab_segment_rows = 100"] });
  for (let i = 0; i < 6; i++) scanners.push(await d.venue());
});
after(async () => d?.stop());

const EIO = 5;
const ENOSPC = 28;
/** libfiu's remote control commands, one a line; they hold in every process of the family from its start. */
function faults(error: number, ...points: { name: string; probability: number }[]): Record<string, string> {
  return {
    LD_PRELOAD: PRELOAD.join(" "),
    FIU_CTRL_FIFO: "",
    FIU_ENABLE: points.map((p) => `enable_random name=${p.name},probability=${p.probability},failinfo=${error}`).join("\n"),
  };
}
/** How often a core has ended for an error of its store. */
const ends = (): number => readFileSync(d.registry.log, "utf8").split("registry/core stopped err=-4 ").length - 1;

/** The family, or where core cannot even start any more the whole daemon, is started again as a service manager does. */
async function serve(isEnough: () => boolean): Promise<void> {
  await until("the faults to have done their work", 60_000, () => {
    const p = d.registry.process;
    if (p !== undefined && (p.exitCode !== null || p.signalCode !== null)) d.registry.start();
    return isEnough() ? true : undefined;
  });
}

/** The disk is well again: what was acknowledged is there once, and what was not is recorded by the same attempt. */
async function expectAllThere(): Promise<void> {
  d.registry.env = {};
  await d.registry.stop();
  d.registry.start();
  await d.registry.ready();
  await expectFirstAnswers(d, tally.acknowledged.slice(-10));
  for (const sent of tally.unknown.slice(-10)) {
    const answer = await send(d, sent);
    assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.code ?? ""}`);
  }
  await d.registry.stop();
  expectExactlyOnce(listVisits(d.registry).bodies, tally);
  checkIntegrity(dataDir(d.registry));
  d.registry.start();
  await d.registry.ready();
}

const cases = [
  { name: "posix/io/sync/fdatasync", probability: 0.03, lives: 3 },
  { name: "posix/io/sync/fsync", probability: 0.1, lives: 2 },
  { name: "posix/io/rw/pwrite", probability: 0.01, lives: 3 },
];
for (const { name, probability, lives } of cases)
  test(`errors of ${name}: no false acknowledgement, core is replaced, recovery without hand work`, { skip }, async () => {
    await d.registry.stop();
    const before = ends();
    const enough = tally.acknowledged.length + 50;
    d.registry.env = faults(EIO, { name, probability });
    d.registry.start();
    const clients = load(d, scanners, tally);
    try {
      await serve(() => ends() >= before + lives && tally.acknowledged.length >= enough);
    } finally {
      await clients.stop();
    }
    await expectAllThere();
  });

test("a disk that is full at any one write: whoever is refused hears `busy`, core goes on", { skip }, async () => {
  await d.registry.stop();
  const before = ends();
  const told = readFileSync(d.registry.log, "utf8").length;
  const enough = tally.acknowledged.length + 500;
  const unknown = tally.unknown.length;
  d.registry.env = faults(ENOSPC, { name: "posix/io/rw/pwrite", probability: 0.02 });
  d.registry.start();
  const clients = load(d, scanners, tally);
  try {
    await serve(() => tally.acknowledged.length >= enough && tally.unknown.length >= unknown + 20);
  } finally {
    await clients.stop();
  }
  /* One that is refused while another is being taken back is final, and as seldom as that. */
  assert.ok(ends() <= before + 1, `${ends() - before} cores ended`);
  assert.match(readFileSync(d.registry.log, "utf8").slice(told), /disk_full/);
  await expectAllThere();
});
