import { type Child, el } from "../kit/dom.js";
import { en } from "./texts.en.js";
import { ko, type VenueText } from "./texts.ko.js";

/** Sheets speak both languages whatever the page speaks: who reads them is not who prints them. */
export function koEn(name: VenueText): [string, string] {
  return [ko[name], en[name]];
}

/** A line in Korean with its English below. */
export function bothLines(name: VenueText): HTMLElement[] {
  const [korean, english] = koEn(name);
  return [el("p", { lang: "ko" }, korean), el("p", { lang: "en", class: "english" }, english)];
}

/** Korean and English side by side, as in the heads of a table. */
export function bothInline(name: VenueText): Node[] {
  const [korean, english] = koEn(name);
  return [el("span", { lang: "ko" }, korean), document.createTextNode(" "), el("span", { lang: "en", class: "english" }, english)];
}

/** The print preview: one A4 page. Everything else of the screen carries `no-print`. */
export function sheet(label: string, kind: string, ...children: Child[]): HTMLElement {
  return el("section", { class: `sheet ${kind}`, "aria-label": label }, ...children);
}
