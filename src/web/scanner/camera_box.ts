import { el, fill } from "../kit/dom.js";
import { type ScannerTexts, tellState } from "./app.js";
import { Camera, type CameraTrouble } from "./camera.js";
import { icon } from "./icons.js";
import { Watch } from "./watch.js";

/** Waits between tries to get back a camera that stopped by itself; then at the last one's pace. */
const AGAIN_MS = [500, 1000, 2000, 5000, 10_000];

/** The camera's picture with a frame to aim at, or in words why there is none. */
export class CameraBox {
  readonly video = el("video", { "aria-hidden": "true", tabindex: "-1", playsinline: true, muted: true });
  readonly camera = new Camera(this.video, () => this.turnTo("taken"));
  readonly watch: Watch;
  private readonly hint = el("p", { class: "aim" });
  private readonly trouble = el("div", { class: "trouble", hidden: true });
  readonly box: HTMLElement;
  /** The reader could not be loaded, so often in a row. */
  readerFailed: (failures: number) => void = () => undefined;
  private wanted = false;
  private state: CameraTrouble | "starting" | "on" | "off" = "off";
  private ready: boolean | undefined;
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** The trouble that was said last. */
  private said: CameraTrouble | undefined;
  constructor(
    private readonly texts: ScannerTexts,
    private readonly aim: "aim" | "pair_camera_hint",
    found: (texts: string[]) => Promise<void>,
    private readonly changed: () => void = () => undefined,
  ) {
    this.watch = new Watch(this.camera, found, (ready, failures) => {
      this.ready = ready;
      this.draw();
      if (!ready) this.readerFailed(failures);
    });
    const aiming = el("div", { class: "aiming", "aria-hidden": "true" });
    this.box = el("div", { class: "view" }, this.video, aiming, this.hint, this.trouble);
    document.addEventListener("visibilitychange", this.onVisibility);
    navigator.mediaDevices?.addEventListener("devicechange", this.onDevices);
  }
  /** Plugged in, or given back by another app. */
  private readonly onDevices = (): void => {
    if (this.wanted && (this.state === "none" || this.state === "taken")) void this.again();
  };
  private readonly onVisibility = (): void => {
    if (!this.wanted) return;
    if (document.visibilityState === "visible") void this.start();
    else this.pause();
  };
  async start(): Promise<void> {
    this.wanted = true;
    this.state = "starting";
    this.tries = 0;
    this.draw();
    this.watch.start(); // also without a picture: the reader is there when a picture file is chosen
    await this.again();
  }
  /** Start the camera; what is shown stays until it is known what came of it. */
  private async again(): Promise<void> {
    clearTimeout(this.timer);
    const trouble = await this.camera.start();
    if (trouble === "overtaken") return;
    this.turnTo(trouble ?? "on");
  }
  /** By hand: answered in either case, and the focus stays somewhere. */
  private async retry(): Promise<void> {
    this.tries = 0;
    this.said = undefined;
    await this.again();
    if (this.state !== "on") this.draw();
    else document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }
  private turnTo(state: CameraTrouble | "on"): void {
    const isNew = state !== this.state;
    this.state = state;
    if (state === "on") this.tries = 0;
    // Without a person's doing a camera that is taken may be free again; one that is refused or missing is not.
    if (state === "taken") {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.again(), AGAIN_MS[Math.min(this.tries++, AGAIN_MS.length - 1)]);
    }
    if (!isNew) return; // the button may have the focus
    this.draw();
    this.changed();
  }
  private pause(): void {
    clearTimeout(this.timer);
    this.watch.stop();
    this.camera.stop();
    this.state = "off";
  }
  stop(): void {
    this.wanted = false;
    document.removeEventListener("visibilitychange", this.onVisibility);
    navigator.mediaDevices?.removeEventListener("devicechange", this.onDevices);
    this.pause();
  }
  /** Another camera. */
  async choose(id: string): Promise<void> {
    const trouble = await this.camera.choose(id);
    if (trouble === "overtaken") return;
    this.turnTo(trouble ?? "on");
  }
  get isOn(): boolean {
    return this.state === "on";
  }
  draw(): void {
    const { state, texts } = this;
    const trouble = state !== "on" && state !== "starting" && state !== "off" ? state : undefined;
    this.box.classList.toggle("dark", trouble === undefined);
    this.video.classList.toggle("mirror", this.camera.facesScreen);
    this.trouble.hidden = trouble === undefined;
    this.hint.hidden = trouble !== undefined;
    if (trouble === undefined) {
      const loading = this.ready === false ? "reader_failed" : this.ready === undefined ? "reader_loading" : this.aim;
      this.hint.textContent = texts.t(state === "starting" ? "camera_starting" : loading);
      if (state === "on") this.said = undefined;
      return;
    }
    const title = texts.t(`camera_${trouble}`);
    // Where a scanner is paired there is a field instead, and no picture file.
    const hint = texts.t(this.aim === "aim" ? `camera_${trouble}_hint` : "pair_no_camera_hint");
    if (this.said !== trouble) tellState(`${title}. ${hint}`);
    this.said = trouble;
    const hadFocus = this.trouble.contains(document.activeElement);
    const retry = el("button", { type: "button", class: "quiet", onclick: () => void this.retry() }, texts.t("camera_retry"));
    fill(this.trouble, icon("camera"), el("h2", {}, title), el("p", {}, hint), retry);
    if (hadFocus) retry.focus();
  }
}
