import { ServerClock } from "../kit/clock.js";
import { explain } from "../kit/common_texts.js";
import type { Directory } from "../lib/directory.js";
import { ApiError, type ScannerInfo } from "../lib/client.js";
import type { ScannerTexts } from "./app.js";
import { isItsWord, PATIENT_MS, registryWithin } from "./service.js";
import { NotOurs, OwnStore } from "./own_store.js";
import type { Pairing, Store } from "./store.js";
import { epochOf } from "../lib/epoch.js";
import { badFormat } from "../lib/errors.js";
import { acceptDirectory, openKept, pinRoot } from "./trust.js";

/** Why an enrolment came to nothing where neither the network nor the registry is to blame. */
export class EnrolError extends Error {
  override readonly name = "EnrolError";
  constructor(
    readonly reason: "storage" | "untrusted",
    cause: unknown,
  ) {
    super(reason, { cause });
  }
}

/** What to tell of an enrolment that failed. */
export function explainEnrol(texts: ScannerTexts, error: unknown): string {
  return error instanceof EnrolError ? texts.t(`pair_error_${error.reason}`) : explain(texts, error);
}

/** The same work; what it throws is the fault of the device's storage. */
async function stored<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw new EnrolError("storage", error);
  });
}

function trusted(info: ScannerInfo): string {
  try {
    return pinRoot(info.directory);
  } catch (error) {
    throw new EnrolError("untrusted", error);
  }
}

/** Ask the registry for the time; false when it did not tell. */
export async function learnTime(clock: ServerClock): Promise<boolean> {
  const asked = performance.now();
  return clock.learn(await registryWithin(PATIENT_MS).time(), asked, performance.now());
}

/**
 * Become a scanner: use up an enrolment code, learn who we are, pin the root key. A code works once only, so its key is
 * kept before anything else is asked, and the same code again goes on from there.
 */
export async function enrol(store: Store, code: string): Promise<Identity> {
  const client = registryWithin(PATIENT_MS);
  const clock = new ServerClock(undefined);
  await learnTime(clock);
  const before = await stored(store.read("enrolled"));
  const { id, key } = before?.code === code ? before : await client.enrol(code);
  await stored(store.write("enrolled", { code, id, key }));
  const info = await retried(() => client.scanner(key)).catch(async (error: unknown) => {
    // Revoked before it ever was a door: neither the code nor the key is of use again.
    if (isItsWord(error) && error.status === 401) await stored(store.erase("enrolled"));
    throw error;
  });
  const day = epochOf(clock.seconds(), info.day_offset);
  const pairing: Pairing = { id, key, root: trusted(info), info, offset: clock.offset(), day };
  await stored(store.become(pairing));
  return new Identity(store, pairing, clock);
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++)
    try {
      return await work();
    } catch (error) {
      if (tries === 4 || (error instanceof ApiError && error.status < 500 && error.status !== 429)) throw error;
      await new Promise((done) => setTimeout(done, 500 * 2 ** tries));
    }
}

/** A paused scanner learns it in its entry (an inactive venue's scanner gets none). */
export function isPaused(info: ScannerInfo): boolean {
  return info.active === false; // one that was kept before scanners could be paused has none
}

/** Who this scanner is and what it knows; renewed without a clock of its own. */
export class Identity {
  directory: Directory;
  /** The registry offered a directory that we do not accept: the kept one stays in use. */
  doubtful = false;
  readonly own: OwnStore;
  private asking: Promise<void> | undefined;
  private asked = { monotonic: -Infinity, wall: -Infinity };
  constructor(
    store: Store,
    public pairing: Pairing,
    readonly clock: ServerClock = new ServerClock(pairing.offset),
  ) {
    this.own = new OwnStore(store, pairing);
    this.directory = openKept(pairing.info.directory, pairing.root);
    if (typeof pairing.info.venue.name !== "string" || !Number.isSafeInteger(this.day())) badFormat("pairing");
  }
  get info(): ScannerInfo {
    return this.pairing.info;
  }
  /** Has the directory in use run out? It still serves, with a warning: the registry judges once more anyway. */
  hasRunOut(): boolean {
    return this.clock.now() >= this.directory.notAfter;
  }
  /** Learn the time and the own entry anew. Throws what the call throws. Calls at once share one. */
  refresh(): Promise<void> {
    this.asking ??= this.ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }
  /** The same, but not more often than once a minute and without a word on failure: for what a stranger can cause. */
  async refreshSometimes(): Promise<boolean> {
    if (this.age() < 60_000) return false;
    return this.refresh().then(
      () => true,
      () => false,
    );
  }
  /** The registry does not know this scanner any more. */
  async markRevoked(): Promise<void> {
    this.pairing = { ...this.pairing, revoked: true };
    await this.own.renew(this.pairing);
  }
  /** Milliseconds since the registry was last asked; the monotonic clock alone does not count a device's sleep. */
  age(): number {
    return Math.max(performance.now() - this.asked.monotonic, Date.now() - this.asked.wall);
  }
  /** Today's epoch. */
  day(): number {
    return epochOf(this.clock.seconds(), this.info.day_offset);
  }
  /** Was what we know learned on another day? Keys of queue and issuers come by days. */
  isStale(): boolean {
    return this.day() !== this.pairing.day;
  }
  private async ask(): Promise<void> {
    this.asked = { monotonic: performance.now(), wall: Date.now() };
    await learnTime(this.clock);
    const info = await registryWithin(PATIENT_MS).scanner(this.pairing.key);
    this.doubtful = false;
    try {
      this.directory = acceptDirectory(info.directory, this.pairing.root, this.directory, this.clock.now());
    } catch {
      this.doubtful = true;
      info.directory = this.info.directory;
    }
    const day = epochOf(this.clock.seconds(), info.day_offset);
    this.pairing = { ...this.pairing, info, offset: this.clock.offset(), day, revoked: false };
    // The answer may come when this browser is a scanner no more. That it cannot be written otherwise is no matter now.
    await this.own.renew(this.pairing).catch((error: unknown) => {
      if (error instanceof NotOurs) throw error;
    });
  }
}
