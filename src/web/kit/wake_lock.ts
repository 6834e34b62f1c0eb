/** Keep the screen on while the page is visible; silently does nothing where the browser cannot. */
export class WakeLock {
  private lock: WakeLockSentinel | undefined;
  private wanted = false;
  private isTaking = false;
  constructor() {
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.wanted) void this.take();
    });
  }
  async hold(): Promise<void> {
    this.wanted = true;
    await this.take();
  }
  async release(): Promise<void> {
    this.wanted = false;
    const lock = this.lock;
    this.lock = undefined;
    await lock?.release();
  }
  private async take(): Promise<void> {
    if (this.isTaking || this.lock?.released === false) return; // a second one would never be given back
    this.isTaking = true;
    try {
      this.lock = await navigator.wakeLock?.request("screen");
    } catch {
      this.lock = undefined; // battery saver; the person's screen, the person's choice
    } finally {
      this.isTaking = false;
    }
    if (!this.wanted) await this.release(); // no longer, by the time it came
  }
}
