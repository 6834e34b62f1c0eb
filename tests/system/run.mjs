// Bundles one system test and runs it: node run.mjs BUILD_DIR NAME [--check]
// --check type-checks all of them instead. Nothing is fetched; npm ci must have run in src/web.
import { execFileSync, spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import path from "node:path";

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, "../..");
const web = path.join(root, "src/web");
const [buildDir, name, mode] = process.argv.slice(2);
if (buildDir === undefined || name === undefined) {
  console.error("usage: node run.mjs BUILD_DIR NAME [--check]");
  process.exit(64);
}
const require = createRequire(path.join(web, "package.json"));
const { build } = require("esbuild");

if (mode === "--check") {
  try {
    execFileSync(process.execPath, [require.resolve("typescript/bin/tsc"), "-p", path.join(here, "tsconfig.json")], {
      stdio: "inherit",
    });
    console.log("ok 1 - the system tests type-check");
    process.exit(0);
  } catch {
    console.log("not ok 1 - the system tests type-check");
    process.exit(1);
  }
}

const out = path.join(path.resolve(buildDir), "system", `${name}.mjs`);
await build({
  absWorkingDir: web,
  entryPoints: [path.join(here, `${name}.test.ts`)],
  outfile: out,
  nodePaths: [path.join(web, "node_modules")],
  define: { EL_ROOT: JSON.stringify(root), EL_BUILD: JSON.stringify(path.resolve(buildDir)) },
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node18",
  sourcemap: "inline",
  logLevel: "warning",
});
const node = [process.execPath, "--test", "--test-reporter=tap", out];
// Disks of a few MiB: in a name space of its own, so that no mount outlives the test whatever becomes of it.
const mounts = name === "disk" && spawnSync("unshare", ["-m", "true"]).status === 0;
const [program, ...args] = mounts ? ["unshare", "-m", ...node] : node;
const run = spawnSync(program, args, { stdio: "inherit", env: { ...process.env, ...(mounts ? { EL_MAY_MOUNT: "1" } : {}) } });
process.exit(run.status ?? 1);
