import { type Child, el, fill } from "../kit/dom.js";
import type { Said, ScannerTexts } from "./app.js";
import type { Door } from "./door.js";

/** What a person can do about a notice. */
export interface NoticeActions {
  checkAgain(): void;
  dismiss(): void;
  pairAgain(): void;
  /** Look what this browser is now, and go on as that. */
  startAnew(): void;
}

function button(act: string, text: string, press: () => void): HTMLButtonElement {
  return el("button", { type: "button", "data-act": act, onclick: press }, text);
}

function block(texts: ScannerTexts, door: Door, actions: NoticeActions, outcome: HTMLElement): Child {
  const { block: is, unsent } = door.state;
  if (is === undefined) return undefined;
  if (is.kind === "paused")
    return el(
      "section",
      { class: "notice warn", "data-notice": "paused" },
      el("h2", {}, texts.t("paused_title")),
      el("p", {}, texts.t(is.code === "scanner_paused" ? "paused_scanner" : "paused_venue")),
      button("check", texts.t("check_again"), actions.checkAgain),
      outcome,
    );
  if (is.kind === "gone")
    return el(
      "section",
      { class: "notice bad", "data-notice": "gone" },
      el("h2", {}, texts.t("gone_title")),
      el("p", {}, texts.t("gone_text")),
      button("anew", texts.t("gone_anew"), actions.startAnew),
    );
  return el(
    "section",
    { class: "notice bad", "data-notice": "revoked" },
    el("h2", {}, texts.t("revoked_title")),
    el("p", {}, texts.t("revoked_text")),
    unsent > 0 && el("p", {}, texts.t("revoked_queue", { count: unsent })),
    button("pair", texts.t("pair_again"), actions.pairAgain),
  );
}

function report(texts: ScannerTexts, door: Door, actions: NoticeActions): Child {
  const codes = Object.entries(door.state.report);
  if (codes.length === 0) return undefined;
  const lines = codes.map(([code, count]) => {
    const own = `report_${code}`;
    return el("li", {}, texts.has(own) ? texts.t(own, { count }) : texts.t("report_other", { count, code }));
  });
  return el(
    "section",
    { class: "notice warn", "data-notice": "report" },
    el("h2", {}, texts.t("report_title")),
    el("ul", {}, ...lines),
    button("dismiss", texts.t("report_dismiss"), actions.dismiss),
  );
}

/** All that is to be read before scanning goes on; drawn anew only when it says something else, so that focus stays. */
export class Notices {
  readonly box = el("div", { class: "notices" });
  /** What came of the button in the notice; it outlives a redrawing. */
  private readonly outcome = el("p", { class: "outcome" });
  private came: Said | undefined;
  private drawn = "";
  constructor(
    private readonly texts: ScannerTexts,
    private readonly door: Door,
    private readonly actions: NoticeActions,
    /** The notice that had the focus is gone. */
    private readonly lostFocus: () => void,
  ) {}
  /** Answer the button beside it; undefined: nothing is to be said any more. */
  answer(came: Said | undefined): void {
    this.came = came;
    this.outcome.textContent = came?.() ?? "";
  }
  /** What a notice says, to be read out. */
  words(name: string): string {
    const found = this.box.querySelectorAll(`[data-notice="${name}"] :is(h2, p, li)`);
    return [...found].map((e) => e.textContent?.trim() ?? "").filter((t) => t !== "").map((t) => (/[.?!]$/.test(t) ? t : `${t}.`)).join(" ");
  }
  draw(): void {
    const { texts, door } = this;
    const { doubtful } = door.identity;
    const old = door.identity.hasRunOut();
    const { block: is, report: refusals, unsent } = door.state;
    const now = JSON.stringify([texts.language, is, refusals, is?.kind === "revoked" ? unsent : 0, doubtful, old]);
    if (now === this.drawn) return;
    this.drawn = now;
    const focused = this.box.contains(document.activeElement) ? document.activeElement : undefined;
    this.answer(is === undefined ? undefined : this.came); // in the language in force
    fill(
      this.box,
      block(texts, door, this.actions, this.outcome),
      report(texts, door, this.actions),
      doubtful && el("p", { class: "notice warn", "data-notice": "doubtful" }, texts.t("directory_doubtful")),
      old && el("p", { class: "notice warn", "data-notice": "old" }, texts.t("directory_old")),
    );
    if (!(focused instanceof HTMLElement)) return;
    const again = this.box.querySelector<HTMLElement>(`[data-act="${focused.dataset["act"] ?? ""}"]`);
    if (again !== null) again.focus();
    else this.lostFocus();
  }
}
