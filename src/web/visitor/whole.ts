import { el } from "../kit/dom.js";

const PHONE = /\+?[0-9]+(?:-[0-9]+)+/;

/**
 * A text whose phone numbers, and the dates given, do not break where a line ends, together with what clings to them:
 * a particle, a full stop.
 */
export function whole(text: string, ...dates: readonly string[]): (Node | string)[] {
  return pieces(text, dates).map((piece, i) => (i % 2 === 0 ? piece : el("span", { class: "whole" }, piece)));
}

/** The same as strings: those at odd places do not break. */
export function pieces(text: string, dates: readonly string[]): string[] {
  const parts = [...dates.map((d) => d.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")), PHONE.source];
  return text.split(new RegExp(`([^\\s]*(?:${parts.join("|")})[^\\s]*)`));
}
