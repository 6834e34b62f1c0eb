// The pages as the daemons serve them: the bytes that were built, under a policy that lets nothing else in.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import path from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync } from "node:zlib";

import { ServiceClient } from "../../src/web/lib/index.js";
import { buildDir, type Daemon, Deployment, until } from "./deployment.js";

interface Served {
  daemon: Daemon;
  url: string;
  bytes: Buffer;
}
interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

const TYPES: Record<string, string> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};
const POLICY: Record<string, string> = {
  "base-uri": "'none'",
  "connect-src": "'self'",
  "default-src": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  "img-src": "'self' blob:",
  "manifest-src": "'self'",
  "require-trusted-types-for": "'script'",
  "script-src": "'self'",
  "style-src": "'self'",
  "trusted-types": "entrylog",
  "worker-src": "'self'",
};
const VISITOR_MAX = 60 * 1024;

let d: Deployment;
let files: Served[] = [];

before(async () => {
  d = await Deployment.start("served", { roles: ["registry", "issuer"] });
  files = [...filesOf("issuer", d.issuerDaemon()), ...filesOf("registry", d.registry)];
});
after(() => d?.stop());

/** What the build has put into a site's folder. */
function filesOf(site: string, daemon: Daemon): Served[] {
  const top = path.join(buildDir, "web", site);
  const found: Served[] = [];
  const walk = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true })) {
      const file = path.join(dir, entry.name);
      if (entry.isDirectory()) walk(file);
      else found.push({ daemon, url: `/${path.relative(top, file).replace(/(^|\/)index\.html$/, "$1")}`, bytes: readFileSync(file) });
    }
  };
  walk(top);
  return found;
}

/** A request as it is written here: no path is tidied up, nothing is unpacked. */
function ask(daemon: Daemon, url: string, headers: OutgoingHttpHeaders = {}, method = "GET"): Promise<Answer> {
  return new Promise((done, fail) => {
    const asked = request({ host: "127.0.0.1", port: daemon.port, path: url, method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("end", () => done({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
    });
    asked.once("error", fail);
    asked.end();
  });
}

const digest = (bytes: Buffer): string => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
const extension = (url: string): string => path.extname(url) || ".html";
const where = (f: Served): string => `${f.daemon.name}${f.url}`;
const isAsset = (f: Served): boolean => f.url.startsWith("/assets/");
const pages = (): Served[] => files.filter((f) => extension(f.url) === ".html");
/** Of the scanner page: it alone may look through the camera and run what zxing-wasm is. */
const isScanner = (f: Served): boolean => /^\/(scanner\/|assets\/scanner[-.])/.test(f.url);
function fileAt(daemon: Daemon, url: string | undefined): Served {
  const found = files.find((f) => f.daemon === daemon && f.url === url);
  assert.ok(found !== undefined, `${daemon.name}: ${url}`);
  return found;
}
const attribute = (tag: string, name: string): string | undefined => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];

test("there are pages to serve: the visitor's, the registry's home, the scanner's and the venue's", () => {
  assert.deepEqual(pages().map(where).sort(), ["issuer-1/", "registry/", "registry/scanner/", "registry/venue/"]);
  assert.ok(files.some((f) => f.url === "/sw.js") && files.some((f) => f.url === "/scanner/sw.js"));
});

test("every file is served as it was built, with its type, plain and compressed", async () => {
  let packed = 0;
  for (const f of files) {
    const plain = await ask(f.daemon, f.url);
    assert.equal(plain.status, 200, where(f));
    assert.ok(plain.body.equals(f.bytes), where(f));
    assert.equal(plain.headers["content-encoding"], undefined, where(f));
    const small = await ask(f.daemon, f.url, { "accept-encoding": "gzip, deflate, br, zstd" });
    const isPacked = small.headers["content-encoding"] === "gzip";
    packed += isPacked ? 1 : 0;
    assert.ok((isPacked ? gunzipSync(small.body) : small.body).equals(f.bytes), where(f));
    assert.ok(!isPacked || small.body.length < f.bytes.length, where(f));
    const head = await ask(f.daemon, f.url, {}, "HEAD");
    assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, String(f.bytes.length), 0]);
    for (const answer of [plain, small, head]) {
      assert.equal(answer.headers["content-type"], TYPES[extension(f.url)], where(f));
      assert.equal(answer.headers["x-content-type-options"], "nosniff", where(f));
      assert.equal(answer.headers["vary"], "Accept-Encoding", where(f));
    }
  }
  assert.ok(packed >= pages().length, "scripts and pages are worth compressing");
});

