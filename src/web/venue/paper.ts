import { el, fill } from "../kit/dom.js";
import type { App } from "./app.js";
import { field } from "./form.js";
import { dayInWords, localDay, type PaperDates, paperDates } from "./paper_dates.js";
import { bothInline, koEn, sheet } from "./sheet.js";
import type { VenueText } from "./texts.ko.js";

const ROWS = 18;
const RULES = ["purpose", "who", "lock", "one", "destroy"] as const;

/** The paper list of one day, before it is printed. */
export function paperView(app: App): void {
  const venue = app.venue;
  if (venue === undefined) return;
  const preview = el("div", {});
  const day = field("day", app.t("paper_day"), app.t("paper_day_hint"), { type: "date", value: localDay(app.clock.seconds()) });
  const told = el("p", { id: "paper-dates", "aria-live": "polite" });
  const draw = (): void => {
    const dates = paperDates(day.input.value);
    const words = (iso: string): string => dayInWords(iso, app.texts.language);
    fill(told, dates !== undefined && app.t("paper_dates", { keep: words(dates.keepUntil), destroy: words(dates.destroyOn) }));
    fill(preview, paper(app, venue.name, dates));
  };
  day.input.addEventListener("input", draw);
  app.screen(
    app.t("print_paper"),
    el(
      "div",
      { class: "no-print" },
      day.root,
      told,
      el("p", { class: "soft" }, app.t("print_hint")),
      el(
        "p",
        { class: "row" },
        el("button", { type: "button", onclick: () => print() }, app.t("print_now")),
        el("a", { class: "button quiet", href: "#print" }, app.t("back")),
      ),
    ),
    preview,
  );
  draw();
}

/** A day in both languages; without one a line to write it on. */
function bothDays(name: VenueText | undefined, day: string | undefined, blank: VenueText | undefined): HTMLElement {
  const of = (language: "ko" | "en"): string => {
    const text = name === undefined ? "{day}" : (koEn(name)[language === "ko" ? 0 : 1]);
    return text.replace("{day}", day === undefined ? "" : dayInWords(day, language));
  };
  if (day === undefined && blank === undefined) return el("dd", { class: "blank" });
  if (day === undefined && blank !== undefined) return el("dd", {}, ...bothInline(blank));
  return el("dd", {}, el("span", { lang: "ko" }, of("ko")), " ", el("span", { lang: "en", class: "english" }, of("en")));
}

function pair(name: VenueText, value: HTMLElement): HTMLElement {
  return el("div", {}, el("dt", {}, ...bothInline(name)), value);
}

/**
 * What stays when the list is shredded: which sheet it was, when that was done, and by whom. It stands below the line to
 * cut along, so that it takes none of the visitors with it.
 */
function strip(venue: string, dates: PaperDates | undefined): HTMLElement {
  return el(
    "div",
    { class: "paper-strip" },
    el("p", { class: "paper-strip-title" }, ...bothInline("sheet_strip")),
    el(
      "dl",
      { class: "paper-facts" },
      pair("sheet_venue", el("dd", {}, el("bdi", {}, venue))),
      pair("sheet_strip_day", bothDays(undefined, dates?.day, undefined)),
    ),
    el(
      "dl",
      { class: "paper-end" },
      pair("sheet_destroyed", el("dd", { class: "blank" })),
      pair("sheet_signature", el("dd", { class: "blank" })),
    ),
  );
}

function paper(app: App, venue: string, dates: PaperDates | undefined): HTMLElement {
  const columns = ["sheet_number", "sheet_time", "sheet_name", "sheet_reach"] as const;
  const row = (i: number): HTMLElement =>
    el("tr", {}, el("th", { scope: "row" }, String(i + 1)), el("td", {}), el("td", {}), el("td", {}));
  return sheet(
    app.t("print_preview"),
    "paper",
    el("p", { class: "paper-title" }, ...bothInline("sheet_paper_title")),
    el(
      "dl",
      { class: "paper-facts" },
      pair("sheet_venue", el("dd", {}, el("bdi", {}, venue))),
      pair("sheet_day", bothDays(undefined, dates?.day, undefined)),
      pair("sheet_keep", bothDays("sheet_keep_until", dates?.keepUntil, "sheet_by_hand_keep")),
      pair("sheet_destroy", bothDays("sheet_destroy_on", dates?.destroyOn, "sheet_by_hand")),
    ),
    el(
      "table",
      { class: "paper-rows" },
      el("thead", {}, el("tr", {}, ...columns.map((name) => el("th", { scope: "col" }, ...bothInline(name))))),
      el("tbody", {}, ...Array.from({ length: ROWS }, (_, i) => row(i))),
    ),
    el("p", { class: "paper-rules-title" }, ...bothInline("sheet_rules")),
    el("ol", { class: "paper-rules" }, ...RULES.map((rule) => el("li", {}, ...bothInline(`sheet_rule_${rule}`)))),
    strip(venue, dates),
  );
}
