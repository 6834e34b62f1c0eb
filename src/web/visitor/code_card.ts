import { el } from "../kit/dom.js";
import { drawQr, qrMatrix } from "../kit/qr.js";
import { REDRAW_S } from "./showing.js";

/** The white card with the code, its renewal bar, and the same as text. */
export class CodeCard {
  private readonly canvas: HTMLCanvasElement;
  private readonly bar = el("div", { class: "renewal-bar" });
  private readonly text = el("code", { class: "code-text", id: "code-text" });
  private readonly details: HTMLDetailsElement;
  readonly card: HTMLElement;
  private shown: string | undefined;
  private readonly onResize = (): void => this.draw();

  constructor(label: string, summary: string) {
    this.canvas = el("canvas", { id: "code", role: "img", "aria-label": label, width: 1, height: 1 });
    this.card = el("div", { class: "code-card" }, this.canvas, el("div", { class: "renewal", "aria-hidden": "true" }, this.bar));
    this.details = el("details", {}, el("summary", {}, summary), this.text);
    this.details.addEventListener("toggle", () => this.write());
    globalThis.addEventListener("resize", this.onResize);
  }
  /** The code as text: what a screen reader can read letter by letter. */
  get asText(): HTMLElement {
    return this.details;
  }
  end(): void {
    globalThis.removeEventListener("resize", this.onResize);
  }
  show(text: string): void {
    this.shown = text;
    this.draw();
    this.write();
    if (!matchMedia("(prefers-reduced-motion: reduce)").matches)
      this.bar.animate([{ transform: "scaleX(1)" }, { transform: "scaleX(0)" }], { duration: REDRAW_S * 1000, fill: "forwards" });
  }
  /** White, and nothing else: an old code must not look like a good one. */
  blank(): void {
    this.shown = undefined;
    this.text.textContent = "";
    this.canvas.width = this.canvas.height = 1;
  }
  private draw(): void {
    if (this.shown === undefined) return;
    drawQr(this.canvas, qrMatrix(this.shown), this.card.clientWidth);
    // In whole device pixels, or the browser would blur the modules.
    this.canvas.style.width = this.canvas.style.height = `${this.canvas.width / devicePixelRatio}px`;
  }
  private write(): void {
    this.text.textContent = this.details.open ? (this.shown ?? "") : "";
  }
}
