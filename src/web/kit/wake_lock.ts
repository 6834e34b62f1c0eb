/** Keep the screen on while the page is visible; silently does nothing where the browser cannot. */
export class WakeLock {
  private lock: WakeLockSentinel | undefined;
  private wanted = false;
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
    await this.lock?.release();
    this.lock = undefined;
  }
  private async take(): Promise<void> {
    try {
      this.lock = await navigator.wakeLock?.request("screen");
    } catch {
      this.lock = undefined; // battery saver; the person's screen, the person's choice
    }
  }
}
