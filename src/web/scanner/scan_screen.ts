import { el, fill } from "../kit/dom.js";
import { WakeLock } from "../kit/wake_lock.js";
import { type App, clockTime, type Said, type Screen, say, tellState } from "./app.js";
import { pictureOf } from "./camera.js";
import { CameraBox } from "./camera_box.js";
import { CALM, type Change, changesOf, lateText, type Told, toldOf } from "./changes.js";
import type { Answer, Door } from "./door.js";
import { icon, type IconName } from "./icons.js";
import { Sights } from "./memory.js";
import { openMenu } from "./menu.js";
import { Notices } from "./notices.js";
import { PULSE_MS } from "./pulse.js";
import { codeReader } from "./reader.js";
import { isRenewalDue, lastRenewal, renew } from "./renewal.js";
import { maySoonChange } from "./verdict.js";
import { VerdictView } from "./verdict_view.js";
import { listenToWedge } from "./wedge.js";

/** While scanning, the own entry is asked for at most this often without a cause. */
const HOUR_MS = 3_600_000;
const ASLEEP_MS = 600_000;

/** One for the page: it listens as long as the page lives. */
const wakeLock = new WakeLock();

/** What leads away from this screen. */
export interface ScanExits {
  unpaired(): void;
  pairAgain(): void;
  startAnew(): void;
}

function chip(state: string, picture: IconName, text: string): HTMLElement {
  return el("p", { class: "chip", "data-state": state }, icon(picture), text);
}

/** The door's screen: camera, verdict, state. */
export class ScanScreen implements Screen {
  private readonly view: VerdictView;
  private readonly notices: Notices;
  private readonly box: CameraBox;
  private readonly sights: Sights;
  private readonly status = el("div", { class: "status" });
  private readonly heading = el("h1", { tabindex: "-1" });
  /** How late a kept entry may be: said as long as there is one. */
  private readonly deadline = el("p", { class: "deadline", hidden: true });
  private told: Told = CALM;
  private readonly ends: (() => void)[] = [];
  private lastMs: number | undefined;
  constructor(
    private readonly app: App,
    readonly door: Door,
    private readonly exits: ScanExits,
  ) {
    this.view = new VerdictView(app.texts);
    this.sights = new Sights(door.memory);
    this.box = new CameraBox(app.texts, "aim", (texts) => this.onFrame(texts));
    this.box.box.append(this.view.overlay);
    this.box.readerFailed = (failures) => void this.renewPage(failures).catch(() => undefined);
    const actions = { checkAgain: () => void this.checkAgain(), dismiss: () => void this.dismiss(), pairAgain: () => exits.pairAgain(), startAnew: () => exits.startAnew() };
    this.notices = new Notices(app.texts, door, actions, () => this.heading.focus({ preventScroll: true }));
  }

  /** Show the screen and begin. */
  start(): void {
    fill(this.app.main, this.heading, this.status, this.deadline, this.notices.box, this.box.box, this.view.line);
    this.app.main.className = "scan";
    this.draw();
    this.heading.focus({ preventScroll: true });
    void this.box.start();
    void wakeLock.hold();
    this.ends.push(listenToWedge((text) => void this.read(text)));
    this.on(globalThis, "online", () => void this.door.reconnect());
    this.on(globalThis, "offline", () => this.door.lost());
    this.on(globalThis, "resize", () => this.view.draw()); // a verdict that fitted may not fit any more
    const awake = (): void => {
      if (document.visibilityState !== "visible") return;
      this.door.identity.clock.wake();
      // A device that slept may have lost its time, and missed that the network came and went.
      if (this.door.identity.age() > ASLEEP_MS) void this.door.reconnect();
      else void this.door.recount();
    };
    this.on(document, "visibilitychange", awake);
    this.on(globalThis, "pageshow", awake);
    this.on(document, "resume", awake);
    const pulse = setInterval(() => {
      if (document.visibilityState === "visible") this.door.pulse.beat(); // one out of sight may well sleep
    }, PULSE_MS);
    this.ends.push(() => clearInterval(pulse));
    const hourly = setInterval(() => {
      if (document.visibilityState === "visible") void this.door.reconnect();
    }, HOUR_MS);
    this.ends.push(() => clearInterval(hourly));
  }
  private on(target: EventTarget, name: string, work: () => void): void {
    target.addEventListener(name, work);
    this.ends.push(() => target.removeEventListener(name, work));
  }
  stop(): void {
    for (const end of this.ends) end();
    this.box.stop();
    this.view.stop();
    void wakeLock.release();
    this.app.main.className = "";
  }

