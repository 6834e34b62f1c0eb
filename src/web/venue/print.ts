import { el } from "../kit/dom.js";
import type { App } from "./app.js";

/** What can be printed. */
export function printView(app: App): void {
  const card = (view: "poster" | "paper"): HTMLElement => {
    const title = app.t(`print_${view}`);
    return el(
      "section",
      { class: "card" },
      el("h2", {}, title),
      el("p", {}, app.t(`print_${view}_text`)),
      el("a", { class: "button", href: `#${view}`, "aria-label": app.t("print_open_of", { what: title }) }, app.t("print_open")),
    );
  };
  app.screen(app.t("print_title"), card("poster"), card("paper"));
}
