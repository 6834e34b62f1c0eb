// A new version of the daemons, hence of the pages: who has the old page open goes on, who opens it next has the new one.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";

import { Device, TABLET } from "./browser.js";
import { Deployment, until } from "./deployment.js";
import { clean } from "./scanner_page.js";

let d: Deployment;
let server: Server;
let base = "";
let version = 1;
let tablet: Device;
let page: Page;

const renamed = (file: Buffer): Buffer => Buffer.from(file.toString("utf8").replace(/(\/assets\/scanner-[0-9a-f]{12})\.js/g, `$1-v${version}.js`));
const integrity = (file: Buffer): string => `sha384-${createHash("sha384").update(file).digest("base64")}`;

/** The daemon's scanner page as later versions would be: the script has another name each time, the old ones are gone. */
before(async () => {
  d = await Deployment.start("pages-upgrade", { roles: ["registry"] });
  server = createServer((request, response) => {
    void (async () => {
      const asked = request.url ?? "/";
      const suffix = /^(\/assets\/scanner-[0-9a-f]{12})-v([0-9]+)\.js$/.exec(asked);
      const isScript = /^\/assets\/scanner-[0-9a-f]{12}(-v[0-9]+)?\.js$/.test(asked);
      if (isScript && suffix?.[2] !== String(version)) {
        response.writeHead(404).end();
        return;
      }
      const answer = await fetch(d.registry.url + (suffix === null ? asked : `${suffix[1]}.js`), { headers: { "accept-encoding": "identity" } });
      let body: Buffer = Buffer.from(await answer.arrayBuffer());
      if (asked === "/scanner/") body = renamed(body);
      if (asked === "/scanner/sw.js") {
        const html = Buffer.from(await (await fetch(`${d.registry.url}/scanner/`)).arrayBuffer());
        const text = renamed(body).toString("utf8").replace(integrity(html), integrity(renamed(html)));
        body = Buffer.from(text.replace(/"[0-9a-f]{16}"/, `"000000000000000${version}"`)); // the name of its cache
      }
      // Caching as in a week from now: nothing of the browser's own cache is fresh any more.
      const headers = Object.fromEntries([...answer.headers].filter(([name]) => !/^(content-encoding|content-length|etag|connection|keep-alive|cache-control|transfer-encoding)$/.test(name)));
      response.writeHead(answer.status, { ...headers, "cache-control": "no-store", "content-length": body.length }).end(body);
    })().catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  base = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
  tablet = new Device("upgrade");
});
after(async () => {
  await tablet?.discard();
  server?.closeAllConnections();
  await new Promise((done) => server.close(done));
  await d?.stop();
});

const script = (): Promise<string> => page.evaluate(() => new URL(document.scripts[0]?.src ?? "").pathname);
const caches_ = (): Promise<number> => page.evaluate(async () => (await caches.keys()).length);
async function update(): Promise<void> {
  await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
}

test("the page open since before the upgrade finds its files; the next opening is the new page; two versions back is gone", async () => {
  page = await tablet.page(`${base}/scanner/`, TABLET);
  await until("the worker's care", 20_000, async () => ((await page.evaluate(() => navigator.serviceWorker.controller !== null)) ? true : undefined));
  const old = await script();
  assert.match(old, /-v1\.js$/);

  version = 2;
  await update();
  await until("the second version's files", 20_000, async () => ((await caches_()) === 2 ? true : undefined));
  await until("the new worker's care", 20_000, async () =>
    (await page.evaluate(async () => {
      const worker = await navigator.serviceWorker.ready;
      return worker.active?.state === "activated" && worker.installing === null && worker.waiting === null;
    }))
      ? true
      : undefined,
  );
  assert.equal((await fetch(base + old)).status, 404, "the server has it no more");
  assert.equal(await page.evaluate(async (url) => (await fetch(url)).status, old), 200, "the page opened before still gets it");

  await tablet.offline(true);
  await page.reload();
  assert.match(await script(), /-v2\.js$/);
  await page.getByLabel("연결 코드").waitFor();
  await tablet.offline(false);

  version = 3;
  await update();
  await until("the third version, and the first gone", 20_000, async () =>
    (await page.evaluate(async (url) => (await caches.match(url)) === undefined, old)) && (await caches_()) === 2 ? true : undefined,
  );
  clean(tablet);
});
