// The command line as the authority uses it, in a deployment's folder: drafts, signatures, joins, reports.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";

import { encodeBase64url, writeKeyFile } from "../../src/web/lib/index.js";
import { buildDir, type Deployment } from "./deployment.js";
import { writeShares } from "./shares.js";

export interface Run {
  status: number | null;
  out: string;
  err: string;
}

/** What it printed; fails when it ended with another status. */
export function done(run: Run, status = 0): string {
  assert.equal(run.status, status, run.err + run.out);
  return run.out;
}

export class CommandLine {
  readonly conf: string[];

  /** Writes the trustees' shares and the officers' keys into the deployment's folder. */
  constructor(readonly d: Deployment) {
    writeShares(d);
    this.conf = ["--config", d.authority.conf];
    writeFileSync(this.file("case"), "case 1, for tests\n");
    const executor = encodeBase64url(d.ceremony.executor.key);
    writeFileSync(this.file("executor.pub"), `entrylog-public 1\npurpose executor\nkey ${executor}\n`);
    for (const who of ["health", "court"] as const) {
      const key = writeKeyFile({ purpose: "officer", epoch: undefined, secret: d.ceremony.officers[who].seed });
      writeFileSync(this.file(who), key, { mode: 0o600 });
    }
  }
  file(name: string): string {
    return path.join(this.d.dir, name);
  }
  run(...args: string[]): Run {
    const run = spawnSync(path.join(buildDir, "src", "cli", "entrylog"), [...args, "--lab-clock", this.file("clock")], {
      encoding: "utf8",
      env: { ...process.env, TZ: "Asia/Seoul" },
    });
    return { status: run.status, out: run.stdout, err: run.stderr };
  }
  draft(kind: string, name: string, from: number, to: number, ...extra: string[]): Run {
    const time = (t: number): string => new Date(t * 1000).toISOString().slice(0, 19) + "Z";
    return this.run(
      "order", "new", kind, "--dir", this.file("trust"), "--from", time(from), "--to", time(to), "--case-file", this.file("case"),
      "--executor", this.file("executor.pub"), "-o", this.file(name), ...extra,
    );
  }
  sign(name: string, who: "health" | "court"): Run {
    return this.run("order", "sign", "--key", this.file(who), "--dir", this.file("trust"), this.file(name));
  }
  /** Ask, let two of three trustees open, finish: what the last step printed. */
  join(name: string, report: string): string {
    done(this.run("join", this.file(name), ...this.conf, "-o", this.file(report)), 75);
    const partials = [1, 3].map((j) => {
      const share = path.join(this.d.authority.dir, "data", "trustees", String(j), "share");
      const out = this.file(`${name}.partials-${j}`);
      done(this.run("trustee", "open", "--share", share, "--dir", this.file("trust"), "--yes", this.file(`${name}.request`), "-o", out));
      return out;
    });
    return done(this.run("join", this.file(name), ...this.conf, "--trustee", ...partials, "-o", this.file(report)));
  }
}
