// Type-checks and compiles tests/web, then runs it: node test.mjs [OUT]
// Nothing is fetched; npm ci must have run once. Works on Node 18 and 20.
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const out = path.join(
  path.resolve(process.argv[2] ?? process.env.OUT ?? path.join(root, "build/web")),
  "tests",
);
const from = path.join(root, "tests/web");
const tests = readdirSync(from)
  .filter((name) => name.endsWith(".test.ts"))
  .sort();

execFileSync(
  process.execPath,
  [path.join(here, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.test.json"],
  { cwd: here, stdio: "inherit" },
);
rmSync(out, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: tests.map((name) => path.join(from, name)),
  outdir: out,
  outExtension: { ".js": ".mjs" },
  nodePaths: [path.join(here, "node_modules")], // tests/web lies outside this package
  define: { EL_ROOT: JSON.stringify(root) },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});
const run = spawnSync(
  process.execPath,
  ["--test", "--test-reporter=tap", ...tests.map((name) => path.join(out, name.replace(/\.ts$/, ".mjs")))],
  { stdio: "inherit" },
);
process.exit(run.status ?? 1);
