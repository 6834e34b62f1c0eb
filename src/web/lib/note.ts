import { decodeBase64, encodeBase64 } from "./base64.js";
import { concat, equal, fromUtf8, Reader, u64, u8, utf8 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { sha256 } from "./kdf.js";
import { signingPublicKey, signRaw, verifyRaw } from "./sign.js";

/** Bytes of a whole signed note. */
export const NOTE_MAX = 16384;
/** Signature lines of a note. */
export const NOTE_SIGNATURES_MAX = 64;
/** Bytes of a name that signs. */
export const NOTE_NAME_MAX = 100;

/** C2SP signature types: plain Ed25519 over the text, and a witness' cosignature with a time (tlog-cosignature). */
export const NOTE_ED25519 = 0x01;
export const NOTE_COSIGNATURE = 0x04;
export type NoteAlgorithm = typeof NOTE_ED25519 | typeof NOTE_COSIGNATURE;

/** A signature line: key id and what stands behind it (signature, or time and signature). */
export interface NoteLine {
  name: string;
  keyId: Uint8Array;
  signature: Uint8Array;
}

/** A signed note (C2SP signed-note) taken apart; nothing is verified. */
export interface Note {
  /** What is signed, its last line end included. */
  text: string;
  lines: readonly NoteLine[];
}

const DASH = "\u2014 ";
const COSIGNATURE_HEAD = "cosignature/v1\n";
const SIGNATURE_LEN = 64;
const TIME_LEN = 8;

/** SHA-256(name || 0x0a || algorithm || public key), its first four bytes. */
export function noteKeyId(name: string, algorithm: NoteAlgorithm, key: Uint8Array): Uint8Array {
  return sha256(utf8(name), u8(0x0a), u8(algorithm), key).slice(0, 4);
}

/** Non-empty, without plus and the spaces of Unicode. (`\s` also has U+FEFF, which is none, and lacks U+0085.) */
const isName = (name: string): boolean => /^[^\t-\r\u0085+\p{Z}]+$/u.test(name);

/** No ASCII control character but the line end. */
const isNoteText = (text: string): boolean => !/[\u0000-\u0009\u000b-\u001f]/.test(text);

function parseLine(line: string): NoteLine {
  if (!line.startsWith(DASH)) badFormat("note: not a signature line");
  const parts = line.slice(DASH.length).split(" ");
  const [name, base64] = parts;
  if (parts.length !== 2 || name === undefined || base64 === undefined || !isName(name))
    return badFormat("note: not a signature line");
  const bytes = decodeBase64(base64);
  if (bytes.length <= 4) badFormat("note: no signature");
  return { name, keyId: bytes.slice(0, 4), signature: bytes.slice(4) };
}

/** Take a note apart. `format`: not a note; `limit`: over NOTE_MAX or NOTE_SIGNATURES_MAX. */
export function parseNote(note: Uint8Array): Note {
  if (note.length > NOTE_MAX) throw new EntrylogError("limit", "note: too long");
  const all = fromUtf8(note);
  const end = all.lastIndexOf("\n\n");
  if (!isNoteText(all) || end < 0 || !all.endsWith("\n") || end + 2 === all.length) badFormat("not a note");
  const lines = all.slice(end + 2, -1).split("\n");
  const read = lines.slice(0, NOTE_SIGNATURES_MAX).map(parseLine);
  if (lines.length > NOTE_SIGNATURES_MAX) throw new EntrylogError("limit", "note: too many signatures");
  return { text: all.slice(0, end + 1), lines: read };
}

/** What an algorithm signs for a text; a `format` error for a time over 2^63 - 1. */
export function noteMessage(text: string, algorithm: NoteAlgorithm, time: bigint): Uint8Array {
  if (algorithm === NOTE_ED25519) return utf8(text);
  if (time < 0n || time >= 1n << 63n) badFormat("note: time");
  return utf8(`${COSIGNATURE_HEAD}time ${time}\n${text}`);
}

/**
 * The time of the (latest) signature of this key by this name, 0 for a plain one; undefined: there is none. Throws
 * `crypto` if one of this name and key id does not verify, and as parseNote() does.
 */
export function verifyNote(
  note: Uint8Array,
  name: string,
  algorithm: NoteAlgorithm,
  key: Uint8Array,
): bigint | undefined {
  const { text, lines } = parseNote(note);
  const id = noteKeyId(name, algorithm, key);
  let latest: bigint | undefined;
  for (const line of lines) {
    if (line.name !== name || !equal(line.keyId, id)) continue;
    const timed = algorithm === NOTE_COSIGNATURE;
    const bad = (): never => {
      throw new EntrylogError("crypto", "note: a signature does not verify");
    };
    if (line.signature.length !== SIGNATURE_LEN + (timed ? TIME_LEN : 0)) bad();
    const time = timed ? new Reader(line.signature).u64() : 0n;
    if (time >= 1n << 63n) bad();
    const signature = line.signature.slice(timed ? TIME_LEN : 0);
    if (!verifyRaw(noteMessage(text, algorithm, time), signature, key)) bad();
    if (latest === undefined || time > latest) latest = time;
  }
  return latest;
}

/** A signature line over a text, with its line end. `format`: a name, text or time that no note can have. */
export function signNoteLine(
  text: string,
  name: string,
  algorithm: NoteAlgorithm,
  seed: Uint8Array,
  time = 0n,
): string {
  if (utf8(name).length > NOTE_NAME_MAX || utf8(text).length > NOTE_MAX)
    throw new EntrylogError("limit", "note: too long");
  if (!isName(name) || !isNoteText(text + name) || !text.endsWith("\n")) badFormat("no text or name of a note");
  if (algorithm === NOTE_ED25519 && text.startsWith(COSIGNATURE_HEAD))
    badFormat("note: reads as a cosignature's message");
  const signature = signRaw(noteMessage(text, algorithm, time), seed);
  const id = noteKeyId(name, algorithm, signingPublicKey(seed));
  const timed = algorithm === NOTE_COSIGNATURE ? u64(time) : new Uint8Array();
  return `${DASH}${name} ${encodeBase64(concat(id, timed, signature))}\n`;
}

/** The note with a further signature line behind it, unless one of its name and key id is there. */
export function addNoteLine(note: Uint8Array, line: string): Uint8Array {
  const { lines } = parseNote(note);
  const bytes = utf8(line);
  if (note.length + bytes.length > NOTE_MAX) throw new EntrylogError("limit", "note: too long");
  if (!line.endsWith("\n") || !isNoteText(line) || line.slice(0, -1).includes("\n")) badFormat("not one line");
  const added = parseLine(line.slice(0, -1));
  if (lines.some((one) => one.name === added.name && equal(one.keyId, added.keyId))) return note;
  if (lines.length === NOTE_SIGNATURES_MAX) throw new EntrylogError("limit", "note: too many signatures");
  return concat(note, bytes);
}
