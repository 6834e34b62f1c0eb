// A party's public log as everybody reads it: checkpoint, bundles of entries, tiles of hashes (C2SP tlog-tiles).
import assert from "node:assert/strict";

import {
  type Checkpoint,
  leafHash,
  logOrigin,
  type LogEntry,
  openCheckpoint,
  parseEntryBundle,
  parseLogEntry,
  ServiceClient,
  type Tile,
  TILE_WIDTH,
  tileOf,
  tilePath,
  TileTree,
  toHex,
} from "../../src/web/lib/index.js";
import { type Deployment } from "./deployment.js";

async function get(url: string, path: string): Promise<Uint8Array> {
  const answer = await new ServiceClient(url).raw("GET", path);
  assert.equal(answer.status, 200, path);
  return new Uint8Array(await answer.arrayBuffer());
}

export interface ReadLog {
  note: Uint8Array;
  checkpoint: Checkpoint;
  entries: LogEntry[];
}

/** All of the log of "registry" or "issuer:N": its signature, its root from its tiles, and each entry as a leaf of it. */
export async function readLog(d: Deployment, party: string): Promise<ReadLog> {
  const keys = d.ceremony.issuers.find((i) => party === `issuer:${i.issuer}`);
  const url = keys === undefined ? d.registry.url : d.issuerDaemon(keys.issuer).url;
  const key = (keys?.log ?? d.ceremony.registryLog).key;
  const note = await get(url, "/log/checkpoint");
  const checkpoint = openCheckpoint(note, logOrigin(d.ceremony.deployment, party), key);
  const tree = new TileTree(checkpoint.size, (tile: Tile) => get(url, `/log/${tilePath(tile)}`));
  assert.equal(toHex(await tree.root()), toHex(checkpoint.root), "the tiles are those of the checkpoint");
  const bytes: Uint8Array[] = [];
  for (let i = 0; i * TILE_WIDTH < checkpoint.size; i++) {
    const tile = tileOf(0, i, checkpoint.size);
    if (tile === undefined) break;
    bytes.push(...parseEntryBundle(await get(url, `/log/${tilePath({ ...tile, level: "entries" })}`)));
  }
  assert.equal(bytes.length, checkpoint.size);
  for (const [i, entry] of bytes.entries()) assert.equal(toHex(await tree.leaf(i)), toHex(leafHash(entry)));
  return { note, checkpoint, entries: bytes.map(parseLogEntry) };
}

/** Entries about one order. */
export function entriesOf(log: ReadLog, order: Uint8Array): LogEntry[] {
  return log.entries.filter((e) => (e.type === "order" || e.type === "refused") && toHex(e.order) === toHex(order));
}
