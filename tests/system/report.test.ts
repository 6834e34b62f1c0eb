// A report as it leaves: a person of two issuers is one, what is unverifiable says why, JSON keeps its schema, CSV runs
// nowhere, and a manifest counts and names what was exported.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { readReport, type Report } from "../../src/web/lib/index.js";
import { CommandLine, done } from "./cli.js";
import { Deployment, type Scanner, sourceRoot } from "./deployment.js";

const NAMES = ["=1+1", "+1", "-1", "@SUM(1)", '"=1+1', "＝1+1", "Plain, \"Jr\""];
let d: Deployment;
let cli: CommandLine;
let here: Scanner;

before(async () => {
  d = await Deployment.start("report", { issuers: [1, 2, 3] });
  cli = new CommandLine(d);
  here = await d.venue();
  const visit = async (name: string, phone: string, issuer: number): Promise<void> => {
    const visitor = await d.register(name, phone, issuer);
    const [token] = await d.wallet(visitor, 0, 1);
    if (token === undefined) throw new Error("no token");
    assert.equal((await d.checkin(here, d.show(token))).status, 201);
  };
  for (const [i, name] of NAMES.entries()) await visit(name, `+82100000003${i}`, 1);
  await visit("Plain, \"Jr\"", "+821000000036", 2); // the last one again, at another issuer
  await visit("Not asked", "+821000000039", 3); // at an issuer that the order does not speak to
  done(cli.draft("contacts", "order", d.now() - 600, d.now() + 60, "--venue", String(here.venue), "--issuer", "1", "2"));
  done(cli.sign("order", "health"));
  done(cli.sign("order", "court"));
  cli.join("order", "report");
});
after(async () => d?.stop());

const exported = (...args: string[]): string => done(cli.run("report", "export", cli.file("report"), ...cli.conf, ...args));

// ---- The schema ----

type Schema = Record<string, unknown>;
/** What of JSON Schema the report's uses; anything else in it is an error of this test. */
function problems(schema: Schema, root: Schema, value: unknown, at = "report"): string[] {
  const found: string[] = [];
  const wrong = (what: string): void => void found.push(`${at}: ${what}`);
  const array = Array.isArray(value) ? (value as unknown[]) : undefined;
  const object = typeof value === "object" && value !== null && array === undefined ? (value as Record<string, unknown>) : undefined;
  const isType: Record<string, boolean> = { object: object !== undefined, array: array !== undefined, string: typeof value === "string", integer: Number.isSafeInteger(value) };
  for (const [key, rule] of Object.entries(schema)) {
    if (key === "$ref") {
      const name = String(rule).replace("#/$defs/", "");
      found.push(...problems((root["$defs"] as Record<string, Schema>)[name] ?? {}, root, value, at));
    } else if (key === "type") {
      if (isType[String(rule)] !== true) wrong(`not of type ${String(rule)}`);
    } else if (key === "const") {
      if (value !== rule) wrong("const");
    } else if (key === "enum") {
      if (!(rule as unknown[]).includes(value)) wrong("enum");
    } else if (key === "pattern") {
      if (typeof value === "string" && !new RegExp(String(rule), "u").test(value)) wrong("pattern");
    } else if (key === "minLength" || key === "maxLength") {
      const n = typeof value === "string" ? [...value].length : Number(rule);
      if (key === "minLength" ? n < Number(rule) : n > Number(rule)) wrong(key);
    } else if (key === "minimum") {
      if (Number(value) < Number(rule)) wrong(key);
    } else if (key === "maximum") {
      if (Number(value) > Number(rule)) wrong(key);
    } else if (key === "multipleOf") {
      if (Number(value) % Number(rule) !== 0) wrong(key);
    } else if (key === "minItems") {
      if ((array?.length ?? Number(rule)) < Number(rule)) wrong(key);
    } else if (key === "items") {
      array?.forEach((v, i) => found.push(...problems(rule as Schema, root, v, `${at}[${i}]`)));
    } else if (key === "required") {
      for (const name of rule as string[]) if (object !== undefined && !(name in object)) wrong(`no ${name}`);
    } else if (key === "properties") {
      for (const [name, inner] of Object.entries(rule as Record<string, Schema>))
        if (object !== undefined && name in object) found.push(...problems(inner, root, object[name], `${at}.${name}`));
    } else if (key === "additionalProperties") {
      assert.equal(rule, false);
      for (const name of Object.keys(object ?? {})) if (!(name in (schema["properties"] as Schema))) wrong(`unknown ${name}`);
    } else {
      assert.ok(["$schema", "$id", "$defs", "title", "description"].includes(key), `this test does not know ${key}`);
    }
  }
  return found;
}

