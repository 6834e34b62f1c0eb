import { type Child, el, fill } from "../kit/dom.js";
import { wholeNumbers } from "./parts.js";

type Attributes = Record<string, string | number | boolean | undefined>;

/** An input with its label, hint and error, tied together for screen readers. */
export interface Field {
  root: HTMLElement;
  input: HTMLInputElement;
  /** Say what is wrong, or that nothing is. */
  fault(text: string | undefined): void;
}

/** A labelled input; `beside` stands next to it, like a button that shows a key. */
export function field(id: string, label: Child, hint: string | undefined, attributes: Attributes, beside?: HTMLElement): Field {
  const input = el("input", { id, name: id, ...attributes });
  const error = el("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const describe = (wrong: boolean): void => {
    const ids = [hint !== undefined && `${id}-hint`, wrong && `${id}-error`].filter((x) => x !== false);
    if (ids.length > 0) input.setAttribute("aria-describedby", ids.join(" "));
    else input.removeAttribute("aria-describedby");
  };
  describe(false);
  const isTick = input.type === "checkbox";
  const caption = el("label", { for: id }, label);
  const hintLine = hint !== undefined && el("p", { class: "hint", id: `${id}-hint` }, ...wholeNumbers(hint));
  const root = isTick
    ? el("div", { class: "field" }, el("div", { class: "check" }, input, el("div", {}, caption, hintLine)), error)
    : el("div", { class: "field" }, caption, hintLine, beside === undefined ? input : el("div", { class: "beside" }, input, beside), error);
  return {
    root,
    input,
    fault(text) {
      fill(error, ...wholeNumbers(text ?? ""));
      error.hidden = text === undefined;
      if (text === undefined) input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
      describe(text !== undefined);
    },
  };
}

/** The first field with an error takes the focus, so that its error is read. True: there was one. */
export function focusFault(fields: readonly Field[]): boolean {
  const wrong = fields.find((f) => f.input.getAttribute("aria-invalid") === "true");
  wrong?.input.focus();
  return wrong !== undefined;
}
