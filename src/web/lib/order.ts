import { newBoxKey, openBox } from "./box.js";
import { encodeBase64url } from "./base64url.js";
import { ascii, concat, equal, exactly, utf8 } from "./bytes.js";
import {
  decodeDocument,
  type DecodedDocument,
  documentHash,
  signDocument,
  type SignedDocument,
} from "./document.js";
import { DAY_S, epochOf, OVERLAP_S, RETENTION_DAYS } from "./epoch.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, Fields } from "./fields.js";
import { sha256 } from "./kdf.js";
import { boxKeyOf, ORDER_KINDS, type OrderKind, type Policy, quorumMet, verificationKey } from "./policy.js";
import { type RandomSource, systemRandom } from "./random.js";
import { encodeRestricted, parseRestricted } from "./rjson.js";
import {
  checkParty,
  type DisclosedScope,
  disclose,
  parseScope,
  readDisclosed,
  type Scope,
  scopeHash,
  scopeMatches,
  writeDisclosed,
  type WireScope,
} from "./scope.js";
import { signingPublicKey, verify } from "./sign.js";

export const ORDER_DAYS_MAX = 14;
export const ORDER_EPOCHS_MAX = 31;
export const ORDER_ITEMS_MAX = 20000;

export interface Audience {
  party: string;
  scope: Uint8Array;
  items: number;
}

/** An order (P-12.4). */
export interface Order {
  deployment: Uint8Array;
  policy: Uint8Array;
  id: Uint8Array;
  kind: OrderKind;
  created: number;
  expires: number;
  firstEpoch: number;
  lastEpoch: number;
  case: Uint8Array;
  executor: { key: Uint8Array; boxKey: Uint8Array };
  audience: Audience[];
  hash: Uint8Array;
}

function readExecutor(f: Fields): Order["executor"] {
  const out = {
    key: verificationKey(f.bytes("key", 32), "executor"),
    boxKey: boxKeyOf(f.bytes("box_key", 32)),
  };
  f.end();
  return out;
}

function readItems(f: Fields): number {
  const items = f.integer("items", 1, ORDER_ITEMS_MAX);
  f.end();
  return items;
}

/** The order in a document's bytes. A `format` error for any other form, and for times and epochs that contradict. */
export function parseOrder(doc: Uint8Array): Order {
  const f = new Fields(parseRestricted(doc), "order");
  f.integer("version", 1, 1);
  const order: Order = {
    deployment: f.bytes("deployment", 32),
    policy: f.bytes("policy", 32),
    id: f.bytes("id", 16),
    kind: f.oneOf("kind", ORDER_KINDS),
    created: f.integer("created"),
    expires: f.integer("expires"),
    firstEpoch: f.integer("first_epoch", 0, 65535),
    lastEpoch: f.integer("last_epoch", 0, 65535),
    case: f.bytes("case", 32),
    executor: readExecutor(f.object("executor")),
    audience: f.objects("audience", 1, 256, (a) => ({
      party: checkParty(a.text("party")),
      scope: a.bytes("scope", 32),
      items: readItems(a.object("limits")),
    })),
    hash: documentHash(doc),
  };
  f.end();
  allDifferent(
    order.audience.map((a) => a.party),
    "order: audience",
  );
  if (order.expires <= order.created || order.expires > order.created + ORDER_DAYS_MAX * DAY_S)
    badFormat("order: expires");
  if (order.lastEpoch < order.firstEpoch || order.lastEpoch - order.firstEpoch >= ORDER_EPOCHS_MAX)
    badFormat("order: epochs");
  return order;
}

/** The epochs that a window touches: day(from - 2 h)..day(to). */
export function epochsOf(
  window: { from: number; to: number },
  dayOffset: number,
): { first: number; last: number } {
  return { first: epochOf(window.from - OVERLAP_S, dayOffset), last: epochOf(window.to, dayOffset) };
}

/**
 * Check a signed order as a party does, in its order: form, signatures, quorum, policy, expiry, retention
 * (P-7.1). Throws a `policy` error whose code is the refusal's, or `format` with malformed_order.
 */
export function openOrder(document: DecodedDocument, policy: Policy, now: number): Order {
  const refuse = (code: string): never => {
    throw new EntrylogError("policy", code, code);
  };
  let order: Order;
  try {
    order = parseOrder(document.doc);
  } catch (e) {
    throw new EntrylogError("format", e instanceof Error ? e.message : "order", "malformed_order");
  }
  if (document.signatures.some((s) => !verify("EL1-order", document.doc, s.sig, s.key)))
    refuse("signature_invalid");
  if (
    !quorumMet(
      policy,
      order.kind,
      document.signatures.map((s) => s.key),
      now,
    )
  )
    refuse("quorum_missing");
  if (!equal(order.deployment, policy.deployment) || !equal(order.policy, policy.hash))
    refuse("policy_outdated");
  if (now >= order.expires) refuse("order_expired");
  if (order.firstEpoch < epochOf(now - RETENTION_DAYS * DAY_S - OVERLAP_S, policy.dayOffset))
    refuse("out_of_retention");
  return order;
}