test("the JSON export keeps the schema that is installed with the program, and holds everybody once", () => {
  const schema = JSON.parse(readFileSync(path.join(sourceRoot, "docs", "report.schema.json"), "utf8")) as Schema;
  const value: unknown = JSON.parse(exported("--json"));
  assert.deepEqual(problems(schema, schema, value), []);
  const report: Report = readReport(value);
  assert.deepEqual(report.people.map((p) => p.name).sort(), [...NAMES].sort());
  const both = report.people.find((p) => p.phone === "+821000000036");
  assert.deepEqual([both?.issuers, both?.visits.length], [[1, 2], both?.visits.length]);
  assert.ok((both?.visits.length ?? 0) >= 1);
  assert.deepEqual(report.unverifiable.map((u) => u.reason), ["issuer_not_in_order"]);
  assert.deepEqual([report.delivered, report.places], [0, []]);
  const broken = { ...(value as Record<string, unknown>), surprise: 1 };
  assert.notDeepEqual(problems(schema, schema, broken), [], "the check checks");
  const bad = { ...(value as Record<string, unknown>), unverifiable: [{ venue: 1, minute: 61, reason: "No" }] };
  assert.equal(problems(schema, schema, bad).length, 2);
});

/** The cells of a CSV as RFC 4180 reads them. */
function cells(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const m of text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n|$)/g)) {
    const [all, cell = "", behind] = m;
    if (all === "") break;
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (behind === "\r\n") rows.push([]);
  }
  return rows.filter((r) => r.length > 0);
}

test("no cell of the CSV runs, every line is a row, and the unverifiable one says why", () => {
  const text = exported("--csv");
  const [head, ...rows] = cells(text);
  assert.equal(text.split("\r\n").length - 1, rows.length + 1);
  assert.ok(!/[^\r]\n/.test(text));
  assert.deepEqual(head, ["row", "name", "phone", "issuers", "venue", "time", "flags", "reason", "count"]);
  for (const row of rows)
    for (const cell of row) assert.ok(!/^[\s"]*[=+\-@＝＋－＠]/.test(cell), cell);
  for (const name of NAMES) assert.ok(rows.some((r) => r[1]?.replace(/^'/, "") === name), name);
  assert.deepEqual(rows.filter((r) => r[0] === "unverifiable").map((r) => r[7]), ["issuer_not_in_order"]);
});

test("times are those of the machine's zone, or of the offset that is asked for", () => {
  const time = (...args: string[]): string => cells(exported("--csv", ...args))[1]?.[5] ?? "";
  const report = readReport(JSON.parse(exported("--json")));
  const minute = report.people.find((p) => p.phone === cells(exported("--csv"))[1]?.[2]?.replace("'", ""))?.visits[0]?.minute ?? 0;
  const at = (east: number): string => new Date((minute + east) * 1000).toISOString().slice(0, 16).replace("T", " ");
  assert.equal(time(), at(9 * 3600)); // TZ of the tests
  assert.equal(time("--utc-offset", "+00:00"), at(0));
  assert.equal(time("--utc-offset=-05:30"), at(-5.5 * 3600));
  assert.ok(done(cli.run("report", "show", cli.file("report"), ...cli.conf, "--utc-offset", "+02:00")).includes("+02:00"));
  for (const wrong of ["9", "+9:00", "+15:00", "+09:60", "+09:0x", "UTC"])
    assert.equal(cli.run("report", "export", cli.file("report"), ...cli.conf, "--utc-offset", wrong).status, 64);
});

interface Manifest {
  version: number;
  format: string;
  order: string;
  kind: string;
  created: string;
  rows: number;
  bytes: number;
  sha256: string;
  days_destroyed: number;
}
test("beside an export stands its manifest: rows, SHA-256, order", () => {
  const out = cli.file("out.csv");
  exported("--csv", "--bom", "-o", out);
  const bytes = readFileSync(out);
  assert.equal(bytes.subarray(0, 3).toString("hex"), "efbbbf");
  const manifest = JSON.parse(readFileSync(`${out}.manifest`, "utf8")) as Manifest;
  assert.equal(manifest.sha256, createHash("sha256").update(bytes).digest("hex"));
  assert.deepEqual([manifest.bytes, manifest.rows], [bytes.length, cells(bytes.toString("utf8").slice(1)).length - 1]);
  assert.deepEqual([manifest.version, manifest.format, manifest.kind, manifest.days_destroyed], [1, "csv", "contacts", 0]);
  const plain = JSON.parse(exported("--json")) as { order: string };
  assert.equal(manifest.order, plain.order);
  for (const file of [out, `${out}.manifest`]) assert.equal(statSync(file).mode & 0o777, 0o600);

  const printed = JSON.parse(exported("--json", "-o", cli.file("out.json"))) as Manifest;
  assert.deepEqual(printed, JSON.parse(readFileSync(cli.file("out.json.manifest"), "utf8")));
  assert.equal(printed.sha256, createHash("sha256").update(readFileSync(cli.file("out.json"))).digest("hex"));
  assert.deepEqual([printed.format, printed.rows], ["json", manifest.rows]);
});