test("every file comes with the whole policy, and only the scanner's may use the camera and run WebAssembly", async () => {
  for (const f of files) {
    const { headers } = await ask(f.daemon, f.url);
    const policy = Object.fromEntries(
      String(headers["content-security-policy"]).split("; ").map((rule) => [rule.split(" ")[0] ?? "", rule.split(" ").slice(1).join(" ")]),
    );
    assert.deepEqual(policy, { ...POLICY, "script-src": isScanner(f) ? "'self' 'wasm-unsafe-eval'" : "'self'" }, where(f));
    const permissions = String(headers["permissions-policy"]).split(", ");
    assert.ok(permissions.includes(isScanner(f) ? "camera=(self)" : "camera=()"), where(f));
    for (const off of ["microphone", "geolocation", "usb", "payment", "display-capture"]) assert.ok(permissions.includes(`${off}=()`), where(f));
    assert.equal(headers["referrer-policy"], "no-referrer", where(f));
    assert.equal(headers["cross-origin-opener-policy"], "same-origin", where(f));
    assert.equal(headers["cross-origin-embedder-policy"], "require-corp", where(f));
    assert.equal(headers["cross-origin-resource-policy"], "same-origin", where(f));
    assert.equal(headers["set-cookie"], undefined, where(f));
    assert.equal(headers["access-control-allow-origin"], undefined, where(f));
  }
});

test("what has its hash in its name is kept for ever, pages are asked for again and answered 304", async () => {
  for (const f of files) {
    const { headers } = await ask(f.daemon, f.url);
    const expected = isAsset(f) ? "public, max-age=31536000, immutable" : extension(f.url) === ".js" ? "public, max-age=86400" : "no-cache";
    assert.equal(headers["cache-control"], expected, where(f));
    if (isAsset(f)) {
      const hash = createHash("sha256").update(f.bytes).digest("hex").slice(0, 12);
      assert.match(f.url, new RegExp(`^/assets/[a-z0-9-]+-${hash}\\.[a-z]+$`));
    }
    const tag = headers.etag ?? "";
    assert.match(tag, /^"[0-9a-f]{32}"$/);
    for (const form of [tag, `W/${tag}`, `"other", ${tag}`]) {
      const again = await ask(f.daemon, f.url, { "if-none-match": form });
      assert.deepEqual([again.status, again.body.length, again.headers.etag], [304, 0, tag], where(f));
      assert.equal(again.headers["content-security-policy"], headers["content-security-policy"], where(f));
    }
    assert.equal((await ask(f.daemon, f.url, { "if-none-match": '"other"' })).status, 200);
  }
});

