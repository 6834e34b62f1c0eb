import { whileBusy } from "../kit/busy.js";
import { announce, el, fill, showScreen } from "../kit/dom.js";
import { WakeLock } from "../kit/wake_lock.js";
import { ApiError } from "../lib/client.js";
import { type App, brokenScreen } from "./app.js";
import { Attention } from "./attention.js";
import { CodeCard } from "./code_card.js";
import { explained, isStorageFailure } from "./explained.js";
import { backoff, LOW, refillDelay, RENEW_S } from "./plan.js";
import { type Code, LIVE_REDRAW_S, REDRAW_S, Showing } from "./showing.js";
import { syncSoon } from "./sync.js";
import { isEnded, type Wallet } from "./wallet.js";
import { whole } from "./whole.js";

const wakeLock = new WakeLock();
/** Two wishes for another code within this may have a reason. */
const ASKED_AGAIN_MS = 60_000;
/** A clock that is off by less is right: nobody is refused for it. */
const CLOCK_RIGHT_S = 3;
/** What shows that somebody is there; a screen reader may press without the first two. */
const TOUCHES = ["pointerdown", "keydown", "click"] as const;

/** The screen that a visitor opens at a door: a code from the wallet, drawn before anything else happens. */
export function showCode(app: App): (() => void) | void {
  const { wallet } = app;
  if (wallet === undefined) return brokenScreen(app);
  const screen = new ShowScreen(app, wallet);
  return () => screen.end();
}

class ShowScreen {
  private readonly showing: Showing;
  private readonly card: CodeCard;
  private readonly left = el("p", { class: "left", id: "left" });
  private readonly clockHelp = el("div", { class: "notice", hidden: true });
  private readonly registration = el("div", {});
  private readonly body = el("div", {});
  private readonly trouble = el("div", {});
  /** Counts openings; what was begun in an earlier one is thrown away when it comes. */
  private opening = 0;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** Takes a code from the screen when it no longer counts and no other has come. */
  private expiry: ReturnType<typeof setTimeout> | undefined;
  private refillTimer: ReturnType<typeof setTimeout> | undefined;
  private urgentAfter = 0;
  private shownAt: number | undefined;
  private drawnAt = 0;
  private askedAt = -Infinity;
  private from: Code["from"] = "wallet";
  private heading: HTMLElement | undefined;
  private told: string | undefined;
  private isOpen = false;
  private readonly attention = new Attention(() => performance.now() / 1000);
  /** What `registration` says, so that it is not written anew under a focus. */
  private registrationSays = "";
  private readonly listeners = new AbortController();

  constructor(
    private readonly app: App,
    private readonly wallet: Wallet,
  ) {
    const { texts } = app;
    this.showing = new Showing({ take: () => wallet.take(), live: () => wallet.live(), now: () => wallet.clock.now() });
    this.card = new CodeCard(texts.t("show_label"), texts.t("show_text"));
    this.layOut();
    const { signal } = this.listeners;
    document.addEventListener("visibilitychange", () => this.onVisibility(), { signal });
    // A page put aside whole and brought back is a new opening, whether or not its browser also says that it was out of sight.
    document.addEventListener("freeze", () => this.close(), { signal });
    document.addEventListener("resume", () => this.onVisibility(), { signal });
    globalThis.addEventListener("pagehide", () => this.close(), { signal });
    globalThis.addEventListener("pageshow", () => this.onVisibility(), { signal });
    for (const name of TOUCHES) document.addEventListener(name, () => this.onTouch(), { signal, capture: true, passive: true });
    globalThis.addEventListener("online", () => this.tries > 0 && this.again(), { signal });
    wallet.onTokens = () => void this.tellLeft().catch(() => undefined);
    this.onVisibility();
  }
  end(): void {
    this.listeners.abort();
    this.close();
    this.wallet.onTokens = () => undefined;
    this.card.end();
    void wakeLock.release();
  }

