import { decodeBase64, encodeBase64 } from "./base64.js";
import { exactly, toHex, utf8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { addNoteLine, NOTE_COSIGNATURE, NOTE_ED25519, parseNote, signNoteLine, verifyNote } from "./note.js";

/** Bytes of an origin. */
export const LOG_ORIGIN_MAX = 64;
/** Entries of a log. */
export const LOG_SIZE_MAX = 2 ** 40;

/** A log's size and root, under its name (C2SP tlog-checkpoint). */
export interface Checkpoint {
  origin: string;
  size: number;
  root: Uint8Array;
}

/** The name of a party's log, or of a witness: `entrylog/<8 bytes of the deployment in hex>/registry` (P-12.10). */
export function logOrigin(deployment: Uint8Array, party: string): string {
  const m = /^(registry|(?:issuer|trustee):([1-9][0-9]{0,2}))$/.exec(party);
  if (m === null || Number(m[2] ?? 1) > 255) badFormat("no party of a log");
  return `entrylog/${toHex(exactly(32, deployment, "deployment").slice(0, 8))}/${party.replace(":", "-")}`;
}

/** Take a checkpoint apart; nothing is verified. Lines behind the third are allowed and mean nothing. */
export function parseCheckpoint(note: Uint8Array): Checkpoint {
  const lines = parseNote(note).text.slice(0, -1).split("\n");
  const [origin, digits, base64] = lines;
  if (origin === undefined || origin === "") return badFormat("checkpoint: no origin");
  if (utf8(origin).length > LOG_ORIGIN_MAX) throw new EntrylogError("limit", "checkpoint: origin");
  if (digits === undefined || !/^(0|[1-9][0-9]*)$/.test(digits)) return badFormat("checkpoint: size");
  const size = Number(digits);
  if (size > LOG_SIZE_MAX) throw new EntrylogError("limit", "checkpoint: size");
  if (base64 === undefined || lines.includes("")) return badFormat("checkpoint: lines");
  return { origin, size, root: exactly(32, decodeBase64(base64), "root") };
}

/** Parse, compare the origin (`format`), verify the log's signature (`crypto`). */
export function openCheckpoint(note: Uint8Array, origin: string, logKey: Uint8Array): Checkpoint {
  const checkpoint = parseCheckpoint(note);
  if (checkpoint.origin !== origin) badFormat("checkpoint: another origin");
  if (verifyNote(note, origin, NOTE_ED25519, logKey) === undefined)
    throw new EntrylogError("crypto", "checkpoint: not signed by its log");
  return checkpoint;
}

/** The signed note. */
export function signCheckpoint(checkpoint: Checkpoint, seed: Uint8Array): Uint8Array {
  const { origin, size, root } = checkpoint;
  if (!Number.isInteger(size) || size < 0 || size > LOG_SIZE_MAX) throw new EntrylogError("limit", "size");
  const text = `${origin}\n${size}\n${encodeBase64(exactly(32, root, "root"))}\n`;
  return utf8(`${text}\n${signNoteLine(text, origin, NOTE_ED25519, seed)}`);
}

/** A witness' line over a checkpoint, not verified here. */
export function cosignLine(note: Uint8Array, name: string, seed: Uint8Array, time: number): string {
  parseCheckpoint(note);
  return signNoteLine(parseNote(note).text, name, NOTE_COSIGNATURE, seed, BigInt(time));
}

/** The checkpoint with that line behind it. */
export function cosignCheckpoint(note: Uint8Array, name: string, seed: Uint8Array, time: number): Uint8Array {
  return addNoteLine(note, cosignLine(note, name, seed, time));
}