test("a page holds no script, style or handler of its own, and nothing from elsewhere", () => {
  for (const f of pages()) {
    const html = f.bytes.toString("utf8");
    assert.match(html, /^<!doctype html>\n<html lang="ko">/, where(f));
    assert.ok(!/<style|\sstyle\s*=|javascript:|<base|<iframe|<object|<embed|<form|http-equiv/i.test(html), where(f));
    assert.ok(!/<[^>]*\son[a-z]+\s*=/i.test(html), where(f));
    for (const script of html.match(/<script[^]*?<\/script>/gi) ?? []) assert.match(script, /^<script type="module" src="\/assets\/[^"]+" integrity="[^"]+"><\/script>$/, where(f));
    for (const [, value] of html.matchAll(/\s(?:href|src|srcset|action|poster|data|content)\s*=\s*"([^"]*)"/gi)) assert.ok(!/^\s*(?:[a-z]+:)?\/\//i.test(value ?? ""), `${where(f)}: ${value}`);
    assert.ok(!/%[a-z-]+%/.test(html), `${where(f)}: a value was left out`);
  }
  for (const f of files.filter((x) => extension(x.url) === ".css")) {
    const css = f.bytes.toString("utf8");
    assert.ok(!/@import|https?:|url\(\s*["']?(?!data:|\/assets\/|#)/i.test(css), where(f));
  }
  for (const f of files.filter((x) => extension(x.url) === ".svg")) {
    const svg = f.bytes.toString("utf8").replaceAll("http://www.w3.org/", "");
    assert.ok(!/<script|\son[a-z]+=|https?:|href/i.test(svg), where(f));
  }
});

test("every script and style that a page names is served, and has the hash that the page says", () => {
  for (const f of pages()) {
    const html = f.bytes.toString("utf8");
    const tags = html.match(/<(?:script|link)\b[^>]*>/g) ?? [];
    for (const tag of tags) {
      const target = fileAt(f.daemon, attribute(tag, "src") ?? attribute(tag, "href"));
      const integrity = attribute(tag, "integrity");
      if (tag.startsWith("<script") || tag.includes('rel="stylesheet"')) assert.equal(integrity, digest(target.bytes), `${where(f)}: ${tag}`);
      else assert.equal(integrity, undefined);
    }
    assert.ok(tags.some((t) => t.includes('rel="stylesheet"')), where(f));
  }
});

test("what a service worker keeps of its page is served, with the hashes that it holds", () => {
  for (const f of files.filter((x) => x.url.endsWith("/sw.js"))) {
    const script = f.bytes.toString("utf8");
    const kept = [...script.matchAll(/url:"([^"]+)",integrity:"(sha384-[^"]+)"/g)];
    assert.ok(kept.length >= 4, where(f));
    for (const [, url, integrity] of kept) assert.equal(integrity, digest(fileAt(f.daemon, url).bytes), `${where(f)}: ${url}`);
    assert.ok(kept.some(([, url]) => url === f.url.replace("sw.js", "")), `${where(f)} keeps the page itself`);
  }
});

test("the manifests are whole: they start on this origin, and their icons are there", () => {
  const manifests = files.filter((f) => extension(f.url) === ".webmanifest");
  assert.equal(manifests.length, 3);
  for (const f of manifests) {
    const m = JSON.parse(f.bytes.toString("utf8")) as { name: string; start_url: string; scope: string; display: string; icons: { src: string; sizes: string }[] };
    assert.ok(m.name.length > 0 && m.start_url.startsWith("/") && !m.start_url.startsWith("//"), where(f));
    assert.ok(m.start_url.startsWith(m.scope), where(f));
    assert.equal(m.display, "standalone", where(f));
    assert.ok(m.icons.some((i) => i.sizes === "512x512") && m.icons.some((i) => i.sizes === "192x192"), where(f));
    for (const icon of m.icons) fileAt(f.daemon, icon.src);
  }
});

test("the visitor page needs at most 60 KB before the first code", async () => {
  const page = fileAt(d.issuerDaemon(), "/");
  const needed = [page, ...files.filter((f) => f.daemon === page.daemon && isAsset(f) && /\.(js|css)$/.test(f.url))];
  let total = 0;
  for (const f of needed) total += (await ask(f.daemon, f.url, { "accept-encoding": "gzip" })).body.length;
  assert.ok(total <= VISITOR_MAX, `${total} bytes`);
});

test("the scanner page's own script does not wait for the decoder's program", () => {
  const page = fileAt(d.registry, "/scanner/");
  const wasm = files.find((f) => f.url.endsWith(".wasm"));
  assert.ok(wasm !== undefined && wasm.bytes.length > 100_000);
  assert.ok(!page.bytes.includes(wasm.url), "it is no part of what the page loads first");
});

test("a path without its slash leads to the page; the query stays behind", async () => {
  for (const name of ["/scanner", "/venue"])
    for (const url of [name, `${name}?code=//elsewhere.example`]) {
      const answer = await ask(d.registry, url);
      assert.deepEqual([answer.status, answer.headers.location], [308, `${name}/`]);
    }
});

test("what is no file of ours is refused, whatever the path is made of", async () => {
  const outside = ["/assets/nothing.js", "/assets/", "/assets", "/index.html", "/scanner/index.html", "/scanner/other", "/SCANNER/", "/.well-known/security.txt", "/favicon.ico"];
  const climbing = ["/assets/../registry.conf", "/assets/../../registry.conf", "/assets/..%2f..%2fkek", "/assets/%2e%2e/kek", "/scanner/../../data/control", "/assets/....//kek", "//etc/passwd", "/assets/%00", "/assets/..\\kek", "/assets/%c0%ae%c0%ae/kek"];
  for (const daemon of [d.registry, d.issuerDaemon()])
    for (const url of [...outside, ...climbing]) {
      const answer = await ask(daemon, url);
      assert.ok([400, 404].includes(answer.status), `${daemon.name}${url}: ${answer.status}`);
      assert.equal(answer.headers["content-type"], "application/problem+json", url);
      const { code } = JSON.parse(answer.body.toString("utf8")) as { code: string };
      assert.equal(code, answer.status === 404 ? "not_found" : "malformed_request", url);
      assert.equal(answer.headers["cache-control"], "no-store", url);
    }
});

test("one site does not serve the other's files", async () => {
  for (const f of files.filter((x) => isAsset(x) && !files.some((y) => y.daemon !== x.daemon && y.url === x.url)))
    assert.equal((await ask(f.daemon === d.registry ? d.issuerDaemon() : d.registry, f.url)).status, 404, where(f));
  assert.equal((await ask(d.registry, "/sw.js")).status, 404);
  for (const url of ["/scanner/", "/venue/", "/scanner/sw.js"]) assert.equal((await ask(d.issuerDaemon(), url)).status, 404);
});

test("a page cannot be written to", async () => {
  for (const method of ["POST", "PUT", "DELETE"]) {
    const answer = await ask(d.registry, "/scanner/", {}, method);
    assert.deepEqual([answer.status, answer.headers.allow], [405, "GET, HEAD"], method);
  }
});

// Last: it leaves the registry waiting for its operator.
test("a registry that serves nothing yet still shows its pages, so that they can say so", async () => {
  await d.registry.stop();
  d.shiftStopped(33 * 86400);
  d.registry.start();
  const api = new ServiceClient(d.registry.url);
  await until("the registry to tell the time", 20_000, async () => (await api.time().catch(() => undefined)) !== undefined || undefined);
  assert.equal((await ask(d.registry, "/v1/scanner")).status, 401, "no credential, no word");
  const refused = await d.outcome(await api.raw("GET", "/v1/scanner", { bearer: d.operator.registry }));
  assert.deepEqual([refused.status, refused.code], [503, "not_ready"]);
  for (const f of files.filter((x) => x.daemon === d.registry)) {
    const answer = await ask(f.daemon, f.url);
    assert.equal(answer.status, 200, where(f));
    assert.ok(answer.body.equals(f.bytes), where(f));
  }
});
