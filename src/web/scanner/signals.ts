import { keepSetting, setting } from "../kit/setting.js";
import type { Kind } from "./verdict.js";

/** A tone: hertz, from when, how long (ms). */
export type Tone = readonly [hertz: number, from: number, ms: number];

/** What a verdict sounds and feels like. High and rising lets in, low stops; no two are alike. */
export const SIGNALS: Readonly<Record<Kind, { tones: readonly Tone[]; shake: readonly number[] }>> = {
  accepted: { tones: [[880, 0, 90], [1320, 100, 160]], shake: [60] },
  queued: { tones: [[880, 0, 90], [1100, 100, 90], [880, 200, 140]], shake: [60, 60, 60] },
  counted: { tones: [[660, 0, 110]], shake: [25] },
  forged: { tones: [[170, 0, 220], [130, 240, 420]], shake: [400, 80, 400] },
  unknown: { tones: [[350, 0, 130], [350, 170, 130], [280, 340, 300]], shake: [200, 80, 80] },
  stale: { tones: [[520, 0, 160], [390, 180, 260]], shake: [120, 80, 120] },
  future: { tones: [[390, 0, 130], [520, 150, 130], [390, 300, 200]], shake: [120, 60, 60] },
  used: { tones: [[300, 0, 150], [300, 200, 150], [300, 400, 150]], shake: [150, 60, 150, 60, 150] },
  wrong_day: { tones: [[440, 0, 140], [350, 160, 140], [260, 320, 260]], shake: [80, 50, 80, 50, 300] },
  newer: { tones: [[420, 0, 120], [310, 160, 120], [420, 320, 120], [310, 480, 220]], shake: [100, 100, 300] },
  refused: { tones: [[230, 0, 500]], shake: [500] },
  foreign: { tones: [[490, 0, 80], [490, 130, 80]], shake: [50, 50, 50] },
  paused: { tones: [[330, 0, 200], [330, 400, 200]], shake: [200, 200, 200] },
  revoked: { tones: [[260, 0, 200], [210, 220, 200], [170, 440, 400]], shake: [300, 100, 300, 100, 300] },
  unrecorded: { tones: [[260, 0, 120], [390, 140, 120], [260, 280, 240]], shake: [250, 60, 60] },
};

const MUTED = "scanner-muted";

/** Tones through the browser's synthesizer; a browser that plays nothing before a touch is asked at every one. */
export class Signals {
  private context: AudioContext | undefined;
  muted = setting(MUTED) === "yes";

  /** Is a touch needed before anything is heard? */
  get isWaiting(): boolean {
    return !this.muted && this.context?.state !== "running";
  }
  /** To be called when the page starts, and on any touch or key. */
  async wake(): Promise<void> {
    try {
      this.context ??= new AudioContext();
      await this.context.resume();
    } catch {
      // no sound on this device: colour, word and vibration remain
    }
  }
  mute(muted: boolean): void {
    this.muted = muted;
    keepSetting(MUTED, muted ? "yes" : "no");
  }
  give(kind: Kind): void {
    const { tones, shake } = SIGNALS[kind];
    // Without a touch since the page opened browsers refuse, and say so in the console.
    if ("vibrate" in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate([...shake]);
    const context = this.context;
    if (this.muted || context === undefined || context.state !== "running") return;
    for (const [hertz, from, ms] of tones) tone(context, hertz, context.currentTime + from / 1000, ms / 1000);
  }
}

function tone(context: AudioContext, hertz: number, from: number, seconds: number): void {
  const source = context.createOscillator();
  const volume = context.createGain();
  source.type = hertz < 400 ? "square" : "sine";
  source.frequency.value = hertz;
  // Without ramps the ends click.
  volume.gain.setValueAtTime(0, from);
  volume.gain.linearRampToValueAtTime(hertz < 400 ? 0.18 : 0.35, from + 0.01);
  volume.gain.setValueAtTime(hertz < 400 ? 0.18 : 0.35, from + seconds - 0.02);
  volume.gain.linearRampToValueAtTime(0, from + seconds);
  source.connect(volume).connect(context.destination);
  source.start(from);
  source.stop(from + seconds);
}
