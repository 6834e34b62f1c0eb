import { whileBusy } from "../kit/busy.js";
import { announce, el, showScreen } from "../kit/dom.js";
import { keepStorage } from "../kit/install.js";
import { ApiError } from "../lib/client.js";
import type { App } from "./app.js";
import { dropDraft, hasDraft, keepDraft, readDraft } from "./draft.js";
import { field, FormError } from "./form.js";
import { codeOf, phoneOf, readablePhone } from "./phone_input.js";
import { askForCode, detailsScreen, labNotice, tell } from "./register_screens.js";
import { whole } from "./whole.js";

const TRIES = 5;

/** The six digits of the message. They are checked as soon as they are there. */
export function codeScreen(app: App): void {
  const { texts } = app;
  const draft = readDraft();
  const number = phoneOf(draft.phone);
  if (draft.pending.length === 0 || number === undefined) return detailsScreen(app);
  const code = field("code", texts.t("code"), texts.t("code_hint"), {
    autocomplete: "one-time-code", inputmode: "numeric", type: "text",
  });
  const problem = new FormError();
  const check = el("button", { type: "submit", class: "wide", id: "check" }, texts.t("code_check"));
  const again = el("button", { type: "button", class: "quiet wide", id: "again" }, texts.t("code_again"));
  const sent = el("p", { id: "sent" }, ...whole(texts.t("code_sent", { phone: readablePhone(number) })));

  const submit = async (): Promise<void> => {
    const digits = codeOf(code.input.value);
    problem.say("");
    if (digits.length !== 6) return code.wrong(texts.t("code_short"));
    code.wrong("");
    announce(texts.t("code_checking"));
    try {
      const verified = await verify(app, digits);
      if (hasDraft()) return await begin(app, verified);
      brought = undefined; // another tab wiped the device, or registered, meanwhile
      void app.issuer.withdraw(verified.credential).catch(() => undefined);
    } catch (failure) {
      if (!(failure instanceof ApiError) || failure.code !== "wrong_code") return tell(app, failure, { form: problem });
      const left = Math.max(0, TRIES - (readDraft().pending[0]?.wrong ?? 0));
      code.wrong(left > 0 ? texts.t("code_tries", { left }) : texts.t("code_no_tries"));
      code.input.select();
    }
  };
  code.input.addEventListener("input", () => {
    const digits = codeOf(code.input.value);
    if (digits.length !== 6) return;
    code.input.value = digits;
    void whileBusy(check, submit);
  });
  const sendAgain = async (): Promise<void> => {
    problem.say("");
    code.wrong("");
    try {
      await askForCode(app, readDraft());
      sent.textContent = texts.t("code_sent_again");
      announce(texts.t("code_sent_again"));
      code.input.value = "";
    } catch (failure) {
      tell(app, failure, { form: problem });
    }
  };
  again.addEventListener("click", () => void whileBusy(again, sendAgain));
  const change = el("a", { class: "button quiet wide", href: "#details" }, texts.t("code_change"));
  const form = el("form", { novalidate: true, onsubmit: (e) => (e.preventDefault(), void whileBusy(check, submit)) },
    problem.box, code.box, el("div", { class: "stack" }, check, again, change));
  showScreen(app.main, texts.t("code_title"), labNotice(app), sent, form);
  code.input.focus();
}

interface Verified {
  credential: string;
  verified_until: number;
}

/** A code counts once: what it brought is kept here until the device has it, in case that fails at first. */
let brought: { registration: string; verified: Verified } | undefined;

/** The code may be of any message that is still good: the newest is asked first. */
async function verify(app: App, digits: string): Promise<Verified> {
  let first: unknown;
  const { pending: asked } = readDraft();
  const done = brought;
  if (done !== undefined && asked.some(({ registration }) => registration === done.registration)) return done.verified;
  for (const { registration } of asked) {
    try {
      const verified = await app.issuer.verify(registration, digits);
      brought = { registration, verified };
      return verified;
    } catch (failure) {
      first ??= failure;
      if (!(failure instanceof ApiError) || !["wrong_code", "unknown_registration"].includes(failure.code)) throw failure;
      const draft = readDraft();
      const isWrong = (of: string): boolean => of === registration && failure.code === "wrong_code";
      const pending = draft.pending.map((p) => (isWrong(p.registration) ? { ...p, wrong: p.wrong + 1 } : p));
      if (hasDraft()) keepDraft({ ...draft, pending });
    }
  }
  throw first;
}

/** Withdraw the registration before this one, if it was of the same number: one row of a person is enough. */
async function withdrawOwn(app: App, credential: string, number: string | undefined): Promise<void> {
  try {
    const { phone } = (await app.issuer.me(credential)) as { phone?: string };
    if (phone === number) await app.issuer.withdraw(credential);
  } catch {
    // it ends by itself
  }
}

/** Registered: keep the credential, fetch the first tokens, and show a code. */
async function begin(app: App, { credential, verified_until }: Verified): Promise<void> {
  const wallet = await app.openNew();
  const before = await wallet.store.get("registration");
  const number = phoneOf(readDraft().phone);
  await wallet.store.register({ credential, until: verified_until }, await app.isLab()).catch((failure: unknown) => {
    if (before === undefined) app.forget(); // a device without a registration has no wallet
    throw failure;
  });
  brought = undefined;
  await wallet.store.set("refill_at", wallet.clock.seconds() + 3600); // the first refill is on its way
  dropDraft();
  app.tellOthers("registered");
  announce(app.texts.t("registered", { date: app.texts.date(verified_until - 1) }));
  void keepStorage();
  if (before !== undefined) void withdrawOwn(app, before.credential, number);
  // The first tokens are there long before the last; the screen can do without any, if it must.
  await new Promise<void>((go) => {
    wallet.onTokens = go;
    void wallet.refill("now").catch(() => undefined).finally(go);
  });
  app.replace("");
  app.install(); // only now: the first code does not wait for it
}
