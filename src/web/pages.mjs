// The pages of each service: what is bundled, under which path it is served, and with which headers.
// buildPages(OUT) writes OUT/<site>/<files> and OUT/<site>_pages.c, a table that src/net/pages.c serves.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { iconPng } from "./icons/png.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const ZXING = "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm";

// A site is a service's origin; a page is one document of it. `worker`: a script of its own; `wasm`: what that one loads.
const SITES = {
  issuer: [{ name: "visitor", path: "/", offline: true }],
  registry: [
    { name: "home", path: "/", plain: true }, // no script
    { name: "scanner", path: "/scanner/", offline: true, camera: true, worker: true, wasm: ZXING },
    { name: "venue", path: "/venue/" },
  ],
};

const DAY = "public, max-age=86400";
const FOR_EVER = "public, max-age=31536000, immutable";
const HEADERS_MAX = 1536; // EL_PAGE_HEADERS_MAX of src/net/pages.h
const TYPES = {
  "": "text/html; charset=utf-8", // a page
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

function policyOf(page) {
  return [
    "default-src 'none'",
    `script-src 'self'${page.wasm ? " 'wasm-unsafe-eval'" : ""}`,
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types entrylog",
  ].join("; ");
}

function headersOf(page, cache) {
  const off = ["accelerometer", "display-capture", "geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment", "usb"];
  const lines = [
    ["Cache-Control", cache],
    ["Content-Security-Policy", policyOf(page)],
    ["Permissions-Policy", [...off.map((f) => `${f}=()`), `camera=(${page.camera ? "self" : ""})`, "screen-wake-lock=(self)"].join(", ")],
    ["Referrer-Policy", "no-referrer"],
    ["Cross-Origin-Opener-Policy", "same-origin"],
    ["Cross-Origin-Embedder-Policy", "require-corp"],
    ["Cross-Origin-Resource-Policy", "same-origin"],
  ];
  return lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

const sha = (kind, bytes, encoding) => createHash(kind).update(bytes).digest(encoding);

/** One site's files, in memory; `assets` get their hash into the name and may be cached for ever. */
class Site {
  files = [];
  add(page, url, bytes, cache) {
    const known = this.files.find((f) => f.url === url);
    if (known !== undefined) return known;
    const type = TYPES[path.extname(url)];
    if (type === undefined) throw new Error(`${url}: of what type?`);
    const headers = headersOf(page, cache);
    if (headers.length > HEADERS_MAX) throw new Error(`${url}: ${headers.length} bytes of headers`);
    const file = { url, bytes, type, headers, integrity: `sha384-${sha("sha384", bytes, "base64")}` };
    this.files.push(file);
    return file;
  }
  asset(page, name, bytes) {
    const { name: stem, ext } = path.parse(name);
    return this.add(page, `/assets/${stem}-${sha("sha256", bytes, "hex").slice(0, 12)}${ext}`, bytes, FOR_EVER);
  }
}

async function bundle(entry, define = {}, inject = []) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    write: false,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    logLevel: "warning",
    define,
    inject,
    external: ["node:*", "module"], // zxing-wasm's way to load itself in Node, never taken in a browser
  });
  return Buffer.from(result.outputFiles[0].contents);
}

function icons(site, page) {
  const svg = readFileSync(path.join(here, "icons", `${page.name}.svg`));
  return {
    svg: site.asset(page, `${page.name}.svg`, svg),
    png: [180, 192, 512].map((size) => site.asset(page, `${page.name}-${size}.png`, iconPng(svg.toString("utf8"), size))),
  };
}

function manifest(site, page, icon, text) {
  text.icons = [
    { src: icon.svg.url, sizes: "any", type: "image/svg+xml", purpose: "any" },
    { src: icon.png[1].url, sizes: "192x192", type: "image/png", purpose: "any" },
    { src: icon.png[2].url, sizes: "512x512", type: "image/png", purpose: "any maskable" },
  ];
  return site.asset(page, `${page.name}.webmanifest`, Buffer.from(JSON.stringify(text)));
}

