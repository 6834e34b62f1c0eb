import { whileBusy } from "../kit/busy.js";
import { announce, el, fill } from "../kit/dom.js";
import { drawQr, qrMatrix } from "../kit/qr.js";
import type { App, OpenCode } from "./app.js";
import { grouped } from "./inputs.js";
import { addressLine } from "./parts.js";
import { calledName } from "./scanner_row.js";
import { pairingAddress } from "./scanner_state.js";

const QR_SIDE = 240;

/** What the owner may do with an open code. */
export interface EnrolActions {
  check(): Promise<void>;
  renew(): Promise<void>;
  close(): void;
  /** The code's time is over. */
  over(): void;
}

/** The enrolment code as it is scanned, typed or printed, with the time it has and the way to another one. */
export function enrolCard(app: App, code: OpenCode, actions: EnrolActions): HTMLElement {
  const canvas = el("canvas", { class: "qr", id: "enrol-qr", role: "img", "aria-label": app.t("code_qr") });
  drawQr(canvas, qrMatrix(pairingAddress(location.origin, code.code)), QR_SIDE);
  const time = el("p", { id: "code-time" }, app.t("code_time", { time: app.texts.time(code.expires_at) }));
  const run = (button: HTMLButtonElement, action: () => Promise<void>): void => void whileBusy(button, action, app.t("working"));
  const check = el("button", { type: "button", onclick: () => run(check, actions.check) }, app.t("code_check"));
  const renew = el("button", { type: "button", class: "quiet", onclick: () => run(renew, actions.renew) }, app.t("code_new"));
  const card = el(
    "section",
    { class: "card enrol", id: "enrol", "aria-labelledby": "enrol-title" },
    el("h2", { id: "enrol-title", tabindex: "-1" }, app.t("code_title", { name: calledName(app, code) })),
    el("p", {}, app.t("code_step_open")),
    el("p", { class: "soft" }, app.t("code_apple")),
    el(
      "div",
      { class: "enrol-body" },
      canvas,
      el(
        "dl",
        {},
        el("dt", {}, app.t("code_label")),
        el("dd", { class: "code", id: "code", translate: "no" }, grouped(code.code)),
        el("dt", {}, app.t("code_address")),
        el("dd", { class: "address", translate: "no" }, ...addressLine(`${location.origin}/scanner/`)),
      ),
    ),
    time,
    el(
      "div",
      { class: "row no-print" },
      check,
      renew,
      el("button", { type: "button", class: "quiet", onclick: () => print() }, app.t("code_print")),
      el("button", { type: "button", class: "plain", onclick: () => actions.close() }, app.t("code_close")),
    ),
  );
  const over = setTimeout(
    () => {
      if (!card.isConnected) return; // closed, or another code by now
      fill(time, app.t("code_over"));
      time.className = "notice warn";
      check.className = "quiet";
      renew.className = "";
      announce(app.t("code_over"));
      actions.over();
    },
    Math.ceil(Math.max(0, code.expires_at - app.clock.now()) * 1000), // timers drop fractions; the list must agree by then
  );
  app.onLeave(() => clearTimeout(over));
  return card;
}

/** What is said of a code that has been used. A scanner of a venue that is not approved does nothing yet. */
export function pairedText(app: App, code: OpenCode): string {
  return app.t(app.venue?.approved === true ? "code_paired" : "code_paired_waiting", { name: calledName(app, code) });
}

/** The card of a code that has been used, until its owner closes it. */
export function pairedCard(app: App, code: OpenCode, close: () => void): HTMLElement {
  return el(
    "section",
    { class: "card enrol no-print", id: "enrol", "aria-labelledby": "enrol-title" },
    el("h2", { id: "enrol-title", tabindex: "-1" }, app.t("code_paired_title", { name: calledName(app, code) })),
    el("p", {}, pairedText(app, code)),
    el("button", { type: "button", class: "quiet", onclick: close }, app.t("close")),
  );
}