  private layOut(): void {
    const { texts } = this.app;
    const about = ["show_about_renewal", "show_about_once", "show_about_ahead"] as const;
    fill(
      this.body,
      this.card.card,
      el("p", { class: "hint centred" }, texts.t("show_renewal"), " ", texts.t("show_hint")),
      this.left,
      el("div", { class: "actions" },
        el("button", { type: "button", id: "new-code", onclick: () => this.another() }, texts.t("show_new")),
        el("a", { class: "button quiet", href: "#me", id: "to-me" }, texts.t("my_data"))),
      this.clockHelp,
      this.registration,
      el("details", {}, el("summary", {}, texts.t("show_about")), ...about.map((name) => el("p", {}, texts.t(name)))),
      this.card.asText,
    );
    this.body.hidden = true;
    this.heading = showScreen(this.app.main, texts.t("show_title"), this.trouble, this.body);
    this.heading.classList.add("lead");
  }

  private onVisibility(): void {
    if (document.visibilityState !== "visible") this.close();
    else if (!this.isOpen) this.open(); // several events may say the same
  }
  /** Every opening begins with a body that was never shown. */
  private open(): void {
    this.close();
    this.isOpen = true;
    this.attention.renew();
    this.wallet.clock.wake();
    void this.step(++this.opening);
  }
  private close(): void {
    this.isOpen = false;
    this.opening++;
    clearTimeout(this.timer);
    clearTimeout(this.expiry);
    clearTimeout(this.refillTimer);
    this.refillTimer = undefined;
    this.showing.drop();
    this.card.blank();
    this.shownAt = undefined;
    this.askedAt = -Infinity;
    this.clockHelp.hidden = true;
  }
  private onTouch(): void {
    this.attention.renew();
    if (this.shownAt !== undefined) this.keepAwake();
  }
  /** While a code is there to be held up, and somebody who holds it; then the phone's own time-out ends the opening. */
  private keepAwake(): void {
    void (this.attention.isThere() ? wakeLock.hold() : wakeLock.release());
  }
  private another(): void {
    const now = performance.now();
    if (now - this.askedAt < ASKED_AGAIN_MS) this.offerClock();
    this.askedAt = now;
    clearTimeout(this.timer);
    this.showing.drop();
    void this.step(++this.opening, true);
  }
  /**
   * Asked twice within a while: perhaps no code is taken because the device's clock was set while the page was closed,
   * which nothing on the device can tell. Mostly it is not that, and asking for the time would show the issuer the
   * moment at the door: so the person decides.
   */
  private offerClock(): void {
    if (!this.clockHelp.hidden) return;
    const { texts } = this.app;
    const outcome = el("p", { hidden: true });
    const button = el("button", { type: "button", class: "quiet", id: "set-clock" }, texts.t("show_clock"));
    const say = (text: string): void => {
      outcome.textContent = text;
      outcome.hidden = false;
      announce(text);
    };
    const ask = async (): Promise<void> => {
      say(texts.t("working"));
      try {
        const off_s = await this.wallet.setClock();
        if (!this.isOpen) return;
        if (off_s === undefined) say(texts.t("error_network"));
        else say(texts.t(Math.abs(off_s) < CLOCK_RIGHT_S ? "show_clock_right" : "show_clock_set"));
        this.again();
      } catch (failure) {
        say(explained(texts, failure));
      }
    };
    button.addEventListener("click", () => void whileBusy(button, ask));
    fill(this.clockHelp, el("p", {}, texts.t("show_clock_lead")), outcome, button);
    this.clockHelp.hidden = false;
  }
  private again(asked = false): void {
    clearTimeout(this.timer);
    if (asked) announce(this.app.texts.t("working"));
    void this.step(++this.opening, asked);
  }

