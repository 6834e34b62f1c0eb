// Type-checks, bundles the library as one browser module, and builds the pages: node build.mjs [OUT]
// OUT (argument or environment, default ../../build/web) receives entrylog.js with its source map, the files of
// each site, and the C tables by which the daemons serve them. Nothing is fetched; npm ci must have run once.
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";
import { build } from "esbuild";
import { buildPages } from "./pages.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? process.env.OUT ?? path.join(here, "../../build/web"));

execFileSync(process.execPath, [path.join(here, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.json"], {
  cwd: here,
  stdio: "inherit",
});
await build({
  absWorkingDir: here,
  entryPoints: ["lib/index.ts"],
  outfile: path.join(out, "entrylog.js"),
  bundle: true,
  format: "esm",
  platform: "browser",
  target: "es2022",
  sourcemap: true,
  logLevel: "warning",
});
await buildPages(out);
