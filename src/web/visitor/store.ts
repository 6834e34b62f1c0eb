import { type DBSchema, deleteDB, type IDBPDatabase, type IDBPObjectStore, type IDBPTransaction, openDB, type StoreNames } from "idb";

import { INDEXES, isUsable, type Span } from "./plan.js";

export const DATABASE = "entrylog-visitor";
export const TRIAL = "entrylog-visitor-trial";

/** The credential and until when the issuer takes it; `ended` once it has said that it does not. */
export interface Registration {
  credential: string;
  until: number;
  ended?: boolean;
}
/** A day ticket; `next` is the first index that was never asked for. */
export interface Ticket {
  epoch: number;
  ticket: string;
  until: number;
  next: number;
}
/** A token fetched ahead: a body and the key that stamps it. */
export interface StoredToken extends Span {
  epoch: number;
  index: number;
  body: Uint8Array;
  key: Uint8Array;
}
/** Single values. Times are the issuer's seconds. */
export interface Settings {
  registration: Registration;
  /** What the issuer's clock is ahead of this device's. */
  clock_offset: number;
  /** When to fetch ahead next. */
  refill_at: number;
  /** Until when the issuer is left alone. */
  hold_until: number;
  lab: boolean;
  /** How many notices waited when last asked; their texts are not kept. */
  notices: number;
}

/** Why a store is closed: by the person in another tab, or by the browser. */
export type Gone = "wiped" | "lost";

interface Schema extends DBSchema {
  settings: { key: string; value: unknown };
  tickets: { key: number; value: Ticket };
  tokens: { key: number; value: StoredToken; indexes: { from: number } };
}

type SettingsWriter = IDBPObjectStore<Schema, ["settings"], "settings", "readwrite">;

// What is given away must be on disk as given away before it is used, or a crash would give it away again.
const STRICT = { durability: "strict" } as const;

/** What a visitor's device keeps. One connection; other tabs and the service worker have their own. */
export class Store {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  /**
   * Open, or make it. `onGone` when another tab wipes the device, or when the browser closes the store (its data were
   * evicted or cleared): the connection is closed then and stays so.
   */
  static async open(onGone: (why: Gone) => void = () => undefined): Promise<Store> {
    const db = await openDB<Schema>(DATABASE, 1, {
      upgrade(made) {
        made.createObjectStore("settings");
        made.createObjectStore("tickets", { keyPath: "epoch" });
        made.createObjectStore("tokens", { autoIncrement: true }).createIndex("from", "from");
      },
      blocking(_now, _wanted, event) {
        (event.target as IDBDatabase).close();
        onGone("wiped");
      },
      terminated: () => onGone("lost"),
    });
    return new Store(db);
  }
  /** Open what is there; without a registration on this device nothing is made. */
  static async openExisting(onGone?: (why: Gone) => void): Promise<Store | undefined> {
    const known = await indexedDB.databases?.();
    return known === undefined || known.some((d) => d.name === DATABASE) ? Store.open(onGone) : undefined;
  }
  /** Whether this browser keeps anything at all; tried out before a message is sent for nothing. Leaves nothing. */
  static async isPossible(): Promise<boolean> {
    try {
      (await openDB(TRIAL, 1, { upgrade: (made) => void made.createObjectStore("trial") })).close();
      await deleteDB(TRIAL);
      return true;
    } catch {
      return false;
    }
  }
  close(): void {
    this.db.close();
  }

  private write<const N extends StoreNames<Schema>[]>(names: N): IDBPTransaction<Schema, N, "readwrite"> {
    const tx = this.db.transaction(names, "readwrite", STRICT);
    tx.done.catch(() => undefined); // who awaits it still learns; a request that fails before that is news enough
    return tx;
  }

  async get<K extends keyof Settings>(name: K): Promise<Settings[K] | undefined> {
    return (await this.db.get("settings", name)) as Settings[K] | undefined;
  }
  async set<K extends keyof Settings>(name: K, value: Settings[K]): Promise<void> {
    await this.db.put("settings", value, name);
  }
  /**
   * A fresh registration. Tickets and tokens of an earlier one go with it: it may have been another person's, and their
   * codes would file this one's visits under that name.
   */
  async register(registration: Registration, lab: boolean): Promise<void> {
    const tx = this.write(["settings", "tickets", "tokens"]);
    const settings = tx.objectStore("settings");
    await Promise.all([
      settings.put(registration, "registration"),
      settings.put(lab, "lab"),
      settings.delete("hold_until"),
      settings.delete("notices"),
      tx.objectStore("tickets").clear(),
      tx.objectStore("tokens").clear(),
    ]);
    await tx.done;
  }