  /** Draw a code now, and see to the next one. The old one stays until then: it is still good. */
  private async step(opening: number, asked = false): Promise<void> {
    if (Date.now() - this.drawnAt > 2 * REDRAW_S * 1000) this.afterJump(opening);
    try {
      const code = await this.showing.next();
      if (opening !== this.opening) return;
      this.draw(code, asked);
      this.timer = setTimeout(() => void this.step(opening), (code.from === "live" ? LIVE_REDRAW_S : REDRAW_S) * 1000);
      if (code.isNew) void this.afterNew(opening).catch(() => undefined); // the code is there; the rest can wait
    } catch (failure) {
      if (opening === this.opening) await this.fail(failure, opening, asked);
    }
  }
  /**
   * The device's clock is far ahead of where it was: the device slept in plain sight, or its clock was set. Sleep is
   * believed; if that moved the time, the issuer is asked, or codes would be of the future until the next refill.
   */
  private afterJump(opening: number): void {
    const before = this.wallet.clock.now();
    this.wallet.clock.wake();
    if (this.wallet.clock.now() - before < REDRAW_S) return;
    const corrected = this.wallet.askTime().then(() => opening === this.opening && this.again());
    corrected.catch(() => undefined); // no network: the time on waking has to do
  }
  private draw(code: Code, asked: boolean): void {
    const isFirst = this.shownAt === undefined;
    this.tries = 0;
    this.shownAt = code.shownAt;
    this.drawnAt = Date.now();
    this.from = code.from;
    this.told = undefined;
    this.title("show_title");
    this.keepFocus(this.trouble);
    this.trouble.replaceChildren();
    this.body.hidden = false; // before drawing: the card must have its width
    this.keepAwake();
    this.card.show(code.text);
    clearTimeout(this.expiry);
    this.expiry = setTimeout(() => this.expire(), (code.until - this.wallet.clock.now()) * 1000);
    if (isFirst) performance.mark("code");
    if (isFirst) announce(this.app.texts.t("show_announce"));
    else if (asked) announce(this.app.texts.t("show_new_announce"));
  }

  /** The next code is late: better none on the screen than one that is refused, or a body beyond its time. */
  private expire(): void {
    this.card.blank();
    this.shownAt = undefined;
    announce(this.app.texts.t("working"));
  }
  /** What is about to go must not take the focus with it: the heading has it then. */
  private keepFocus(goes: Element): void {
    if (goes.contains(document.activeElement)) this.heading?.focus();
  }
  private title(name: "show_title" | "none_title" | "ended_title"): void {
    if (this.heading !== undefined) this.heading.textContent = document.title = this.app.texts.t(name);
  }

  private async afterNew(opening: number): Promise<void> {
    await this.tellLeft();
    await this.tellRegistration();
    if (opening !== this.opening) return;
    const now = this.wallet.clock.now();
    if ((await this.wallet.left()) < LOW && now >= this.urgentAfter) await this.refillNow("now");
    else if (this.refillTimer === undefined && (await this.wallet.isDue()) && opening === this.opening) this.refillLater();
    await this.wallet.store.purge(Math.floor(now));
  }
  private async tellLeft(): Promise<void> {
    const { texts } = this.app;
    const count = await this.wallet.left();
    const name = this.from === "live" ? "show_left_none" : count === 0 ? "show_left_last" : "show_left";
    this.left.textContent = texts.t(name, { count: texts.number(count) });
    this.left.classList.toggle("soft", name === "show_left");
  }
  private async tellRegistration(): Promise<void> {
    const { texts } = this.app;
    const kept = await this.wallet.store.get("registration");
    if (kept === undefined) return;
    const left_s = kept.until - this.wallet.clock.now();
    const isOver = kept.ended === true || left_s <= 0;
    const notices = (await this.wallet.store.get("notices")) ?? 0;
    const lab = (await this.wallet.store.get("lab")) === true;
    const says = JSON.stringify([isOver, left_s < RENEW_S, kept.until, notices > 0, lab]);
    if (says === this.registrationSays) return;
    this.registrationSays = says;
    this.keepFocus(this.registration);
    const until = texts.date(kept.until - 1);
    const renew = el("a", { class: "tap", href: "#consent", id: "renew" }, texts.t("show_renew"));
    if (isOver)
      fill(this.registration, el("div", { class: "notice warn" }, el("p", {}, texts.t("show_ended")), el("p", {}, renew)));
    else
      fill(
        this.registration,
        el("p", { class: "soft" }, ...whole(texts.t("show_until", { date: until }), until), " ", left_s < RENEW_S && renew),
      );
    if (notices > 0) {
      const read = el("a", { class: "tap", href: "#me" }, texts.t("show_notices_read"));
      this.registration.prepend(el("div", { class: "notice warn" }, el("p", {}, texts.t("show_notices"), " ", read)));
    }
    if (lab) this.registration.prepend(el("p", { class: "notice warn" }, texts.t("lab_mode")));
  }

