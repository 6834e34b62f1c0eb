import { concat, Reader, u16 } from "./bytes.js";
import { LOG_SIZE_MAX } from "./checkpoint.js";
import { badFormat, EntrylogError } from "./errors.js";
import { merkleRoot, nodeHash, type Path } from "./merkle.js";
import { sha256 } from "./kdf.js";

/** Hashes of a whole tile, entries of a whole bundle. */
export const TILE_WIDTH = 256;
/** Levels of tiles that a log of LOG_SIZE_MAX entries has. */
export const TILE_LEVELS = 6;

/** A tile of hashes of a level, or a bundle of entries, as C2SP tlog-tiles names them. */
export interface Tile {
  level: number | "entries";
  index: number;
  /** 1..256; below 256 the tile is partial. */
  width: number;
}

/** `tile/0/x001/234.p/5` */
export function tilePath(tile: Tile): string {
  let index = String(tile.index % 1000).padStart(3, "0");
  for (let rest = Math.floor(tile.index / 1000); rest > 0; rest = Math.floor(rest / 1000))
    index = `x${String(rest % 1000).padStart(3, "0")}/${index}`;
  return `tile/${tile.level}/${index}${tile.width < TILE_WIDTH ? `.p/${tile.width}` : ""}`;
}

/** The tile of a path in its one spelling; else a `format` error. */
export function parseTilePath(path: string): Tile {
  const m = /^tile\/(entries|[0-5])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  if (m === null) return badFormat("no tile's path");
  const level = m[1] === "entries" ? "entries" : Number(m[1]);
  const index = Number((m[2] ?? "").replaceAll(/[x/]/g, ""));
  const tile: Tile = { level, index, width: m[3] === undefined ? TILE_WIDTH : Number(m[3]) };
  const most = Math.max(1, LOG_SIZE_MAX / TILE_WIDTH ** ((level === "entries" ? 0 : level) + 1));
  if (index >= most || tilePath(tile) !== path) badFormat("no tile's path");
  return tile;
}

/** The tile of this level and index as it is in a tree of `size` leaves; undefined: there is none. */
export function tileOf(level: number, index: number, size: number): Tile | undefined {
  const width = Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - index * TILE_WIDTH);
  return width > 0 ? { level, index, width } : undefined;
}

/** Where tiles come from: exactly width * 32 bytes. */
export type TileSource = (tile: Tile) => Uint8Array | Promise<Uint8Array>;

/** Largest power of two not over n (n >= 1). */
function powerIn(n: number): number {
  let k = 1;
  while (k * 2 <= n) k *= 2;
  return k;
}

/** A reader of one tree; each tile is asked for once. What tiles say is not verified: compare with a signed root. */
export class TileTree {
  readonly #tiles = new Map<string, Promise<Uint8Array[]>>();
  constructor(
    readonly size: number,
    readonly source: TileSource,
  ) {
    if (!Number.isInteger(size) || size < 0 || size > LOG_SIZE_MAX) badFormat("size of a tree");
  }

  #hashes(level: number, index: number): Promise<Uint8Array[]> {
    const tile = tileOf(level, index, this.size) ?? badFormat("no such tile");
    const path = tilePath(tile);
    const known = this.#tiles.get(path);
    if (known !== undefined) return known;
    const read = (async () => {
      const bytes = await this.source(tile);
      if (bytes.length !== tile.width * 32) badFormat("tile: length");
      return Array.from({ length: tile.width }, (_, i) => bytes.slice(32 * i, 32 * i + 32));
    })();
    this.#tiles.set(path, read);
    return read;
  }

  /** MTH of the n >= 1 leaves from start on, which is a multiple of the powers of two below n. */
  async #range(start: number, n: number): Promise<Uint8Array> {
    const k = powerIn(n);
    if (k < n) return nodeHash(await this.#range(start, k), await this.#range(start + k, n - k));
    let level = 0;
    while (TILE_WIDTH ** (level + 1) <= k) level++;
    const first = start / TILE_WIDTH ** level;
    const at = first % TILE_WIDTH;
    const hashes = await this.#hashes(level, Math.floor(first / TILE_WIDTH));
    return merkleRoot(hashes.slice(at, at + k / TILE_WIDTH ** level));
  }

  /** Root of the whole tree. */
  root(): Promise<Uint8Array> {
    return this.size === 0 ? Promise.resolve(sha256()) : this.#range(0, this.size);
  }

  /** Leaf hash, as the tiles have it. */
  leaf(index: number): Promise<Uint8Array> {
    if (!(index >= 0 && index < this.size)) badFormat("no such leaf");
    return this.#range(index, 1);
  }

  /** Inclusion path of a leaf. */
  async path(index: number): Promise<Path> {
    if (!(index >= 0 && index < this.size)) badFormat("no such leaf");
    const hashes: Uint8Array[] = [];
    let [start, n] = [0, this.size];
    while (n > 1) {
      const k = powerIn(n - 1);
      const isLeft = index - start < k;
      hashes.unshift(isLeft ? await this.#range(start + k, n - k) : await this.#range(start, k));
      [start, n] = isLeft ? [start, k] : [start + k, n - k];
    }
    return { index, size: this.size, hashes };
  }

  /** The proof that the first `from` leaves are a beginning of the tree; empty for none and for all of them. */
  async consistency(from: number): Promise<Uint8Array[]> {
    if (!(from >= 0 && from <= this.size)) badFormat("no such beginning");
    if (from === 0) return [];
    const hashes: Uint8Array[] = [];
    let [start, n, isKnown] = [0, this.size, true];
    while (from - start < n) {
      const k = powerIn(n - 1);
      const isLeft = from - start <= k;
      hashes.unshift(isLeft ? await this.#range(start + k, n - k) : await this.#range(start, k));
      [start, n, isKnown] = isLeft ? [start, k, isKnown] : [start + k, n - k, false];
    }
    return isKnown ? hashes : [await this.#range(start, n), ...hashes];
  }
}

/** The entries of a bundle: each has a u16 length before it. At most 256, and nothing left over. */
export function parseEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const r = new Reader(bundle);
  const entries: Uint8Array[] = [];
  while (r.left > 0) {
    if (entries.length === TILE_WIDTH) badFormat("bundle: too many entries");
    entries.push(r.bytes(r.u16()));
  }
  return entries;
}

/** The bundle of these entries. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length > TILE_WIDTH) throw new EntrylogError("limit", "bundle: too many entries");
  return concat(...entries.flatMap((entry) => [u16(entry.length), entry]));
}
