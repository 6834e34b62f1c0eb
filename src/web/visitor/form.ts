import { announce, el } from "../kit/dom.js";
import { whole } from "./whole.js";

/** An input with its label, hint and a place for what is wrong with it. */
export interface Field {
  box: HTMLElement;
  input: HTMLInputElement;
  /** Say what is wrong and go there; an empty text takes it back. */
  wrong(text: string): void;
}

export function field(id: string, label: string, hint: string, props: Record<string, string>): Field {
  const error = el("p", { class: "field-error", id: `${id}-error`, hidden: true });
  const described = hint === "" ? `${id}-error` : `${id}-hint ${id}-error`;
  const input = el("input", { id, name: id, required: true, "aria-describedby": described, ...props });
  const help = hint !== "" && el("p", { class: "hint", id: `${id}-hint` }, ...whole(hint));
  const box = el("div", { class: "field" }, el("label", { for: id }, label), help, input, error);
  const wrong = (text: string): void => {
    error.textContent = text;
    error.hidden = text === "";
    if (text === "") input.removeAttribute("aria-invalid");
    else {
      input.setAttribute("aria-invalid", "true");
      input.focus();
      announce(text, "urgent");
    }
  };
  return { box, input, wrong };
}

/** What went wrong with a whole form; empty and unseen else. */
export class FormError {
  readonly box = el("div", { class: "notice bad", hidden: true });
  say(text: string, ...more: Node[]): void {
    this.box.replaceChildren(el("p", {}, text), ...more);
    this.box.hidden = text === "";
    if (text !== "") announce(text, "urgent");
  }
}
