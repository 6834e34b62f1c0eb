import { announce, byId } from "../kit/dom.js";
import type { Texts } from "../kit/language.js";
import type { Signals } from "./signals.js";
import type { Store } from "./store.js";
import type { ko } from "./texts.ko.js";

export type ScannerTexts = Texts<keyof typeof ko>;

/** What is said and stays: looked up whenever it is drawn, as the language may change meanwhile. */
export type Said = () => string;

/** What every screen is given. */
export interface App {
  readonly texts: ScannerTexts;
  readonly store: Store;
  readonly signals: Signals;
  readonly main: HTMLElement;
  readonly bar: HTMLElement;
}

/** A screen that is shown: it draws itself anew in another language, and ends what it runs. */
export interface Screen {
  draw(): void;
  stop(): void;
}

/** Say to screen readers what a person sees. */
export function say(text: string, urgent = false): void {
  announce(text, urgent ? "urgent" : "polite");
}

const pending: string[] = [];

/**
 * Say what has changed without anybody's scan, in a region of its own so that no verdict silences it. What comes at
 * once is said together.
 */
export function tellState(text: string): void {
  if (pending.push(text) > 1) return;
  const region = byId("state");
  region.textContent = "";
  setTimeout(() => {
    region.textContent = pending.splice(0).join(" ");
  }, 150);
}

/** A time of day to the second, so that two looks within a minute are told apart. */
export function clockTime(texts: ScannerTexts, seconds: number): string {
  return new Intl.DateTimeFormat(texts.language, { timeStyle: "medium" }).format(seconds * 1000);
}
