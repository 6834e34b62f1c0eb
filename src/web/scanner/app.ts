import { announce } from "../kit/dom.js";
import type { Texts } from "../kit/language.js";
import type { Signals } from "./signals.js";
import type { Store } from "./store.js";
import type { ko } from "./texts.ko.js";

export type ScannerTexts = Texts<keyof typeof ko>;

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
