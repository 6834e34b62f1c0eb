/** Background sync, which not every browser has and which the TypeScript library does not know. */
interface SyncRegistration {
  periodicSync?: { register(tag: string, options: { minInterval: number }): Promise<void> };
  sync?: { register(tag: string): Promise<void> };
}

export const SYNC_TAG = "entrylog-refill";
const EVERY_MS = 3 * 3600_000;

/** Have the browser wake the service worker now and then; it does so only for an installed page. */
export async function askForSync(worker: ServiceWorkerRegistration | undefined): Promise<void> {
  await (worker as SyncRegistration | undefined)?.periodicSync
    ?.register(SYNC_TAG, { minInterval: EVERY_MS })
    .catch(() => undefined);
}

/** Have the service worker fetch ahead a little later, even if the page is closed by then. */
export async function syncSoon(): Promise<void> {
  const worker = (await navigator.serviceWorker?.getRegistration()) as SyncRegistration | undefined;
  await worker?.sync?.register(SYNC_TAG).catch(() => undefined);
}
