import { checkinBody, type CheckinItem, newAttempt, sealOffline } from "../lib/checkin.js";
import type { ApiError } from "../lib/client.js";
import { encodeTokenText } from "../lib/token.js";
import { Memory } from "./memory.js";
import { type Identity, isPaused } from "./pairing.js";
import { Pulse } from "./pulse.js";
import { Sender } from "./sender.js";
import { DOOR_MS, isItsWord, PATIENT_MS, registryWithin } from "./service.js";
import { NotOurs } from "./own_store.js";
import type { Entry, Report } from "./store.js";
import { queueKeyFor } from "./trust.js";
import { judge, type Sound, type Verdict, verdictOfCode } from "./verdict.js";

/** What stands in the way of every scan. */
export type Block = { kind: "paused"; code: string } | { kind: "revoked" } | { kind: "gone" } | undefined;

/** This browser is another scanner by now, or none: nothing is recorded here. */
const GONE: Verdict = { kind: "unrecorded", code: "gone" };

/** The device's storage is full or blocked, and the registry out of reach. */
const NO_STORAGE: Verdict = { kind: "unrecorded", code: "storage" };

/** The state that the page shows beside verdicts. */
export interface DoorState {
  online: boolean;
  unsent: number;
  today: number;
  block: Block;
  report: Report;
  sending: boolean;
}

/** What came of asking and sending by hand. */
export type Answer = "open" | "paused" | "revoked" | "gone" | "unreachable" | "busy";

/** A verdict with T of the token that it is about, where one was accepted, and how long it took. */
export interface Outcome {
  verdict: Verdict;
  id?: string;
  ms: number;
}

interface Judged {
  verdict: Verdict;
  id?: string;
}

/**
 * One scanner's door: judges what was read, has the registry record it or keeps it sealed, and sends what was kept.
 * It knows no page; `changed` is called whenever `state` differs.
 */
export class Door {
  readonly memory = new Memory();
  readonly state: DoorState = {
    online: navigator.onLine,
    unsent: 0,
    today: 0,
    block: undefined,
    report: {},
    sending: false,
  };
  readonly pulse: Pulse;
  private readonly sender: Sender;
  /** Entries whose own post is under way: not for the sender yet. */
  private readonly held = new Set<number>();
  private closed = false;
  private turn: Promise<unknown> = Promise.resolve();
  constructor(
    readonly identity: Identity,
    private readonly changed: () => void,
  ) {
    const { own } = identity;
    this.pulse = new Pulse(identity.clock);
    own.lost = () => this.leave();
    this.sender = new Sender({
      // A closed door's key must not carry the next scanner's entries: they would be refused for good.
      first: async (most) => (this.closed ? [] : own.first(most, this.held)),
      remove: async (keys) => {
        await own.remove(keys);
        await this.recount();
      },
      post: async (items) => {
        if (this.closed) throw new NotOurs();
        return registryWithin(PATIENT_MS).batch(identity.pairing.key, items);
      },
      refused: async (codes) => this.set({ report: await own.report(codes) }),
      reached: () => this.set({ online: true }),
      unreachable: () => this.set({ online: false }),
      turnedAway: (error) => this.turnAway(error),
      later: (work, ms) =>
        setTimeout(() => {
          if (!this.closed) work();
        }, ms),
      alone: async (work) => {
        if ("locks" in navigator) await navigator.locks.request("entrylog-queue", work);
        else await work();
      },
    });
    if (identity.pairing.revoked === true) this.state.block = { kind: "revoked" };
    else if (isPaused(identity.info)) this.state.block = { kind: "paused", code: "scanner_paused" };
  }

