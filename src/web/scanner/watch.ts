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
  /** The loop that is in force: one that was stopped ends even if another has begun. */
  private turn = 0;
  private running = false;
  private failures = 0;
  constructor(
    private readonly camera: Pick<Camera, "isOn" | "frame">,
    private readonly found: (texts: string[]) => Promise<void>,
    /** The reader is ready, or could not be loaded, and how often in a row. */
    private readonly readiness: (ready: boolean, failures: number) => void,
    private readonly reader: () => Promise<CodeReader> = codeReader,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    void this.loop(++this.turn);
  }
  stop(): void {
    this.running = false;
  }
  private isOver(turn: number): boolean {
    return !this.running || turn !== this.turn;
  }
  private async loop(turn: number): Promise<void> {
    while (!this.isOver(turn)) {
      const rest = await this.once(turn).catch(() => {
        forgetReader(this.measured.reader);
        this.measured.reader = undefined;
        this.readiness(false, ++this.failures);
        return TROUBLE_MS;
      });
      await new Promise((done) => setTimeout(done, rest));
    }
  }
  private async once(turn: number): Promise<number> {
    const reader = await this.reader();
    if (this.isOver(turn)) return 0;
    if (this.measured.reader !== reader.name) {
      this.measured.reader = reader.name;
      this.failures = 0;
      this.readiness(true, 0);
    }
    const frame = this.camera.isOn ? this.camera.frame() : undefined;
    if (frame === undefined) return WAIT_MS;
    const { texts, ms } = await reader.read(frame);
    this.measured.frames++;
    this.measured.decodeMs = this.measured.decodeMs === undefined ? ms : this.measured.decodeMs * 0.9 + ms * 0.1;
    if (texts.length > 0 && !this.isOver(turn)) await this.found(texts);
    return REST_MS;
  }
}
