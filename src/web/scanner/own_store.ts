import type { DayCount, Entry, Pairing, Report, Store, Transaction } from "./store.js";

/** This browser is another scanner now, or none: what was begun for the one before may touch nothing. */
export class NotOurs extends Error {
  override readonly name = "NotOurs";
}

/**
 * What one scanner keeps. Another tab may have paired or unpaired the browser meanwhile, so each call looks in its own
 * transaction whether the stored pairing is still this one; else it throws NotOurs, after telling `lost`. An entry
 * sealed for one scanner is thus never sent under another's key, and a key that was removed does not come back.
 */
export class OwnStore {
  lost: () => void = () => undefined;
  constructor(
    private readonly store: Store,
    private readonly owner: Pick<Pairing, "id" | "key">,
  ) {}

  private async within<T, M extends IDBTransactionMode>(
    mode: M,
    durability: IDBTransactionDurability,
    work: (tx: Transaction<M>) => Promise<T>,
  ): Promise<T> {
    const tx = await this.store.begin(mode, durability);
    const kept = (await tx.objectStore("meta").get("pairing")) as Pairing | undefined;
    if (kept?.id !== this.owner.id || kept.key !== this.owner.key) {
      this.lost();
      throw new NotOurs();
    }
    const out = await work(tx);
    await tx.done;
    return out;
  }

  /**
   * Keep a sealed entry; resolves with its number once it is written. `durable`: also once it survives a loss of
   * power, which is what "recorded here" promises; while the registry is being asked as well the quick way will do.
   */
  add(sealed: Uint8Array, durable: boolean): Promise<number> {
    return this.within("readwrite", durable ? "strict" : "relaxed", (tx) => tx.objectStore("queue").add(sealed));
  }
  /** Make an entry that was added the quick way durable. */
  async harden(entry: Entry): Promise<void> {
    await this.within("readwrite", "strict", (tx) => tx.objectStore("queue").put(entry.sealed, entry.key));
  }
  async remove(keys: readonly number[]): Promise<void> {
    await this.within("readwrite", "relaxed", async (tx) => {
      const queue = tx.objectStore("queue");
      await Promise.all(keys.map((key) => queue.delete(key)));
    });
  }
  /** The oldest entries that are not in `held`, in order. */
  first(most: number, held: ReadonlySet<number>): Promise<Entry[]> {
    return this.within("readonly", "default", async (tx) => {
      const entries: Entry[] = [];
      let cursor = await tx.objectStore("queue").openCursor();
      while (cursor !== null && entries.length < most) {
        if (!held.has(cursor.key)) entries.push({ key: cursor.key, sealed: cursor.value });
        cursor = await cursor.continue();
      }
      return entries;
    });
  }
  /** How many entries there are, how many scans an epoch had, and which refusals are still to be read. */
  tally(epoch: number): Promise<{ size: number; today: number; report: Report }> {
    return this.within("readonly", "default", async (tx) => {
      const meta = tx.objectStore("meta");
      const size = await tx.objectStore("queue").count();
      const day = (await meta.get("count")) as DayCount | undefined;
      const report = ((await meta.get("report")) as Report | undefined) ?? {};
      return { size, today: day?.epoch === epoch ? day.count : 0, report };
    });
  }
  /** Add one to today's count and keep the sum; a new day starts at nothing. */
  countOne(epoch: number): Promise<number> {
    return this.within("readwrite", "relaxed", async (tx) => {
      const meta = tx.objectStore("meta");
      const kept = (await meta.get("count")) as DayCount | undefined;
      const count = kept?.epoch === epoch ? kept.count + 1 : 1;
      await meta.put({ epoch, count }, "count");
      return count;
    });
  }
  /** Add refusals to those that wait to be read. */
  report(codes: readonly string[]): Promise<Report> {
    return this.within("readwrite", "default", async (tx) => {
      const meta = tx.objectStore("meta");
      const report = ((await meta.get("report")) as Report | undefined) ?? {};
      for (const code of codes) report[code] = (report[code] ?? 0) + 1;
      await meta.put(report, "report");
      return report;
    });
  }
  /** The report was read. */
  async dismissReport(): Promise<void> {
    await this.within("readwrite", "default", (tx) => tx.objectStore("meta").put({}, "report"));
  }
  /** Keep what was learned of this scanner. */
  async renew(pairing: Pairing): Promise<void> {
    await this.within("readwrite", "default", (tx) => tx.objectStore("meta").put(pairing, "pairing"));
  }
}
