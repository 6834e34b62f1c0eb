import { ApiError, IssuerClient } from "../lib/client.js";
import { DAY_S } from "../lib/epoch.js";
import type { ServerClock } from "../kit/clock.js";
import { fetchWithin } from "../kit/fetch_within.js";
import { CALL_TOKENS, callsFor, type Day, holdFor, isOfDay, isUsable, LOW, nextRefill, spanOf } from "./plan.js";
import type { Store, StoredToken, Ticket } from "./store.js";

const LOCK = "entrylog-refill";
const TIMEOUT_MS = 20_000;
/** Somebody stands at a door and waits for it. */
const LIVE_TIMEOUT_MS = 6_000;

/** The issuer that serves this page. No cookie, no cache, no call that hangs for ever. */
export function ownIssuer(patience_ms = TIMEOUT_MS): IssuerClient {
  return new IssuerClient("", fetchWithin(patience_ms));
}

/** Whether a failure is the issuer's word that it does not know this registration. */
export function isEnded(failure: unknown): boolean {
  return failure instanceof ApiError && failure.code === "unauthorized";
}

/** A code drawn by the issuer. */
export interface LiveCode {
  text: string;
  shownAt: number;
}

/**
 * The tokens of this device: taken out one by one, fetched ahead, or drawn live. The page and the service worker have
 * one each over the same store; a lock keeps them from fetching at the same time.
 */
export class Wallet {
  /** Called when tokens were fetched. */
  onTokens: () => void = () => undefined;
  private hasNewTicket = false;
  private readonly hasty = ownIssuer(LIVE_TIMEOUT_MS);
  constructor(
    readonly store: Store,
    readonly issuer: IssuerClient,
    readonly clock: ServerClock,
    private readonly random: () => number = Math.random,
  ) {}

  /** One token, gone from the wallet for good; undefined when none is left for now. No network. */
  async take(): Promise<StoredToken | undefined> {
    return this.store.take(this.clock.seconds());
  }
  /** How many can be shown now. */
  async left(): Promise<number> {
    const now = this.clock.seconds();
    return (await this.store.spans()).filter((s) => isUsable(s, now)).length;
  }
  async isDue(): Promise<boolean> {
    return this.clock.seconds() >= ((await this.store.get("refill_at")) ?? 0) && !(await this.isHeld());
  }
  /** Seconds for which the issuer asked to be left alone. */
  async heldFor(): Promise<number> {
    return Math.max(0, ((await this.store.get("hold_until")) ?? 0) - this.clock.seconds());
  }
  private async isHeld(): Promise<boolean> {
    const registration = await this.store.get("registration");
    return registration === undefined || registration.ended === true || (await this.heldFor()) > 0;
  }

  /** Draw one code at the issuer (POST /v1/tokens): the fallback. It teaches the time, too. */
  async live(): Promise<LiveCode> {
    return this.noting((credential) =>
      this.withTicket("today", credential, async (ticket) => {
        const index = await this.store.reserve(ticket.epoch, ticket.ticket, 1);
        if (index === undefined) return undefined;
        const asked = performance.now();
        const answer = await this.hasty.token(ticket.ticket, index);
        await this.learn(answer.shown_at, asked);
        return { text: answer.token, shownAt: answer.shown_at };
      }),
    );
  }

  /**
   * Fetch ahead what today's and tomorrow's wallets lack, then choose the next moment; `due` only if it is the moment,
   * or few are left. One at a time on a device: who comes second sees what the first has fetched. Throws what stopped
   * it, after noting it.
   */
  async refill(when: "due" | "now"): Promise<void> {
    const run = async (): Promise<void> => {
      if ((await this.isHeld()) || (when === "due" && !(await this.isDue()) && (await this.left()) >= LOW)) return;
      await this.noting(async (credential) => {
        await this.askTime();
        await this.store.purge(this.clock.seconds());
        for (const day of ["today", "tomorrow"] as const) await this.fillDay(day, credential);
        if (this.hasNewTicket) await this.askForNotices(credential);
      });
      await this.store.set("refill_at", nextRefill(this.clock.seconds(), this.random()));
    };
    if (navigator.locks === undefined) await run();
    else await navigator.locks.request(LOCK, run);
  }

