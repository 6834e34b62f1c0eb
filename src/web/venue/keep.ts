import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";

/** Who is logged in: the venue's number and the owner's key, in memory. */
export interface Owner {
  venue: number;
  key: string;
}

interface Schema extends DBSchema {
  owner: { key: "owner"; value: Owner };
}

const NAME = "entrylog-venue";

async function open(): Promise<IDBPDatabase<Schema>> {
  return openDB<Schema>(NAME, 1, {
    upgrade: (db) => void db.createObjectStore("owner"),
    blocking: (_now, _next, event) => (event.target as IDBDatabase).close(),
  });
}

/** The owner whom this device keeps; undefined: none, or a browser without storage. */
export async function keptOwner(): Promise<Owner | undefined> {
  try {
    const known = await indexedDB.databases?.();
    if (known?.every((db) => db.name !== NAME) === true) return undefined; // a look makes no database
    const db = await open();
    const owner = await db.get("owner", "owner");
    db.close();
    return owner;
  } catch {
    return undefined;
  }
}

/** Keep the owner on this device. False: the browser does not store. */
export async function keepOwner(owner: Owner): Promise<boolean> {
  try {
    const db = await open();
    await db.put("owner", owner, "owner");
    db.close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Leave nothing on the device. The row goes first: that waits for no other window; where it cannot be cleared, as on a full
 * disk, the whole may still be deleted. False: the key is still there.
 */
export async function forgetOwner(): Promise<boolean> {
  const clear = async (): Promise<void> => {
    const db = await open();
    await db.clear("owner").finally(() => db.close());
  };
  const drop = async (): Promise<void> => deleteDB(NAME);
  await clear().catch(() => undefined);
  await drop().catch(() => undefined);
  return (await keptOwner()) === undefined; // a browser that stores nothing keeps nothing
}
