import { ascii, concat, equal, exactly, Reader, u8 } from "./bytes.js";
import { openBox } from "./box.js";
import { type DecodedDocument, documentHash, validSigners } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, asBytes, Fields } from "./fields.js";
import { decodePoint, decodeScalar, encodePoint, type Point } from "./group.js";
import { boxKeyOf, checkRoot } from "./policy.js";
import { parseRestricted } from "./rjson.js";
import { type Share, verifyShare } from "./share.js";

/** The three purposes of an epoch's keys: Y_e links, Z_e traces, W_e recovery. */
export type Purpose = "links" | "traces" | "recovery";

/** Feldman commitments of one epoch, t points each; the first is the public key. */
export type EpochKeys = { epoch: number } & Record<Purpose, Point[]>;

/** The public part of a key ceremony (P-12.2). */
export interface Bundle {
  deployment: Uint8Array;
  serial: number;
  notAfter: number;
  threshold: number;
  trustees: { index: number; boxKey: Uint8Array }[];
  epochs: EpochKeys[];
  hash: Uint8Array;
}

/** The bundle in a document's bytes; a `format` error for any other form. */
export function parseBundle(doc: Uint8Array): Bundle {
  const f = new Fields(parseRestricted(doc), "bundle");
  f.integer("version", 1, 1);
  const head = {
    deployment: f.bytes("deployment", 32),
    serial: f.integer("serial"),
    notAfter: f.integer("not_after"),
  };
  const threshold = f.integer("threshold", 1, 255);
  const points = (e: Fields, name: Purpose): Point[] =>
    e.list(name, threshold, threshold, (value, what) => decodePoint(asBytes(value, what, 32)));
  const bundle: Bundle = {
    ...head,
    threshold,
    trustees: f.objects("trustees", 1, 255, (t) => ({
      index: t.integer("index", 1, 255),
      boxKey: boxKeyOf(t.bytes("box_key", 32)),
    })),
    epochs: f.objects("epochs", 0, 1000, (e) => ({
      epoch: e.integer("epoch", 0, 65535),
      links: points(e, "links"),
      traces: points(e, "traces"),
      recovery: points(e, "recovery"),
    })),
    hash: documentHash(doc),
  };
  f.end();
  allDifferent(
    bundle.trustees.map((t) => t.index),
    "bundle: trustees",
  );
  if (threshold > bundle.trustees.length) badFormat("bundle: threshold");
  bundle.epochs.reduce(
    (last, e) => (e.epoch > last ? e.epoch : badFormat("bundle: epochs do not ascend")),
    -1,
  );
  return bundle;
}

/** Verify the root's signature, then parse. */
export function openBundle(document: DecodedDocument, rootKey: Uint8Array): Bundle {
  if (validSigners("EL1-bundle", document, [rootKey]).length !== 1)
    throw new EntrylogError("crypto", "not signed by the root");
  const bundle = parseBundle(document.doc);
  checkRoot("EL1-bundle", document, rootKey, bundle.deployment);
  return bundle;
}

/** The keys of an epoch; `policy` if the bundle has none. */
export function epochKeys(bundle: Bundle, epoch: number): EpochKeys {
  const keys = bundle.epochs.find((e) => e.epoch === epoch);
  if (keys === undefined) throw new EntrylogError("policy", "no keys for this epoch");
  return keys;
}

/** The 32-byte public key of an epoch for a purpose. */
export function publicKeyOf(bundle: Bundle, epoch: number, purpose: Purpose): Uint8Array {
  return encodePoint(epochKeys(bundle, epoch)[purpose][0] ?? badFormat("bundle: no commitment"));
}

/** A sealed share file as it leaves the ceremony (P-12.2). */
export interface SealedShares {
  deployment: Uint8Array;
  bundle: Uint8Array;
  trustee: number;
  shares: Uint8Array;
}

/** Read a sealed share file, given as bytes of restricted JSON. */
export function parseSealedShares(file: Uint8Array): SealedShares {
  const f = new Fields(parseRestricted(file), "shares");
  f.integer("version", 1, 1);
  const out = {
    deployment: f.bytes("deployment", 32),
    bundle: f.bytes("bundle", 32),
    trustee: f.integer("trustee", 1, 255),
    shares: f.bytes("shares"),
  };
  f.end();
  return out;
}

/** ad of sealed shares: label, deployment 32, trustee u8. */
export function shareAd(deployment: Uint8Array, trustee: number): Uint8Array {
  return concat(ascii("EL1-box-share"), exactly(32, deployment, "deployment"), u8(trustee));
}

/** A trustee's shares of one epoch. */
export type EpochShares = { epoch: number } & Record<Purpose, Share>;

/**
 * Open a trustee's shares and verify each against the bundle. `crypto`: does not open, of another bundle, or a
 * share that does not lie on the committed polynomial; `format`: another set of epochs than the bundle's.
 */
export function openShares(sealed: SealedShares, boxSecret: bigint, bundle: Bundle): EpochShares[] {
  if (!equal(sealed.bundle, bundle.hash) || !equal(sealed.deployment, bundle.deployment))
    throw new EntrylogError("crypto", "shares of another bundle");
  const r = new Reader(openBox(boxSecret, sealed.shares, shareAd(sealed.deployment, sealed.trustee)));
  const out = bundle.epochs.map((keys): EpochShares => {
    if (r.u16() !== keys.epoch) badFormat("shares: another epoch");
    const share = (purpose: Purpose): Share => {
      const one = { index: sealed.trustee, value: decodeScalar(r.bytes(32)) };
      if (!verifyShare(one, keys[purpose]))
        throw new EntrylogError("crypto", "share does not fit its commitments");
      return one;
    };
    return { epoch: keys.epoch, links: share("links"), traces: share("traces"), recovery: share("recovery") };
  });
  r.end();
  return out;
}
