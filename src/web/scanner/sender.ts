import type { ApiError, CheckinResult } from "../lib/client.js";
import { BATCH_ITEMS_MAX, type CheckinItem, sealedItem } from "../lib/checkin.js";
import { isItsWord } from "./service.js";
import type { Entry } from "./store.js";

/** What the sender needs of the rest; a test gives its own. */
export interface SenderParts {
  first(most: number): Promise<Entry[]>;
  remove(keys: readonly number[]): Promise<void>;
  /** Post a batch; throws ApiError, or anything else without network. */
  post(items: readonly CheckinItem[]): Promise<(CheckinResult | { code: string })[]>;
  /** Refusals that are final, by code. */
  refused(codes: readonly string[]): Promise<void>;
  /** The state of things has changed: reached, out of reach, or turned away with this error. */
  reached(): void;
  unreachable(): void;
  turnedAway(error: ApiError): void;
  later(work: () => void, ms: number): void;
  /** One tab of several at a time. */
  alone(work: () => Promise<void>): Promise<void>;
}

const FIRST_WAIT_S = 2;
const LONGEST_WAIT_S = 60;
const ROUNDS_MAX = 10_000;

/** Codes of single items that mean "not now". */
const TRANSIENT = new Set(["busy", "not_ready", "rate_limited", "internal", "timeout"]);

/** Seconds to wait after the n-th failure in a row: doubled each time, at most a minute, not all at once. */
export function backoff(failures: number, chance: number = Math.random()): number {
  return Math.min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** Math.max(0, failures - 1)) * (0.5 + chance / 2);
}

/** Does it say what became of its entry? The registry answers `recorded`, or the code of why not. */
function isResult(value: unknown): value is CheckinResult | { code: string } {
  if (typeof value !== "object" || value === null) return false;
  const { status, code } = value as { status?: unknown; code?: unknown };
  return typeof code === "string" ? code !== "" : code === undefined && status === "recorded";
}

/** Which entries an answer decides: an entry goes only when its own result says so. */
export function settle(
  entries: readonly Entry[],
  results: readonly (CheckinResult | { code: string })[],
): { done: number[]; refused: string[]; stay: number } {
  const out = { done: [] as number[], refused: [] as string[], stay: 0 };
  entries.forEach(({ key }, i) => {
    const result = results[i];
    if (!isResult(result) || ("code" in result && TRANSIENT.has(result.code))) {
      out.stay++;
      return;
    }
    out.done.push(key);
    if ("code" in result) out.refused.push(result.code);
  });
  return out;
}

function areResults(value: unknown, count: number): value is (CheckinResult | { code: string })[] {
  return Array.isArray(value) && value.length === count && value.every(isResult);
}

/**
 * Sends the queue, oldest first, in batches. It runs when asked (network back, a scan, the button) and by itself only
 * after a failure with entries left, later each time. Sending twice is harmless: an entry holds its own attempt.
 */
export class Sender {
  private running: Promise<void> | undefined;
  private again = false;
  private failures = 0;
  private waiting = false;
  private batch = BATCH_ITEMS_MAX;
  /** Not before this time (monotonic ms): the registry said so. */
  private notBefore = 0;
  constructor(private readonly parts: SenderParts) {}

  get isRunning(): boolean {
    return this.running !== undefined;
  }
  /** Send what there is; resolves when nothing more can be done now. Several calls at once share one run. */
  async flush(): Promise<void> {
    if (this.running !== undefined) {
      this.again = true;
      return this.running;
    }
    const wait = this.notBefore - performance.now();
    if (wait > 0) return this.retry(wait);
    this.running = this.parts
      .alone(() => this.run())
      .finally(() => {
        this.running = undefined;
      });
    await this.running;
    if (this.again) {
      this.again = false;
      if (this.failures === 0) await this.flush();
    }
  }
  private async run(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const entries = await this.parts.first(this.batch).catch(() => undefined);
      if (entries === undefined) return this.fail(undefined); // the storage fails: it may come back
      if (entries.length === 0) return;
      if (!(await this.sendOne(entries))) return;
    }
  }
  /** One batch; false when the run is over. */
  private async sendOne(entries: readonly Entry[]): Promise<boolean> {
    try {
      const results: unknown = await this.parts.post(entries.map((e) => sealedItem(e.sealed)));
      if (!areResults(results, entries.length)) throw new TypeError("not the registry's answer");
      this.parts.reached();
      const { done, refused, stay } = settle(entries, results);
      // The report first: told twice after a crash in between is better than never.
      if (refused.length > 0) await this.parts.refused(refused);
      if (done.length > 0) await this.parts.remove(done);
      if (stay === 0) {
        this.failures = 0;
        return true;
      }
      this.fail(undefined);
      return false;
    } catch (error) {
      return this.failed(error);
    }
  }
  private failed(error: unknown): boolean {
    if (!isItsWord(error)) {
      this.parts.unreachable();
      this.fail(undefined);
      return false;
    }
    if (error.status === 401 || error.status === 403) {
      this.parts.turnedAway(error);
      return false;
    }
    if (error.status === 413 && this.batch > 1) {
      this.batch = Math.ceil(this.batch / 2);
      return true;
    }
    this.fail(error.retryAfter);
    return false;
  }
  private fail(retryAfter: number | undefined): void {
    this.failures++;
    const wait = Math.max(retryAfter ?? 0, backoff(this.failures)) * 1000;
    if (retryAfter !== undefined) this.notBefore = performance.now() + retryAfter * 1000;
    this.retry(wait);
  }
  private retry(ms: number): void {
    if (this.waiting) return;
    this.waiting = true;
    this.parts.later(() => {
      this.waiting = false;
      void this.flush();
    }, ms);
  }
  /** Something changed (network back, a button): the next failure waits short again. */
  fresh(): void {
    this.failures = 0;
  }
}