  private async fillDay(day: Day, credential: string): Promise<void> {
    const now = this.clock.seconds();
    const held = (await this.store.spans()).filter((s) => isOfDay(s.from, now, day)).length;
    for (let calls = callsFor(held); calls > 0; calls--) {
      await this.withTicket(day, credential, (ticket) => this.fetchTokens(ticket));
      this.onTokens();
    }
  }
  private async fetchTokens(ticket: Ticket): Promise<true | undefined> {
    const first = await this.store.reserve(ticket.epoch, ticket.ticket, CALL_TOKENS);
    if (first === undefined) return undefined;
    const { tokens, validUntil } = await this.issuer.wallet(ticket.ticket, first, CALL_TOKENS);
    const span = spanOf(validUntil);
    await this.store.addTokens(ticket, tokens.map((t) => ({ ...t, epoch: ticket.epoch, ...span })));
    return true;
  }

  /** Use the day's ticket; a new one, once, where there is none, it is used up, or the issuer does not take it. */
  private async withTicket<T>(day: Day, credential: string, use: (ticket: Ticket) => Promise<T | undefined>): Promise<T> {
    const now = this.clock.seconds();
    const kept = (await this.store.tickets()).find((t) => isOfDay(t.until - DAY_S, now, day));
    if (kept !== undefined) {
      const got = await use(kept).catch((failure: unknown) => {
        if (failure instanceof ApiError && failure.code === "ticket_invalid") return undefined;
        throw failure;
      });
      if (got !== undefined) return got;
      await this.store.dropTicket(kept.epoch);
    }
    const got = await use(await this.newTicket(day, credential));
    if (got === undefined) throw new Error("a new ticket without an index");
    return got;
  }
  private async newTicket(day: Day, credential: string): Promise<Ticket> {
    const { ticket, epoch, valid_until } = await this.issuer.day(credential, day);
    const made = { epoch, ticket, until: valid_until, next: 0 };
    await this.store.putTicket(made, credential);
    this.hasNewTicket = true;
    return made;
  }

  /** Once a day, when the issuer has seen the credential anyway. A notice never shows before its day is over. */
  private async askForNotices(credential: string): Promise<void> {
    await this.store.setNotices((await this.issuer.notices(credential)).length, credential);
    this.hasNewTicket = false;
  }

  /** Ask the issuer for the time: only where the clock is in doubt, for the question shows that the page is open. */
  async askTime(): Promise<void> {
    const asked = performance.now();
    await this.learn(await this.issuer.time(), asked);
  }
  /** The same because the person wants it: how many seconds the clock was off, or undefined if the answer was too slow to tell. */
  async setClock(): Promise<number | undefined> {
    const asked = performance.now();
    const time = await this.hasty.time();
    const before = this.clock.now();
    return (await this.learn(time, asked)) ? this.clock.now() - before : undefined;
  }
  private async learn(time: number, asked: number): Promise<boolean> {
    const isLearned = this.clock.learn(time, asked, performance.now());
    if (isLearned) await this.store.set("clock_offset", this.clock.offset());
    return isLearned;
  }
  /**
   * What the issuer said against it is kept: a registration that ended, a wish to be left alone. It is said of the
   * credential that was used, and may come when another tab has registered anew.
   */
  private async noting<T>(work: (credential: string) => Promise<T>): Promise<T> {
    const registration = await this.store.get("registration");
    if (registration === undefined) throw new Error("not registered");
    const { credential } = registration;
    try {
      return await work(credential);
    } catch (failure) {
      if (isEnded(failure)) await this.store.endRegistration(credential);
      const now = this.clock.seconds();
      if (failure instanceof ApiError && (failure.code === "rate_limited" || failure.retryAfter !== undefined))
        await this.store.holdUntil(Math.ceil(now + Math.min(Math.max(failure.retryAfter ?? 0, 60), DAY_S)), credential);
      await this.store.set("refill_at", Math.ceil(now + holdFor(this.random(), undefined)));
      throw failure;
    }
  }
}
