import { decodeBase64url, encodeBase64url } from "../lib/base64url.js";
import type { ScannerInfo } from "../lib/client.js";
import { type Directory, openDirectory, parseDirectory } from "../lib/directory.js";
import { decodeDocument, deploymentOf, type SignedDocument, validSigners } from "../lib/document.js";
import { epochEnd, epochOf, OVERLAP_S } from "../lib/epoch.js";
import { equal } from "../lib/bytes.js";
import { checkCurrent } from "../lib/policy.js";

/**
 * The root key of the first directory, taken on trust at enrolment: the key that signed it and whose hash is the
 * deployment that it names. Base64url; an error when there is none.
 */
export function pinRoot(directory: SignedDocument): string {
  const document = decodeDocument(directory);
  const { deployment } = parseDirectory(document.doc);
  const root = document.signatures.map((s) => s.key).find((key) => equal(deploymentOf(key), deployment));
  if (root === undefined || validSigners("EL1-directory", document, [root]).length !== 1)
    throw new Error("the directory is not signed by its root");
  return encodeBase64url(root);
}

/** A directory that was accepted before. */
export function openKept(directory: SignedDocument, root: string): Directory {
  return openDirectory(decodeDocument(directory), decodeBase64url(root));
}

/** Take a newer directory: signed by the pinned root, not run out, not older than the one in use. Throws otherwise. */
export function acceptDirectory(offered: SignedDocument, root: string, kept: Directory, now: number): Directory {
  const directory = openKept(offered, root);
  checkCurrent(directory, now, kept.serial);
  return directory;
}

/**
 * The key to seal a scan of this moment to: its day's. A scanner that was without network for days uses its newest
 * one as long as the registry keeps the secret to it, which is until the late limit after that day.
 */
export function queueKeyFor(info: ScannerInfo, now: number): Uint8Array | undefined {
  const today = epochOf(now, info.day_offset);
  const newest = info.queue_keys
    .filter((k) => k.epoch <= today && now < epochEnd(k.epoch, info.day_offset) + OVERLAP_S + info.late_limit)
    .sort((a, b) => b.epoch - a.epoch)[0];
  return newest === undefined ? undefined : decodeBase64url(newest.key);
}
