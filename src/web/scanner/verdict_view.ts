import { el, fill } from "../kit/dom.js";
import { type Said, type ScannerTexts, say } from "./app.js";
import { icon } from "./icons.js";
import type { Verdict } from "./verdict.js";

/** How long a verdict is shown large; the small line below keeps it until the next. */
const SHOWN_MS = 2000;

/** CSS pixels; in a lower place a verdict takes the whole window. */
const LEAST_HEIGHT = 280;

/** The coloured edge that some verdicts have within (page.css), and a little. */
const EDGE = 12;

/** Verdicts that only say "go on": told politely, not as an alarm. */
const CALM = new Set<Verdict["kind"]>(["accepted", "queued", "counted"]);

/** Each sentence in a box of its own, so that lines break between sentences first. */
function sentences(text: string): (Node | string)[] {
  return text.split(/(?<=[.?!]) /).flatMap((one) => [el("span", { class: "sentence" }, one), " "]);
}

/** The verdict, large over the camera's picture, and once more in a line that stays. */
export class VerdictView {
  readonly overlay = el("div", { class: "verdict", hidden: true });
  readonly line = el("p", { class: "last" });
  private shown: Verdict | undefined;
  /** Said in the line instead, until the next verdict. */
  private noted: Said | undefined;
  private count = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  constructor(private readonly texts: ScannerTexts) {
    // Where it fills the window it lies over the buttons: a touch clears it.
    this.overlay.addEventListener("click", () => (this.overlay.hidden = true));
  }

  private words(verdict: Verdict): { word: string; detail: string } {
    const { kind, code } = verdict;
    const own = `${kind}_${code ?? ""}_detail`;
    const detail = this.texts.has(own) ? this.texts.t(own) : this.texts.t(`${kind}_detail`, { code: code ?? "" });
    return { word: this.texts.t(kind), detail };
  }
  show(verdict: Verdict): void {
    // Behind an open dialog it would be dim, and not be read out.
    for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
    this.shown = verdict;
    this.noted = undefined;
    const { word, detail } = this.words(verdict);
    this.overlay.hidden = false;
    this.overlay.dataset["kind"] = verdict.kind;
    this.overlay.dataset["code"] = verdict.code ?? "";
    this.overlay.dataset["count"] = String(++this.count);
    this.draw();
    say(`${word}. ${detail}`, !CALM.has(verdict.kind));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.overlay.hidden = true;
    }, SHOWN_MS);
  }
  /**
   * Is the place of the camera's picture within the window, and large enough for a word to be read from afar, and for
   * all that is said?
   */
  private fits(): boolean {
    const place = this.overlay.parentElement?.getBoundingClientRect();
    if (place === undefined || place.top < 0 || place.bottom > innerHeight || place.height < LEAST_HEIGHT) return false;
    return !this.overflows();
  }
  /** Does what is said reach into the edge? */
  private overflows(): boolean {
    const { top, bottom } = this.overlay.getBoundingClientRect();
    const [first, last] = [this.overlay.firstElementChild, this.overlay.lastElementChild].map((e) => e?.getBoundingClientRect());
    return (first?.top ?? top) < top + EDGE || (last?.bottom ?? bottom) > bottom - EDGE;
  }
  private drawLarge(verdict: Verdict): void {
    const { word, detail } = this.words(verdict);
    fill(this.overlay, icon(verdict.kind), el("p", { class: "word" }, word), el("p", { class: "detail" }, ...sentences(detail)));
    this.overlay.classList.remove("whole", "tight");
    this.overlay.classList.toggle("whole", !this.fits());
    this.overlay.classList.toggle("tight", this.overflows());
  }
  /** Say something else in the line, or the last verdict again. */
  note(text?: Said): void {
    this.noted = text;
    this.draw();
  }
  /** The line, and the verdict as long as it is large, in the language in force. */
  draw(): void {
    const { texts, shown } = this;
    if (shown !== undefined && !this.overlay.hidden) this.drawLarge(shown);
    if (this.noted !== undefined) fill(this.line, el("span", {}, this.noted()));
    else if (shown === undefined) fill(this.line, el("span", { class: "soft" }, texts.t("last_none")));
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
