import { whileBusy } from "../kit/busy.js";
import { ask } from "../kit/dialog.js";
import { announce, el, fill, showScreen } from "../kit/dom.js";
import type { Notice } from "../lib/client.js";
import { type App, messageScreen } from "./app.js";
import { explained } from "./explained.js";
import { FormError } from "./form.js";
import { canInstall, install } from "./install_prompt.js";
import { wipeDevice } from "./leave.js";
import { readablePhone } from "./phone_input.js";
import { isEnded } from "./wallet.js";
import { whole } from "./whole.js";

interface Me {
  name: string;
  phone: string;
  verified_until: number;
  days: { epoch: number; until: number }[];
}

/** What the issuer keeps of this visitor, what they were told, and the ways out. */
export function meScreen(app: App): void {
  const { texts } = app;
  const data = el("div", { "aria-busy": "true" }, el("p", { class: "soft" }, texts.t("loading")));
  showScreen(
    app.main,
    texts.t("me_title"),
    el("p", {}, el("a", { class: "button quiet", href: "#", id: "to-qr" }, texts.t("to_qr"))),
    data,
    installing(app),
    leaving(app),
  );
  void load(app, data);
}

async function load(app: App, data: HTMLElement): Promise<void> {
  const { texts } = app;
  try {
    const kept = await app.wallet?.store.get("registration");
    if (kept === undefined) return;
    const [me, notices] = await Promise.all([app.issuer.me(kept.credential) as Promise<Me>, app.issuer.notices(kept.credential)]);
    await app.wallet?.store.setNotices(notices.length, kept.credential);
    fill(data, notices.length > 0 && noticeList(app, notices), identity(app, me), days(app, me), notices.length === 0 && noticeList(app, notices));
  } catch (failure) {
    const more = isEnded(failure)
      ? el("a", { class: "button wide", href: "#consent" }, texts.t("ended_renew"))
      : el("button", { type: "button", id: "retry", onclick: () => app.render() }, texts.t("retry"));
    const why = explained(texts, failure);
    fill(data, el("div", { class: "notice bad" }, el("p", {}, why), el("p", {}, more)));
    if (data.isConnected) announce(why, "urgent");
  } finally {
    data.removeAttribute("aria-busy");
  }
}

function identity(app: App, me: Me): HTMLElement {
  const { texts } = app;
  const date = texts.date(me.verified_until - 1);
  const fact = (name: string, ...value: (Node | string)[]): HTMLElement => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  return el("section", { class: "card" },
    el("h2", {}, texts.t("me_identity")),
    el("dl", { class: "facts" },
      fact(texts.t("name"), me.name),
      fact(texts.t("phone"), ...whole(readablePhone(me.phone))),
      fact(texts.t("me_until"), ...whole(texts.t("me_until_date", { date }), date))));
}

/** A deployment's day by its number: the date on which it began, whatever the reader's time zone. */
function dateOf(app: App, epoch: number): string {
  return new Intl.DateTimeFormat(app.texts.language, { dateStyle: "long", timeZone: "UTC" }).format(epoch * 86400_000);
}

/** A table; where it is too narrow for two dates the style puts them below each other, so the roles are spelled out. */
function days(app: App, me: Me): HTMLElement {
  const { texts } = app;
  const cell = (column: "me_day" | "me_day_gone", date: string): HTMLElement =>
    el("td", { role: "cell", "data-column": texts.t(column) }, ...whole(date, date));
  const head = (column: "me_day" | "me_day_gone"): HTMLElement => el("th", { role: "columnheader", scope: "col" }, texts.t(column));
  const rows = [...me.days]
    .sort((a, b) => b.epoch - a.epoch)
    .map((d) => el("tr", { role: "row" }, cell("me_day", dateOf(app, d.epoch)), cell("me_day_gone", texts.date(d.until))));
  const table = el("table", { role: "table" },
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, head("me_day"), head("me_day_gone"))),
    el("tbody", { role: "rowgroup" }, ...rows));
  return el("section", { class: "card" }, el("h2", {}, texts.t("me_days")), el("p", { class: "soft" }, texts.t("me_days_lead")),
    rows.length === 0 ? el("p", {}, texts.t("me_days_none")) : el("div", { class: "days" }, table));
}

