import { el, fill } from "../kit/dom.js";
import type { ScannerTexts } from "./app.js";
import { Camera, type CameraTrouble } from "./camera.js";
import { icon } from "./icons.js";
import { Watch } from "./watch.js";

/** The camera's picture with a frame to aim at, or in words why there is none. */
export class CameraBox {
  readonly video = el("video", { "aria-hidden": "true", tabindex: "-1", playsinline: true, muted: true });
  readonly camera = new Camera(this.video, () => {
    this.state = "taken";
    this.draw();
  });
  readonly watch: Watch;
  private readonly hint = el("p", { class: "aim" });
  private readonly trouble = el("div", { class: "trouble", hidden: true });
  readonly box: HTMLElement;
  private wanted = false;
  private state: CameraTrouble | "starting" | "on" | "off" = "off";
  private ready: boolean | undefined;
  constructor(
    private readonly texts: ScannerTexts,
    private readonly aim: "aim" | "pair_camera_hint",
    found: (texts: string[]) => Promise<void>,
    private readonly changed: () => void = () => undefined,
  ) {
    this.watch = new Watch(this.camera, found, (ready) => {
      this.ready = ready;
      this.draw();
    });
    this.box = el("div", { class: "view" }, this.video, el("div", { class: "aiming", "aria-hidden": "true" }), this.hint, this.trouble);
    document.addEventListener("visibilitychange", this.onVisibility);
  }
  private readonly onVisibility = (): void => {
    if (!this.wanted) return;
    if (document.visibilityState === "visible") void this.start();
    else this.pause();
  };
  async start(): Promise<void> {
    this.wanted = true;
    this.state = "starting";
    this.draw();
    this.watch.start(); // also without a picture: the reader is there when a picture file is chosen
    this.state = (await this.camera.start()) ?? "on";
    if (!this.wanted) return this.pause();
    this.draw();
    this.changed();
  }
  private pause(): void {
    this.watch.stop();
    this.camera.stop();
    this.state = "off";
  }
  stop(): void {
    this.wanted = false;
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.pause();
  }
  /** Another camera. */
  async choose(id: string): Promise<void> {
    this.state = (await this.camera.choose(id)) ?? "on";
    this.draw();
    this.changed();
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
      return;
    }
    fill(
      this.trouble,
      icon("camera"),
      el("h2", {}, texts.t(`camera_${trouble}`)),
      el("p", {}, texts.t(`camera_${trouble}_hint`)),
      el("button", { type: "button", class: "quiet", onclick: () => void this.start() }, texts.t("camera_retry")),
    );
  }
}
