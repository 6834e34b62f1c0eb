import { TEXT_LEN, TEXT_PREFIX } from "../lib/token.js";

/** A key as the browser tells it. */
export interface Stroke {
  key: string;
  code: string;
  /** Milliseconds. */
  at: number;
}

/** Longest pause inside a token; slow wireless scanners take some 80 ms, and a busy page delays keys. */
const TOKEN_GAP_MS = 500;
/** No person types like this: keys this fast on average are a scanner's, whatever it read. */
const BURST_GAP_MS = 45;
const BURST_LEN = 8;
/** Longest single pause inside such a burst. */
const BURST_PAUSE_MS = 250;
const TEXT_MAX = 1024;

/** What is to be done with a key: `mine` keeps it from the page; `text` is what a scanner has read. */
export interface Heard {
  mine: boolean;
  text?: string;
}

/** The character of a key; a Hangul layout gives letters of its own, then the place of the key counts. */
function characterOf({ key, code }: Stroke): string | undefined {
  const place = /^Key([A-Z])$/.exec(code)?.[1];
  if (place !== undefined && !/^[\x20-\x7e]$/.test(key)) return place;
  return key.length === 1 ? key : undefined;
}

/**
 * Scanners that type ("keyboard wedge"): a token is known by its prefix, anything else by its speed; Enter or Tab ends
 * it, a whole token ends by itself. Text is never trimmed; if Caps Lock turned the case, the prefix shows it.
 */
export class Wedge {
  private text = "";
  private first = 0;
  private last = -Infinity;
  /** A token ended by its length: the Enter behind it is not for a button. */
  private ended = -Infinity;

  private isToken(): boolean {
    const start = TEXT_PREFIX.slice(0, this.text.length);
    return this.text.length > 0 && this.text.slice(0, TEXT_PREFIX.length).toUpperCase() === start;
  }
  private isBurst(at: number, least: number): boolean {
    return this.text.length >= least && (at - this.first) / this.text.length <= BURST_GAP_MS;
  }
  hear(stroke: Stroke): Heard {
    const { at } = stroke;
    if (at - this.last > (this.isToken() ? TOKEN_GAP_MS : BURST_PAUSE_MS)) this.text = "";
    if (stroke.key === "Enter" || stroke.key === "Tab") return this.end(at);
    const character = characterOf(stroke);
    if (character === undefined) return { mine: false }; // Shift and the like
    if (this.text === "") this.first = at;
    if (this.text.length < TEXT_MAX) this.text += character;
    this.last = at;
    // A key that a person pressed just before is not part of it.
    const tail = this.text.slice(-TEXT_PREFIX.length);
    if (!this.isToken() && tail.toUpperCase() === TEXT_PREFIX) this.text = tail;
    const inToken = this.isToken() && this.text.length > TEXT_PREFIX.length;
    if (inToken && this.text.length === TEXT_LEN) {
      this.ended = at;
      return { mine: true, text: this.take() };
    }
    // A space would press the button that has the focus; a slash and a quote open the search of some browsers, which
    // then takes the rest.
    return { mine: inToken || (" /'".includes(character) && this.isBurst(at, 3)) };
  }
  private end(at: number): Heard {
    if (this.text === "") return { mine: at - this.ended <= TOKEN_GAP_MS };
    const isToken = this.isToken() && this.text.length > TEXT_PREFIX.length;
    if (!isToken && !this.isBurst(at, BURST_LEN)) {
      this.text = "";
      return { mine: false };
    }
    return { mine: true, text: this.take() };
  }
  private take(): string {
    const text = this.isToken() ? this.text.toUpperCase() : this.text;
    this.text = "";
    return text;
  }
}

const TEXT_FIELDS = "input:not([type=checkbox], [type=file]), textarea, select";

function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches(TEXT_FIELDS));
}

/** Listen on the whole page, outside fields that take text. Returns how to stop. */
export function listenToWedge(read: (text: string) => void): () => void {
  const wedge = new Wedge();
  let swallowed = "";
  const down = (event: KeyboardEvent): void => {
    if (takesText(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const { mine, text } = wedge.hear({ key: event.key, code: event.code, at: event.timeStamp });
    if (mine) {
      event.preventDefault();
      event.stopPropagation();
      swallowed = event.key;
    }
    if (text !== undefined) read(text);
  };
  // Some browsers press a button when the space bar comes up again.
  const up = (event: KeyboardEvent): void => {
    if (swallowed !== "" && event.key === swallowed) event.preventDefault();
    swallowed = "";
  };
  document.addEventListener("keydown", down, true);
  document.addEventListener("keyup", up, true);
  return () => {
    document.removeEventListener("keydown", down, true);
    document.removeEventListener("keyup", up, true);
  };
}
