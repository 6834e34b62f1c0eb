import { scriptUrl } from "./script_url.js";

/** Longest wait for a worker that is on its way, some 50 KB from the page's own daemon. */
const UNREGISTER_MS = 5000;

/**
 * Register a page's service worker. The browser may look for a newer one when the page is opened; with the HTTP
 * cache in use it asks at most once a day, and without a credential. Resolves once the page works offline.
 */
export async function installWorker(path: string): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  try {
    await navigator.serviceWorker.register(scriptUrl(path), { updateViaCache: "all" });
    return await navigator.serviceWorker.ready;
  } catch {
    return undefined; // a browser without storage: the page works, but not offline
  }
}

/** Ask the browser not to throw away what the page keeps. */
export async function keepStorage(): Promise<boolean> {
  try {
    return (await navigator.storage?.persist?.()) ?? false;
  } catch {
    return false;
  }
}

/**
 * Forget the service worker of a scope, and then what it kept: one that is being installed is unregistered when that is done,
 * and would keep the page's files once more if they had gone before. On a network that swallows it nobody waits for that.
 */
export async function forgetWorker(cachePrefix: string, scope: string): Promise<void> {
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? [])
    if (new URL(registration.scope).pathname === scope)
      await Promise.race([registration.unregister(), new Promise((done) => setTimeout(done, UNREGISTER_MS))]);
  for (const name of await caches.keys()) if (name.startsWith(cachePrefix)) await caches.delete(name);
}

/** Leave nothing on the device: databases, caches, settings, service workers of this origin below `scope`. */
export async function leaveNothing(databases: readonly string[], cachePrefix: string, scope: string): Promise<void> {
  localStorage.clear();
  sessionStorage.clear();
  for (const name of databases)
    await new Promise<void>((done, fail) => {
      const request = indexedDB.deleteDatabase(name);
      request.onsuccess = () => done();
      request.onerror = () => fail(request.error ?? new Error("the database could not be deleted"));
      request.onblocked = () => undefined; // another tab closes it on `versionchange`
    });
  await forgetWorker(cachePrefix, scope);
}
