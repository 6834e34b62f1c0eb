import { encodeBase64url } from "./base64url.js";
import { equal } from "./bytes.js";
import { type Checkpoint, logOrigin, openCheckpoint } from "./checkpoint.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, Fields, readPath, writePath } from "./fields.js";
import { ENTRY_MAX, type IdentitiesEntry, type LogEntry, parseLogEntry, type SegmentEntry } from "./logentry.js";
import { leafHash, type Path, verifyInclusion } from "./merkle.js";
import { NOTE_COSIGNATURE, NOTE_MAX, verifyNote } from "./note.js";
import type { Policy } from "./policy.js";

/** Roots under one answer. */
export const LOG_ROOTS_MAX = 4096;

/** An entry with its path in a checkpoint's tree. */
export interface Logged {
  entry: Uint8Array;
  path: Path;
}

/** What shows that an answer was in its party's public log before it was given (P-12.10). */
export interface LogProof {
  /** The note's bytes, cosignatures included. */
  checkpoint: Uint8Array;
  answer: Logged;
  roots: Logged[];
}

/** The entry of a root that rows or boxes lie under. */
export type RootEntry = SegmentEntry | IdentitiesEntry;

function boundedBytes(f: Fields, name: string, max: number): Uint8Array {
  const bytes = f.bytes(name);
  if (bytes.length > max) throw new EntrylogError("limit", `${f.what}: ${name}`);
  return bytes;
}

function readLogged(f: Fields): Logged {
  return { entry: boundedBytes(f, "entry", ENTRY_MAX), path: readPath(f.object("path")) };
}

/** Read proofs strictly, from parsed JSON; nothing is verified yet. */
export function readLogProof(value: unknown): LogProof {
  const f = new Fields(value, "proofs");
  const answer = f.object("answer");
  const out = {
    checkpoint: boundedBytes(f, "checkpoint", NOTE_MAX),
    answer: readLogged(answer),
    roots: f.objects("roots", 0, LOG_ROOTS_MAX, readLogged),
  };
  answer.end();
  f.end();
  return out;
}

const writeLogged = (logged: Logged): Record<string, unknown> => ({
  entry: encodeBase64url(logged.entry),
  path: writePath(logged.path),
});

/** The JSON form of proofs: for the other party, and for trustees. */
export function writeLogProof(proof: LogProof): Record<string, unknown> {
  return {
    checkpoint: encodeBase64url(proof.checkpoint),
    answer: writeLogged(proof.answer),
    roots: proof.roots.map(writeLogged),
  };
}

/** Whose log, and what is to stand in it. */
export interface LogClaim {
  deployment: Uint8Array;
  /** "registry" or "issuer:N". */
  party: string;
  logKey: Uint8Array;
  /** Hash of the order. */
  order: Uint8Array;
  /** SHA-256 of the statement that was answered with. */
  answer: Uint8Array;
}

function checkLogged(logged: Logged, checkpoint: Checkpoint): LogEntry {
  const { entry, path } = logged;
  if (path.size !== checkpoint.size || !verifyInclusion(leafHash(entry), path, checkpoint.root))
    throw new EntrylogError("crypto", "proofs: an entry is not in the log");
  return parseLogEntry(entry);
}

/** Of an entry of another day or segment nobody asks; identities have no segment. */
const placeOf = (root: RootEntry): string =>
  `${root.epoch} ${root.type === "segment" ? root.segment : 0}`;

/**
 * Check all of it: the checkpoint is of that log and signed by its key, every path leads to its root, the answer's entry
 * says that this order was answered with this statement, the roots are of the party's type, no place has two.
 * `crypto`: a signature or path; `format`: a form, or an entry of something else.
 */
export function checkLogProof(
  proof: LogProof,
  claim: LogClaim,
): { checkpoint: Checkpoint; answer: LogEntry; roots: RootEntry[] } {
  const checkpoint = openCheckpoint(
    proof.checkpoint,
    logOrigin(claim.deployment, claim.party),
    claim.logKey,
  );
  const answer = checkLogged(proof.answer, checkpoint);
  if (answer.type !== "order" || !equal(answer.order, claim.order) || !equal(answer.answer, claim.answer))
    badFormat("proofs: the entry of something else");
  const type = claim.party === "registry" ? "segment" : "identities";
  const roots = proof.roots.map((logged): RootEntry => {
    const root = checkLogged(logged, checkpoint);
    return root.type === type ? (root as RootEntry) : badFormat("proofs: not a root");
  });
  // Of two roots of one segment nobody could say which is the true one.
  allDifferent(roots.map(placeOf), "proofs: roots");
  return { checkpoint, answer, roots };
}

/** The root of a day's segment; undefined: it is not among them. */
export function findRoot(roots: readonly RootEntry[], epoch: number, segment: number): RootEntry | undefined {
  return roots.find((root) => placeOf(root) === `${epoch} ${segment}`);
}

/** Witnesses of the policy whose valid cosignature this checkpoint carries. */
export function countCosigned(policy: Policy, checkpoint: Uint8Array): number {
  const has = (trustee: number, key: Uint8Array): boolean => {
    try {
      const name = logOrigin(policy.deployment, `trustee:${trustee}`);
      return verifyNote(checkpoint, name, NOTE_COSIGNATURE, key) !== undefined;
    } catch {
      return false;
    }
  };
  return policy.witnesses.filter((w) => has(w.trustee, w.key)).length;
}
