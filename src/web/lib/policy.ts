import { equal, toHex } from "./bytes.js";
import { type DecodedDocument, deploymentOf, documentHash, validSigners } from "./document.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, asBytes, Fields } from "./fields.js";
import { decodePoint } from "./group.js";
import { parseRestricted } from "./rjson.js";
import { isVerificationKey, type SignLabel } from "./sign.js";

export const ORDER_KINDS = ["contacts", "trace", "notice", "recovery"] as const;
export type OrderKind = (typeof ORDER_KINDS)[number];

export interface Trustee {
  index: number;
  name: string;
  group: string;
  boxKey: Uint8Array;
}
export interface Officer {
  key: Uint8Array;
  name: string;
  group: string;
  from: number;
  to: number;
}
export interface Quorum {
  kind: OrderKind;
  groups: { group: string; count: number }[];
}

/** A text of notices, which orders name by its number. */
export interface Template {
  number: number;
  ko: string;
  en: string;
}
/** The Ed25519 key under which a trustee cosigns checkpoints. */
export interface Witness {
  trustee: number;
  key: Uint8Array;
}

/** The policy of a deployment (P-12.1). */
export interface Policy {
  deployment: Uint8Array;
  serial: number;
  notAfter: number;
  dayOffset: number;
  lab: boolean;
  threshold: number;
  trustees: Trustee[];
  officers: Officer[];
  revoked: Uint8Array[];
  healthGroup: string;
  quorums: Quorum[];
  consent: number;
  templates: Template[];
  witnesses: Witness[];
  /** Items that one party answers at most in one day under all orders together. */
  caps: { items: number } | null;
  /** SHA-256 of the document's bytes: what orders name. */
  hash: Uint8Array;
}

/** An Ed25519 key that may be trusted: in the prime-order subgroup (P-11.1, trap 3). `format` otherwise. */
export function verificationKey(key: Uint8Array, what: string): Uint8Array {
  if (!isVerificationKey(key)) badFormat(`${what}: not a good key`);
  return key;
}

/** A box key that may be sealed to. `format` otherwise. */
export function boxKeyOf(key: Uint8Array): Uint8Array {
  decodePoint(key);
  return key;
}

/** 2 <= t <= n and 2t > n; t = n = 1 in lab mode only (P-3). `format` otherwise. */
export function checkThreshold(t: number, n: number, lab: boolean): void {
  const good = t >= 2 && t <= n && 2 * t > n;
  if (!good && !(lab && t === 1 && n === 1)) badFormat("policy: threshold");
}

function checkQuorums(policy: Policy): void {
  for (const kind of ORDER_KINDS) {
    const mine = policy.quorums.filter((q) => q.kind === kind);
    if (mine.length !== 1 || mine[0]?.groups.every((g) => g.group === policy.healthGroup))
      badFormat(`policy: quorum of ${kind}`);
  }
  const inHealth = policy.trustees.filter((t) => t.group === policy.healthGroup).length;
  if (!policy.lab && inHealth >= policy.threshold) badFormat("policy: too many trustees in the health group");
}

function templateText(f: Fields, name: string): string {
  const text = f.text(name, 400);
  if (new TextEncoder().encode(text).length > 400) badFormat(`template: ${name}`);
  return text;
}

/** Insist that the numbers rise, each from another. */
function checkAscending(numbers: readonly number[], what: string): void {
  if (numbers.some((n, i) => i > 0 && n <= (numbers[i - 1] ?? 0))) badFormat(`${what}: not ascending`);
}

function readCaps(f: Fields): { items: number } | null {
  if (f.any("caps") === null) return null;
  const caps = f.object("caps");
  const items = caps.integer("items", 1, 1000000);
  caps.end();
  return { items };
}

