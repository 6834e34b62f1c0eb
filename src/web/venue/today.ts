import { whileBusy } from "../kit/busy.js";
import { ask } from "../kit/dialog.js";
import { announce, el, fill } from "../kit/dom.js";
import type { Venue } from "./api.js";
import { type App, failureLine } from "./app.js";
import { hoursChart } from "./chart.js";
import { beganLate, type Counts, type Hour, hoursOf, totalOf } from "./counts.js";
import { writeBusinessNumber } from "./inputs.js";
import { wholeNumbers } from "./parts.js";

/** The venue today: whether it is approved and open, and how many came. */
export function todayView(app: App): void {
  if (app.venue?.approved === true) openVenue(app, app.venue);
  else if (app.venue !== undefined) waitingVenue(app, app.venue);
}

function facts(app: App, venue: Venue): HTMLElement {
  const state = !venue.approved ? "waiting" : venue.active ? "active" : "paused";
  return el(
    "dl",
    { class: "facts" },
    el("div", {}, el("dt", {}, app.t("state")), el("dd", {}, el("span", { class: `state ${state}` }, app.t(`state_${state}`)))),
    el("div", {}, el("dt", {}, app.t("venue_number")), el("dd", {}, String(venue.id))),
    el("div", {}, el("dt", {}, app.t("business_number")), el("dd", {}, ...wholeNumbers(writeBusinessNumber(venue.business_number)))),
  );
}

/** What comes next while the operator has not approved; looked up again on demand and when the page is seen again. */
function waitingVenue(app: App, venue: Venue): void {
  const line = failureLine();
  const checked = el("p", { class: "soft", id: "checked" });
  const check = async (): Promise<void> => {
    line.hidden = true;
    try {
      app.venue = await app.api.venue();
    } catch (failure) {
      app.fail(failure, line);
      return;
    }
    if (app.venue.approved) {
      app.sayNext(app.t("approved_now"));
      app.redraw();
      return;
    }
    const text = app.t("waiting_still", { time: app.texts.time(app.clock.seconds()) });
    fill(checked, text);
    announce(text);
  };
  const again = el("button", { type: "button", onclick: () => void whileBusy(again, check, app.t("working")) }, app.t("waiting_check"));
  app.screen(
    venue.name,
    el(
      "section",
      { class: "card" },
      facts(app, venue),
      el("h2", {}, app.t("waiting_title")),
      el("p", {}, app.t("waiting_text")),
      el("p", {}, app.t("waiting_next")),
      checked,
      line,
      again,
    ),
    el(
      "section",
      { class: "card" },
      el("p", {}, app.t("waiting_meanwhile")),
      el(
        "div",
        { class: "row" },
        el("a", { class: "button quiet", href: "#scanners" }, app.t("nav_scanners")),
        el("a", { class: "button quiet", href: "#print" }, app.t("nav_print")),
      ),
    ),
  );
  app.onSeen(() => void check());
}

function openVenue(app: App, venue: Venue): void {
  const line = failureLine();
  const counts = el("div", { id: "counts" }, el("p", { class: "soft" }, app.t("loading")));
  const load = async (say: boolean): Promise<void> => {
    line.hidden = true;
    try {
      const [now, today] = await Promise.all([app.api.venue(), app.api.counts()]);
      const changed = now.active !== venue.active || now.approved !== venue.approved;
      app.venue = now;
      if (changed) {
        app.redraw();
        return;
      }
      fill(counts, ...countsOf(app, today));
      if (say) announce(app.t("refreshed", { count: app.texts.number(totalOf(today)) }));
    } catch (failure) {
      app.fail(failure, line);
    }
  };
  const again = el(
    "button",
    { type: "button", class: "quiet", onclick: () => void whileBusy(again, () => load(true), app.t("working")) },
    app.t("refresh"),
  );
  app.screen(
    venue.name,
    el("section", { class: "card" }, facts(app, venue)),
    el("section", { class: "card" }, el("div", { class: "row spread" }, el("h2", {}, app.t("counts_title")), again), line, counts),
    pauseCard(app, venue),
  );
  void load(false);
}

function countsOf(app: App, counts: Counts): (HTMLElement | false)[] {
  const now = app.clock.seconds();
  const hours = hoursOf(counts, now);
  const total = totalOf(counts);
  const line = (hour: Hour): HTMLElement =>
    el(
      "tr",
      {},
      el(
        "th",
        { scope: "row" },
        app.t("counts_between", { from: app.texts.time(hour.start), to: app.texts.time(hour.start + 3600) }),
        hour.runs && ` ${app.t("counts_runs")}`,
      ),
      el("td", { class: "number" }, app.texts.number(hour.count)),
    );
  return [
    el("p", { class: "total", id: "total" }, app.t("counts_total", { count: app.texts.number(total) })),
    el("p", { class: "soft" }, app.t("counts_at", { time: app.texts.time(now) })),
    total === 0 && el("p", {}, app.t("counts_none")),
    hoursChart(app, hours, total),
    beganLate(counts) && el("p", { class: "notice", id: "since" }, app.t("counts_since", { time: app.texts.time(counts.since) })),
    el(
      "details",
      {},
      el("summary", {}, app.t("counts_table")),
      el(
        "table",
        { id: "hours" },
        el("caption", { class: "unseen" }, app.t("counts_caption")),
        el(
          "thead",
          {},
          el("tr", {}, el("th", { scope: "col" }, app.t("counts_hour")), el("th", { scope: "col", class: "number" }, app.t("counts_count"))),
        ),
        el("tbody", {}, ...hours.filter((hour) => hour.begun).map(line)),
        el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, app.t("counts_sum")), el("td", { class: "number" }, app.texts.number(total)))),
      ),
    ),
    el("p", { class: "soft" }, app.t("counts_meaning")),
  ];
}

/** Pause and resume, each with its consequence told before. */
function pauseCard(app: App, venue: Venue): HTMLElement {
  const line = failureLine();
  const what = venue.active ? "pause" : "resume";
  const change = async (): Promise<void> => {
    const yes = await ask({
      title: app.t(`${what}_confirm`),
      text: app.t(`${what}_confirm_text`),
      yes: app.t(`${what}_yes`),
      no: app.t("cancel"),
      danger: venue.active,
    });
    if (!yes) return;
    line.hidden = true;
    try {
      app.venue = await app.api.setActive(!venue.active);
      app.sayNext(app.t(venue.active ? "paused_now" : "resumed_now"), venue.active ? "calm" : "good");
      app.redraw();
    } catch (failure) {
      app.fail(failure, line);
    }
  };
  return el(
    "section",
    { class: "card" },
    el("h2", {}, app.t("pause_title")),
    el("p", {}, app.t(`${what}_text`)),
    line,
    el("button", { type: "button", class: venue.active ? "danger" : "", id: "pause", onclick: () => void change() }, app.t(`${what}_button`)),
  );
}