  /** The issuer does not know this credential: its registration has ended. Another that took its place meanwhile has not. */
  async endRegistration(credential: string): Promise<void> {
    await this.ofRegistration(credential, (settings, registration) => settings.put({ ...registration, ended: true }, "registration"));
  }
  /** How many notices wait, and until when the issuer is left alone: told to this credential, of no interest to another. */
  async setNotices(count: number, credential: string): Promise<void> {
    await this.ofRegistration(credential, (settings) => settings.put(count, "notices"));
  }
  async holdUntil(until: number, credential: string): Promise<void> {
    await this.ofRegistration(credential, (settings) => settings.put(until, "hold_until"));
  }
  private async ofRegistration(credential: string, write: (settings: SettingsWriter, registration: Registration) => Promise<unknown>): Promise<void> {
    const tx = this.write(["settings"]);
    const registration = (await tx.store.get("registration")) as Registration | undefined;
    if (registration?.credential === credential) await write(tx.store, registration);
    await tx.done;
  }

  async tickets(): Promise<Ticket[]> {
    return this.db.getAll("tickets");
  }
  /** Keep a ticket that was drawn with this credential, unless another registration has taken its place meanwhile. */
  async putTicket(ticket: Ticket, credential: string): Promise<void> {
    const tx = this.write(["settings", "tickets"]);
    const registration = (await tx.objectStore("settings").get("registration")) as Registration | undefined;
    if (registration?.credential === credential) await tx.objectStore("tickets").put(ticket);
    await tx.done;
  }
  async dropTicket(epoch: number): Promise<void> {
    await this.db.delete("tickets", epoch);
  }
  /** Take `count` indices of a ticket for good; the first of them, or undefined when the ticket has no more. */
  async reserve(epoch: number, ticket: string, count: number): Promise<number | undefined> {
    const tx = this.write(["tickets"]);
    const kept = await tx.store.get(epoch);
    const has = kept !== undefined && kept.ticket === ticket && kept.next + count <= INDEXES;
    if (has) await tx.store.put({ ...kept, next: kept.next + count });
    await tx.done;
    return has ? kept.next : undefined;
  }

  /** Keep tokens that were drawn with this ticket, as long as it is the one in force. */
  async addTokens({ epoch, ticket }: Ticket, tokens: readonly StoredToken[]): Promise<void> {
    const tx = this.write(["tickets", "tokens"]);
    const kept = await tx.objectStore("tickets").get(epoch);
    if (kept?.ticket === ticket) await Promise.all(tokens.map((token) => tx.objectStore("tokens").add(token)));
    await tx.done;
  }
  /**
   * Take one token out for good: it is gone from the disk when this resolves, and nobody else gets it. Of two days,
   * the newer one's.
   */
  async take(now: number): Promise<StoredToken | undefined> {
    const tx = this.write(["tokens"]);
    let cursor = await tx.store.index("from").openCursor(IDBKeyRange.upperBound(now), "prev");
    while (cursor !== null && !isUsable(cursor.value, now)) cursor = await cursor.continue();
    const token = cursor?.value;
    await cursor?.delete();
    await tx.done;
    return token;
  }
  /** When each of the tokens held may be shown. */
  async spans(): Promise<Span[]> {
    return (await this.db.getAll("tokens")).map(({ from, until }) => ({ from, until }));
  }
  /** Destroy what no longer counts. */
  async purge(now: number): Promise<void> {
    const tx = this.db.transaction(["tickets", "tokens"], "readwrite");
    tx.done.catch(() => undefined);
    for (let c = await tx.objectStore("tokens").openCursor(); c !== null; c = await c.continue())
      if (c.value.until <= now) await c.delete();
    for (let c = await tx.objectStore("tickets").openCursor(); c !== null; c = await c.continue())
      if (c.value.until <= now) await c.delete();
    await tx.done;
  }
}