/** The policy in a document's bytes. A `format` error for any other form, and for rules of P-12.1 that it breaks. */
export function parsePolicy(doc: Uint8Array): Policy {
  const f = new Fields(parseRestricted(doc), "policy");
  f.integer("version", 1, 1);
  const policy: Policy = {
    deployment: f.bytes("deployment", 32),
    serial: f.integer("serial"),
    notAfter: f.integer("not_after"),
    dayOffset: f.integer("day_offset", 0, 86399),
    lab: f.bool("lab"),
    threshold: f.integer("threshold", 1, 255),
    trustees: f.objects("trustees", 1, 255, (t) => ({
      index: t.integer("index", 1, 255),
      name: t.text("name"),
      group: t.text("group"),
      boxKey: boxKeyOf(t.bytes("box_key", 32)),
    })),
    officers: f.objects("officers", 0, 1000, (o) => ({
      key: verificationKey(o.bytes("key", 32), "officer"),
      name: o.text("name"),
      group: o.text("group"),
      from: o.integer("from"),
      to: o.integer("to"),
    })),
    revoked: f.list("revoked", 0, 1000, (value, what) => asBytes(value, what, 32)),
    healthGroup: f.text("health_group"),
    quorums: f.objects("quorums", 4, 4, (q) => ({
      kind: q.oneOf("kind", ORDER_KINDS),
      groups: q.objects("groups", 1, 64, (g) => ({
        group: g.text("group"),
        count: g.integer("count", 1, 255),
      })),
    })),
    consent: f.integer("consent", 0, 65535),
    templates: f.objects("templates", 0, 32, (t) => ({
      number: t.integer("number", 1, 65535),
      ko: templateText(t, "ko"),
      en: templateText(t, "en"),
    })),
    witnesses: f.objects("witnesses", 0, 255, (w) => ({
      trustee: w.integer("trustee", 1, 255),
      key: verificationKey(w.bytes("key", 32), "witness"),
    })),
    caps: readCaps(f),
    hash: documentHash(doc),
  };
  f.end();
  checkThreshold(policy.threshold, policy.trustees.length, policy.lab);
  policy.trustees.forEach((t, i) => {
    if (t.index !== i + 1) badFormat("policy: trustees are not numbered 1..n");
  });
  allDifferent(
    policy.officers.map((o) => toHex(o.key)),
    "policy: officers",
  );
  checkAscending(
    policy.templates.map((t) => t.number),
    "policy: templates",
  );
  checkAscending(
    policy.witnesses.map((w) => w.trustee),
    "policy: witnesses",
  );
  if (policy.witnesses.some((w) => w.trustee > policy.trustees.length)) badFormat("policy: witnesses");
  allDifferent(
    policy.witnesses.map((w) => toHex(w.key)),
    "policy: witnesses",
  );
  for (const q of policy.quorums)
    allDifferent(
      q.groups.map((g) => g.group),
      "policy: quorum",
    );
  checkQuorums(policy);
  return policy;
}

/** Insist that the root signed the document and that it names this deployment. `crypto` or `policy` otherwise. */
export function checkRoot(
  label: SignLabel,
  document: DecodedDocument,
  rootKey: Uint8Array,
  deployment: Uint8Array,
): void {
  if (validSigners(label, document, [rootKey]).length !== 1)
    throw new EntrylogError("crypto", "not signed by the root");
  if (!equal(deployment, deploymentOf(rootKey))) throw new EntrylogError("policy", "of another deployment");
}

/** Insist that a root-signed document has not run out and is not older than one seen. `policy` otherwise. */
export function checkCurrent(
  document: { serial: number; notAfter: number },
  now: number,
  lowestSerial = 0,
): void {
  if (document.serial < lowestSerial) throw new EntrylogError("policy", "older than one already accepted");
  if (now >= document.notAfter) throw new EntrylogError("policy", "has run out");
}

/** Verify the root's signature, then parse. */
export function openPolicy(document: DecodedDocument, rootKey: Uint8Array): Policy {
  if (validSigners("EL1-policy", document, [rootKey]).length !== 1)
    throw new EntrylogError("crypto", "not signed by the root");
  const policy = parsePolicy(document.doc);
  checkRoot("EL1-policy", document, rootKey, policy.deployment);
  return policy;
}

/** Officers who count now: not revoked, and from <= now < to. */
export function activeOfficers(policy: Policy, now: number): Officer[] {
  const revoked = new Set(policy.revoked.map(toHex));
  return policy.officers.filter((o) => o.from <= now && now < o.to && !revoked.has(toHex(o.key)));
}

/**
 * Do these signers fulfil the quorum of the kind? Each key counts once, in its own group.
 * @param signers Ed25519 keys whose signatures hold
 */
export function quorumMet(
  policy: Policy,
  kind: OrderKind,
  signers: readonly Uint8Array[],
  now: number,
): boolean {
  const keys = new Set(signers.map(toHex));
  const present = activeOfficers(policy, now).filter((o) => keys.has(toHex(o.key)));
  const quorum = policy.quorums.find((q) => q.kind === kind);
  return (
    quorum !== undefined &&
    quorum.groups.every((g) => present.filter((o) => o.group === g.group).length >= g.count)
  );
}
