/// <reference lib="webworker" />
import { ServerClock } from "../kit/clock.js";
import { keepShell, type ShellFile } from "../kit/shell.js";
import { refillDelay } from "./plan.js";
import { Store } from "./store.js";
import { SYNC_TAG } from "./sync.js";
import { ownIssuer, Wallet } from "./wallet.js";

declare const self: ServiceWorkerGlobalScope;
declare const EL_SHELL: readonly ShellFile[];
declare const EL_VERSION: string;

keepShell(self, "visitor", EL_VERSION, EL_SHELL);

interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

/** Fetch ahead if it is time. A failure waits for the next time: the store says until when the issuer is left alone. */
async function refill(): Promise<void> {
  const store = await Store.openExisting();
  if (store === undefined) return;
  try {
    await new Wallet(store, ownIssuer(), new ServerClock(await store.get("clock_offset"))).refill("due");
  } catch {
    // nobody to tell; the page says so when it matters
  } finally {
    store.close();
  }
}

function onSync(type: string, delay_s: () => number): void {
  self.addEventListener(type, (event) => {
    const { tag } = event as SyncEvent;
    if (tag !== SYNC_TAG) return;
    const soon = new Promise<void>((done) => setTimeout(done, delay_s() * 1000));
    (event as SyncEvent).waitUntil(soon.then(refill));
  });
}
onSync("periodicsync", () => 0); // the browser's moment, not the person's
onSync("sync", () => refillDelay(Math.random())); // asked for when the page was opened
