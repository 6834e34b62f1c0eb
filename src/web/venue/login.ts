import { whileBusy } from "../kit/busy.js";
import { el } from "../kit/dom.js";
import { ApiError } from "../lib/client.js";
import { type App, failureLine } from "./app.js";
import { field, focusFault } from "./form.js";
import { ownerKeyOf, venueNumberOf } from "./inputs.js";
import { forgetOwner, keptOwner } from "./keep.js";

/** Log in, as a form that password managers fill and offer to keep. */
export function loginView(app: App): void {
  const line = failureLine();
  const number = field("username", app.t("venue_number"), app.t("login_number_hint"), {
    autocomplete: "username",
    inputmode: "numeric",
    required: true,
  });
  const show = el("button", { type: "button", class: "quiet", "aria-pressed": "false" }, app.t("login_show"));
  const key = field(
    "password",
    app.t("owner_key"),
    app.t("login_key_hint"),
    { type: "password", autocomplete: "current-password", required: true, spellcheck: "false", autocapitalize: "none" },
    show,
  );
  show.addEventListener("click", () => {
    const visible = key.input.type === "password";
    key.input.type = visible ? "text" : "password";
    show.textContent = app.t(visible ? "login_hide" : "login_show");
    show.setAttribute("aria-pressed", String(visible));
  });
  const keep = field("keep", app.t("login_keep"), app.t("login_keep_hint"), { type: "checkbox" });
  const submit = el("button", { type: "submit", class: "wide" }, app.t("login_submit"));
  const logIn = async (): Promise<void> => {
    const venue = venueNumberOf(number.input.value);
    const owner = ownerKeyOf(key.input.value);
    number.fault(venue === undefined ? app.t("fault_number") : undefined);
    key.fault(owner === undefined ? app.t("fault_key") : undefined);
    if (focusFault([number, key]) || venue === undefined || owner === undefined) return;
    line.hidden = true;
    try {
      const { kept } = await app.logIn({ venue, key: owner }, keep.input.checked);
      if (keep.input.checked && !kept) app.sayNext(app.t("login_not_kept"), "calm");
      app.go("today");
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === "unauthorized") {
        key.fault(app.t("login_refused"));
        key.input.focus();
      } else app.fail(failure, line);
    }
  };
  const form = el(
    "form",
    {
      class: "card",
      method: "post",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        void whileBusy(submit, logIn, app.t("working"));
      },
    },
    number.root,
    key.root,
    keep.root,
    line,
    submit,
  );
  const forget = el("div", {});
  app.screen(
    app.t("login_title"),
    form,
    forget,
    el("p", { class: "soft" }, app.t("login_lost")),
    el("p", {}, el("a", { href: "#register" }, app.t("start_register"))),
  );
  void offerToForget(app, forget);
}

/** A key that is kept here but was refused stays until its owner says otherwise: it may be the only copy. */
async function offerToForget(app: App, place: HTMLElement): Promise<void> {
  if ((await keptOwner()) === undefined) return;
  const forget = async (): Promise<void> => {
    app.sayForgotten(await forgetOwner(), "login_forgotten");
    app.go("login");
  };
  place.append(el("p", {}, el("button", { type: "button", class: "danger", onclick: () => void forget() }, app.t("login_forget"))));
}
