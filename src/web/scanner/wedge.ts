import { TEXT_LEN, TEXT_PREFIX } from "../lib/token.js";

/** A key as the browser tells it. */
export interface Stroke {
  key: string;
  code: string;
  /** Milliseconds. */
  at: number;
  /** It is held down. */
  repeat?: boolean;
  /** With Ctrl, Alt or Meta: some scanners type control characters so. */
  shortcut?: boolean;
  /** It goes into a field that takes text. */
  field?: boolean;
}

/** Longest pause inside a token; slow wireless scanners take some 80 ms, and a busy page delays keys. */
const TOKEN_GAP_MS = 500;
/** No person types like this: keys this fast on average are a scanner's, whatever it read. */
const BURST_GAP_MS = 90;
const BURST_LEN = 8;
/** Longest single pause inside such a burst. */
const BURST_PAUSE_MS = 250;
/** A key this soon behind another is no hand's, or one that a hand presses again. */
const HAND_MS = 100;
/** Two this close, or three that no hand would have pressed: it is a scanner. */
const SCANNER_MS = 45;
const SCANNER_RUN = 2;
/** Keys this soon behind what a scanner has typed are its own. */
const QUIET_MS = 500;
const TEXT_MAX = 1024;

/** Keys that do nothing of themselves. */
const MODIFIERS = new Set(["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "NumLock", "ScrollLock", "Fn"]);

/** What is to be done with a key: `mine` keeps it from the page; `text` is what a scanner has read. */
export interface Heard {
  mine: boolean;
  text?: string;
  /** A scanner has begun to type: the key before was its first, and nobody's press. */
  begins?: boolean;
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
 *
 * A visitor chooses what a scanner types, and a QR may hold Tabs and Enters: any key that comes faster than a hand's is
 * kept from the page. The first of a row cannot be told from a hand's; what it did is taken back at the second.
 */
export class Wedge {
  private text = "";
  private first = 0;
  /** When the last key came, and the one before. */
  private last = -Infinity;
  private before = -Infinity;
  /** Keys in a row that came faster than a hand's. */
  private run = 0;
  private quiet = -Infinity;
  private typing = false;
  private wasMine = false;

  /** When the key before the last one came. */
  get lastBefore(): number {
    return this.before;
  }
  private isToken(): boolean {
    const start = TEXT_PREFIX.slice(0, this.text.length);
    return this.text.length > 0 && this.text.slice(0, TEXT_PREFIX.length).toUpperCase() === start;
  }
  private inToken(): boolean {
    return this.isToken() && this.text.length > TEXT_PREFIX.length;
  }
  hear(stroke: Stroke): Heard {
    if (MODIFIERS.has(stroke.key)) return { mine: false };
    const { at } = stroke;
    if (at < this.last) this.quiet = -Infinity; // the browser's clock begins anew
    const gap = Math.abs(at - this.last);
    const isEnd = stroke.key === "Enter" || stroke.key === "Tab";
    this.before = this.last;
    this.last = at;
    if (stroke.repeat === true && !this.inToken()) return { mine: this.wasMine }; // as when it went down
    if (gap > (this.isToken() ? TOKEN_GAP_MS : BURST_PAUSE_MS)) this.text = "";
    if (gap > QUIET_MS) this.typing = false;
    this.run = gap < HAND_MS ? this.run + 1 : 0;
    const text = isEnd ? this.end(at) : stroke.shortcut === true ? undefined : this.add(stroke);
    const isScanner = text !== undefined || gap < SCANNER_MS || this.run >= SCANNER_RUN;
    const isFast = this.run > 0 || at < this.quiet || text !== undefined || this.inToken();
    // In a field a fast hand's characters are not told from a scanner's: only what would send the form is.
    const mine = stroke.field === true ? isEnd && (text !== undefined || at < this.quiet) : isFast;
    this.wasMine = mine;
    if (stroke.field === true && text === undefined && !this.typing) return { mine };
    const begins = isScanner && !this.typing;
    if (isScanner) {
      this.typing = true;
      this.quiet = at + QUIET_MS;
    }
    return { mine, ...(text === undefined ? {} : { text }), ...(begins ? { begins } : {}) };
  }
  /** One more character; the text if a token is whole. */
  private add(stroke: Stroke): string | undefined {
    const character = characterOf(stroke);
    if (character === undefined) return undefined;
    if (this.text === "") this.first = stroke.at;
    if (this.text.length < TEXT_MAX) this.text += character;
    // A key that a person pressed just before is not part of it.
    const tail = this.text.slice(-TEXT_PREFIX.length);
    if (!this.isToken() && tail.toUpperCase() === TEXT_PREFIX) this.text = tail;
    return this.inToken() && this.text.length === TEXT_LEN ? this.take() : undefined;
  }
  private end(at: number): string | undefined {
    const isBurst = this.text.length >= BURST_LEN && (at - this.first) / this.text.length <= BURST_GAP_MS;
    if (this.inToken() || isBurst) return this.take();
    this.text = "";
    return undefined;
  }
  private take(): string {
    const text = this.isToken() ? this.text.toUpperCase() : this.text;
    this.text = "";
    return text;
  }
}

const TEXT_FIELDS = "input:not([type=checkbox], [type=file]), textarea";

function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches(TEXT_FIELDS));
}

/** One for the page: a scanner may still be typing when another screen comes. */
const wedge = new Wedge();
let reader: ((text: string) => void) | undefined;
let isListening = false;
/** Keys that went down and were kept from the page. */
const swallowed = new Set<string>();
/** What had the focus before the last key that the page got. */
let focused: Element | null = null;

/** Take back what a scanner's first key has done: a dialog that it opened, the focus that it moved. */
function takeBack(): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]")) dialog.close();
  if (document.activeElement === focused) return;
  const isPlace = focused instanceof HTMLElement && focused !== document.body && focused.isConnected;
  (isPlace ? (focused as HTMLElement) : document.querySelector<HTMLElement>("main h1"))?.focus({ preventScroll: true });
}

function down(event: KeyboardEvent): void {
  const { key, code, repeat, timeStamp: at } = event;
  const shortcut = event.ctrlKey || event.altKey || event.metaKey;
  const { mine, text, begins } = wedge.hear({ key, code, at, repeat, shortcut, field: takesText(event.target) });
  if (begins === true) takeBack();
  if (mine) keepKey(event);
  else if (!repeat && !MODIFIERS.has(key)) focused = document.activeElement;
  if (text !== undefined) reader?.(text);
}

/** Some browsers press a button when the space bar comes up again. */
function up(event: KeyboardEvent): void {
  if (swallowed.delete(event.code)) event.preventDefault();
}

/** Hear scanners on the whole page. Returns how to stop: then nobody reads, and their keys still press nothing. */
export function listenToWedge(read: (text: string) => void): () => void {
  reader = read;
  if (!isListening) {
    document.addEventListener("keydown", down, true);
    document.addEventListener("keyup", up, true);
    isListening = true;
  }
  return () => {
    if (reader === read) reader = undefined;
  };
}

/** Keep a key that went down from the page until it is up again. */
export function keepKey(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopPropagation();
  swallowed.add(event.code);
}

/** When the key before the last one came, whoever pressed it. */
export function keyBefore(): number {
  return wedge.lastBefore;
}
