import { el } from "../kit/dom.js";
import type { App } from "./app.js";

/** Where somebody comes in who is not logged in. */
export function startView(app: App): void {
  const card = (title: string, text: string, view: string, action: string, quiet: boolean): HTMLElement =>
    el(
      "section",
      { class: "card" },
      el("h2", {}, title),
      el("p", {}, text),
      el("a", { class: quiet ? "button quiet" : "button", href: `#${view}` }, action),
    );
  app.screen(
    app.t("title"),
    el("p", { class: "lead" }, app.t("start_lead")),
    card(app.t("start_new"), app.t("start_new_text"), "register", app.t("start_register"), false),
    card(app.t("start_known"), app.t("start_known_text"), "login", app.t("start_login"), true),
    el("h2", {}, app.t("steps_title")),
    el(
      "ol",
      { class: "steps" },
      el("li", {}, app.t("step_register")),
      el("li", {}, app.t("step_approval")),
      el("li", {}, app.t("step_scanner")),
    ),
  );
}
