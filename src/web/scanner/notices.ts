import { type Child, el, fill } from "../kit/dom.js";
import type { ScannerTexts } from "./app.js";
import type { Door } from "./door.js";

/** What a person can do about a notice. */
export interface NoticeActions {
  checkAgain(): void;
  pairAgain(): void;
}

function button(text: string, press: () => void): HTMLButtonElement {
  return el("button", { type: "button", onclick: press }, text);
}

function block(texts: ScannerTexts, door: Door, actions: NoticeActions): Child {
  const { block: is, unsent } = door.state;
  if (is === undefined) return undefined;
  if (is.kind === "paused")
    return el(
      "section",
      { class: "notice warn", "data-notice": "paused" },
      el("h2", {}, texts.t("paused_title")),
      el("p", {}, texts.t(is.code === "scanner_paused" ? "paused_scanner" : "paused_venue")),
      button(texts.t("check_again"), actions.checkAgain),
    );
  return el(
    "section",
    { class: "notice bad", "data-notice": "revoked" },
    el("h2", {}, texts.t("revoked_title")),
    el("p", {}, texts.t("revoked_text")),
    unsent > 0 && el("p", {}, texts.t("revoked_queue", { count: unsent })),
    button(texts.t("pair_again"), actions.pairAgain),
  );
}

function report(texts: ScannerTexts, door: Door): Child {
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
    button(texts.t("report_dismiss"), () => void door.dismissReport()),
  );
}

/** All that is to be read before scanning goes on; drawn anew only when it says something else, so that focus stays. */
export class Notices {
  readonly box = el("div", { class: "notices" });
  private drawn = "";
  constructor(
    private readonly texts: ScannerTexts,
    private readonly door: Door,
    private readonly actions: NoticeActions,
  ) {}
  draw(): void {
    const { texts, door } = this;
    const { doubtful } = door.identity;
    const old = door.identity.hasRunOut();
    const { block: is, report: refusals, unsent } = door.state;
    const now = JSON.stringify([texts.language, is, refusals, is?.kind === "revoked" ? unsent : 0, doubtful, old]);
    if (now === this.drawn) return;
    this.drawn = now;
    fill(
      this.box,
      block(texts, door, this.actions),
      report(texts, door),
      doubtful && el("p", { class: "notice warn", "data-notice": "doubtful" }, texts.t("directory_doubtful")),
      old && el("p", { class: "notice warn", "data-notice": "old" }, texts.t("directory_old")),
    );
  }
}
