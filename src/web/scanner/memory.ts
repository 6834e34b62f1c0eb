/** A second scan of the same token this soon is the same person's. */
const SAME_PERSON_MS = 10_000;
/** A code not seen for this long has left the view. */
const IN_VIEW_MS = 2_500;
/** No visitor's page shows one token longer. */
const SHOWN_MS = 90_000;
const MEMORY_MAX = 50_000;
const SIGHTS_MAX = 16;

/**
 * The tokens that this scanner accepted, by T in hexadecimal. In memory only: what is on the disk must not show a
 * visit. Times are the monotonic clock's milliseconds.
 */
export class Memory {
  private readonly known = new Map<string, { accepted: number; seen: number }>();

  /** Has this token been accepted here: never, just now by the same person, or before? */
  recall(id: string, now: number): "new" | "counted" | "used" {
    const entry = this.known.get(id);
    if (entry === undefined) return "new";
    const inView = now - entry.seen <= IN_VIEW_MS && now - entry.accepted <= SHOWN_MS;
    if (!inView && now - entry.accepted > SAME_PERSON_MS) return "used";
    entry.seen = now;
    return "counted";
  }
  accept(id: string, now: number): void {
    this.known.set(id, { accepted: now, seen: now });
    if (this.known.size > MEMORY_MAX) for (const oldest of [...this.known.keys()].slice(0, MEMORY_MAX / 10)) this.known.delete(oldest);
  }
  /** It is still in front of the camera. */
  see(id: string, now: number): void {
    const entry = this.known.get(id);
    if (entry !== undefined && now - entry.seen <= IN_VIEW_MS) entry.seen = now;
  }
  clear(): void {
    this.known.clear();
  }
}

interface Seen {
  last: number;
  judged: number;
  again: boolean;
  id: string | undefined;
}

/**
 * What is before the camera: ten pictures a second of one code are one presentation. A text is new when it was not
 * there within the last seconds; `again` lets one be judged anew while it stays, as its verdict may change by itself.
 */
export class Sights {
  private readonly texts = new Map<string, Seen>();
  constructor(private readonly memory: Memory) {}

  /** The text of a frame that is to be judged, tokens first, or undefined. */
  choose(found: readonly string[], now: number): string | undefined {
    const fresh = found.filter((text) => this.isNew(text, now));
    for (const [text, seen] of this.texts) if (now - seen.last > IN_VIEW_MS) this.texts.delete(text);
    return fresh.find((text) => text.startsWith("EL1:")) ?? fresh[0];
  }
  private isNew(text: string, now: number): boolean {
    const seen = this.texts.get(text);
    if (seen === undefined || now - seen.last > IN_VIEW_MS) return true;
    seen.last = now;
    if (seen.id !== undefined) this.memory.see(seen.id, now);
    return seen.again && now - seen.judged > IN_VIEW_MS;
  }
  /** It was judged; `again`: its verdict may soon change; `id`: T of an accepted one. */
  judged(text: string, now: number, again: boolean, id?: string): void {
    this.texts.set(text, { last: now, judged: now, again, id });
    if (this.texts.size > SIGHTS_MAX) for (const oldest of [...this.texts.keys()].slice(0, 4)) this.texts.delete(oldest);
  }
}
