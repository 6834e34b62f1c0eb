import { scriptUrl } from "./script_url.js";

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
  for (const name of await caches.keys()) if (name.startsWith(cachePrefix)) await caches.delete(name);
  for (const registration of (await navigator.serviceWorker?.getRegistrations()) ?? [])
    if (new URL(registration.scope).pathname === scope) await registration.unregister();
}
