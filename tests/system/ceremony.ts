// A key ceremony written from docs/protocol.md alone: root, policy, bundle, directory, officers, trustees. The tests
// hold every secret, so they can play every part, honest or not.
import {
  commitments,
  deploymentOf,
  encodeBase64url,
  encodePoint,
  encodeRestricted,
  encodeScalar,
  epochOf,
  newBoxKey,
  newPolynomial,
  openPolicy,
  type Policy,
  type Purpose,
  decodeDocument,
  shareOf,
  signDocument,
  type SignedDocument,
  signingPublicKey,
  systemRandom,
} from "../../src/web/lib/index.js";
import { CONSENT_VERSION } from "../../src/web/visitor/consent.js";

export const DAY_OFFSET = 18000;
export const CONSENT = CONSENT_VERSION;

/** A signer: its seed and public key. */
export interface Signer {
  seed: Uint8Array;
  key: Uint8Array;
}
export function newSigner(): Signer {
  const seed = systemRandom(32);
  return { seed, key: signingPublicKey(seed) };
}

export interface IssuerKeys {
  issuer: number;
  token: Signer;
  answer: Signer;
  log: Signer;
  pair: Uint8Array;
  url: string;
}

export interface Officers {
  health: Signer;
  health2: Signer;
  court: Signer;
  revoked: Signer;
  past: Signer;
}

export interface Ceremony {
  root: Signer;
  deployment: Uint8Array;
  officers: Officers;
  trustees: { secret: bigint; public: Uint8Array }[];
  executor: Signer;
  registryAnswer: Signer;
  registryLog: Signer;
  issuers: IssuerKeys[];
  /** Secret polynomials by epoch: nobody holds these in a real deployment. */
  polynomials: Map<number, Record<Purpose, bigint[]>>;
  policyDocument: SignedDocument;
  bundleDocument: SignedDocument;
  directoryDocument: SignedDocument;
  policy: Policy;
  firstEpoch: number;
  lastEpoch: number;
}

const b64 = encodeBase64url;

function policyDoc(c: Omit<Ceremony, "policy" | "policyDocument">, serial: number, now: number): Uint8Array {
  const officer = (s: Signer, name: string, group: string, from = 0, to = now + 400 * 86400) => ({
    key: b64(s.key),
    name,
    group,
    from,
    to,
  });
  const both = [
    { group: "health", count: 1 },
    { group: "court", count: 1 },
  ];
  const groups = ["health", "court", "academy"];
  return encodeRestricted({
    version: 1,
    deployment: b64(c.deployment),
    serial,
    not_after: now + 400 * 86400,
    day_offset: DAY_OFFSET,
    lab: true,
    threshold: 2,
    trustees: c.trustees.map((t, i) => ({
      index: i + 1,
      name: `trustee-${i + 1}`,
      group: groups[i] ?? "academy",
      box_key: b64(t.public),
    })),
    officers: [
      officer(c.officers.health, "health-1", "health"),
      officer(c.officers.health2, "health-2", "health"),
      officer(c.officers.court, "court-1", "court"),
      officer(c.officers.revoked, "court-2", "court"),
      officer(c.officers.past, "court-3", "court", 0, now - 86400),
    ],
    revoked: [b64(c.officers.revoked.key)],
    health_group: "health",
    quorums: ["contacts", "trace", "notice", "recovery"].map((kind) => ({ kind, groups: both })),
    consent: CONSENT,
    templates: [1, 7].map((number) => ({ number, ko: `안내 ${number}`, en: `text ${number}` })),
    witnesses: [],
    caps: null,
  });
}

