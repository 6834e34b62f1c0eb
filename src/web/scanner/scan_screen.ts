import { el, fill } from "../kit/dom.js";
import { WakeLock } from "../kit/wake_lock.js";
import { type App, type Screen, say } from "./app.js";
import { pictureOf } from "./camera.js";
import { CameraBox } from "./camera_box.js";
import type { Door } from "./door.js";
import { icon } from "./icons.js";
import { Sights } from "./memory.js";
import { openMenu } from "./menu.js";
import { Notices } from "./notices.js";
import { codeReader } from "./reader.js";
import { maySoonChange } from "./verdict.js";
import { VerdictView } from "./verdict_view.js";
import { listenToWedge } from "./wedge.js";

/** While scanning, the own entry is asked for at most this often without a cause. */
const HOUR_MS = 3_600_000;

/** What leads away from this screen. */
export interface ScanExits {
  unpaired(): void;
  pairAgain(): void;
}

/** The door's screen: camera, verdict, state. */
export class ScanScreen implements Screen {
  private readonly view: VerdictView;
  private readonly notices: Notices;
  private readonly box: CameraBox;
  private readonly sights: Sights;
  private readonly status = el("div", { class: "status" });
  private readonly heading = el("h1", { tabindex: "-1" });
  private readonly wakeLock = new WakeLock();
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
    this.notices = new Notices(app.texts, door, {
      checkAgain: () => void door.reconnect(),
      pairAgain: () => exits.pairAgain(),
    });
  }

  /** Show the screen and begin. */
  start(): void {
    fill(this.app.main, this.heading, this.status, this.notices.box, this.box.box, this.view.line);
    this.app.main.className = "scan";
    this.draw();
    this.heading.focus({ preventScroll: true });
    void this.box.start();
    void this.wakeLock.hold();
    this.ends.push(listenToWedge((text) => void this.read(text)));
    this.on(globalThis, "online", () => void this.door.reconnect());
    this.on(globalThis, "offline", () => this.door.lost());
    this.on(document, "visibilitychange", () => {
      if (document.visibilityState === "visible") void this.door.recount();
    });
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
    void this.wakeLock.release();
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
      el("p", { class: "chip", "data-state": network }, icon(online ? "cloud" : "no_cloud"), texts.t(network)),
      unsent > 0 && el("p", { class: "chip", "data-state": "unsent" }, icon("queued"), texts.t("unsent", { count: texts.number(unsent) })),
      el("p", { class: "chip", "data-state": "today" }, icon("people"), texts.t("today", { count: texts.number(today) })),
      signals.isWaiting && asleep,
    ];
    const now = chips.map((c) => (c === false ? "" : `${c.dataset["state"] ?? "sound"} ${c.textContent ?? ""}`)).join("|");
    if (now !== this.status.dataset["now"]) fill(this.status, ...chips);
    this.status.dataset["now"] = now;
    this.notices.draw();
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
  private async readPicture(file: File): Promise<void> {
    const { texts } = this.app;
    const image = await pictureOf(file).catch(() => undefined);
    if (image === undefined) return this.tell(texts.t("picture_bad"));
    const found = await codeReader()
      .then((reader) => reader.read(image))
      .catch(() => undefined);
    if (found === undefined) return this.tell(texts.t("reader_failed"));
    const text = found.texts.find((t) => t.startsWith("EL1:")) ?? found.texts[0];
    if (text === undefined) return this.tell(texts.t("picture_none"));
    await this.read(text);
  }
  private tell(text: string): void {
    fill(this.view.line, text);
    say(text, true);
  }
  openMenu(): void {
    openMenu(this.app, {
      door: this.door,
      box: this.box,
      lastVerdictMs: () => this.lastMs,
      readPicture: (file) => void this.readPicture(file),
      unpair: () => this.exits.unpaired(),
    });
  }
}
