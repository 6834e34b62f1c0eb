import type { Camera } from "./camera.js";
import { type CodeReader, codeReader, forgetReader } from "./reader.js";

/** Between two frames without a code: ten a second leave a tablet cool. */
const REST_MS = 60;
const WAIT_MS = 200;
const TROUBLE_MS = 5000;

/** How reading goes, for the page's measurements. */
export interface Measured {
  reader: CodeReader["name"] | undefined;
  frames: number;
  decodeMs: number | undefined;
}

/** Reads the camera's frames as long as it runs, one in flight, and hands over what each shows. */
export class Watch {
  readonly measured: Measured = { reader: undefined, frames: 0, decodeMs: undefined };
  private running = false;
  constructor(
    private readonly camera: Camera,
    private readonly found: (texts: string[]) => Promise<void>,
    /** The reader is ready, or could not be loaded. */
    private readonly readiness: (ready: boolean) => void,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    void this.loop();
  }
  stop(): void {
    this.running = false;
  }
  private async loop(): Promise<void> {
    while (this.running) {
      const rest = await this.once().catch(() => {
        forgetReader(this.measured.reader);
        this.measured.reader = undefined;
        this.readiness(false);
        return TROUBLE_MS;
      });
      await new Promise((done) => setTimeout(done, rest));
    }
  }
  private async once(): Promise<number> {
    const reader = await codeReader();
    if (this.measured.reader !== reader.name) {
      this.measured.reader = reader.name;
      this.readiness(true);
    }
    const frame = this.camera.isOn ? this.camera.frame() : undefined;
    if (frame === undefined) return WAIT_MS;
    const { texts, ms } = await reader.read(frame);
    this.measured.frames++;
    this.measured.decodeMs = this.measured.decodeMs === undefined ? ms : this.measured.decodeMs * 0.9 + ms * 0.1;
    if (texts.length > 0 && this.running) await this.found(texts);
    return REST_MS;
  }
}
