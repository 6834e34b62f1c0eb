// The trustees' shares as the authority's machine holds them in a laboratory: keyrings with their KEKs beside them.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import { concat, encodeBase64url, KEY_KIND, PARTY, sealEntry, systemRandom } from "../../src/web/lib/index.js";
import { DAY_OFFSET, sharesOf } from "./ceremony.js";
import type { Deployment } from "./deployment.js";

export function writeShares(d: Deployment): void {
  for (const j of d.ceremony.trustees.map((_, i) => i + 1)) {
    const dir = path.join(d.authority.dir, "data", "trustees", String(j));
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const kek = systemRandom(32);
    const entries = sharesOf(d.ceremony, j).flatMap((s) => [
      sealEntry(kek, PARTY.trustee, { kind: KEY_KIND.linkShare, index: j, epoch: s.epoch }, s.links),
      sealEntry(kek, PARTY.trustee, { kind: KEY_KIND.traceShare, index: j, epoch: s.epoch }, s.traces),
      sealEntry(kek, PARTY.trustee, { kind: KEY_KIND.recoveryShare, index: j, epoch: s.epoch }, s.recovery),
    ]);
    writeFileSync(path.join(dir, "share"), concat(...entries), { mode: 0o600 });
    writeFileSync(path.join(dir, "share.kek"), kek, { mode: 0o600 });
    const info = [`trustee = ${j}`, `day_offset = ${DAY_OFFSET}`, "lab = yes", `root = ${encodeBase64url(d.ceremony.root.key)}`, `dir = ${path.join(d.dir, "trust")}`, ""];
    writeFileSync(path.join(dir, "share.info"), info.join("\n"), { mode: 0o600 });
  }
}
