import { whileBusy } from "../kit/busy.js";
import { el, fill, showScreen } from "../kit/dom.js";
import { nameOf } from "../kit/name.js";
import { ApiError } from "../lib/client.js";
import { type App, brokenScreen } from "./app.js";
import { CONSENT_VERSION } from "./consent.js";
import { type Draft, hasDraft, keepDraft, PENDING_MAX, readDraft } from "./draft.js";
import { explained } from "./explained.js";
import { field, FormError } from "./form.js";
import { freshPage } from "./leave.js";
import { phoneOf, readablePhone } from "./phone_input.js";
import { Store } from "./store.js";

const SECTIONS = [
  ["consent_what", "consent_what_identity", "consent_what_visits", "consent_what_notices", "consent_what_device"],
  ["consent_how_long", "consent_how_long_days", "consent_how_long_registration"],
  ["consent_who", "consent_who_venue", "consent_who_issuer", "consent_who_authority"],
] as const;

/** What is kept, where, how long, and who can ever see it: one screen, one button. */
export function consentScreen(app: App): void {
  const { texts } = app;
  const agree = (): void => {
    try {
      keepDraft({ ...readDraft(), agreed: CONSENT_VERSION });
    } catch {
      return app.show(brokenScreen);
    }
    app.go("details");
  };
  const sections = SECTIONS.map(([title, ...items]) =>
    el("section", { class: "card" }, el("h2", {}, texts.t(title)), el("ul", {}, ...items.map((name) => el("li", {}, ...leadIn(texts.t(name)))))),
  );
  showScreen(
    app.main,
    texts.t("consent_title"),
    labNotice(app),
    el("p", {}, texts.t("consent_lead")),
    ...sections,
    isInSafari() && el("p", { class: "notice", id: "ios-first" }, ...breakable(texts.t("ios_first"))),
    el("p", { class: "soft" }, texts.t("consent_choice")),
    el("button", { type: "button", class: "wide", id: "agree", onclick: agree }, texts.t("consent_agree")),
    app.wallet !== undefined && el("p", { class: "below" }, el("a", { class: "button quiet wide", href: "#" }, texts.t("to_qr"))),
  );
}

/** On an iPhone or iPad, but not in an icon of the home screen, which keeps its things apart from Safari's. */
function isInSafari(): boolean {
  return (navigator as { standalone?: boolean }).standalone === false;
}

/** "One·another" may end a line after the dot. */
function breakable(text: string): (Node | string)[] {
  return text.split("·").flatMap((part, i) => (i === 0 ? [part] : ["·", el("wbr"), part]));
}

/** "Name: what about it" with the name in bold. */
function leadIn(text: string): (Node | string)[] {
  const colon = text.indexOf(": ");
  return colon < 0 ? [text] : [el("strong", {}, text.slice(0, colon + 1)), text.slice(colon + 1)];
}

/** Said where details are entered: whether this is a test deployment. */
export function labNotice(app: App): HTMLElement {
  const box = el("div", {});
  void app.isLab().then((is) => is && fill(box, el("p", { class: "notice warn" }, app.texts.t("lab_mode"))));
  return box;
}

/** Name and phone number. A registration that is renewed brings what the issuer knows. */
export function detailsScreen(app: App): void {
  const { texts } = app;
  const draft = readDraft();
  const name = field("name", texts.t("name"), "", { autocomplete: "name", type: "text", value: draft.name, maxlength: "100" });
  const phone = field("phone", texts.t("phone"), texts.t("phone_hint"), {
    autocomplete: "tel", type: "tel", inputmode: "tel", value: draft.phone, maxlength: "30",
  });
  const problem = new FormError();
  const send = el("button", { type: "submit", class: "wide", id: "send" }, texts.t("send_code"));
  const keep = (): void => keepDraft({ ...readDraft(), name: name.input.value, phone: phone.input.value });
  name.input.addEventListener("input", keep);
  phone.input.addEventListener("input", keep);
  const submit = async (): Promise<void> => {
    const number = phoneOf(phone.input.value);
    problem.say("");
    phone.wrong(number === undefined ? texts.t("phone_wrong") : "");
    name.wrong(nameOf(name.input.value) === undefined ? texts.t("name_wrong") : ""); // the first wrong one has the focus
    if (number === undefined || nameOf(name.input.value) === undefined) return;
    try {
      if (!(await Store.isPossible())) return app.show(brokenScreen);
      keep();
      await askForCode(app, readDraft());
      if (hasDraft()) app.go("code");
    } catch (failure) {
      tell(app, failure, { name: name.wrong, phone: phone.wrong, form: problem });
    }
  };
  const form = el("form", { novalidate: true, onsubmit: (e) => (e.preventDefault(), void whileBusy(send, submit)) },
    problem.box, name.box, phone.box,
    el("div", { class: "stack" }, send, el("a", { class: "button quiet wide", href: app.wallet === undefined ? "#" : "#consent" }, texts.t("back"))));
  showScreen(app.main, texts.t("details_title"), labNotice(app), el("p", {}, texts.t("details_lead")), form);
  if (draft.name === "" && draft.phone === "") void prefill(app, name.input, phone.input);
}

async function prefill(app: App, name: HTMLInputElement, phone: HTMLInputElement): Promise<void> {
  const kept = await app.wallet?.store.get("registration");
  if (kept === undefined || kept.ended === true) return;
  const me = (await app.issuer.me(kept.credential).catch(() => undefined)) as { name: string; phone: string } | undefined;
  if (me === undefined || name.value !== "" || phone.value !== "") return;
  name.value = me.name;
  phone.value = readablePhone(me.phone);
}

/** Have a code sent. Codes sent before stay good for their time, so asking again costs nothing. */
export async function askForCode(app: App, draft: Draft): Promise<void> {
  const { registration } = await app.issuer.register(nameOf(draft.name) ?? "", phoneOf(draft.phone) ?? "", CONSENT_VERSION);
  const pending = [{ registration, wrong: 0 }, ...draft.pending].slice(0, PENDING_MAX);
  if (hasDraft()) keepDraft({ ...readDraft(), pending }); // else another tab ended it meanwhile
}

interface Places {
  name?: (text: string) => void;
  phone?: (text: string) => void;
  form: FormError;
}
/** Say what the issuer has against it, at the field that it is about. */
export function tell(app: App, failure: unknown, at: Places): void {
  const text = explained(app.texts, failure);
  const code = failure instanceof ApiError ? failure.code : "";
  if (code === "invalid_name" && at.name !== undefined) at.name(text);
  else if (code === "invalid_phone" && at.phone !== undefined) at.phone(text);
  else if (code === "consent_outdated")
    at.form.say(text, el("button", { type: "button", id: "fresh", onclick: () => void freshPage() }, app.texts.t("consent_fetch")));
  else at.form.say(text);
}
