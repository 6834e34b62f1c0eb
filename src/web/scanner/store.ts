import { type DBSchema, type IDBPDatabase, openDB } from "idb";
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

interface Meta {
  pairing: Pairing;
  enrolled: Enrolled;
  count: DayCount;
  report: Report;
}

interface Schema extends DBSchema {
  meta: { key: string; value: Meta[keyof Meta] };
  /** Values are sealed bytes and nothing else: a stolen device shows no visit. Keys count up. */
  queue: { key: number; value: Uint8Array };
}

export interface Entry {
  key: number;
  sealed: Uint8Array;
}

/** Everything that the scanner keeps on the device. */
export class Store {
  private constructor(private readonly db: IDBPDatabase<Schema>) {}

  static async open(): Promise<Store> {
    const db = await openDB<Schema>(DATABASE, 1, {
      upgrade(fresh) {
        fresh.createObjectStore("meta");
        fresh.createObjectStore("queue", { autoIncrement: true });
      },
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new Store(db);
  }
  async read<K extends keyof Meta>(name: K): Promise<Meta[K] | undefined> {
    return (await this.db.get("meta", name)) as Meta[K] | undefined;
  }
  async write<K extends keyof Meta>(name: K, value: Meta[K]): Promise<void> {
    await this.db.put("meta", value, name);
  }
  async erase(name: keyof Meta): Promise<void> {
    await this.db.delete("meta", name);
  }

  /**
   * Keep a sealed entry; resolves with its number once it is written. `durable`: also once it survives a loss of
   * power, which is what "recorded here" promises; while the registry is being asked as well the quick way will do.
   */
  async add(sealed: Uint8Array, durable: boolean): Promise<number> {
    const tx = this.db.transaction("queue", "readwrite", { durability: durable ? "strict" : "relaxed" });
    const key = await tx.store.add(sealed);
    await tx.done;
    return key;
  }
  /** Make an entry that was added the quick way durable. */
  async harden(entry: Entry): Promise<void> {
    const tx = this.db.transaction("queue", "readwrite", { durability: "strict" });
    await tx.store.put(entry.sealed, entry.key);
    await tx.done;
  }
  async remove(keys: readonly number[]): Promise<void> {
    const tx = this.db.transaction("queue", "readwrite", { durability: "relaxed" });
    await Promise.all(keys.map((key) => tx.store.delete(key)));
    await tx.done;
  }
  /** The oldest entries that are not in `held`, in order. */
  async first(most: number, held: ReadonlySet<number>): Promise<Entry[]> {
    const entries: Entry[] = [];
    let cursor = await this.db.transaction("queue").store.openCursor();
    while (cursor !== null && entries.length < most) {
      if (!held.has(cursor.key)) entries.push({ key: cursor.key, sealed: cursor.value });
      cursor = await cursor.continue();
    }
    return entries;
  }
  async size(): Promise<number> {
    return this.db.count("queue");
  }
  /** Forget the pairing and all that came with it; at once become another scanner, if one is given. */
  async forget(next?: Pairing): Promise<void> {
    const tx = this.db.transaction(["meta", "queue"], "readwrite", { durability: "strict" });
    const meta = tx.objectStore("meta");
    await Promise.all([meta.clear(), tx.objectStore("queue").clear()]);
    if (next !== undefined) await meta.put(next, "pairing");
    await tx.done;
  }
  /** Add one to today's count and keep the sum; a new day starts at nothing. */
  async countOne(epoch: number): Promise<number> {
    const tx = this.db.transaction("meta", "readwrite", { durability: "relaxed" });
    const kept = (await tx.store.get("count")) as DayCount | undefined;
    const count = kept?.epoch === epoch ? kept.count + 1 : 1;
    await tx.store.put({ epoch, count }, "count");
    await tx.done;
    return count;
  }
  /** Add refusals to those that wait to be read. */
  async report(codes: readonly string[]): Promise<Report> {
    const tx = this.db.transaction("meta", "readwrite");
    const report = ((await tx.store.get("report")) as Report | undefined) ?? {};
    for (const code of codes) report[code] = (report[code] ?? 0) + 1;
    await tx.store.put(report, "report");
    await tx.done;
    return report;
  }
}