  /** Read what was kept; once, before the first scan. */
  async start(): Promise<void> {
    await this.recount();
  }
  private set(change: Partial<DoorState>): void {
    Object.assign(this.state, change);
    this.changed();
  }
  /**
   * Look what is kept: another tab may have sent or added entries, or paired the browser anew, and a new day counts
   * from nothing. A storage that cannot be read leaves what is shown.
   */
  async recount(): Promise<void> {
    this.pulse.beat();
    const kept = await this.identity.own.tally(this.identity.day()).catch(() => undefined);
    if (kept === undefined || this.closed) return;
    this.set({ today: kept.today, report: kept.report, unsent: Math.max(0, kept.size - this.held.size) });
  }

  /** Judge one text that was read; one after the other. */
  scan(text: string): Promise<Outcome> {
    const started = performance.now();
    const mine = this.turn.then(async () => {
      // What fails here is the device's storage: nobody may be let in as recorded then.
      const judged = await this.judged(text).catch((): Judged => ({ verdict: NO_STORAGE }));
      const { id } = judged;
      const verdict = judged.verdict.kind === "unrecorded" && this.state.block?.kind === "gone" ? GONE : judged.verdict;
      return { verdict, ms: performance.now() - started, ...(id === undefined ? {} : { id }) };
    });
    this.turn = mine.catch(() => undefined);
    return mine;
  }
  private look(text: string): Sound | { verdict: Verdict } {
    const { directory, info, clock } = this.identity;
    this.pulse.beat(); // the device may have slept, or its clock been set
    return judge(text, { directory, now: clock.seconds(), skew: info.skew, dayOffset: info.day_offset });
  }
  private async judged(text: string): Promise<Judged> {
    const { block } = this.state;
    if (block !== undefined) return { verdict: block.kind === "gone" ? GONE : block };
    let found = this.look(text);
    if ("verdict" in found && this.isOurIgnorance(found.verdict) && (await this.askBriefly())) found = this.look(text);
    if ("verdict" in found) return found;
    const recalled = this.memory.recall(found.id, performance.now());
    if (recalled !== "new") return { verdict: { kind: recalled }, id: found.id };
    if (this.identity.isStale()) void this.identity.refreshSometimes();
    const verdict = await this.record(found);
    if (verdict.kind !== "accepted" && verdict.kind !== "queued") return { verdict };
    this.memory.accept(found.id, performance.now());
    const today = await this.identity.own.countOne(this.identity.day()).catch(() => this.state.today + 1);
    this.set({ today });
    return { verdict, id: found.id };
  }
  /** Verdicts that may come from an old directory or a wrong clock rather than from the code. */
  private isOurIgnorance({ kind }: Verdict): boolean {
    return kind === "unknown" || kind === "future" || kind === "stale";
  }
  /** Learn anew, if that is quick. */
  private async askBriefly(): Promise<boolean> {
    if (!this.state.online) return false;
    return Promise.race([
      this.identity.refreshSometimes(),
      new Promise<boolean>((done) => setTimeout(() => done(false), DOOR_MS)),
    ]);
  }

