import { el, fill } from "../kit/dom.js";
import { ApiError } from "../lib/client.js";
import { type App, clockTime, type Said, type Screen, tellState } from "./app.js";
import { codeOfInput } from "./enrol_code.js";
import { enrol, EnrolError, explainEnrol, type Identity } from "./pairing.js";
import type { Enrolled } from "./store.js";
import { listenToWedge } from "./wedge.js";

/** What leads away from this screen. */
export interface WaitExits {
  paired(identity: Identity): void;
  /** To the field for a code: with another code, or with the reason why this one is of no use any more. */
  other(code?: string, wrong?: Said): void;
}

/**
 * The code was used up and its key is here, but the registry does not say yet whose door this is: the venue waits for
 * approval, or the network went away. Tried again by the button, when the page is shown again, and when the network
 * is back; never by a clock.
 */
export class WaitScreen implements Screen {
  private readonly outcome = el("p", { class: "outcome" });
  /** What the last try came to. */
  private came: Said | undefined;
  private isBusy = false;
  private readonly ends: (() => void)[] = [];
  constructor(
    private readonly app: App,
    private readonly kept: Enrolled,
    private readonly exits: WaitExits,
    /** Why it is not complete, if that was just learned. */
    private reason?: unknown,
  ) {}

  start(): void {
    this.draw();
    this.app.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
    this.ends.push(
      listenToWedge((text) => {
        const typed = codeOfInput(text, location.origin);
        if (typed !== undefined) this.exits.other(typed);
      }),
    );
    this.on(globalThis, "online", () => void this.again(false));
    this.on(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") void this.again(false);
    });
    if (this.reason === undefined) void this.again(false);
    else {
      const { reason } = this;
      if (reason instanceof EnrolError) this.answer(() => explainEnrol(this.app.texts, reason));
      tellState(`${this.words().join(" ")} ${this.outcome.textContent ?? ""}`.trim());
    }
  }
  private answer(came: Said): void {
    this.came = came;
    this.outcome.textContent = came();
  }
  private on(target: EventTarget, name: string, work: () => void): void {
    target.addEventListener(name, work);
    this.ends.push(() => target.removeEventListener(name, work));
  }
  stop(): void {
    for (const end of this.ends.splice(0)) end();
  }
  private get isWaiting(): boolean {
    return this.reason instanceof ApiError && this.reason.code === "venue_inactive";
  }
  private words(): [string, string] {
    const { texts } = this.app;
    return this.isWaiting
      ? [texts.t("pair_waiting_title"), texts.t("pair_waiting_text")]
      : [texts.t("pair_unfinished_title"), texts.t("pair_unfinished_text")];
  }
  draw(): void {
    const { texts, main } = this.app;
    document.title = texts.t("pair_title");
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["act"] : undefined;
    const [title, text] = this.words();
    this.outcome.textContent = this.came?.() ?? "";
    fill(
      main,
      el("h1", { tabindex: "-1", "data-act": "top" }, texts.t("pair_title")),
      el(
        "section",
        { class: "notice warn", "data-notice": this.isWaiting ? "waiting" : "unfinished" },
        el("h2", {}, title),
        el("p", {}, text),
        el("button", { type: "button", "data-act": "again", onclick: () => void this.again(true) }, texts.t("check_again")),
        this.outcome,
      ),
      el(
        "button",
        { type: "button", class: "quiet wide", "data-act": "other", onclick: () => this.exits.other() },
        texts.t("pair_other"),
      ),
    );
    if (focused !== undefined) main.querySelector<HTMLElement>(`[data-act="${focused}"]`)?.focus();
  }
  private async again(byHand: boolean): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    const { texts, store } = this.app;
    this.answer(() => texts.t("working"));
    try {
      const identity = await enrol(store, this.kept.code);
      if (this.ends.length > 0) this.exits.paired(identity);
    } catch (error) {
      if (this.ends.length > 0) this.failed(error, byHand);
    } finally {
      this.isBusy = false;
    }
  }
  private failed(error: unknown, byHand: boolean): void {
    const { texts } = this.app;
    if (error instanceof ApiError && error.status === 401) return this.exits.other(undefined, () => explainEnrol(texts, error));
    const before = this.words()[0];
    this.reason = error;
    const now = Date.now() / 1000;
    const isWaiting = this.isWaiting;
    this.answer(() => (isWaiting ? texts.t("pair_waiting_still", { time: clockTime(texts, now) }) : explainEnrol(texts, error)));
    const outcome = this.outcome.textContent ?? "";
    const [title, text] = this.words();
    if (title !== before) this.draw();
    if (title !== before) tellState(`${title}. ${text} ${outcome}`);
    else if (byHand) tellState(outcome);
  }
}
