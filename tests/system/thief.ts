// A thief's program: takes whole folders, opens whatever any key in them opens, and tries to put a name to a visit by
// every link that the formats offer. It knows docs/protocol.md and nothing else.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import {
  boxHash,
  combineShares,
  decodeBase64url,
  decodePoint,
  decodeScalar,
  documentHash,
  encodeBase64url,
  encodeRestricted,
  ENTRY_LEN,
  identityLeaf,
  dayKeys,
  fromHex,
  type IdentityRow,
  type LogEntry,
  merkleRoot,
  parseEntryBundle,
  parseLogEntry,
  placeCommitment,
  sha256,
  visitLeaf,
  L,
  multiply,
  openEntry,
  openLink,
  openRow,
  openTraceBox,
  PARTY,
  parseBody,
  parseIdentityRow,
  parseKeyring,
  parseVisitRow,
  publicPoint,
  encodePoint,
  toHex,
  tokenId,
  type VisitRow,
  phoneTag,
} from "../../src/web/lib/index.js";

export interface File {
  path: string;
  bytes: Uint8Array;
}
export interface StoredRow {
  file: string;
  epoch: number;
  segment: number;
  row: number;
  tagA: Uint8Array;
  tagB: Uint8Array;
  sealed: Uint8Array;
}
export interface Loot {
  files: File[];
  /** Every 32-byte secret found, however it is called. */
  secrets: Uint8Array[];
  keyring: { party: number; kind: number; index: number; epoch: number; key: Uint8Array }[];
  scalars: bigint[];
  rows: StoredRow[];
  identities: { row: StoredRow; identity: IdentityRow }[];
  visits: { row: StoredRow; visit: VisitRow }[];
  /** Entries of the public logs among the files. */
  log: LogEntry[];
}

export function filesBelow(dir: string): File[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(dir, entry.name);
    if (entry.isDirectory()) return filesBelow(name);
    if (!entry.isFile()) return [];
    return [{ path: name, bytes: new Uint8Array(readFileSync(name)) }];
  });
}

