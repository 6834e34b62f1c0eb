import { forgetWorker, leaveNothing } from "../kit/install.js";
import type { App } from "./app.js";
import { DATABASE, TRIAL } from "./store.js";

const CACHES = "visitor-";

/** Wipe this device: all that the page ever kept, in this tab and the others. */
export async function wipeDevice(app: App): Promise<void> {
  app.tellOthers("wiped");
  app.forget();
  await leaveNothing([DATABASE, TRIAL], CACHES, "/");
}

/** Load the page anew from the issuer, whatever the service worker keeps. */
export async function freshPage(): Promise<void> {
  await forgetWorker(CACHES, "/");
  location.replace("/");
}
