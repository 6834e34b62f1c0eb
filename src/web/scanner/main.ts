import { byId, el, fill } from "../kit/dom.js";
import { installWorker, keepStorage } from "../kit/install.js";
import { Texts } from "../kit/language.js";
import { concat } from "../lib/bytes.js";
import { sign, signingPublicKey } from "../lib/sign.js";
import { SIGNED_LEN, verifyBody } from "../lib/token.js";
import { type App, type Said, type Screen, say } from "./app.js";
import { Door } from "./door.js";
import { codeOfFragment } from "./enrol_code.js";
import { icon } from "./icons.js";
import { NotOurs } from "./own_store.js";
import { PairScreen } from "./pair_screen.js";
import { Identity } from "./pairing.js";
import { ScanScreen } from "./scan_screen.js";
import { Signals } from "./signals.js";
import { type Enrolled, Store } from "./store.js";
import { en } from "./texts.en.js";
import { ko } from "./texts.ko.js";
import { WaitScreen } from "./wait_screen.js";

const texts = new Texts(ko, en);
const signals = new Signals();
let screen: Screen | undefined;
let turn = 0;

/**
 * Leave the screen that is shown for another. Two ways may be under way at once (another tab's word, a second press):
 * what is returned tells, after each wait, whether this one is still the last; the others must show nothing.
 */
function leaving(): () => boolean {
  const mine = ++turn;
  screen?.stop();
  return () => mine === turn;
}
/** Go on to another screen; where the device's storage fails on the way, that is what is shown. */
function go(app: App, work: Promise<void>): void {
  work.catch(() => noStorage(app.main));
}

function drawBar(bar: HTMLElement): void {
  const scan = screen instanceof ScanScreen ? screen : undefined;
  const other = texts.language === "ko" ? "en" : "ko";
  const language = el("button", { type: "button", class: "plain", lang: other }, texts.t("other_language"));
  language.addEventListener("click", () => {
    texts.switchTo(other);
    drawBar(bar);
    screen?.draw();
    bar.querySelector<HTMLElement>("button")?.focus();
  });
  const mute = el(
    "button",
    {
      type: "button",
      class: "quiet square",
      "aria-label": texts.t(signals.muted ? "unmute" : "mute"),
      onclick: () => {
        signals.mute(!signals.muted);
        void signals.wake();
        drawBar(bar);
        scan?.drawState();
        bar.querySelector<HTMLElement>(".square")?.focus();
      },
    },
    icon(signals.muted ? "muted" : "sound"),
  );
  const open = (): void => scan?.openMenu();
  const menu = el("button", { type: "button", class: "quiet", onclick: open }, icon("menu"), texts.t("menu"));
  const buttons = el("span", { class: "row" }, language, scan && mute, scan && menu);
  fill(bar, el("span", { class: "brand" }, texts.t("title")), buttons);
}

/** The code in the address, which then goes from there: it is nobody's bookmark. */
function takeFragment(): string | undefined {
  const code = codeOfFragment(location.hash);
  if (location.hash.startsWith("#enrol=")) history.replaceState(null, "", location.pathname);
  return code;
}

/** How pairing begins. */
interface Start {
  code?: string | undefined;
  notice?: Said;
  wrong?: Said | undefined;
  /** Said before all else: why this has to be. */
  trouble?: Said;
  /** Not with the code that was used up before and waits: another is wanted. */
  other?: boolean;
}

async function showPairing(app: App, { code, notice, trouble, wrong, other }: Start = {}): Promise<void> {
  const isLast = leaving();
  const [leftover, kept] = await Promise.all([app.store.size(), app.store.read("enrolled")]);
  if (!isLast()) return;
  const mine = kept !== undefined && other !== true && (code === undefined || code === kept.code) ? kept : undefined;
  if (mine !== undefined && leftover === 0) return showWaiting(app, mine);
  const paired = (identity: Identity): void => go(app, showScanning(app, identity, true));
  const pair = new PairScreen(app, leftover, { paired, accepted: (k, why) => showWaiting(app, k, why) }, { notice, trouble });
  screen = pair;
  drawBar(app.bar);
  pair.start(code ?? mine?.code, wrong);
}