function bundleDoc(c: Omit<Ceremony, "policy" | "policyDocument" | "bundleDocument">, now: number): Uint8Array {
  const list = (polynomial: bigint[]): string[] => commitments(polynomial).map((p) => b64(encodePoint(p)));
  return encodeRestricted({
    version: 1,
    deployment: b64(c.deployment),
    serial: 1,
    not_after: now + 400 * 86400,
    threshold: 2,
    trustees: c.trustees.map((t, i) => ({ index: i + 1, box_key: b64(t.public) })),
    epochs: [...c.polynomials].map(([epoch, p]) => ({
      epoch,
      links: list(p.links),
      traces: list(p.traces),
      recovery: list(p.recovery),
    })),
  });
}

export function directoryDoc(c: Pick<Ceremony, "deployment" | "issuers" | "registryAnswer" | "registryLog" | "firstEpoch">, registryUrl: string, serial: number, now: number): Uint8Array {
  return encodeRestricted({
    version: 1,
    deployment: b64(c.deployment),
    serial,
    not_after: now + 400 * 86400,
    issuers: c.issuers.map((i) => ({
      issuer: i.issuer,
      name: `issuer ${i.issuer}`,
      url: i.url,
      keys: [{ from: c.firstEpoch, to: 65535, key: b64(i.token.key) }],
      answer_key: b64(i.answer.key),
      log_key: b64(i.log.key),
    })),
    registry: { name: "registry", url: registryUrl, answer_key: b64(c.registryAnswer.key), log_key: b64(c.registryLog.key) },
  });
}

/** Hold a ceremony at time `now` for `days` days from today on, with issuers of these numbers and URLs. */
export function holdCeremony(
  now: number,
  issuers: { issuer: number; url: string }[],
  registryUrl: string,
  days = 45,
): Ceremony {
  const root = newSigner();
  const firstEpoch = epochOf(now, DAY_OFFSET);
  const polynomials = new Map<number, Record<Purpose, bigint[]>>();
  for (let e = firstEpoch; e < firstEpoch + days; e++)
    polynomials.set(e, { links: newPolynomial(2), traces: newPolynomial(2), recovery: newPolynomial(2) });
  const base = {
    root,
    deployment: deploymentOf(root.key),
    officers: { health: newSigner(), health2: newSigner(), court: newSigner(), revoked: newSigner(), past: newSigner() },
    trustees: [newBoxKey(), newBoxKey(), newBoxKey()],
    executor: newSigner(),
    registryAnswer: newSigner(),
    registryLog: newSigner(),
    issuers: issuers.map((i) => ({ ...i, token: newSigner(), answer: newSigner(), log: newSigner(), pair: systemRandom(32) })),
    polynomials,
    firstEpoch,
    lastEpoch: firstEpoch + days - 1,
  };
  const directoryDocument = signDocument("EL1-directory", directoryDoc(base, registryUrl, 1, now), [root.seed]);
  const withDirectory = { ...base, directoryDocument };
  const bundleDocument = signDocument("EL1-bundle", bundleDoc(withDirectory, now), [root.seed]);
  const withBundle = { ...withDirectory, bundleDocument };
  const policyDocument = signDocument("EL1-policy", policyDoc(withBundle, 1, now), [root.seed]);
  return {
    ...withBundle,
    policyDocument,
    policy: openPolicy(decodeDocument(policyDocument), root.key),
  };
}

/** A newer policy of the same deployment (serial 2), for orders made under the old one. */
export function newerPolicy(c: Ceremony, now: number, serial = 2): SignedDocument {
  return signDocument("EL1-policy", policyDoc(c, serial, now), [c.root.seed]);
}

/** Trustee j's shares of every epoch, as they leave the ceremony before sealing. */
export function sharesOf(c: Ceremony, j: number): { epoch: number; links: Uint8Array; traces: Uint8Array; recovery: Uint8Array }[] {
  return [...c.polynomials].map(([epoch, p]) => ({
    epoch,
    links: encodeScalar(shareOf(p.links, j).value),
    traces: encodeScalar(shareOf(p.traces, j).value),
    recovery: encodeScalar(shareOf(p.recovery, j).value),
  }));
}
