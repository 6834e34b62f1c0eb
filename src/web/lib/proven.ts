import { epochEnd, OVERLAP_S } from "./epoch.js";
import { identityLeafOfHash, visitLeaf } from "./leaf.js";
import { checkLogProof, findRoot, type LogClaim, type RootEntry } from "./logproof.js";
import type { Path } from "./merkle.js";
import { verifyInclusion } from "./merkle.js";
import { documentHash } from "./document.js";
import { badFormat } from "./errors.js";
import { type ReleasedRow, rowCommitment, type VisitsAnswer } from "./release.js";
import { FLAG_LATE } from "./row.js";
import type { TraceAnswer, TraceCommitment, TraceRow, TraceStatement } from "./trace.js";

/** A root this much younger than its row's minute is as good as one before the order. */
export const ROOT_WITHIN_S = 7200;
/** An identity day is rewritten by this long after its end. */
export const UNCOMMITTED_S = 26 * 3600;
/** No late item is accepted after this much time, whatever the registry's own limit. */
export const LATE_LIMIT_MAX_S = 72 * 3600;

/** Why a row does not count (P-7.2 step 2). */
export type RowDoubt =
  "segment_not_logged" | "not_in_segment" | "segment_too_late" | "logged_too_late" | "late_not_flagged";
/** Why a trace box does not (P-7.3 step 2). */
export type BoxDoubt = "box_not_logged" | "not_in_segment" | "other_phone";

/** The roots that a party logged, and the order that it answered. */
export interface Roots {
  roots: readonly RootEntry[];
  /** When the order was created. */
  created: number;
  dayOffset: number;
}

const leads = (leaf: Uint8Array, path: Path, root: RootEntry): boolean =>
  path.size === root.count && verifyInclusion(leaf, path, root.root);

/** Did the row stand in its segment before the registry was asked (claim N)? undefined: it did. */
export function doubtRow(known: Roots, row: ReleasedRow): RowDoubt | undefined {
  const root = findRoot(known.roots, row.epoch, row.segment);
  if (root === undefined) return "segment_not_logged";
  if (!leads(visitLeaf(rowCommitment(row), row.body), row.proof, root)) return "not_in_segment";
  const last = epochEnd(row.epoch, known.dayOffset) + OVERLAP_S + LATE_LIMIT_MAX_S;
  if (root.time > last + ROOT_WITHIN_S) return "segment_too_late";
  // The minute is rounded down.
  const isYoung = root.time <= row.minute + 60 + ROOT_WITHIN_S;
  if (!isYoung && root.time >= known.created) return "logged_too_late";
  return isYoung || (row.flags & FLAG_LATE) !== 0 ? undefined : "late_not_flagged";
}

/** The same for a trace box; undefined also for a day that cannot have been rewritten yet, which has no commitment. */
export function doubtBox(
  known: Roots,
  row: TraceRow,
  commitment: TraceCommitment | null,
  phones: readonly string[],
  now: number,
): BoxDoubt | undefined {
  if (commitment === null)
    return now < epochEnd(row.epoch, known.dayOffset) + UNCOMMITTED_S ? undefined : "box_not_logged";
  const root = findRoot(known.roots, row.epoch, 0);
  if (root === undefined) return "box_not_logged";
  const leaf = identityLeafOfHash(commitment.salt, commitment.phone, row.com, row.box);
  if (!leads(leaf, commitment.path, root)) return "not_in_segment";
  return phones.includes(commitment.phone) ? undefined : "other_phone";
}

/** What is known of an answered order beside its answer. */
export type Answered = Omit<LogClaim, "party" | "answer"> & Omit<Roots, "roots">;

/** Rows and listed rows of an answer, each with its doubt. Throws as checkLogProof() does. */
export function doubtVisits(
  answer: VisitsAnswer,
  known: Answered,
): { rows: (RowDoubt | undefined)[]; listed: (RowDoubt | undefined)[] } {
  const claim = { ...known, party: "registry", answer: documentHash(answer.release.doc) };
  const { roots } = checkLogProof(answer.proofs, claim);
  return {
    rows: answer.rows.map((row) => doubtRow({ ...known, roots }, row)),
    listed: answer.listed.map(({ index, ...seen }) => {
      const row = answer.rows[index] ?? badFormat("a listed row of no row");
      return doubtRow({ ...known, roots }, { ...row, ...seen });
    }),
  };
}

/** Boxes of an answer, each with its doubt. Throws as checkLogProof() does. */
export function doubtTraces(
  answer: TraceAnswer,
  statement: TraceStatement,
  known: Answered & { phones: readonly string[]; now: number },
): (BoxDoubt | undefined)[] {
  const claim = { ...known, party: `issuer:${statement.issuer}`, answer: documentHash(answer.statement.doc) };
  const { roots } = checkLogProof(answer.proofs, claim);
  return statement.rows.map((row, i) =>
    doubtBox({ ...known, roots }, row, answer.commitments[i] ?? null, known.phones, known.now),
  );
}