  draw(): void {
    const { texts } = this.app;
    this.heading.textContent = this.door.identity.info.venue.name;
    document.title = `${this.door.identity.info.venue.name} · ${texts.t("title")}`;
    this.drawState();
    this.box.draw();
    this.view.draw();
  }
  /** What changes by itself. */
  drawState(): void {
    const { texts, signals } = this.app;
    const { online, unsent, today, sending } = this.door.state;
    const network = sending && unsent > 0 ? "sending" : online ? "online" : "offline";
    const asleep = el(
      "button",
      { type: "button", class: "chip", onclick: () => void signals.wake().then(() => this.drawState()) },
      icon("muted"),
      texts.t("sound_asleep"),
    );
    const chips = [
      chip(network, online ? "cloud" : "no_cloud", texts.t(network)),
      unsent > 0 && chip("unsent", "queued", texts.t("unsent", { count: texts.number(unsent) })),
      chip("today", "tally", texts.t("today", { count: texts.number(today) })),
      signals.isWaiting && asleep,
    ];
    const now = chips.map((c) => (c === false ? "" : `${c.dataset["state"] ?? "sound"} ${c.textContent ?? ""}`)).join("|");
    if (now !== this.status.dataset["now"]) fill(this.status, ...chips);
    this.status.dataset["now"] = now;
    const { name, params } = lateText(this.door.identity.info.late_limit);
    this.deadline.hidden = unsent === 0 || this.door.state.block?.kind === "revoked";
    this.deadline.textContent = this.deadline.hidden ? "" : texts.t(name, params);
    this.notices.draw();
    const before = this.told;
    this.told = toldOf(this.door.state);
    for (const change of changesOf(before, this.told)) tellState(this.wordsOf(change));
  }
  private wordsOf(change: Change): string {
    return change === "paused" || change === "revoked" || change === "gone" || change === "report" ? this.notices.words(change) : this.app.texts.t(change);
  }

  /** What came of asking or sending by hand, where there is something to say; `done`: all is well. */
  private answerOf(answer: Answer, done: "resumed" | "all_sent"): Said | undefined {
    const { texts } = this.app;
    if (answer === "revoked" || answer === "gone") return undefined; // its notice says it
    const now = this.door.identity.clock.seconds();
    if (answer === "paused") return () => texts.t("still_paused", { time: clockTime(texts, now) });
    return () => texts.t(answer === "open" ? done : answer === "unreachable" ? "still_offline" : "still_busy");
  }
  private async checkAgain(): Promise<void> {
    const { texts } = this.app;
    this.notices.answer(() => texts.t("working"));
    const answer = await this.door.reconnect();
    const text = this.answerOf(answer, "resumed");
    const isStill = this.door.state.block?.kind === "paused";
    this.notices.answer(isStill ? text : undefined);
    if (text === undefined) return;
    if (isStill) tellState(text());
    else this.view.note(text); // it is told as a change
  }
  private async dismiss(): Promise<void> {
    await this.door.dismissReport();
    this.view.note(() => this.app.texts.t("report_dismissed"));
    tellState(this.app.texts.t("report_dismissed"));
  }
  private async sendNow(): Promise<void> {
    const { texts } = this.app;
    this.view.note(() => texts.t("working"));
    const answer = await this.door.reconnect();
    const text = this.answerOf(answer, "all_sent");
    this.view.note(text);
    if (text !== undefined && answer !== "open") tellState(text()); // that all is sent is told already
  }

  private async onFrame(found: string[]): Promise<void> {
    const text = this.sights.choose(found, performance.now());
    if (text !== undefined) await this.read(text);
  }
  /** Judge what any reader has read, show and sound the verdict. */
  private async read(text: string): Promise<void> {
    const { verdict, id, ms } = await this.door.scan(text);
    this.lastMs = ms;
    this.sights.judged(text, performance.now(), maySoonChange(verdict), id);
    this.view.show(verdict);
    this.app.signals.give(verdict.kind);
  }
  /** The reader does not start: perhaps the page is of an earlier version. */
  private async renewPage(failures: number): Promise<void> {
    const isDue = (): boolean =>
      isRenewalDue({
        failures,
        online: navigator.onLine && this.door.state.online,
        idle: this.view.overlay.hidden && document.querySelector("dialog[open]") === null,
        last: lastRenewal(),
        now: Date.now(),
      });
    if (!isDue()) return;
    await this.door.reconnect(); // is there really a network?
    if (isDue() && document.contains(this.box.box)) renew();
  }
  private async readPicture(file: File): Promise<void> {
    const image = await pictureOf(file).catch(() => undefined);
    if (image === undefined) return this.tell("picture_bad");
    const found = await codeReader()
      .then((reader) => reader.read(image))
      .catch(() => undefined);
    if (found === undefined) return this.tell("reader_failed");
    const text = found.texts.find((t) => t.startsWith("EL1:")) ?? found.texts[0];
    if (text === undefined) return this.tell("picture_none");
    await this.read(text);
  }
  private tell(name: "picture_bad" | "picture_none" | "reader_failed"): void {
    this.view.note(() => this.app.texts.t(name));
    say(this.app.texts.t(name), true);
  }
  openMenu(): void {
    openMenu(this.app, {
      door: this.door,
      box: this.box,
      lastVerdictMs: () => this.lastMs,
      readPicture: (file) => void this.readPicture(file),
      sendNow: () => void this.sendNow(),
      unpair: () => this.exits.unpaired(),
    });
  }
}
