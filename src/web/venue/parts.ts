import { type Child, el } from "../kit/dom.js";

/** Where a text may break and where not: each business number stays whole, the words around it flow. */
export function wholeNumbers(text: string): Child[] {
  return text.split(/([0-9]{3}-[0-9]{2}-[0-9]{5})/).map((part, i) => (i % 2 === 0 ? part : el("span", { class: "whole" }, part)));
}

/** The pieces of an address, each ending in its slashes, at which a narrow line may break it. */
export function addressPieces(address: string): string[] {
  return address.match(/[^/]*\/+|[^/]+$/g) ?? [];
}

/** An address that breaks after a slash and not inside a word. */
export function addressLine(address: string): Child[] {
  return addressPieces(address).flatMap((piece, i) => (i === 0 ? [piece] : [el("wbr"), piece]));
}
