import { whileBusy } from "../kit/busy.js";
import { el, fill } from "../kit/dom.js";
import { nameOf } from "../kit/name.js";
import type { VenueScanner } from "../lib/client.js";
import type { Venue } from "./api.js";
import type { App } from "./app.js";
import { field } from "./form.js";
import { stateOf } from "./scanner_state.js";

/** What can be done with a scanner of the list. */
export interface RowActions {
  rename(name: string): Promise<void>;
  setActive(active: boolean): Promise<void>;
  renew(): Promise<void>;
  revoke(): Promise<void>;
}

/** What a scanner is called in sentences. */
export function calledName(app: App, scanner: { id: number; name: string }): string {
  return scanner.name === "" ? app.t("scanner_unnamed", { id: scanner.id }) : scanner.name;
}

/** The new names that are being typed in a list, by scanner: what draws it anew hands them to the new rows. */
export function namesTyped(list: HTMLElement): Map<number, string> {
  const inputs = [...list.querySelectorAll<HTMLInputElement>("form.rename input")];
  return new Map(inputs.map((input) => [Number(input.id.slice(NEW_NAME.length)), input.value]));
}
const NEW_NAME = "new-name-";

/** One scanner: its name, or the new one that is being typed, its state in words, and what can be done with it. */
export function scannerRow(app: App, scanner: VenueScanner, venue: Venue, actions: RowActions, typed?: string): HTMLElement {
  const state = stateOf(scanner, venue, app.clock.seconds());
  const name = calledName(app, scanner);
  const until = scanner.expires_at === null ? "" : app.texts.time(scanner.expires_at);
  const head = el("div", { class: "row spread" });
  const rename = (): void => {
    const input = renameForm(app, scanner, head, showName, actions);
    input.focus();
    input.select();
  };
  const showName = (focus: boolean): void => {
    const button = action("rename", app.t("scanner_rename"), app.t("scanner_rename_of", { name }), rename, "plain");
    fill(head, el("h3", {}, name), button);
    if (focus) button.focus();
  };
  const action = (what: string, text: string, label: string, run: () => void, look = "quiet"): HTMLButtonElement =>
    el("button", { type: "button", class: look, id: `${what}-${scanner.id}`, "aria-label": label, onclick: run }, text);
  const busy = (event: () => Promise<void>, id: string) => (): void => {
    const button = row.querySelector<HTMLButtonElement>(`#${id}-${scanner.id}`);
    if (button !== null) void whileBusy(button, event, app.t("working"));
  };
  const pause =
    scanner.enrolled &&
    (scanner.active
      ? action("pause", app.t("scanner_pause"), app.t("scanner_pause_of", { name }), busy(() => actions.setActive(false), "pause"))
      : action("pause", app.t("scanner_resume"), app.t("scanner_resume_of", { name }), busy(() => actions.setActive(true), "pause"), ""));
  const renew =
    !scanner.enrolled && action("renew", app.t("code_new"), app.t("scanner_code_of", { name }), busy(actions.renew, "renew"));
  const revoke = action("revoke", app.t("scanner_revoke"), app.t("scanner_revoke_of", { name }), () => void actions.revoke(), "danger");
  const row = el(
    "li",
    { class: "scanner", id: `scanner-${scanner.id}` },
    head,
    el("p", {}, el("span", { class: `state ${state}` }, app.t(`scanner_${state}`, { time: until }))),
    el("div", { class: "row" }, pause, renew, revoke),
  );
  if (typed === undefined) showName(false);
  else renameForm(app, scanner, head, showName, actions).value = typed;
  return row;
}

/** The name becomes a field in its place; Escape leaves it as it was. */
function renameForm(
  app: App,
  scanner: VenueScanner,
  head: HTMLElement,
  close: (focus: boolean) => void,
  actions: RowActions,
): HTMLInputElement {
  const name = field(`${NEW_NAME}${scanner.id}`, app.t("scanner_name"), undefined, { value: scanner.name, autocomplete: "off" });
  const save = el("button", { type: "submit" }, app.t("scanner_save"));
  const submit = async (): Promise<void> => {
    const wanted = nameOf(name.input.value);
    name.fault(wanted === undefined ? app.t("fault_scanner_name") : undefined);
    if (wanted === undefined) {
      name.input.focus();
      return;
    }
    await actions.rename(wanted);
    document.getElementById(`rename-${scanner.id}`)?.focus();
  };
  const form = el(
    "form",
    {
      class: "rename",
      method: "post",
      novalidate: true,
      onsubmit: (event) => {
        event.preventDefault();
        void whileBusy(save, submit, app.t("working"));
      },
      onkeydown: (event) => {
        if ((event as KeyboardEvent).key === "Escape") close(true);
      },
    },
    name.root,
    el("div", { class: "row" }, save, el("button", { type: "button", class: "quiet", onclick: () => close(true) }, app.t("cancel"))),
  );
  fill(head, form);
  return name.input;
}
