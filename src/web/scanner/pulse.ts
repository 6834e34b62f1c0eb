import type { ServerClock } from "../kit/clock.js";

/** How often a page that is seen looks at its clocks. */
export const PULSE_MS = 100;
/** Between two looks: a device that goes to sleep and wakes stops its pages for longer, even by the clock that sleeps too. */
const STILL_MS = 300;

/**
 * Tells sleep from a clock that was set: both show as a wall clock that jumped ahead. A page that ran all the while has
 * not slept; whoever sets the tablet's clock, a guest network or a finger, must not make every code an old one.
 */
export class Pulse {
  private last = performance.now();
  constructor(private readonly clock: Pick<ServerClock, "wake" | "awake">) {}

  /** Look at the clocks: every PULSE_MS, and before a time is used. */
  beat(): void {
    const now = performance.now();
    const still = now - this.last;
    this.last = now;
    if (still >= 0 && still <= STILL_MS) this.clock.awake();
    else this.clock.wake();
  }
}
