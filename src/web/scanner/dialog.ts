import { el } from "../kit/dom.js";

/** A dialog over the page with a heading that names it; it is gone once closed, and the focus goes back. */
export function openDialog(title: string, close: string, build: (dialog: HTMLDialogElement) => (Node | string | false | undefined)[]): HTMLDialogElement {
  const heading = el("h2", { id: "dialog-title", tabindex: "-1" }, title);
  const dialog = el("dialog", { "aria-labelledby": "dialog-title" });
  const before = document.activeElement;
  const head = el("div", { class: "row spread" }, heading, el("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, close));
  dialog.append(head);
  for (const child of build(dialog)) if (child !== false && child !== undefined) dialog.append(child);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
  heading.focus();
  return dialog;
}
