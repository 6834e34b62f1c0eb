// The public log is the one that everybody sees: a trustee's daemon cosigns what continues what it saw, an auditor finds
// the logs whole, and a registry that goes back to an older log is caught, with evidence in the trustee's hands.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { decodeDocument, encodeBase64url, encodeRestricted, signDocument, writeKeyFile } from "../../src/web/lib/index.js";
import { newSigner } from "./ceremony.js";
import { buildDir, Deployment, until } from "./deployment.js";
import { writeShares } from "./shares.js";

const LOOKS_MS = 100_000; // a trustee looks once a minute

let d: Deployment;
const witness = newSigner();

/** The policy with trustee 1 as witness, at a serial. */
function policyWithWitness(serial: number): unknown {
  const c = d.ceremony;
  const doc = JSON.parse(new TextDecoder().decode(decodeDocument(c.policyDocument).doc)) as Record<string, unknown>;
  const bytes = encodeRestricted({ ...doc, serial, witnesses: [{ trustee: 1, key: encodeBase64url(witness.key) }] });
  return signDocument("EL1-policy", bytes, [c.root.seed]);
}

before(async () => {
  d = await Deployment.start("witness", {
    roles: ["issuer", "registry"],
    prepare: (deployment) => {
      d = deployment;
      writeFileSync(path.join(d.dir, "trust", "policy.json"), JSON.stringify(policyWithWitness(5)));
      writeShares(d);
      writeFileSync(path.join(d.authority.dir, "witness.key"), writeKeyFile({ purpose: "witness", epoch: undefined, secret: witness.seed }), { mode: 0o600 });
      const conf = readFileSync(d.authority.conf, "utf8").replace("role = executor", "role = trustee");
      writeFileSync(d.authority.conf, `${conf}share_file = data/trustees/1/share\nwitness_key_file = witness.key\n`);
    },
  });
});
after(async () => {
  await d?.authority.stop();
  await d?.stop();
});

async function checkpoint(url: string): Promise<string> {
  const answer = await fetch(`${url}/log/checkpoint`);
  return answer.status === 200 ? await answer.text() : "";
}
function isCosigned(url: string): Promise<true> {
  return until(`trustee 1 to cosign the log at ${url}`, LOOKS_MS, async () => ((await checkpoint(url)).includes("/trustee-1 ") ? true : undefined));
}
const seen = (name: string): string => path.join(d.authority.dir, "data", "witness", name);

/** `entrylog log verify` of these logs. */
function verify(...at: string[]): { status: number | null; said: { ok: boolean; logs: { party: string; size: number; cosigned: { trustee: number }[] }[] } } {
  const run = spawnSync(
    path.join(buildDir, "src/cli/entrylog"),
    ["log", "verify", ...at, "--dir", path.join(d.dir, "trust"), "--lab-clock", path.join(d.dir, "clock"), "--json"],
    { encoding: "utf8" },
  );
  return { status: run.status, said: JSON.parse(run.stdout) };
}

test("a trustee's daemon cosigns the logs of all parties", async () => {
  await until("the logs to be there", 20_000, async () =>
    (await checkpoint(d.registry.url)) !== "" && (await checkpoint(d.issuerDaemon().url)) !== "" ? true : undefined,
  );
  d.authority.start();
  await d.authority.ready();
  await isCosigned(d.registry.url);
  await isCosigned(d.issuerDaemon().url);
  assert.ok(existsSync(seen("log-registry")));
  assert.ok(existsSync(seen("log-issuer-1")));
});

test("an auditor finds the logs whole, from their addresses and from a copy", () => {
  const copy = path.join(d.dir, "copy");
  cpSync(path.join(d.registry.dir, "data", "log"), copy, { recursive: true });
  for (const at of [d.registry.url, copy]) {
    const { status, said } = verify(at, d.issuerDaemon().url);
    assert.equal(status, 0);
    assert.ok(said.ok);
    assert.deepEqual(said.logs.map((l) => l.party), ["registry", "issuer:1"]);
    assert.ok((said.logs[0]?.size ?? 0) > 0);
    assert.deepEqual(said.logs[0]?.cosigned.map((x) => x.trustee), [1]);
  }
});

test("a registry that goes back to an older log is caught", async () => {
  const log = path.join(d.registry.dir, "data", "log");
  const before = await checkpoint(d.registry.url);
  await d.registry.stop();
  const old = path.join(d.dir, "old");
  cpSync(log, old, { recursive: true });
  d.registry.start();
  await d.registry.ready();
  await d.replaceTrust("policy", policyWithWitness(6));
  await until("the registry's log to grow", 20_000, async () => ((await checkpoint(d.registry.url)) !== before ? true : undefined));
  const now = (await checkpoint(d.registry.url)).split("\n")[1];
  // A fresh start looks at once.
  await d.authority.stop();
  d.authority.start();
  await d.authority.ready();
  await until("the trustee to see it", LOOKS_MS, () => (readFileSync(seen("log-registry"), "utf8").split("\n")[1] === now ? true : undefined));

  await d.registry.stop();
  rmSync(log, { recursive: true });
  cpSync(old, log, { recursive: true });
  d.registry.start();
  await d.registry.ready();
  await d.authority.stop();
  d.authority.start();
  await until("the trustee to notice", LOOKS_MS, () => (readFileSync(d.authority.log, "utf8").includes("witness log_forked") ? true : undefined));
  assert.ok(existsSync(seen("log-registry.fork-seen")));
  assert.ok(existsSync(seen("log-registry.fork-found")));
  assert.equal(readFileSync(seen("log-registry"), "utf8").split("\n")[1], now, "what was seen is not forgotten");
});
