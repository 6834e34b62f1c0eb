// A public log made for a test: entries, their tree, a signed checkpoint, and the proofs of an answer.
import * as el from "../../src/web/lib/index.js";

/** Whose log, and what it holds beside the answer. */
export interface Published {
  deployment: Uint8Array;
  party: string;
  seed: Uint8Array;
  roots: el.LogEntry[];
  answer: el.LogEntry;
}

export function prove({ deployment, party, seed, roots, answer }: Published): el.LogProof {
  const entries = [...roots, answer].map(el.encodeLogEntry);
  const leaves = entries.map(el.leafHash);
  const logged = entries.map((entry, i): el.Logged => ({ entry, path: el.inclusionPath(leaves, i) }));
  const origin = el.logOrigin(deployment, party);
  return {
    checkpoint: el.signCheckpoint({ origin, size: entries.length, root: el.merkleRoot(leaves) }, seed),
    answer: logged[roots.length] as el.Logged,
    roots: logged.slice(0, roots.length),
  };
}

/** The entry that says an order was answered with a statement. */
export function answerEntry(order: Uint8Array, doc: Uint8Array, time: number): el.OrderEntry {
  return { type: "order", time, order, kind: "contacts", answer: el.documentHash(doc), count: "1-9" };
}
