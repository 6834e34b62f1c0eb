/** Clocks that differ by less have drifted, or one was read a moment later. */
const SET_S = 1;
/** A clock that a person sets right again is right to the minute. */
const RETURN_S = 60;

/**
 * The server's time on this device: what the device's clock is off by, learned from `/v1/time` or any answer that
 * tells the time. Between two lessons the monotonic clock counts, so that a device whose clock is set meanwhile
 * stays right; the offset is kept by the caller for a start without network.
 */
export class ServerClock {
  /** Seconds by which the wall clock got ahead while the monotonic one is thought to have slept. */
  private slept = 0;
  /** Seconds by which the wall clock was set ahead under our eyes. */
  private set = 0;
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
    return this.counted() + this.slept;
  }
  /** The time without any sleep: it is this late at least. */
  private counted(): number {
    return this.base.wall + (performance.now() - this.base.monotonic) / 1000;
  }
  /** The time by the device's clock. */
  private wall(): number {
    return Date.now() / 1000 + this.kept;
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
    this.slept = this.set = 0;
    this.kept = this.offset();
    this.known = true;
    return true;
  }
  /**
   * After a time in which the device may have slept, and with it the monotonic clock; the wall clock went on. It is
   * believed unless it is behind what was counted awake: one that is was set back, perhaps only to where it had been
   * before it was set ahead. What was believed earlier is judged anew, so that a jump ends when the wall clock returns.
   */
  wake(): void {
    const ahead = this.wall() - this.now() + RETURN_S;
    if (ahead < 0 && ahead + this.set >= 0) this.follow(-this.set);
    if (this.wall() >= this.counted() - RETURN_S) this.slept = Math.max(0, this.wall() - this.counted());
  }
  /**
   * The page has run all the time since the last look: it cannot have slept, and where the wall clock has moved against
   * the monotonic one, somebody has set it. The time stays; only a sleep that was believed wrongly ends with its cause.
   */
  awake(): void {
    const ahead = this.wall() - this.now();
    if (Math.abs(ahead) < SET_S) return;
    const isMore = -ahead > (this.set > 0 ? this.set + RETURN_S : 0); // than what was set before our eyes
    if (isMore && this.slept > 0 && this.wall() >= this.counted() - RETURN_S) this.slept = Math.max(0, this.wall() - this.counted());
    else this.follow(ahead);
  }
  /** The wall clock was set ahead by so much. */
  private follow(seconds: number): void {
    this.set += seconds;
    this.kept -= seconds;
  }
}