/** Rows of a segment file, read from a copy so that the evidence stays as it was. */
function readSegment(file: string): StoredRow[] {
  const m = /(\d{5})(?:\.gone)?\/(\d{6})(\.[a-z]+)?\.db$/.exec(file);
  if (m === null) return [];
  const copy = mkdtempSync(path.join(tmpdir(), "thief-"));
  try {
    for (const suffix of ["", "-wal"]) {
      try {
        statSync(file + suffix);
        cpSync(file + suffix, path.join(copy, `s.db${suffix}`));
      } catch {
        // there is no write-ahead log
      }
    }
    const sql =
      "select row, printf('%016llx', tag_a), printf('%016llx', tag_b), hex(sealed) from segment_row order by row";
    const text = execFileSync("sqlite3", ["-separator", " ", path.join(copy, "s.db"), sql], { encoding: "utf8", maxBuffer: 1 << 28 });
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => {
        const [row, a, b, sealed] = line.split(" ");
        return {
          file,
          epoch: Number(m[1]),
          segment: Number(m[2]),
          row: Number(row),
          tagA: fromHex(a ?? ""),
          tagB: fromHex(b ?? ""),
          sealed: fromHex((sealed ?? "").toLowerCase()),
        };
      });
  } catch {
    return [];
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function findSecrets(files: File[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  const add = (bytes: Uint8Array): void => void found.set(toHex(bytes), bytes);
  for (const file of files) {
    if (file.bytes.length === 32) add(file.bytes);
    if (file.bytes.length > 1 << 20) continue;
    const text = Buffer.from(file.bytes).toString("latin1");
    for (const m of text.matchAll(/(?<![\w-])[\w-]{43}(?![\w-])/g)) {
      try {
        add(decodeBase64url(m[0]));
      } catch {
        // not base64url of 32 bytes
      }
    }
  }
  return [...found.values()];
}

function openKeyrings(files: File[], secrets: Uint8Array[]): Loot["keyring"] {
  const out: Loot["keyring"] = [];
  for (const file of files) {
    if (file.bytes.length === 0 || file.bytes.length % ENTRY_LEN !== 0) continue;
    let entries;
    try {
      entries = parseKeyring(file.bytes);
    } catch {
      continue;
    }
    for (const entry of entries)
      for (const party of Object.values(PARTY))
        for (const kek of secrets) {
          try {
            out.push({ party, kind: entry.kind, index: entry.index, epoch: entry.epoch, key: openEntry(kek, party, entry) });
          } catch {
            // another party's, or another KEK's
          }
        }
  }
  return out;
}

/** All shares of one kind and day, combined in every way that two or more of them can be. */
function combinations(keyring: Loot["keyring"]): bigint[] {
  const out: bigint[] = [];
  const groups = new Map<string, { index: number; value: bigint }[]>();
  for (const k of keyring) {
    if (k.kind < 8) continue;
    const name = `${k.kind} ${k.epoch}`;
    const group = groups.get(name) ?? [];
    // The same share may have been found twice, in an old copy and a new one.
    if (!group.some((s) => s.index === k.index)) groups.set(name, [...group, { index: k.index, value: decodeScalar(k.key) }]);
  }
  for (const shares of groups.values())
    for (let mask = 1; mask < 1 << shares.length; mask++) {
      const some = shares.filter((_, i) => (mask >> i) & 1);
      out.push(combineShares(some));
    }
  return out;
}

function readLogs(files: File[]): LogEntry[] {
  return files.flatMap((file) => {
    if (!file.path.includes("/log/tile/entries/")) return [];
    try {
      return parseEntryBundle(file.bytes).map(parseLogEntry);
    } catch {
      return [];
    }
  });
}

export function ransack(dirs: readonly string[]): Loot {
  const files = dirs.flatMap(filesBelow);
  const secrets = findSecrets(files);
  const keyring = openKeyrings(files, secrets);
  const rows = files.flatMap((f) => readSegment(f.path));
  const all = [...secrets, ...keyring.map((k) => k.key)];
  const scalars = combinations(keyring);
  for (const s of all) {
    let value = 0n;
    for (let i = 31; i >= 0; i--) value = (value << 8n) | BigInt(s[i] ?? 0);
    if (value > 0n && value < L) scalars.push(value);
  }
  const identities: Loot["identities"] = [];
  const visits: Loot["visits"] = [];
  for (const row of rows)
    for (const key of all)
      for (const store of [1, 2] as const) {
        try {
          const plain = openRow(dayKeys(key).rows, { store, ...row }, row.sealed);
          if (store === 1) identities.push({ row, identity: parseIdentityRow(plain) });
          else visits.push({ row, visit: parseVisitRow(plain) });
        } catch {
          // another key's
        }
      }
  return { files, secrets: all, keyring, scalars, rows, identities, visits, log: readLogs(files) };
}

export interface Connection {
  name: string;
  phone: string;
  venue: number;
  minute: number;
  how: string;
}

const INDICES = 64;

/** Everything that this text names, by leaves and what they are made of, in the trees' files and elsewhere. */
function hashesOf(identity: IdentityRow): Uint8Array[] {
  return [identityLeaf(identity.salt, identity.phone, identity.com, identity.box), boxHash(identity.box), sha256(identity.com)];
}
function visitHashes(visit: VisitRow): Uint8Array[] {
  const c = placeCommitment(visit.salt, visit.venue, visit.minute, visit.flags);
  return [c, visitLeaf(c, visit.body), sha256(visit.body), sha256(parseBody(visit.body).id)];
}

/** An identity and a visit that one file names, other than a file of the one's own rows: by leaf, or by what it hashes. */
function byLeaves(loot: Loot): [IdentityRow, VisitRow][] {
  const ids = loot.identities.map(({ identity }) => ({ identity, hashes: hashesOf(identity).map((h) => Buffer.from(h)) }));
  const visits = loot.visits.map(({ visit }) => ({ visit, hashes: visitHashes(visit).map((h) => Buffer.from(h)) }));
  return loot.files.flatMap((file) => {
    const bytes = Buffer.from(file.bytes);
    const found = visits.filter((v) => v.hashes.some((h) => bytes.includes(h)));
    if (found.length === 0) return [];
    const named = ids.filter((i) => i.hashes.some((h) => bytes.includes(h)));
    return named.flatMap((i) => found.map((v): [IdentityRow, VisitRow] => [i.identity, v.visit]));
  });
}

/** Every choice of up to `most` of these. */
function choices<T>(all: readonly T[], most: number): T[][] {
  if (most === 0) return [[]];
  const fewer = choices(all, most - 1);
  return [...fewer, ...fewer.filter((c) => c.length === most - 1).flatMap((c) => all.slice(c.length === 0 ? 0 : all.indexOf(c[c.length - 1] as T) + 1).map((x) => [...c, x]))];
}

/**
 * Guesses at what an order was answered with, held against the hash in the log: whose boxes a trace statement named, and
 * which visits the release held.
 */
function byAnswers(loot: Loot, deployment: Uint8Array): [IdentityRow, VisitRow][] {
  const orders = new Map<string, { order: Uint8Array; answers: Set<string> }>();
  for (const e of loot.log) {
    if (e.type !== "order") continue;
    const known = orders.get(toHex(e.order)) ?? { order: e.order, answers: new Set<string>() };
    known.answers.add(toHex(e.answer));
    orders.set(toHex(e.order), known);
  }
  const visits = [...loot.visits].sort((a, b) => a.row.epoch - b.row.epoch || a.row.segment - b.row.segment || a.row.row - b.row.row);
  // The statements' salts are in nobody's files; a party that used none would be found out here.
  const salt = encodeBase64url(new Uint8Array(32));
  return [...orders.values()].flatMap(({ order, answers }) => {
    const head = { version: 1, deployment: encodeBase64url(deployment), order: encodeBase64url(order) };
    const is = (doc: Record<string, unknown>): boolean => answers.has(toHex(documentHash(encodeRestricted(doc as Parameters<typeof encodeRestricted>[0]))));
    const traced = loot.identities.filter(({ row, identity }) =>
      [1, 2, 3].some((issuer) =>
        is({ ...head, issuer, rows: [{ epoch: row.epoch, com: encodeBase64url(identity.com), box: encodeBase64url(boxHash(identity.box)) }], salt }),
      ),
    );
    const released = choices(visits, 3).filter((some) => {
      const leaves = some.map(({ visit }) => visitLeaf(placeCommitment(visit.salt, visit.venue, visit.minute, visit.flags), visit.body));
      return is({ ...head, root: encodeBase64url(merkleRoot(leaves)), count: some.length, salt });
    });
    return traced.flatMap((i) => released.flat().map((v): [IdentityRow, VisitRow] => [i.identity, v.visit]));
  });
}

/** Every connection of an opened identity with an opened visit. */
export function connect(loot: Loot, deployment: Uint8Array): Connection[] {
  const found: Connection[] = [];
  const link = (i: IdentityRow, v: VisitRow, how: string): void =>
    void found.push({ name: i.name, phone: i.phone, venue: v.venue, minute: v.minute, how });
  // The handle in the link: bare, or under any scalar that the loot holds.
  for (const { row, visit } of loot.visits) {
    const body = parseBody(visit.body);
    const handles = new Map<string, string>([[toHex(body.link), "the link is the handle"]]);
    for (const k of loot.scalars) {
      const shared = multiply(decodePoint(body.point), k);
      handles.set(toHex(openLink(body.link, shared, body.point, encodePoint(publicPoint(k)))), "link opened");
    }
    for (const { row: idRow, identity } of loot.identities) {
      const how = handles.get(toHex(identity.handle));
      if (how !== undefined && idRow.epoch === row.epoch) link(identity, visit, how);
    }
  }
  // Token ids from a secret: found bare, or in a trace box under any scalar.
  for (const { row, identity } of loot.identities) {
    const secrets = [...loot.secrets];
    for (const k of loot.scalars)
      for (let issuer = 1; issuer <= 3; issuer++) {
        try {
          const shared = multiply(decodePoint(identity.box.slice(0, 32)), k);
          const place = { epoch: row.epoch, com: identity.com, box: identity.box };
          secrets.push(openTraceBox(shared, encodePoint(publicPoint(k)), issuer, place, identity.box));
        } catch {
          // not this scalar
        }
      }
    const ids = new Set(secrets.flatMap((s) => Array.from({ length: INDICES }, (_, i) => toHex(tokenId(s, i)))));
    for (const { visit } of loot.visits) if (ids.has(toHex(parseBody(visit.body).id))) link(identity, visit, "token id");
  }
  // Anything of 8 bytes or more that stands in both rows, or tags that are equal.
  for (const { row, identity } of loot.identities) {
    const parts = [row.tagA, row.tagB, identity.handle, identity.salt, identity.com.slice(0, 16), identity.box.slice(0, 16)].map(toHex);
    for (const { row: vRow, visit } of loot.visits) {
      const text = [vRow.tagA, vRow.tagB, visit.attempt, visit.salt, visit.body].map(toHex).join(" ");
      if (parts.some((p) => text.includes(p))) link(identity, visit, "equal bytes");
    }
  }
  for (const [identity, visit] of byLeaves(loot)) link(identity, visit, "leaves in one file");
  for (const [identity, visit] of byAnswers(loot, deployment)) link(identity, visit, "answers in the logs");
  // A phone number's tag under any key, among the visits.
  for (const { identity } of loot.identities)
    for (const key of loot.secrets) {
      const tag = toHex(phoneTag(dayKeys(key).tags, identity.phone));
      for (const { row, visit } of loot.visits)
        if (toHex(row.tagA) === tag || toHex(row.tagB) === tag) link(identity, visit, "phone tag");
    }
  return found;
}

/** Files that hold a needle, as they are or in hex or base64url. */
export function filesWith(files: File[], needle: Uint8Array): string[] {
  const forms = [Buffer.from(needle), Buffer.from(Buffer.from(needle).toString("base64url")), Buffer.from(toHex(needle))];
  return files.filter((f) => forms.some((form) => Buffer.from(f.bytes).includes(form))).map((f) => f.path);
}
