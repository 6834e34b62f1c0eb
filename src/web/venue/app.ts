import { explain } from "../kit/common_texts.js";
import { ServerClock } from "../kit/clock.js";
import { announce, byId, type Child, el, fill, showScreen } from "../kit/dom.js";
import { Texts } from "../kit/language.js";
import { ApiError } from "../lib/client.js";
import { type NewScanner, PublicApi, SessionOver, type Venue, VenueApi } from "./api.js";
import type { PosterIssuer } from "./issuers.js";
import { forgetOwner, keepOwner, type Owner } from "./keep.js";
import { en } from "./texts.en.js";
import { ko, type VenueText } from "./texts.ko.js";

/** A venue whose key is on the screen and not yet kept by its owner. */
export interface NewVenue extends Owner {
  name: string;
  businessNumber: string;
}

/** A code that is on the screen, with the name of its scanner, "" for none. */
export interface OpenCode extends NewScanner {
  name: string;
  /** It has been used: the card says so until its owner closes it. */
  paired?: boolean;
}

export type View = (app: App) => void | Promise<void>;

/** The page's memory: who is logged in and what is shown. The key is here, in the kept record, and nowhere else. */
export class App {
  readonly texts = new Texts<VenueText>(ko, en);
  readonly clock = new ServerClock(undefined);
  readonly anyone = new PublicApi();
  owner: Owner | undefined;
  venue: Venue | undefined;
  newVenue: NewVenue | undefined;
  openCode: OpenCode | undefined;
  /** The issuers of the directory as this window last heard them. */
  issuers: PosterIssuer[] | undefined;
  /** What was typed into the registration, kept over a change of language. */
  draft = { name: "", businessNumber: "" };
  /** A registration is on its way: another form of it, as a change of language draws one, must not send it again. */
  registering = false;
  /** Said on the next screen, once. */
  private message: { text: string; kind: "good" | "bad" | "calm" } | undefined;
  private leaving: (() => void)[] = [];
  private session = 0; // another one after each log-out
  private readonly windows = "BroadcastChannel" in globalThis ? new BroadcastChannel("entrylog-venue") : undefined;

  constructor(private readonly render: (app: App) => void) {
    this.windows?.addEventListener("message", () => {
      if (this.newVenue !== undefined) return; // a key on the screen that nobody has kept yet would be lost
      this.forgetSession();
      this.go("");
    });
    addEventListener("hashchange", () => this.render(this));
  }

  t(name: VenueText, params: Record<string, string | number> = {}): string {
    return this.texts.t(name, params);
  }

  /** The owner's calls, as long as this login lasts. */
  get api(): VenueApi {
    const { owner } = this;
    if (owner === undefined) throw new SessionOver();
    return new VenueApi(owner.venue, owner.key, () => this.owner === owner);
  }

  /** Show another view by its name behind the #; the same one is drawn anew. */
  go(view: string): void {
    if (location.hash.replace("#", "") === view) this.render(this);
    else location.hash = view;
  }
  redraw(): void {
    this.render(this);
  }

  /** Show a screen; a message that waits comes first. */
  screen(title: string, ...children: Child[]): void {
    for (const leave of this.leaving.splice(0)) leave();
    for (const question of document.querySelectorAll("dialog")) question.close("no"); // it asked about the screen before
    const waiting = this.message;
    this.message = undefined;
    const notice = waiting !== undefined && el("div", { class: `notice ${waiting.kind}` }, el("p", {}, waiting.text));
    showScreen(byId("main"), title, notice, ...children);
    document.title = `${title} · ${this.t("brand")}`;
    if (waiting !== undefined) announce(waiting.text, waiting.kind === "bad" ? "urgent" : "polite");
  }
  /** Done when another screen takes over. */
  onLeave(leave: () => void): void {
    this.leaving.push(leave);
  }
  /** Called each time the page is looked at again, until another screen takes over. */
  onSeen(seen: () => void): void {
    const listener = (): void => {
      if (document.visibilityState === "visible") seen();
    };
    document.addEventListener("visibilitychange", listener);
    this.onLeave(() => document.removeEventListener("visibilitychange", listener));
  }
  sayNext(text: string, kind: "good" | "bad" | "calm" = "good"): void {
    this.message = { text, kind };
  }

  /** Tell a failure in a line of the screen. A key that is refused ends the login: nothing else can help. */
  fail(failure: unknown, line: HTMLElement): void {
    if (failure instanceof SessionOver) return;
    if (failure instanceof ApiError && failure.code === "unauthorized" && this.owner !== undefined) {
      this.forgetSession();
      this.sayNext(this.t("error_unauthorized"), "bad");
      this.go("login");
      return;
    }
    const text = explain(this.texts, failure);
    fill(line, el("p", {}, text));
    line.className = "notice bad";
    line.hidden = false;
    announce(text, "urgent");
  }

  /** Learn the server's time, by which codes run out and hours begin; without an answer the device's clock counts. */
  async learnTime(): Promise<void> {
    if (this.clock.known) return;
    try {
      const asked = performance.now();
      this.clock.learn(await this.anyone.time(), asked, performance.now());
    } catch {
      return;
    }
  }

  /**
   * Log in: ask for the venue with the key, then remember both, on the device if that is wanted and possible. Where the
   * owner has logged out meanwhile, in any window, it is not done.
   */
  async logIn(owner: Owner, keep: boolean): Promise<{ kept: boolean }> {
    const { session } = this;
    await this.learnTime();
    const venue = await new VenueApi(owner.venue, owner.key).venue();
    if (session !== this.session) throw new SessionOver();
    const kept = keep && (await keepOwner(owner));
    if (session !== this.session) {
      await forgetOwner();
      throw new SessionOver();
    }
    this.owner = owner;
    this.venue = venue;
    return { kept };
  }
  /** Forget the key here, in the other windows and on the device. */
  async logOut(): Promise<void> {
    this.forgetSession();
    this.windows?.postMessage("log out");
    this.sayForgotten(await forgetOwner(), "logged_out");
    this.go("");
  }
  /** On the next screen: that the device keeps no key, or that it still does, which its owner must know. */
  sayForgotten(done: boolean, text: "logged_out" | "login_forgotten"): void {
    if (done) this.sayNext(this.t(text));
    else this.sayNext(this.t("forget_failed"), "bad");
  }
  private forgetSession(): void {
    this.session += 1;
    this.owner = undefined;
    this.venue = undefined;
    this.newVenue = undefined;
    this.openCode = undefined;
  }
}

/** A place for failures of a screen: empty and hidden until there is one. */
export function failureLine(): HTMLElement {
  return el("div", { class: "notice bad", hidden: true });
}
