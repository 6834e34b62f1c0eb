import { whileBusy } from "../kit/busy.js";
import { ask } from "../kit/dialog.js";
import { announce, byId, el, fill } from "../kit/dom.js";
import { nameOf } from "../kit/name.js";
import type { VenueScanner } from "../lib/client.js";
import { type App, failureLine } from "./app.js";
import { enrolCard, pairedCard, pairedText } from "./enrol_card.js";
import { field } from "./form.js";
import { grouped } from "./inputs.js";
import { calledName, namesTyped, type RowActions, scannerRow } from "./scanner_row.js";

/** The scanners of the venue: add, name, pause, revoke. */
export function scannersView(app: App): void {
  const screen = new ScannersScreen(app);
  screen.show();
}

class ScannersScreen {
  private readonly line = failureLine();
  private readonly code = el("div", {});
  private readonly list = el("div", { id: "scanners" });
  private known: readonly VenueScanner[] = [];
  constructor(private readonly app: App) {
    fill(this.list, el("p", { class: "soft" }, app.t("loading")));
  }

  show(): void {
    const { app } = this;
    const again = el(
      "button",
      { type: "button", class: "quiet", onclick: () => void whileBusy(again, () => this.refresh(true), app.t("working")) },
      app.t("refresh"),
    );
    app.screen(
      app.t("nav_scanners"),
      el("p", { class: "lead no-print" }, app.t("scanners_lead")),
      this.line,
      this.code,
      this.addForm(),
      el(
        "section",
        { class: "card no-print", "aria-labelledby": "list-title" },
        el("div", { class: "row spread" }, el("h2", { id: "list-title" }, app.t("scanner_list")), again),
        this.list,
      ),
    );
    this.drawCode();
    app.onSeen(() => void this.refresh(false)); // back from the tablet: it may be paired by now
    void this.refresh(false);
  }

