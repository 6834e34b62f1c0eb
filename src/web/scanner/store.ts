import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import type { ScannerInfo } from "../lib/client.js";

export const DATABASE = "entrylog-scanner";

/** What makes this browser a scanner. */
export interface Pairing {
  id: number;
  key: string;
  /** The root key pinned at enrolment, base64url. */
  root: string;
  info: ScannerInfo;
  /** What the server's clock is ahead of this one's, seconds. */
  offset: number;
  /** The epoch of the day on which `info` was learned. */
  day: number;
  /** The registry revoked this scanner: known without network, too. */
  revoked?: boolean;
}

/** An enrolment code that was used up, and the key that came of it: kept until the pairing is complete. */
export interface Enrolled {
  code: string;
  id: number;
  key: string;
}

/** Today's accepted scans; a number, no visit. */
export interface DayCount {
  epoch: number;
  count: number;
}

/** Refusals of queued entries by code that nobody has read yet. */
export type Report = Record<string, number>;

export interface Meta {
  pairing: Pairing;
  enrolled: Enrolled;
  count: DayCount;
  report: Report;
}

export interface Schema extends DBSchema {
  meta: { key: string; value: Meta[keyof Meta] };
  /** Values are sealed bytes and nothing else: a stolen device shows no visit. Keys count up. */
  queue: { key: number; value: Uint8Array };
}

export interface Entry {
  key: number;
  sealed: Uint8Array;
}

/** Waits between tries: a browser that has just taken the database away refuses to open it for a moment. */
const OPEN_AGAIN_MS = [100, 300, 1000];

function isDom(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name;
}

async function opened(lost: () => void): Promise<IDBPDatabase<Schema>> {
  for (let tries = 0; ; tries++)
    try {
      return await openDB<Schema>(DATABASE, 1, {
        upgrade(fresh) {
          fresh.createObjectStore("meta");
          fresh.createObjectStore("queue", { autoIncrement: true });
        },
        blocking: (_current, _blocked, event) => {
          (event.target as IDBDatabase).close();
          lost();
        },
        terminated: lost,
      });
    } catch (error) {
      const wait = OPEN_AGAIN_MS[tries];
      if (wait === undefined || !isDom(error, "AbortError")) throw error;
      await new Promise((done) => setTimeout(done, wait));
    }
}

const STORES = ["meta", "queue"] as const;
export type Transaction<M extends IDBTransactionMode> = IDBPTransaction<Schema, ("meta" | "queue")[], M>;

/** Everything that the scanner keeps on the device; what belongs to one pairing goes through OwnStore. */
export class Store {
  private db: Promise<IDBPDatabase<Schema>> | undefined;
  /** One for the tab: a channel does not hear itself. */
  private readonly channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(DATABASE) : undefined;
  /** Another tab has paired or unpaired this browser, or the database was taken away. */
  changed: () => void = () => undefined;
  /** A newer page has changed the database's form: only a reload helps. */
  outdated: () => void = () => undefined;

  static async open(): Promise<Store> {
    const store = new Store();
    await store.connect();
    store.channel?.addEventListener("message", () => store.changed());
    return store;
  }
  /** The connection; opened anew after the browser, or another tab, had it closed. */
  private connect(): Promise<IDBPDatabase<Schema>> {
    if (this.db !== undefined) return this.db;
    const lost = (): void => {
      if (this.db === opening) this.db = undefined;
      this.changed();
    };
    const opening = opened(lost);
    this.db = opening;
    opening.catch((error: unknown) => {
      if (this.db === opening) this.db = undefined;
      if (isDom(error, "VersionError")) this.outdated();
    });
    return opening;
  }
  /** A transaction over all that is kept. */
  async begin<M extends IDBTransactionMode>(mode: M, durability: IDBTransactionDurability = "default"): Promise<Transaction<M>> {
    const start = async (): Promise<Transaction<M>> => {
      const tx = (await this.connect()).transaction([...STORES], mode, { durability });
      tx.done.catch(() => undefined); // whoever awaits it hears of it
      return tx;
    };
    try {
      return await start();
    } catch (error) {
      // The connection was closed and nobody said so. Nothing has been done yet: once more.
      if (!isDom(error, "InvalidStateError")) throw error;
      this.db = undefined;
      return start();
    }
  }
  async read<K extends keyof Meta>(name: K): Promise<Meta[K] | undefined> {
    return (await (await this.begin("readonly")).objectStore("meta").get(name)) as Meta[K] | undefined;
  }
  async write<K extends keyof Meta>(name: K, value: Meta[K]): Promise<void> {
    const tx = await this.begin("readwrite");
    await tx.objectStore("meta").put(value, name);
    await tx.done;
  }
  async erase(name: keyof Meta): Promise<void> {
    const tx = await this.begin("readwrite");
    await tx.objectStore("meta").delete(name);
    await tx.done;
  }
  /** Entries that are here, whoever's they are. */
  async size(): Promise<number> {
    return (await this.begin("readonly")).objectStore("queue").count();
  }
  /** Forget the pairing and all that came with it; at once become another scanner, if one is given. */
  async forget(next?: Pairing): Promise<void> {
    const tx = await this.begin("readwrite", "strict");
    const meta = tx.objectStore("meta");
    await Promise.all([meta.clear(), tx.objectStore("queue").clear()]);
    if (next !== undefined) await meta.put(next, "pairing");
    await tx.done;
    this.channel?.postMessage("changed");
  }
}
