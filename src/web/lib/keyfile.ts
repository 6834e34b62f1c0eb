import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { exactly } from "./bytes.js";
import { badFormat } from "./errors.js";

/** What a key file's secret is for; no key does another one's work (P-12.8). */
export const KEY_PURPOSES = [
  "root",
  "officer",
  "executor",
  "issuer",
  "answer",
  "log",
  "trustee",
  "order",
  "pair",
  "witness",
] as const;
export type KeyPurpose = (typeof KEY_PURPOSES)[number];

/** A key file that is not sealed with a passphrase; `epoch` for a pair key only. */
export interface KeyFile {
  purpose: KeyPurpose;
  epoch: number | undefined;
  secret: Uint8Array;
}

function purposeOf(name: string | undefined): KeyPurpose {
  return KEY_PURPOSES.find((p) => p === name) ?? badFormat("key file: purpose");
}

/** The secret in a key file's text. `format` for any other form, and for one sealed with a passphrase. */
export function parseKeyFile(text: string): KeyFile {
  const m = /^entrylog-key 1\npurpose ([a-z]+)\n(?:epoch (0|[1-9][0-9]{0,4})\n)?secret ([\w-]{43})\n$/.exec(
    text,
  );
  if (m === null) return badFormat("key file");
  const purpose = purposeOf(m[1]);
  const epoch = m[2] === undefined ? undefined : Number(m[2]);
  if ((purpose === "pair") !== (epoch !== undefined) || (epoch ?? 0) > 65535) badFormat("key file: epoch");
  return { purpose, epoch, secret: exactly(32, decodeBase64url(m[3] ?? ""), "secret") };
}

/** The text of a key file. */
export function writeKeyFile(file: KeyFile): string {
  const epoch = file.epoch === undefined ? "" : `epoch ${file.epoch}\n`;
  return `entrylog-key 1\npurpose ${file.purpose}\n${epoch}secret ${encodeBase64url(exactly(32, file.secret, "secret"))}\n`;
}

/** The key in a FILE.pub. */
export function parsePublicFile(text: string): { purpose: KeyPurpose; key: Uint8Array } {
  const m = /^entrylog-public 1\npurpose ([a-z]+)\nkey ([\w-]{43})\n$/.exec(text);
  if (m === null) return badFormat("public key file");
  return { purpose: purposeOf(m[1]), key: exactly(32, decodeBase64url(m[2] ?? ""), "key") };
}
