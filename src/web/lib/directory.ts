import { type DecodedDocument, documentHash, validSigners } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, Fields } from "./fields.js";
import { checkRoot, verificationKey } from "./policy.js";
import { parseRestricted } from "./rjson.js";
import { parseBody, TOKEN_VERSION, verifyBody } from "./token.js";

/** A signing key of an issuer, for epochs from..to inclusive. */
export interface IssuerKey {
  from: number;
  to: number;
  key: Uint8Array;
}

export interface DirectoryIssuer {
  issuer: number;
  name: string;
  url: string;
  keys: IssuerKey[];
  answerKey: Uint8Array;
  logKey: Uint8Array | null;
}

/** Who issues, with which keys, and who the registry is (P-12.3). */
export interface Directory {
  deployment: Uint8Array;
  serial: number;
  notAfter: number;
  issuers: DirectoryIssuer[];
  registry: { name: string; url: string; answerKey: Uint8Array; logKey: Uint8Array | null };
  hash: Uint8Array;
}

function answering(f: Fields): {
  name: string;
  url: string;
  answerKey: Uint8Array;
  logKey: Uint8Array | null;
} {
  const logKey = f.bytesOrNull("log_key", 32);
  return {
    name: f.text("name"),
    url: f.text("url"),
    answerKey: verificationKey(f.bytes("answer_key", 32), "answer key"),
    logKey: logKey === null ? null : verificationKey(logKey, "log key"),
  };
}

/** The directory in a document's bytes; a `format` error for any other form, and for overlapping keys. */
export function parseDirectory(doc: Uint8Array): Directory {
  const f = new Fields(parseRestricted(doc), "directory");
  f.integer("version", 1, 1);
  const directory: Directory = {
    deployment: f.bytes("deployment", 32),
    serial: f.integer("serial"),
    notAfter: f.integer("not_after"),
    issuers: f.objects("issuers", 0, 255, (i) => ({
      issuer: i.integer("issuer", 1, 255),
      keys: i.objects("keys", 0, 1000, (k) => {
        const from = k.integer("from", 0, 65535);
        return {
          from,
          to: k.integer("to", from, 65535),
          key: verificationKey(k.bytes("key", 32), "issuer's key"),
        };
      }),
      ...answering(i),
    })),
    registry: ((r: Fields) => {
      const registry = answering(r);
      r.end();
      return registry;
    })(f.object("registry")),
    hash: documentHash(doc),
  };
  f.end();
  allDifferent(
    directory.issuers.map((i) => i.issuer),
    "directory: issuers",
  );
  for (const { keys } of directory.issuers)
    for (const a of keys)
      if (keys.some((b) => b !== a && b.from <= a.to && a.from <= b.to)) badFormat("directory: keys overlap");
  return directory;
}

/** Verify the root's signature, then parse. */
export function openDirectory(document: DecodedDocument, rootKey: Uint8Array): Directory {
  if (validSigners("EL1-directory", document, [rootKey]).length !== 1)
    throw new EntrylogError("crypto", "not signed by the root");
  const directory = parseDirectory(document.doc);
  checkRoot("EL1-directory", document, rootKey, directory.deployment);
  return directory;
}

/** The one key that signs an issuer's tokens of an epoch, or undefined. */
export function issuerKey(directory: Directory, issuer: number, epoch: number): Uint8Array | undefined {
  return directory.issuers
    .find((i) => i.issuer === issuer)
    ?.keys.find((k) => k.from <= epoch && epoch <= k.to)?.key;
}

/** Is this body of a known issuer, of its key for the epoch, and signed by it? */
export function verifyBodyBy(directory: Directory, body: Uint8Array): boolean {
  const { version, issuer, epoch } = parseBody(body);
  const key = issuerKey(directory, issuer, epoch);
  return version === TOKEN_VERSION && key !== undefined && verifyBody(body, key);
}
