import { whileBusy } from "../kit/busy.js";
import { announce, el, fill } from "../kit/dom.js";
import { type App, failureLine, type NewVenue } from "./app.js";
import { field } from "./form.js";
import { writeBusinessNumber } from "./inputs.js";
import { wholeNumbers } from "./parts.js";

/** The owner's key, shown once: the way on is open when the owner says that it is kept. */
export function newKeyView(app: App): void {
  const venue = app.newVenue;
  if (venue === undefined) return;
  const line = failureLine();
  const done = el("p", { class: "soft no-print", id: "key-done" });
  const say = (text: string): void => {
    fill(done, text);
    announce(text);
  };
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(venue.key);
      say(app.t("key_copied"));
    } catch {
      say(app.t("key_not_copied"));
    }
  };
  const kept = field("key-kept", app.t("key_confirm"), undefined, { type: "checkbox" });
  const go = el("button", { type: "submit", class: "wide" }, app.t("key_continue"));
  const goOn = async (): Promise<void> => {
    kept.fault(kept.input.checked ? undefined : app.t("key_confirm_first"));
    if (!kept.input.checked) {
      kept.input.focus();
      return;
    }
    try {
      await app.logIn({ venue: venue.venue, key: venue.key }, false);
      app.newVenue = undefined;
      app.go("today");
    } catch (failure) {
      app.fail(failure, line);
    }
  };
  app.screen(
    app.t("key_title"),
    el("div", { class: "notice warn" }, el("p", {}, app.t("key_lead"))),
    el(
      "section",
      { class: "card" },
      el(
        "dl",
        {},
        el("dt", {}, app.t("venue_name")),
        el("dd", {}, el("bdi", {}, venue.name), ...wholeNumbers(` (${writeBusinessNumber(venue.businessNumber)})`)),
        el("dt", {}, app.t("venue_number")),
        el("dd", { class: "secret", id: "new-number" }, String(venue.venue)),
        el("dt", {}, app.t("owner_key")),
        el("dd", { class: "secret", id: "new-key", translate: "no" }, venue.key),
      ),
      el(
        "div",
        { class: "row no-print" },
        el("button", { type: "button", class: "quiet", onclick: () => void copy() }, app.t("key_copy")),
        el("button", { type: "button", class: "quiet", onclick: () => download(app, venue) }, app.t("key_download")),
        el("button", { type: "button", class: "quiet", onclick: () => print() }, app.t("key_print")),
      ),
      done,
      el("p", {}, app.t("key_who")),
    ),
    el(
      "form",
      {
        class: "no-print",
        method: "post",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          void whileBusy(go, goOn, app.t("working"));
        },
      },
      kept.root,
      line,
      go,
    ),
  );
  const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
  addEventListener("beforeunload", warn); // closing now would lose the key
  app.onLeave(() => removeEventListener("beforeunload", warn));
}

function download(app: App, venue: NewVenue): void {
  const text = app.t("key_file", {
    name: venue.name,
    business_number: writeBusinessNumber(venue.businessNumber),
    id: venue.venue,
    key: venue.key,
    address: `${location.origin}/venue/`,
  });
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = el("a", { href: url, download: `entrylog-venue-${venue.venue}.txt` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to put it
}
