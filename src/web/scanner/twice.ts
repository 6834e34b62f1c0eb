import { el } from "../kit/dom.js";
import type { ScannerTexts } from "./app.js";
import { keepKey, keyBefore } from "./wedge.js";

/** How long a hand waits before it presses a key once more to be believed. */
const BELIEVED_MS = 1000;

/**
 * A line in which a person who presses a key is asked for it once more. What no scanner's keys may do, even where one
 * passes for a hand's, wants the same key twice with a second between and no other: a scanner types faster. A pointer,
 * a touch, and the press of a screen reader or a switch come without keys, and count at once.
 */
export class Twice {
  readonly line = el("p", { class: "twice", role: "alert" });
  private asked: { key: string; at: number } | undefined;
  constructor(private readonly texts: ScannerTexts) {}

  /** Guard a button, or a form; `does` tells which keys would do it. */
  guard(place: HTMLElement, does: (event: KeyboardEvent) => boolean = pressesButton): void {
    place.addEventListener("keydown", (event) => {
      if (!does(event)) return;
      const { key, repeat, timeStamp: at } = event;
      const { asked } = this;
      if (!repeat && asked?.key === key && asked.at === keyBefore() && at - asked.at >= BELIEVED_MS) return;
      this.asked = { key, at }; // a slow hand's key repeats
      keepKey(event);
      if (!repeat) this.ask();
    });
  }
  private ask(): void {
    this.line.textContent = "";
    setTimeout(() => {
      this.line.textContent = this.texts.t("press_twice"); // said again where it stands already
    }, 50);
  }
}

function pressesButton({ key }: KeyboardEvent): boolean {
  return key === "Enter" || key === " ";
}
