// Byte strings in the memory of running processes, found by tests/system/tools/memory_tool.c.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";

import { encodeBase64url, toHex, utf8 } from "../../src/web/lib/index.js";
import { buildDir } from "./deployment.js";

export interface Needle {
  name: string;
  bytes: Uint8Array;
}
/** A text, as it is. */
export function text(name: string, value: string): Needle[] {
  return [{ name, bytes: utf8(value) }];
}
/** Bytes, as they are and as documents and calls write them. */
export function bytes(name: string, value: Uint8Array): Needle[] {
  return [
    { name, bytes: value },
    { name: `${name}:text`, bytes: utf8(encodeBase64url(value)) },
  ];
}

export interface Process {
  pid: number;
  /** Of whom, and which: "registry/el-core". */
  name: string;
}
/** A process and all that it has started. */
export function family(of: string, pid: number): Process[] {
  const read = (file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, "utf8").trim();
    } catch {
      return ""; // it has ended
    }
  };
  const children = read(`task/${pid}/children`).split(" ").filter((p) => p !== "");
  return [{ pid, name: `${of}/${read("comm")}` }, ...children.flatMap((child) => family(of, Number(child)))];
}

/** A needle in a mapping of a process. */
export interface Find {
  process: string;
  needle: string;
  mapping: string;
}
export interface Looked {
  finds: Find[];
  /** Bytes read of each process that was there. */
  read: Map<string, number>;
}
/** Look for all needles in all memory of these processes; undefined where the machine forbids it. */
export function look(processes: readonly Process[], needles: readonly Needle[]): Looked | undefined {
  const input = needles.map((n) => `${n.name} ${toHex(n.bytes)}\n`).join("");
  const run = spawnSync(path.join(buildDir, "tests", "memory_tool"), processes.map((p) => String(p.pid)), { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status === 77) return undefined;
  if (run.status !== 0) throw new Error(`memory_tool: ${run.status} ${run.stderr}`);
  const names = new Map(processes.map((p) => [String(p.pid), p.name]));
  const looked: Looked = { finds: [], read: new Map() };
  for (const line of run.stdout.split("\n")) {
    const [what, pid = "", first = "", , mapping = ""] = line.split(" ");
    const name = names.get(pid) ?? pid;
    if (what === "read") looked.read.set(`${name} ${pid}`, Number(first));
    if (what === "found") looked.finds.push({ process: name, needle: first, mapping });
  }
  return looked;
}
