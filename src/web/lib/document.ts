import { decodeBase64url, encodeBase64url } from "./base64url.js";
import { exactly, toHex } from "./bytes.js";
import { badFormat } from "./errors.js";
import { sha256 } from "./kdf.js";
import { isVerificationKey, sign, type SignLabel, signingPublicKey, verify } from "./sign.js";

/** A signature of a document as it travels: base64url of the 32-byte key and the 64-byte signature. */
export interface WireSignature {
  key: string;
  sig: string;
}

/** A signed document as it travels (P-11.2): base64url of its exact bytes, and who signed them. */
export interface SignedDocument {
  doc: string;
  signatures: WireSignature[];
}

/** A signed document with its bytes decoded; nothing is verified yet. */
export interface DecodedDocument {
  doc: Uint8Array;
  signatures: { key: Uint8Array; sig: Uint8Array }[];
}

export const SIGNATURES_MAX = 64;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textField(value: unknown): string {
  return typeof value === "string" ? value : badFormat("document: not a string");
}

/** Decode the outer form strictly: exactly these fields, no key twice. `format` otherwise. */
export function decodeDocument(value: unknown): DecodedDocument {
  if (!isRecord(value) || Object.keys(value).sort().join() !== "doc,signatures")
    badFormat("document: fields");
  const list: unknown = value["signatures"];
  if (!Array.isArray(list) || list.length > SIGNATURES_MAX) badFormat("document: signatures");
  const signatures = (list as unknown[]).map((one) => {
    if (!isRecord(one) || Object.keys(one).sort().join() !== "key,sig")
      badFormat("document: signature fields");
    return {
      key: exactly(32, decodeBase64url(textField(one["key"])), "key"),
      sig: exactly(64, decodeBase64url(textField(one["sig"])), "sig"),
    };
  });
  if (new Set(signatures.map((s) => toHex(s.key))).size !== signatures.length)
    badFormat("document: key twice");
  return { doc: decodeBase64url(textField(value["doc"])), signatures };
}

/** Sign the exact bytes with each 32-byte seed. */
export function signDocument(
  label: SignLabel,
  doc: Uint8Array,
  seeds: readonly Uint8Array[],
): SignedDocument {
  return {
    doc: encodeBase64url(doc),
    signatures: seeds.map((seed) => ({
      key: encodeBase64url(signingPublicKey(seed)),
      sig: encodeBase64url(sign(label, doc, seed)),
    })),
  };
}

/** Those of the given keys (32 bytes each) that signed the document validly; other signatures are ignored. */
export function validSigners(
  label: SignLabel,
  document: DecodedDocument,
  keys: readonly Uint8Array[],
): Uint8Array[] {
  return keys.filter(
    (key) =>
      isVerificationKey(key) &&
      document.signatures.some((s) => toHex(s.key) === toHex(key) && verify(label, document.doc, s.sig, key)),
  );
}

/** Hash of a document: SHA-256 of its bytes, without the signatures. */
export function documentHash(doc: Uint8Array): Uint8Array {
  return sha256(doc);
}

/** The deployment: SHA-256 of the root public key. */
export function deploymentOf(rootKey: Uint8Array): Uint8Array {
  return sha256(exactly(32, rootKey, "root key"));
}
