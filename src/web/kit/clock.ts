/**
 * The server's time on this device: what the device's clock is off by, learned from `/v1/time` or any answer that
 * tells the time. Between two lessons the monotonic clock counts, so that a device whose clock is set meanwhile
 * stays right; the offset is kept by the caller for a start without network.
 */
export class ServerClock {
  private base: { wall: number; monotonic: number };
  private kept: number;
  /** Whether the server has told the time, now or on an earlier day. */
  known: boolean;
  constructor(offset: number | undefined) {
    this.known = offset !== undefined && Number.isFinite(offset);
    this.kept = this.known ? (offset ?? 0) : 0;
    this.base = { wall: Date.now() / 1000 + this.kept, monotonic: performance.now() };
  }
  /** Seconds since 1970, with fractions. */
  now(): number {
    return this.base.wall + (performance.now() - this.base.monotonic) / 1000;
  }
  seconds(): number {
    return Math.floor(this.now());
  }
  /** What the server's clock is ahead of the device's, in seconds; to be kept. */
  offset(): number {
    return this.now() - Date.now() / 1000;
  }
  /**
   * Learn from a time in whole seconds that was told between two readings of performance.now(). The server cut off
   * half a second on average. A slow answer teaches nothing, nor does what is no time: some networks answer for others.
   */
  learn(serverSeconds: number, asked: number, answered: number): boolean {
    if (answered - asked > 4000 || !Number.isSafeInteger(serverSeconds) || serverSeconds <= 0) return false;
    this.base = { wall: serverSeconds + 0.5, monotonic: (asked + answered) / 2 };
    this.kept = this.offset();
    this.known = true;
    return true;
  }
  /**
   * After a time out of sight: the monotonic clock may have stood still while the device slept, the wall clock did
   * not. One that is behind was set back, and is not believed.
   */
  wake(): void {
    const wall = Date.now() / 1000 + this.kept;
    if (wall > this.now()) this.base = { wall, monotonic: performance.now() };
  }
}
