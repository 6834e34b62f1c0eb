import { el, fill } from "../kit/dom.js";
import { type App, type Screen, say, type Said } from "./app.js";
import { CameraBox } from "./camera_box.js";
import { codeOfInput, codeOfLink, groupedCode } from "./enrol_code.js";
import { enrol, explainEnrol, type Identity } from "./pairing.js";
import type { Enrolled } from "./store.js";
import { Twice } from "./twice.js";
import { listenToWedge } from "./wedge.js";

/** What leads away from this screen. */
export interface PairExits {
  paired(identity: Identity): void;
  /** The code was taken, but the registry does not open the door yet. */
  accepted(kept: Enrolled, reason: unknown): void;
}

/** Making this browser a scanner: a code is typed, comes with the address, or is read by the camera. */
export class PairScreen implements Screen {
  private readonly input = el("input", {
    id: "code",
    name: "code",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    "aria-describedby": "code-hint code-error",
  });
  private readonly error = el("p", { class: "field-error", id: "code-error" });
  private readonly submit = el("button", { type: "submit", class: "wide" });
  private readonly discard = el("input", { type: "checkbox", id: "discard", "aria-describedby": "discard-error" });
  private readonly discardError = el("p", { class: "field-error", id: "discard-error" });
  /** What is wrong, and with which field: said below it. */
  private fault: { field: HTMLInputElement; text: Said } | undefined;
  private readonly cameraPlace = el("div", {});
  private box: CameraBox | undefined;
  private isBusy = false;
  private isLeft = false;
  private prefilled = false;
  /** The code that was filled in, not typed by hand: perhaps by a scanner, from a visitor's QR. */
  private offered: string | undefined;
  private readonly twice: Twice;
  private endWedge: () => void = () => undefined;
  constructor(
    private readonly app: App,
    /** Entries of an earlier scanner that are still here. */
    private readonly leftover: number,
    private readonly exits: PairExits,
    /** What is said above: how it came to this, good or bad. */
    private readonly before: { notice?: Said | undefined; trouble?: Said | undefined } = {},
  ) {
    this.twice = new Twice(app.texts);
  }

  /** Show it; `code` fills the field and asks to confirm, `wrong` says why there has to be another. */
  start(code?: string, wrong?: Said): void {
    if (code !== undefined) this.prefill(code);
    this.draw();
    this.endWedge = listenToWedge((text) => this.onTyped(text));
    this.focusTop();
    if (wrong !== undefined) this.wrong(wrong);
  }
  /** A code came in other ways than by hand: fill it in, and ask. */
  offer(code: string): void {
    this.box?.stop();
    this.box = undefined;
    this.prefill(code);
    this.draw();
    this.focusTop(); // not the button: what read the code may go on to type
    say(this.app.texts.t("pair_prefilled"));
  }
  private focusTop(): void {
    this.app.main.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
  }
  private prefill(code: string): void {
    this.input.value = groupedCode(code);
    this.prefilled = true;
    this.offered = code;
    this.wrong(undefined);
  }
  stop(): void {
    this.isLeft = true;
    this.endWedge();
    this.box?.stop();
  }