async function addPage(site, page) {
  const define = {};
  const shell = [];
  if (page.wasm) {
    const wasm = site.asset(page, `${page.name}.wasm`, readFileSync(path.join(here, page.wasm)));
    define.EL_WASM = JSON.stringify({ url: wasm.url, integrity: wasm.integrity });
    shell.push(wasm);
  }
  if (page.worker) {
    const worker = site.asset(page, `${page.name}-worker.js`, await bundle(`${page.name}/worker.ts`, define));
    define.EL_WORKER = JSON.stringify(worker.url);
    shell.push(worker);
  }
  const icon = icons(site, page);
  const style = site.asset(page, `${page.name}.css`, await bundle(`${page.name}/page.css`));
  const values = {
    style: style.url, "style-integrity": style.integrity, icon: icon.svg.url, "touch-icon": icon.png[0].url,
  };
  shell.push(style, icon.svg);
  if (!page.plain) {
    const script = site.asset(page, `${page.name}.js`, await bundle(`${page.name}/main.ts`, define, ["kit/skip_link.ts"]));
    const text = JSON.parse(readFileSync(path.join(here, page.name, "manifest.json"), "utf8"));
    const app = manifest(site, page, icon, text);
    Object.assign(values, { script: script.url, "script-integrity": script.integrity, manifest: app.url });
    Object.assign(values, { title: text.short_name, theme: text.theme_color });
    shell.push(script, app);
  }
  const document = path.join(here, page.plain ? page.name : "kit", page.plain ? "index.html" : "page.html");
  const html = readFileSync(document, "utf8").replace(/%([a-z-]+)%/g, (_, name) => {
    if (values[name] === undefined) throw new Error(`${document}: %${name}%`);
    return values[name];
  });
  shell.push(site.add(page, page.path, Buffer.from(html), "no-cache"));
  if (!page.offline) return;
  const list = shell.map(({ url, integrity }) => ({ url, integrity }));
  const worker = await bundle(`${page.name}/sw.ts`, {
    EL_SHELL: JSON.stringify(list),
    EL_VERSION: JSON.stringify(sha("sha256", JSON.stringify(list), "hex").slice(0, 16)),
  });
  site.add(page, `${page.path}sw.js`, worker, DAY);
}

function bytesOf(name, bytes) {
  const rows = [];
  for (let i = 0; i < bytes.length; i += 32) rows.push([...bytes.subarray(i, i + 32)].join(","));
  return `static const unsigned char ${name}[] = {\n${rows.join(",\n")}\n};\n`;
}

/** The table in C: each file as it is and, where that is shorter, compressed. */
function tableOf(siteName, files) {
  let out = `/* Made by src/web/pages.mjs: the pages of the ${siteName}. */\n#include "net/pages.h"\n\n`;
  const rows = files.map((f, i) => {
    const gzip = gzipSync(f.bytes, { level: 9 });
    const has = gzip.length < f.bytes.length * 0.95;
    out += bytesOf(`plain_${i}`, f.bytes);
    if (has) out += bytesOf(`gzip_${i}`, gzip);
    const etag = `\\"${sha("sha256", f.bytes, "hex").slice(0, 32)}\\"`;
    const headers = f.headers.replaceAll('"', '\\"').replaceAll("\r\n", '\\r\\n"\n\t    "');
    return (
      `\t{ "${f.url}", "${f.type}", "${etag}",\n\t    "${headers}",\n` +
      `\t    plain_${i}, sizeof plain_${i}, ${has ? `gzip_${i}, sizeof gzip_${i}` : "NULL, 0"} },\n`
    );
  });
  return `${out}\nconst struct el_page el_${siteName}_pages[] = {\n${rows.join("")}\t{ NULL, NULL, NULL, NULL, NULL, 0, NULL, 0 }\n};\n`;
}

export async function buildPages(out) {
  for (const [siteName, pages] of Object.entries(SITES)) {
    const site = new Site();
    for (const page of pages) await addPage(site, page);
    rmSync(path.join(out, siteName), { recursive: true, force: true });
    for (const f of site.files) {
      const file = path.join(out, siteName, f.url.endsWith("/") ? `${f.url}index.html` : f.url);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, f.bytes);
    }
    writeFileSync(path.join(out, `${siteName}_pages.c`), tableOf(siteName, site.files));
  }
}