  /** Few are left: fetch at once, whoever sees it; but after a failure not again for a while. */
  private async refillNow(when: "due" | "now"): Promise<void> {
    this.urgentAfter = this.wallet.clock.now() + 60;
    await this.wallet.refill(when).catch(() => undefined);
    await this.tellRegistration().catch(() => undefined);
  }
  /** The moment has come, but not this one, in which the issuer would see that the page was opened. */
  private refillLater(): void {
    void syncSoon();
    this.refillTimer = setTimeout(() => {
      this.refillTimer = undefined;
      void this.refillNow("due");
    }, refillDelay(Math.random()) * 1000);
  }

  /** No code could be had. The one on the screen stays while it counts; then it is said plainly, and tried again. */
  private async fail(failure: unknown, opening: number, asked: boolean): Promise<void> {
    const registration = await this.wallet.store.get("registration").catch(() => undefined);
    const held_s = await this.wallet.heldFor().catch(() => 0);
    await this.wallet.store.purge(this.wallet.clock.seconds()).catch(() => undefined);
    if (opening !== this.opening) return;
    const isGood = this.shownAt !== undefined; // expire() takes it away in time
    const isOver = registration === undefined ? isEnded(failure) : registration.ended === true;
    const isRenewed = isEnded(failure) && !isOver; // in another tab, while this one asked for the one before
    if (!isGood && !isRenewed) this.tell(failure, isOver, asked);
    clearTimeout(this.timer);
    const wait_s = isGood ? 2 : backoff(this.tries++, Math.random(), held_s);
    if (!isOver || isGood) this.timer = setTimeout(() => void this.step(opening), wait_s * 1000);
  }
  private tell(failure: unknown, isOver: boolean, asked: boolean): void {
    const { texts } = this.app;
    const why = isOver ? texts.t("ended_lead") : failure instanceof ApiError || isStorageFailure(failure) ? explained(texts, failure) : texts.t("none_offline");
    const name = isOver ? "ended_title" : "none_title";
    const isNews = this.told !== why;
    this.told = why;
    this.card.blank();
    this.shownAt = undefined;
    this.keepFocus(this.body);
    this.body.hidden = true;
    void wakeLock.release(); // nothing to hold up: the screen may sleep
    if (isNews || asked) announce(`${texts.t(name)}. ${why}`, "urgent");
    if (!isNews) return; // said already; the button keeps its focus
    this.title(name);
    this.keepFocus(this.trouble);
    const action = isOver
      ? el("a", { class: "button", href: "#consent", id: "renew" }, texts.t("ended_renew"))
      : el("button", { type: "button", id: "retry", onclick: () => this.again(true) }, texts.t("retry"));
    fill(
      this.trouble,
      el("div", { class: "card" }, el("p", {}, why), !isOver && el("p", {}, texts.t("none_trying"))),
      el("div", { class: "actions" }, action, el("a", { class: "button quiet", href: "#me" }, texts.t("my_data"))),
    );
  }
}