  draw(): void {
    const { texts, main } = this.app;
    document.title = texts.t("pair_title");
    this.submit.textContent = texts.t(this.isBusy ? "working" : "pair_submit");
    const hadFocus = document.activeElement;
    fill(
      main,
      el("h1", { tabindex: "-1" }, texts.t("pair_title")),
      this.before.notice !== undefined && el("p", { class: "notice good" }, this.before.notice()),
      this.before.trouble !== undefined && el("p", { class: "notice bad", "data-notice": "trouble" }, this.before.trouble()),
      el("p", {}, texts.t("pair_intro")),
      this.prefilled && el("p", { class: "notice" }, texts.t("pair_prefilled")),
      this.form(),
      this.cameraPart(),
    );
    this.drawFault();
    if (hadFocus instanceof HTMLElement && hadFocus.isConnected) hadFocus.focus();
  }
  private form(): HTMLElement {
    const { texts } = this.app;
    this.twice.line.textContent = "";
    const form = el(
      "form",
      {
        class: "card",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          void this.pair();
        },
      },
      el(
        "div",
        { class: "field" },
        el("label", { for: "code" }, texts.t("pair_code")),
        el("p", { class: "hint", id: "code-hint" }, texts.t("pair_code_hint")),
        this.input,
        this.error,
      ),
      this.leftover > 0 && el("p", { class: "notice warn" }, texts.t("pair_leftover", { count: this.leftover })),
      this.leftover > 0 &&
        el(
          "div",
          { class: "field" },
          el(
            "div",
            { class: "check" },
            this.discard,
            el("label", { for: "discard" }, texts.t("pair_leftover_discard", { count: this.leftover })),
          ),
          this.discardError,
        ),
      this.submit,
      this.twice.line,
    );
    this.twice.guard(form, (event) => this.sendsOffered(event));
    return form;
  }
  /** Would this key send a code that nobody typed? */
  private sendsOffered({ key, target }: KeyboardEvent): boolean {
    const sends = key === "Enter" || (key === " " && target === this.submit);
    return sends && this.offered !== undefined && codeOfInput(this.input.value, location.origin) === this.offered;
  }
  private cameraPart(): HTMLElement {
    const { texts } = this.app;
    const isOpen = this.box !== undefined;
    fill(
      this.cameraPlace,
      el(
        "button",
        { type: "button", class: "quiet wide", onclick: () => this.toggleCamera() },
        texts.t(isOpen ? "pair_camera_stop" : "pair_by_camera"),
      ),
      this.box?.box,
    );
    this.box?.draw();
    return this.cameraPlace;
  }
  private toggleCamera(): void {
    if (this.box !== undefined) {
      this.box.stop();
      this.box = undefined;
    } else {
      this.box = new CameraBox(this.app.texts, "pair_camera_hint", (found) => Promise.resolve(this.onFrame(found)));
      void this.box.start();
    }
    this.draw();
    this.cameraPlace.querySelector("button")?.focus();
  }
  private onFrame(found: readonly string[]): void {
    const code = found.map((text) => codeOfLink(text, location.origin)).find((c) => c !== undefined);
    if (code === undefined) this.wrong(() => this.app.texts.t("pair_other_code"));
    else this.offer(code);
  }
  /** A scanner that types: the link of the QR, or the code alone. */
  private onTyped(text: string): void {
    const code = codeOfInput(text, location.origin);
    if (code === undefined) this.wrong(() => this.app.texts.t("pair_other_code"));
    else this.offer(code);
  }

  /** Say what is wrong, and with which field; undefined: nothing is. */
  private wrong(text: Said | undefined, field: HTMLInputElement = this.input): void {
    const before = this.fault?.field === field ? this.fault.text() : undefined;
    this.fault = text === undefined ? undefined : { field, text };
    this.drawFault();
    // The camera may find the same wrong code again and again.
    if (text !== undefined && text() !== before) say(text(), true);
  }
  private drawFault(): void {
    for (const [field, place] of [[this.input, this.error], [this.discard, this.discardError]] as const) {
      const own = this.fault?.field === field ? this.fault.text() : "";
      if (own === "") field.removeAttribute("aria-invalid");
      else field.setAttribute("aria-invalid", "true");
      place.textContent = own;
    }
  }
  private async pair(): Promise<void> {
    if (this.isBusy) return;
    const { texts } = this.app;
    this.wrong(undefined);
    const code = codeOfInput(this.input.value, location.origin);
    if (code === undefined) {
      this.wrong(() => texts.t("pair_code_wrong"));
      this.input.focus();
      return;
    }
    if (this.leftover > 0 && !this.discard.checked) {
      this.wrong(() => texts.t("pair_leftover_needed"), this.discard);
      this.discard.focus();
      return;
    }
    this.busy(true);
    try {
      const identity = await enrol(this.app.store, code);
      if (this.isLeft) return; // another tab's word led elsewhere meanwhile
      this.exits.paired(identity);
    } catch (error) {
      const kept = await this.app.store.read("enrolled").catch(() => undefined);
      if (this.isLeft) return;
      // With an earlier scanner's entries here each try asks for the consent to discard them: that is this screen's.
      if (kept?.code === code && this.leftover === 0) {
        this.exits.accepted(kept, error);
        return;
      }
      this.busy(false);
      this.wrong(() => explainEnrol(texts, error));
      this.input.focus();
    }
  }
  private busy(is: boolean): void {
    this.isBusy = is;
    this.submit.setAttribute("aria-disabled", String(is));
    this.submit.textContent = this.app.texts.t(is ? "working" : "pair_submit");
  }
}
