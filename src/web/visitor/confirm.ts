import { el } from "../kit/dom.js";

let dialogs = 0;

/**
 * Ask before something that cannot be undone. The focus starts on the way back and returns to where it was;
 * Escape means no.
 */
export function confirmed(title: string, text: string, yes: string, no: string): Promise<boolean> {
  return new Promise((done) => {
    const id = `dialog-${++dialogs}`;
    const dialog = el(
      "dialog",
      { "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-text` },
      el("h2", { id: `${id}-title` }, title),
      el("p", { id: `${id}-text` }, text),
      el("div", { class: "actions" },
        el("button", { type: "button", class: "quiet", autofocus: true, onclick: () => dialog.close() }, no),
        el("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, yes)),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      done(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
