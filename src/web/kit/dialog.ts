import { el } from "./dom.js";

/** What a dialog asks. */
export interface Question {
  title: string;
  text: string;
  yes: string;
  no: string;
  danger?: boolean;
}

/** Ask before something happens. Escape and the way back mean no; the focus returns to where it was. */
export function ask(question: Question): Promise<boolean> {
  const opener = document.activeElement;
  return new Promise((done) => {
    const title = el("h2", { id: "dialog-title" }, question.title);
    const no = el("button", { type: "button", class: "quiet", onclick: () => dialog.close("no") }, question.no);
    const yes = el(
      "button",
      { type: "button", class: question.danger === true ? "danger" : "", onclick: () => dialog.close("yes") },
      question.yes,
    );
    const dialog = el(
      "dialog",
      { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      title,
      el("p", { id: "dialog-text" }, question.text),
      el("div", { class: "row actions" }, no, yes),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      done(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    dialog.showModal();
    no.focus();
  });
}
