import { byId, el, fill, keepTyped, showScreen } from "../kit/dom.js";
import { installWorker } from "../kit/install.js";
import { Texts } from "../kit/language.js";
import { ServerClock } from "../kit/clock.js";
import { dropDraft, dropOldDraft, hasDraft, sawDraft } from "./draft.js";
import { type Gone, Store } from "./store.js";
import { askForSync } from "./sync.js";
import { Tabs, type Word } from "./tabs.js";
import { en } from "./texts.en.js";
import { ko } from "./texts.ko.js";
import { ownIssuer, Wallet } from "./wallet.js";

const DRAFT_LOOK_MS = 60_000;

/** Where the page is: the part of its address behind the number sign, so that the back button works. */
export type Route = "" | "consent" | "details" | "code" | "me";
const ROUTES: readonly string[] = ["consent", "details", "code", "me"];

/** A screen fills `main`; what it returns ends it. */
export type Screen = (app: App) => (() => void) | void;

/** What the screens share: the texts, the wallet if this device has one, and the way from one to another. */
export class App {
  readonly texts = new Texts(ko, en);
  readonly issuer = ownIssuer();
  readonly main = byId("main");
  wallet: Wallet | undefined;
  private lab: Promise<boolean> | undefined;
  private leave: (() => void) | void = undefined;
  private screens: ((route: Route) => Screen) | undefined;
  private pinned: Screen | undefined;
  private readonly tabs = new Tabs((word) => this.hear(word));

  /** Open what this device keeps, if it is registered. */
  async open(): Promise<void> {
    dropOldDraft();
    const store = await Store.openExisting((why) => this.gone(why));
    if (store === undefined) return;
    if ((await store.get("registration")) === undefined) store.close();
    else await this.use(store);
  }
  /** The wallet of a device that becomes registered. */
  async openNew(): Promise<Wallet> {
    return this.wallet ?? this.use(await Store.open((why) => this.gone(why)));
  }
  private async use(store: Store): Promise<Wallet> {
    this.wallet = new Wallet(store, this.issuer, new ServerClock(await store.get("clock_offset")));
    return this.wallet;
  }
  /** Whether this is a test deployment; asked for once, and only by those who register. */
  async isLab(): Promise<boolean> {
    this.lab ??= this.issuer
      .raw("GET", "/readyz")
      .then(async (answer) => ((await answer.json()) as { lab?: unknown }).lab === true)
      .catch(() => false);
    return this.lab;
  }
  /** Work offline from now on, and fetch ahead at moments of the browser's choosing where it can. */
  install(): void {
    void installWorker("/sw.js").then(askForSync);
  }

  start(screens: (route: Route) => Screen): void {
    this.screens = screens;
    globalThis.addEventListener("hashchange", () => this.render());
    document.addEventListener("visibilitychange", () => (document.visibilityState === "visible" ? this.endOldDraft() : sawDraft()));
    setInterval(() => document.visibilityState !== "visible" && this.endOldDraft(), DRAFT_LOOK_MS);
    this.render();
  }
  route(): Route {
    const name = location.hash.slice(1);
    return ROUTES.includes(name) ? (name as Route) : "";
  }
  go(route: Route): void {
    this.pinned = undefined;
    if (this.route() === route) this.render();
    else location.hash = route;
  }
  /** As go(), but the way back does not lead here again. */
  replace(route: Route): void {
    this.pinned = undefined;
    history.replaceState(null, "", route === "" ? location.pathname : `#${route}`);
    this.render();
  }
  /** Show a screen that has no address, until the next go(). */
  show(screen: Screen): void {
    this.pinned = screen;
    this.render();
  }
  render(): void {
    this.leave?.();
    this.renderBar();
    this.leave = (this.pinned ?? this.screens?.(this.route()))?.(this);
  }
  private renderBar(): void {
    const { texts } = this;
    const other = texts.language === "ko" ? "en" : "ko";
    const change = (): void => {
      texts.switchTo(other);
      keepTyped(this.main, () => this.render());
      byId("language").focus();
    };
    fill(
      byId("bar"),
      el("span", { class: "brand" }, texts.t("brand")),
      el("button", { type: "button", class: "plain", id: "language", lang: other, onclick: change }, texts.t("other_language")),
    );
  }
  /** What was typed here ended out of sight: nothing of it stays on the page. */
  private endOldDraft(): void {
    if (dropOldDraft() && ["details", "code"].includes(this.route())) this.replace("");
  }

  /** What the other tabs show or ask for is of before. */
  tellOthers(word: Word): void {
    this.tabs.tell(word);
  }
  /** Close what this device keeps, before it is wiped. */
  forget(): void {
    this.wallet?.store.close();
    this.wallet = undefined;
  }
  /** Another tab wiped the device, or the browser took what was kept. */
  private gone(why: Gone): void {
    if (this.wallet === undefined) return; // it was this one
    this.wallet = undefined;
    if (why === "wiped") dropDraft();
    this.show(why === "wiped" ? goneScreen : lostScreen);
  }
  /**
   * A tab without a wallet may hold a name and a number, too. A tab that shows or asks for anything begins again when
   * somebody has registered: it may have been another person. What is begun after the word is not touched by it.
   */
  private hear(word: Word): void {
    const isBegun = hasDraft();
    dropDraft();
    if (word === "registered") void this.beginAgain();
    else if (this.wallet !== undefined || isBegun) {
      this.wallet?.store.close();
      this.wallet = undefined;
      this.show(goneScreen);
    }
  }
  private async beginAgain(): Promise<void> {
    if (this.wallet === undefined) await this.open().catch(() => undefined);
    this.replace("");
  }
}

const goneScreen: Screen = (app) => messageScreen(app, "gone_title", "gone_lead");
const lostScreen: Screen = (app) => messageScreen(app, "lost_title", "lost_lead");
/** For a browser that keeps nothing: in private mode, or with its storage blocked. */
export const brokenScreen: Screen = (app) => messageScreen(app, "broken_title", "broken_lead");

/** A screen that only says something, with the way back to the start. */
export function messageScreen(app: App, title: keyof typeof ko, lead: keyof typeof ko): void {
  const restart = (): void => location.replace("/");
  showScreen(
    app.main,
    app.texts.t(title),
    el("p", {}, app.texts.t(lead)),
    el("button", { type: "button", class: "wide", onclick: restart }, app.texts.t("to_start")),
  );
}
