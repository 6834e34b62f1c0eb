import { el, fill } from "../kit/dom.js";
import { type ScannerTexts, say } from "./app.js";
import { icon } from "./icons.js";
import type { Verdict } from "./verdict.js";

/** How long a verdict is shown large; the small line below keeps it until the next. */
const SHOWN_MS = 2000;

/** Verdicts that only say "go on": told politely, not as an alarm. */
const CALM = new Set<Verdict["kind"]>(["accepted", "queued", "counted"]);

/** The verdict, large over the camera's picture, and once more in a line that stays. */
export class VerdictView {
  readonly overlay = el("div", { class: "verdict", hidden: true });
  readonly line = el("p", { class: "last" });
  private shown: Verdict | undefined;
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly texts: ScannerTexts) {}

  private words(verdict: Verdict): { word: string; detail: string } {
    const { kind, code } = verdict;
    return { word: this.texts.t(kind), detail: this.texts.t(`${kind}_detail`, { code: code ?? "" }) };
  }
  show(verdict: Verdict): void {
    this.shown = verdict;
    const { word, detail } = this.words(verdict);
    this.overlay.hidden = false;
    this.overlay.dataset["kind"] = verdict.kind;
    this.overlay.dataset["code"] = verdict.code ?? "";
    this.overlay.dataset["count"] = String(++this.count);
    fill(this.overlay, icon(verdict.kind), el("p", { class: "word" }, word), el("p", { class: "detail" }, detail));
    this.draw();
    say(`${word}. ${detail}`, !CALM.has(verdict.kind));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.overlay.hidden = true;
    }, SHOWN_MS);
  }
  /** The line, in the language in force. */
  draw(): void {
    const { texts, shown } = this;
    if (shown === undefined) fill(this.line, el("span", { class: "soft" }, texts.t("last_none")));
    else {
      const mark = el("span", { class: "mark", "data-kind": shown.kind }, icon(shown.kind));
      fill(this.line, el("span", { class: "soft" }, `${texts.t("last")}: `), mark, el("strong", {}, this.words(shown).word));
    }
  }
  stop(): void {
    clearTimeout(this.timer);
    this.overlay.hidden = true;
  }
}