/** The scope of a party, after its hash has been compared with the order's. `policy`, scope_mismatch otherwise. */
export function openScope(order: Order, disclosed: DisclosedScope): Scope {
  const entry = order.audience.find((a) => a.party === disclosed.party);
  if (entry === undefined || !scopeMatches(disclosed, entry.scope))
    throw new EntrylogError("policy", "scope_mismatch", "scope_mismatch");
  const scope = parseScope(order.kind, disclosed.party, disclosed.scope);
  if ("day" in scope && (scope.day < order.firstEpoch || scope.day > order.lastEpoch))
    throw new EntrylogError("policy", "scope_mismatch", "scope_mismatch");
  return scope;
}

/** An order file: the authority's copy, with every scope. */
export interface OrderFile extends SignedDocument {
  scopes: WireScope[];
}

/** Read an order file strictly; nothing is verified yet. */
export function readOrderFile(value: unknown): { document: DecodedDocument; scopes: DisclosedScope[] } {
  const f = new Fields(value, "order file");
  const document = decodeDocument({ doc: f.any("doc"), signatures: f.any("signatures") });
  const scopes = f.list("scopes", 0, 256, (v, what) => readDisclosed(v, what));
  f.end();
  return { document, scopes };
}

/** What a new order is made of. */
export interface OrderInput {
  policy: Policy;
  kind: OrderKind;
  created: number;
  expires: number;
  firstEpoch: number;
  lastEpoch: number;
  caseText: string;
  /** The executor's Ed25519 seed. */
  executorSeed: Uint8Array;
  scopes: { party: string; scope: Scope; items: number }[];
}

/** A new order, not signed: its bytes, the disclosed scopes, its secret box key, and the salt of its case. */
export function newOrder(
  input: OrderInput,
  random: RandomSource = systemRandom,
): { doc: Uint8Array; scopes: DisclosedScope[]; boxSecret: bigint; caseSalt: Uint8Array } {
  const box = newBoxKey(random);
  const caseSalt = random(32);
  const scopes = input.scopes.map((s) => disclose(s.party, s.scope, random));
  const doc = encodeRestricted({
    version: 1,
    deployment: encodeBase64url(input.policy.deployment),
    policy: encodeBase64url(input.policy.hash),
    id: encodeBase64url(random(16)),
    kind: input.kind,
    created: input.created,
    expires: input.expires,
    first_epoch: input.firstEpoch,
    last_epoch: input.lastEpoch,
    case: encodeBase64url(sha256(caseSalt, utf8(input.caseText))),
    executor: {
      key: encodeBase64url(signingPublicKey(input.executorSeed)),
      box_key: encodeBase64url(box.public),
    },
    audience: scopes.map((d, i) => ({
      party: d.party,
      scope: encodeBase64url(scopeHash(d.party, d.salt, d.scope)),
      limits: { items: input.scopes[i]?.items ?? 1 },
    })),
  });
  parseOrder(doc);
  return { doc, scopes, boxSecret: box.secret, caseSalt };
}

/** Sign an order's bytes with each officer's seed. */
export function signOrder(doc: Uint8Array, seeds: readonly Uint8Array[]): SignedDocument {
  return signDocument("EL1-order", doc, seeds);
}

/** The order file of a signed order. */
export function orderFile(signed: SignedDocument, scopes: readonly DisclosedScope[]): OrderFile {
  return { ...signed, scopes: scopes.map(writeDisclosed) };
}

/** ad of a sealed answer: label, order hash 32, party text (P-12.5). */
export function answerAd(orderHash: Uint8Array, party: string): Uint8Array {
  return concat(ascii("EL1-box-order"), exactly(32, orderHash, "order hash"), ascii(party));
}

/** The bytes of a party's answer `{"sealed"}`, opened with the order's secret. `crypto` if it does not open. */
export function openAnswer(
  answer: unknown,
  boxSecret: bigint,
  orderHash: Uint8Array,
  party: string,
): Uint8Array {
  const f = new Fields(answer, "answer");
  const sealed = f.bytes("sealed");
  f.end();
  return openBox(boxSecret, sealed, answerAd(orderHash, party));
}
