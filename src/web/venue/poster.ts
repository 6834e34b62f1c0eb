import { whileBusy } from "../kit/busy.js";
import { el, fill, svg } from "../kit/dom.js";
import { QUIET, qrMatrix } from "../kit/qr.js";
import type { App } from "./app.js";
import { issuersOf, type PosterIssuer } from "./issuers.js";
import { pictureEnter, pictureOpen, pictureScan, pictureShow } from "./pictures.js";
import { addressLine } from "./parts.js";
import { bothLines, koEn, sheet } from "./sheet.js";
import type { VenueText } from "./texts.ko.js";

const ISSUERS_MAX = 4;
/** Letters of a name from which on it is printed smaller, to leave the page its place for the rest. */
const LONG_NAME = 40;

/** The poster for the door, before it is printed. With several issuers the owner chooses which are on it. */
export async function posterView(app: App): Promise<void> {
  const venue = app.venue;
  if (venue === undefined) return;
  const preview = el("div", {});
  const choice = el("div", {}, el("p", { class: "soft" }, app.t("poster_loading")));
  app.screen(
    app.t("print_poster"),
    el(
      "div",
      { class: "no-print" },
      choice,
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
  const draw = (issuers: readonly PosterIssuer[]): void => fill(preview, poster(app, venue.name, issuers));
  const offer = (issuers: readonly PosterIssuer[]): void => {
    fill(choice, issuers.length > 1 && chooser(app, issuers, draw));
    draw(issuers.slice(0, ISSUERS_MAX));
  };
  const load = async (): Promise<void> => {
    try {
      app.issuers = issuersOf(await app.anyone.directory());
      offer(app.issuers);
    } catch {
      const again = el("button", { type: "button", class: "quiet", onclick: () => void whileBusy(again, load, app.t("working")) }, app.t("retry"));
      fill(choice, el("p", { class: "notice warn" }, app.t("poster_no_issuers")), el("p", {}, again));
      draw([]);
    }
  };
  if (app.issuers === undefined) await load();
  else offer(app.issuers); // once known they do for this window, with or without a network
}

function chooser(app: App, issuers: readonly PosterIssuer[], draw: (chosen: readonly PosterIssuer[]) => void): HTMLElement {
  const chosen = new Set(issuers.slice(0, ISSUERS_MAX).map((i) => i.issuer));
  const choose = (issuer: PosterIssuer, box: HTMLInputElement): void => {
    if (!box.checked) chosen.delete(issuer.issuer);
    else if (chosen.size < ISSUERS_MAX) chosen.add(issuer.issuer);
    else box.checked = false;
    draw(issuers.filter((i) => chosen.has(i.issuer)));
  };
  return el(
    "fieldset",
    { class: "card" },
    el("legend", { class: "label" }, app.t("poster_issuers")),
    el("p", { class: "hint" }, app.t("poster_issuers_hint")),
    ...issuers.map((issuer) => {
      const id = `issuer-${issuer.issuer}`;
      const box = el("input", { type: "checkbox", id, checked: chosen.has(issuer.issuer) });
      box.addEventListener("change", () => choose(issuer, box));
      return el("div", { class: "check" }, box, el("label", { for: id }, issuer.name));
    }),
  );
}

function poster(app: App, venue: string, issuers: readonly PosterIssuer[]): HTMLElement {
  const [korean, english] = koEn("sheet_poster_title");
  const step = (n: 1 | 2 | 3, picture: SVGSVGElement, what: VenueText, more?: VenueText): HTMLElement =>
    el(
      "li",
      {},
      el("span", { class: "step-number", "aria-hidden": "true" }, String(n)),
      picture,
      el("div", { class: "step-words" }, ...bothLines(what)),
      more !== undefined && el("div", { class: "step-more" }, ...bothLines(more)),
    );
  const codes = issuers.length > 0;
  return sheet(
    app.t("print_preview"),
    "poster",
    el(
      "div",
      { class: "poster-head" },
      el("p", { class: venue.length > LONG_NAME ? "poster-venue long" : "poster-venue" }, el("bdi", {}, venue)),
      el("p", { class: "poster-title", lang: "ko" }, korean),
      el("p", { class: "english", lang: "en" }, english),
    ),
    el(
      "ol",
      { class: "poster-steps" },
      codes ? step(1, pictureScan(), "sheet_step1", "sheet_step1_text") : step(1, pictureOpen(), "sheet_own_issuer"),
      step(2, pictureShow(), "sheet_step2", "sheet_step2_text"),
      step(3, pictureEnter(), "sheet_step3", "sheet_step3_text"),
    ),
    codes &&
      el(
        "div",
        { class: "poster-start" },
        ...bothLines(issuers.length === 1 ? "sheet_issuer" : "sheet_pick_issuer"),
        el("div", { class: `poster-codes of-${issuers.length}` }, ...issuers.map(codeOf)),
      ),
    el("div", { class: "poster-foot" }, ...bothLines("sheet_privacy"), ...bothLines("sheet_no_phone")),
  );
}

function codeOf(issuer: PosterIssuer): HTMLElement {
  const caption = [el("p", { class: "issuer" }, el("bdi", {}, issuer.name)), el("p", { class: "address" }, ...addressLine(issuer.url))];
  return el("figure", {}, qrPicture(issuer.url, issuer.name), el("figcaption", {}, ...caption));
}

/** An address as a QR in lines, sharp on any printer; level Q forgives a scratched poster. */
function qrPicture(text: string, name: string): SVGSVGElement {
  const matrix = qrMatrix(text, "quartile");
  const path = matrix.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  const side = matrix.length;
  return svg(
    "svg",
    { class: "qr", viewBox: `0 0 ${side} ${side}`, role: "img", "aria-label": `QR: ${name}`, "shape-rendering": "crispEdges", "data-quiet": QUIET },
    svg("rect", { width: side, height: side, fill: "#fff" }),
    svg("path", { d: path, fill: "#000" }),
  );
}