function noticeList(app: App, notices: readonly Notice[]): HTMLElement {
  const { texts } = app;
  const box = el("section", { class: "card", id: "notices" });
  const heading = el("h2", { tabindex: "-1" }, texts.t("me_notices"));
  if (notices.length === 0) {
    fill(box, heading, el("p", { class: "soft" }, texts.t("me_notices_none")));
    return box;
  }
  const list = notices.map((n) => {
    const own = texts.language;
    const other = own === "ko" ? "en" : "ko";
    return el("div", { class: "notice warn" },
      el("h3", {}, dateOf(app, n.day)),
      el("p", { lang: own }, n[own]),
      el("p", { lang: other, class: "second" }, n[other]));
  });
  const problem = new FormError();
  const button = el("button", { type: "button", id: "confirm-notices" }, texts.t("me_notices_confirm"));
  const remove = async (): Promise<void> => {
    try {
      const kept = await app.wallet?.store.get("registration");
      if (kept === undefined) return;
      await app.issuer.confirmNotices(kept.credential);
      await app.wallet?.store.setNotices(0, kept.credential);
      fill(box, heading, el("p", { class: "soft" }, texts.t("me_notices_none")));
      heading.focus();
      announce(texts.t("me_notices_gone"));
    } catch (failure) {
      problem.say(explained(texts, failure));
    }
  };
  button.addEventListener("click", () => void whileBusy(button, remove));
  fill(box, heading, ...list, problem.box, button);
  return box;
}

/** A quiet way to the home screen, where the browser offers one. */
function installing(app: App): HTMLElement {
  const { texts } = app;
  const button = el("button", { type: "button", class: "quiet", id: "install" }, texts.t("install"));
  const box = el("section", { class: "card", "aria-label": texts.t("install") }, el("p", {}, texts.t("install_lead")), button);
  const show = (): void => {
    const is = canInstall(show);
    if (!is && box.contains(document.activeElement)) app.main.querySelector("h1")?.focus();
    box.hidden = !is;
  };
  button.addEventListener("click", () => void whileBusy(button, install));
  show();
  return box;
}

function leaving(app: App): HTMLElement {
  const { texts } = app;
  const problem = new FormError();
  const way = (id: string, name: "log_out" | "withdraw", question: string, work: () => Promise<void>): HTMLElement => {
    const button = el("button", { type: "button", class: "danger", id }, texts.t(`me_${name}`));
    const run = async (): Promise<void> => {
      const [title, yes] = [texts.t(`me_${name}_title`), texts.t(`me_${name}_yes`)];
      if (!(await ask({ title, text: question, yes, no: texts.t("cancel"), danger: true }))) return;
      problem.say("");
      try {
        await work();
        await wipeDevice(app);
        app.show((a) => messageScreen(a, `me_left_${name}_title`, `me_left_${name}`));
      } catch (failure) {
        problem.say(explained(texts, failure));
      }
    };
    button.addEventListener("click", () => void whileBusy(button, run));
    return el("div", { class: "way" }, el("p", { id: `${id}-lead` }, texts.t(`me_${name}_lead`)), button);
  };
  const withdraw = async (): Promise<void> => {
    const kept = await app.wallet?.store.get("registration");
    if (kept === undefined) return;
    await app.issuer.withdraw(kept.credential).catch((failure: unknown) => {
      if (!isEnded(failure)) throw failure; // unknown to the issuer: there is nothing to withdraw
    });
  };
  return el("section", { class: "card" }, el("h2", {}, texts.t("me_leave")), problem.box,
    way("log-out", "log_out", texts.t("me_log_out_lead"), async () => undefined),
    way("withdraw", "withdraw", texts.t("me_withdraw_text"), withdraw));
}
