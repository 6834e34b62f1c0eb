/// <reference lib="webworker" />
/** The files of a page, from pages.mjs. */
export interface ShellFile {
  url: string;
  integrity: string;
}

/**
 * A service worker's care for its page: keep the files of this version, each checked against its hash, and answer
 * from there without asking the network, so that a page opens in a tunnel and its opening is seen by nobody.
 */
export function keepShell(self: ServiceWorkerGlobalScope, name: string, version: string, files: readonly ShellFile[]): void {
  const cacheName = `${name}-${version}`;
  const known = new Set(files.map((f) => f.url));

  self.addEventListener("install", (event) => {
    event.waitUntil(
      (async () => {
        const cache = await caches.open(cacheName);
        for (const { url, integrity } of files) {
          const answer = await fetch(url, { integrity, credentials: "omit", cache: "no-cache" });
          if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
          await cache.put(url, answer);
        }
        await self.skipWaiting();
      })(),
    );
  });
  self.addEventListener("activate", (event) => {
    event.waitUntil(
      (async () => {
        // The version before stays for pages that were opened with it: its files are no longer at the server.
        const others = (await caches.keys()).filter((other) => other.startsWith(`${name}-`) && other !== cacheName);
        for (const older of others.slice(0, -1)) await caches.delete(older);
        await self.clients.claim();
      })(),
    );
  });
  self.addEventListener("fetch", (event) => {
    const url = new URL(event.request.url);
    if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
    if (known.has(url.pathname))
      event.respondWith((async () => (await caches.match(url.pathname, { cacheName })) ?? fetch(event.request))());
    else if (url.pathname.startsWith(`/assets/${name}`))
      event.respondWith((async () => (await caches.match(url.pathname)) ?? fetch(event.request))());
  });
}