  /** Have it recorded: by the registry if it answers soon, else here. */
  private async record({ token }: Sound): Promise<Verdict> {
    const { pairing, clock, info } = this.identity;
    const scannedAt = clock.seconds();
    const attempt = newAttempt();
    const key = queueKeyFor(info, scannedAt);
    const seal = (): Uint8Array | undefined =>
      key === undefined ? undefined : sealOffline(key, pairing.id, token, attempt, scannedAt);
    if (!this.state.online || !navigator.onLine) return this.keep(seal());
    // The post is on its way while the entry is sealed and written: neither waits for the other, and a page that dies
    // before the answer still has the entry, whose repeat is answered as the first was.
    const answer = this.post(checkinBody(encodeTokenText(token), attempt, scannedAt));
    const sealed = seal();
    const written = sealed === undefined ? undefined : this.hold(sealed).catch(() => undefined);
    const verdict = await answer;
    const entry = await written;
    if (verdict === undefined && entry !== undefined) return this.release(entry);
    if (verdict === undefined) return sealed === undefined ? { kind: "unrecorded" } : NO_STORAGE;
    if (entry !== undefined) await this.drop(entry);
    if (this.state.unsent > 0) void this.flush();
    return verdict;
  }
  /** Undefined: no answer that decides. */
  private async post(item: CheckinItem): Promise<Verdict | undefined> {
    try {
      const { body } = await registryWithin(DOOR_MS).checkin(this.identity.pairing.key, item);
      if (body?.status !== "recorded") throw new TypeError("not the registry's answer");
      return { kind: "accepted" };
    } catch (error) {
      if (!isItsWord(error)) {
        this.set({ online: false });
        return undefined;
      }
      if (error.status === 429 || error.status >= 500) return undefined;
      if (error.status === 401 || error.status === 403) this.turnAway(error);
      return verdictOfCode(error.code);
    }
  }
  private async hold(sealed: Uint8Array): Promise<Entry> {
    const key = await this.identity.own.add(sealed, false);
    this.held.add(key);
    return { key, sealed };
  }
  /** Its post came to nothing: it is the sender's now. */
  private async release(entry: Entry): Promise<Verdict> {
    await this.identity.own.harden(entry).finally(() => this.held.delete(entry.key));
    await this.recount();
    void this.flush();
    return { kind: "queued" };
  }
  /** The registry has decided; what cannot be removed now is sent once more, and answered the same. */
  private async drop(entry: Entry): Promise<void> {
    await this.identity.own.remove([entry.key]).catch(() => undefined);
    this.held.delete(entry.key);
  }
  private async keep(sealed: Uint8Array | undefined): Promise<Verdict> {
    if (sealed === undefined) return { kind: "unrecorded" };
    await this.identity.own.add(sealed, true);
    await this.recount();
    void this.flush();
    return { kind: "queued" };
  }

  private turnAway(error: ApiError): void {
    if (this.closed) return;
    const isRevoked = error.status === 401;
    if (isRevoked) void this.identity.markRevoked().catch(() => undefined);
    this.set({ online: true, block: isRevoked ? { kind: "revoked" } : { kind: "paused", code: error.code } });
  }
  /** Send what is kept, as far as it goes. */
  async flush(): Promise<void> {
    if (this.state.block !== undefined || this.closed) return;
    this.set({ sending: true });
    await this.sender.flush().catch(() => undefined);
    await this.recount(); // another tab may have sent them
    this.set({ sending: this.sender.isRunning });
  }
  /** The network is said to be back, or someone wants to know: ask who we are, then send. Tells what came of it. */
  async reconnect(): Promise<Answer> {
    if (this.closed) return "gone";
    this.sender.fresh();
    let isBusy = false;
    try {
      await this.identity.refresh();
      if (this.closed) return "gone";
      const isOff = isPaused(this.identity.info);
      this.set({ online: true, block: isOff ? { kind: "paused", code: "scanner_paused" } : undefined });
    } catch (error) {
      if (!isItsWord(error)) this.set({ online: false });
      else if (error.status === 401 || error.status === 403) this.turnAway(error);
      else isBusy = true;
    }
    await this.recount();
    if (this.state.unsent > 0) await this.flush();
    if (this.state.block !== undefined) return this.state.block.kind;
    if (!this.state.online) return "unreachable";
    return isBusy || this.state.unsent > 0 ? "busy" : "open";
  }
  /** It is not this browser's door any more: what waits for a retry must not be sent under another name. */
  close(): void {
    this.closed = true;
  }
  /** The same, found out by itself: the page has to say so. */
  private leave(): void {
    if (this.closed) return;
    this.close();
    this.set({ block: { kind: "gone" }, unsent: 0, sending: false });
  }
  lost(): void {
    this.set({ online: false });
  }
  /** The report was read. */
  async dismissReport(): Promise<void> {
    await this.identity.own.dismissReport().catch(() => undefined);
    this.set({ report: {} });
  }
}