  private addForm(): HTMLElement {
    const { app } = this;
    const name = field("scanner-name", `${app.t("scanner_name")} ${app.t("optional")}`, app.t("scanner_name_hint"), { autocomplete: "off" });
    const submit = el("button", { type: "submit" }, app.t("scanner_add"));
    const add = async (): Promise<void> => {
      const typed = name.input.value.trim();
      const wanted = nameOf(typed);
      name.fault(typed !== "" && wanted === undefined ? app.t("fault_scanner_name") : undefined);
      if (typed !== "" && wanted === undefined) {
        name.input.focus();
        return;
      }
      await this.attempt(async () => {
        await this.openCode(wanted ?? "");
        name.input.value = "";
      });
    };
    return el(
      "form",
      {
        class: "card no-print",
        method: "post",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          void whileBusy(submit, add, app.t("working"));
        },
      },
      el("h2", {}, app.t("scanner_add_title")),
      name.root,
      submit,
    );
  }

  /** A new scanner and its code; the card that shows it takes the focus. */
  private async openCode(name: string): Promise<void> {
    const { app } = this;
    const made = await app.api.addScanner(name);
    app.openCode = { ...made, name };
    this.drawCode();
    byId("enrol-title").focus();
    announce(app.t("code_added", { name: calledName(app, app.openCode), code: grouped(made.code) }));
    await this.refresh(false);
  }

  private drawCode(): void {
    const { app } = this;
    const open = app.openCode;
    if (open === undefined) {
      fill(this.code);
      return;
    }
    const check = async (): Promise<void> => {
      await this.refresh(false);
      if (app.openCode?.id === open.id && app.openCode.paired !== true) this.tell(app.t("code_not_yet"), "calm");
    };
    const renew = (): Promise<void> => this.attempt(() => this.renew(open));
    const close = (): void => this.closeCode();
    fill(this.code, open.paired === true ? pairedCard(app, open, close) : enrolCard(app, open, { check, renew, close, over: () => this.drawList(this.known) }));
  }
  private closeCode(): void {
    this.app.openCode = undefined;
    this.drawCode();
    byId("scanner-name").focus();
  }

  /**
   * Another code for a scanner that is not paired: a new scanner in its place. The old one goes first: its code is dead
   * before another lives, and there is room for the new one among the hundred. One that was paired meanwhile is left
   * alone. Where the second half fails, the name stands ready in the form to be added again.
   */
  private async renew(scanner: { id: number; name: string }): Promise<void> {
    const { app } = this;
    const scanners = await app.api.scanners();
    if (scanners.find((s) => s.id === scanner.id)?.enrolled === true) {
      this.notePairing(scanners);
      this.drawList(scanners);
      return;
    }
    await app.api.revokeScanner(scanner.id);
    try {
      await this.openCode(scanner.name);
    } catch (failure) {
      (byId("scanner-name") as HTMLInputElement).value = scanner.name;
      if (app.openCode?.id === scanner.id) this.closeCode();
      await this.refresh(false);
      throw failure;
    }
  }

  private async refresh(say: boolean, renamed?: number): Promise<void> {
    const { app } = this;
    if (say) this.line.hidden = true; // what was told stays over a refresh that nobody asked for
    await this.quietly(async () => {
      const [venue, scanners] = await Promise.all([app.api.venue(), app.api.scanners()]);
      app.venue = venue;
      if (!this.list.isConnected) return;
      this.notePairing(scanners);
      this.drawList(scanners, renamed);
      if (say) announce(app.t("scanners_refreshed", { count: app.texts.number(scanners.length) }));
    });
  }
  /** The open code was used: its card turns into a word of that and stays, for who reads it must not lose it. */
  private notePairing(scanners: readonly VenueScanner[]): void {
    const { app } = this;
    const open = app.openCode;
    if (open === undefined || scanners.find((s) => s.id === open.id)?.enrolled !== true) return;
    const isNew = open.paired !== true;
    const hadFocus = byId("enrol").contains(document.activeElement);
    app.openCode = { ...open, paired: true };
    this.drawCode(); // also when it is known: the venue may be approved by now
    if (hadFocus) byId("enrol-title").focus();
    if (!isNew) return;
    this.line.hidden = true;
    announce(pairedText(app, open));
  }
  /** A name that is being typed stays, but for that of a scanner that was just renamed. */
  private drawList(scanners: readonly VenueScanner[], renamed?: number): void {
    const { app } = this;
    const { venue } = app;
    if (venue === undefined) return;
    this.known = scanners;
    const focused = document.activeElement?.id;
    const typed = namesTyped(this.list);
    if (renamed !== undefined) typed.delete(renamed);
    const rows = scanners.map((scanner) => {
      const actions: RowActions = {
        rename: (name) => this.change(scanner, { name }, "scanner_renamed", name),
        setActive: (active) => this.change(scanner, { active }, active ? "scanner_resumed_now" : "scanner_paused_now"),
        renew: () => this.attempt(() => this.renew(scanner)),
        revoke: () => this.revoke(scanner),
      };
      return scannerRow(app, scanner, venue, actions, typed.get(scanner.id));
    });
    fill(this.list, rows.length === 0 ? el("p", {}, app.t("scanner_none")) : el("ul", { class: "scanners" }, ...rows));
    if (focused !== undefined && focused !== "" && document.activeElement === document.body) document.getElementById(focused)?.focus();
  }

  private async change(
    scanner: VenueScanner,
    change: { name?: string; active?: boolean },
    done: "scanner_renamed" | "scanner_resumed_now" | "scanner_paused_now",
    name = calledName(this.app, scanner),
  ): Promise<void> {
    await this.attempt(async () => {
      await this.app.api.changeScanner(scanner.id, change);
      await this.refresh(false, change.name === undefined ? undefined : scanner.id);
      this.tell(this.app.t(done, { name }), "good");
    });
  }
  private async revoke(scanner: VenueScanner): Promise<void> {
    const { app } = this;
    const name = calledName(app, scanner);
    const yes = await ask({
      title: app.t("revoke_confirm", { name }),
      text: app.t(scanner.enrolled ? "revoke_confirm_text" : "revoke_unpaired_text"),
      yes: app.t("revoke_yes"),
      no: app.t("cancel"),
      danger: true,
    });
    if (!yes) return;
    await this.attempt(async () => {
      await app.api.revokeScanner(scanner.id);
      if (app.openCode?.id === scanner.id) {
        app.openCode = undefined;
        this.drawCode();
      }
      await this.refresh(false);
      this.tell(app.t("revoked_now", { name }), "good");
      byId("list-title").setAttribute("tabindex", "-1");
      byId("list-title").focus(); // its own button is gone
    });
  }

  /** Run what the owner asked for: an earlier word leaves the screen's line, a failure is told there. */
  private async attempt(action: () => Promise<void>): Promise<void> {
    this.line.hidden = true;
    await this.quietly(action);
  }
  private async quietly(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (failure) {
      this.app.fail(failure, this.line);
    }
  }
  private tell(text: string, kind: "good" | "calm"): void {
    fill(this.line, el("p", {}, text));
    this.line.className = `notice no-print ${kind}`;
    this.line.hidden = false;
    announce(text);
  }
}