function showWaiting(app: App, kept: Enrolled, reason?: unknown): void {
  leaving();
  const exits = {
    paired: (identity: Identity): void => go(app, showScanning(app, identity, true)),
    other: (code?: string, wrong?: Said): void => go(app, showPairing(app, { code, wrong, other: true })),
  };
  const wait = new WaitScreen(app, kept, exits, reason);
  screen = wait;
  drawBar(app.bar);
  wait.start();
}

async function showScanning(app: App, identity: Identity, isNew = false): Promise<void> {
  const isLast = leaving();
  const door = new Door(identity, () => {
    if (screen instanceof ScanScreen && screen.door === door) screen.drawState();
  });
  await door.start();
  if (!isLast()) return door.close();
  const scan = new ScanScreen(app, door, {
    unpaired: () => {
      door.close();
      const removed = (): Promise<void> => showPairing(app, { notice: () => texts.t("unpaired") });
      const failed = async (error: unknown): Promise<void> => {
        await begin(app);
        // Another tab's pairing is not this one's to remove: it is shown, and can be removed from there.
        if (!(error instanceof NotOurs)) say(texts.t("unpair_failed"), true);
      };
      go(app, identity.own.unpair().then(removed, failed));
    },
    pairAgain: () => {
      door.close();
      go(app, showPairing(app));
    },
    startAnew: () => go(app, begin(app)),
  });
  screen = scan;
  drawBar(app.bar);
  scan.start();
  void keepStorage();
  if (!isNew) void door.reconnect();
}

/** All that can be done without storage: say so, in the language in force. */
function noStorage(main: HTMLElement): void {
  leaving();
  screen = {
    draw: () => fill(main, el("h1", {}, texts.t("title")), el("p", { class: "notice bad" }, texts.t("no_storage"))),
    stop: () => undefined,
  };
  screen.draw();
  drawBar(byId("bar"));
}

/** As whatever this browser is now. */
async function begin(app: App, code?: string): Promise<void> {
  const pairing = await app.store.read("pairing");
  if (pairing === undefined) return showPairing(app, { code });
  let identity: Identity;
  try {
    identity = new Identity(app.store, pairing);
  } catch {
    // What is kept cannot be read: it stays, and so do the entries, until someone pairs anew.
    return showPairing(app, { code, trouble: () => texts.t("pairing_unreadable") });
  }
  await showScanning(app, identity);
  if (code !== undefined) say(texts.t("pair_already"), true);
}

/** Another tab has paired or unpaired this browser, or its data was cleared: a door finds out whether it is still one. */
function onChange(app: App): void {
  if (screen instanceof ScanScreen) void screen.door.recount();
  else if (screen !== undefined)
    void app.store
      .read("pairing")
      .then((pairing) => (pairing === undefined || pairing.revoked === true ? undefined : begin(app)))
      .catch(() => undefined);
}

/** The first signature that is checked builds tables for all others: not while a person waits. */
function warmUp(): void {
  setTimeout(() => {
    const seed = new Uint8Array(32);
    const part = new Uint8Array(SIGNED_LEN);
    verifyBody(concat(part, sign("EL1-token", part, seed)), signingPublicKey(seed));
  }, 300);
}

async function start(): Promise<void> {
  const main = byId("main");
  const bar = byId("bar");
  drawBar(bar);
  let store: Store;
  try {
    store = await Store.open();
  } catch {
    return noStorage(main);
  }
  const app: App = { texts, store, signals, main, bar };
  store.changed = () => onChange(app);
  store.outdated = () => location.reload();
  await begin(app, takeFragment()).catch(() => noStorage(main));
  globalThis.addEventListener("hashchange", () => {
    const later = takeFragment();
    if (later === undefined) return;
    if (screen instanceof PairScreen) screen.offer(later);
    else if (screen instanceof WaitScreen) go(app, showPairing(app, { code: later }));
    else if (screen instanceof ScanScreen) say(texts.t("pair_already"), true);
  });
  // A browser plays sounds only once it was touched.
  for (const name of ["pointerdown", "keydown"])
    document.addEventListener(name, () => {
      if (signals.isWaiting)
        void signals.wake().then(() => {
          if (screen instanceof ScanScreen) screen.drawState();
        });
    });
  void signals.wake().then(() => {
    if (screen instanceof ScanScreen) screen.drawState();
  });
  warmUp();
  void installWorker("/scanner/sw.js");
}

void start();
