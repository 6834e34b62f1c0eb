// The authority's side of a join in TypeScript: orders, calls, partials, answers. Every part may be played wrongly.
import {
  combinePartials,
  type DeliveredAnswer,
  decodeBase64url,
  decodeDocument,
  type DecodedDocument,
  decodePoint,
  deploymentOf,
  encodeBase64url,
  encodePoint,
  epochsOf,
  executorOf,
  newOrder,
  openAnswer,
  openTraceBox,
  type OrderInput,
  type Point,
  provePartials,
  writePartials,
  parseBody,
  partialOf,
  publicKeyOf,
  openBundle,
  readDelivered,
  readTraceAnswer,
  readVisitsAnswer,
  type Release,
  type Scope,
  type DisclosedScope,
  ServiceClient,
  shareOf,
  signOrder,
  type SignedDocument,
  type TraceStatement,
  verifyTraces,
  verifyVisits,
  type VisitsAnswer,
  writeDisclosed,
  writeDocument,
  writeLogProof,
  encodeLogEntry,
  inclusionPath,
  leafHash,
  type Logged,
  logOrigin,
  merkleRoot,
  signCheckpoint,
  type Answered,
  doubtTraces,
  doubtVisits,
  type LogProof,
  parseOrder,
  type TraceAnswer,
  rowCommitment,
  documentHash,
} from "../../src/web/lib/index.js";
import { fromUtf8 } from "../../src/web/lib/bytes.js";
import { type Signer } from "./ceremony.js";
import { DAY_OFFSET } from "./ceremony.js";
import { type Deployment, type Outcome, until } from "./deployment.js";

export interface MadeOrder {
  signed: SignedDocument;
  scopes: DisclosedScope[];
  boxSecret: bigint;
  hash: Uint8Array;
  firstEpoch: number;
}

/** Any order; by default signed by one officer of health and one of court, living a day. */
export function makeOrder(
  d: Deployment,
  kind: OrderInput["kind"],
  window: { from: number; to: number },
  scopes: { party: string; scope: Scope; items: number }[],
  change: { signers?: Signer[]; created?: number; expires?: number; policy?: OrderInput["policy"]; executorSeed?: Uint8Array; epochs?: { first: number; last: number } } = {},
): MadeOrder {
  const epochs = change.epochs ?? epochsOf(window, DAY_OFFSET);
  const created = change.created ?? d.now();
  const made = newOrder({
    policy: change.policy ?? d.ceremony.policy,
    kind,
    created,
    expires: change.expires ?? created + 86400,
    firstEpoch: epochs.first,
    lastEpoch: epochs.last,
    caseText: "case 1, for tests",
    executorSeed: change.executorSeed ?? d.ceremony.executor.seed,
    scopes,
  });
  const signers = change.signers ?? d.signers("health", "court");
  return {
    signed: signOrder(made.doc, signers.map((s) => s.seed)),
    scopes: made.scopes,
    boxSecret: made.boxSecret,
    hash: documentHash(made.doc),
    firstEpoch: epochs.first,
  };
}

export function contactsOrder(d: Deployment, venues: number[], from: number, to: number, change: Parameters<typeof makeOrder>[4] & { items?: number } = {}): MadeOrder {
  const items = change.items ?? 1000;
  return makeOrder(
    d,
    "contacts",
    { from, to },
    [
      { party: "registry", scope: { venues, from, to }, items },
      ...d.ceremony.issuers.map((i) => ({ party: `issuer:${i.issuer}`, scope: { opened: "links" } as Scope, items })),
    ],
    change,
  );
}

export function traceOrder(d: Deployment, phones: string[], from: number, to: number, change: Parameters<typeof makeOrder>[4] & { items?: number } = {}): MadeOrder {
  const items = change.items ?? 1000;
  return makeOrder(
    d,
    "trace",
    { from, to },
    [
      { party: "registry", scope: { opened: "secrets", from, to }, items },
      ...d.ceremony.issuers.map((i) => ({ party: `issuer:${i.issuer}`, scope: { phones } as Scope, items })),
    ],
    change,
  );
}

export function noticeOrder(d: Deployment, venues: number[], from: number, to: number, notice: { template: number; day: number }, items = 1000): MadeOrder {
  return makeOrder(d, "notice", { from, to }, [
    { party: "registry", scope: { venues, from, to }, items },
    ...d.ceremony.issuers.map((i) => ({ party: `issuer:${i.issuer}`, scope: { opened: "links", ...notice } as Scope, items })),
  ]);
}

export function scopeFor(order: MadeOrder, party: string): unknown {
  const scope = order.scopes.find((s) => s.party === party);
  if (scope === undefined) throw new Error(`no scope for ${party}`);
  return writeDisclosed(scope);
}

/** A call signed by the executor; whatever comes back. */
export async function call(d: Deployment, url: string, party: string, path: string, body: unknown, executor = d.ceremony.executor, now = () => d.now()): Promise<Outcome> {
  return d.outcome(await new ServiceClient(url).raw("POST", path, { body, executor: executorOf(executor.seed, party, now) }));
}

/**
 * The same until it is answered. A party that has just been started, or whose log process has, says that it cannot answer
 * yet, also when it is ready for check-ins.
 */
export function answeredVisits(d: Deployment, order: MadeOrder): Promise<Outcome> {
  return until("an answer", 30_000, async () => {
    const outcome = await callVisits(d, order);
    if (outcome.status === 503 && ["busy", "not_ready", "log_unavailable"].includes(outcome.code ?? "")) return undefined;
    if (outcome.status !== 200) throw new Error(`refused: ${outcome.status} ${outcome.code ?? ""}`);
    return outcome;
  });
}
export function callVisits(d: Deployment, order: MadeOrder, extra: Record<string, unknown> = {}, executor?: Signer): Promise<Outcome> {
  return call(d, d.registry.url, "registry", "/v1/orders/visits", { order: order.signed, scope: scopeFor(order, "registry"), ...extra }, executor);
}

/** What an answer's proofs are held against. */
export function answered(d: Deployment, order: MadeOrder, logKey: Uint8Array): Answered {
  const { created } = parseOrder(decodeBase64url(order.signed.doc));
  return { deployment: d.ceremony.deployment, logKey, order: order.hash, created, dayOffset: DAY_OFFSET };
}

/**
 * Proofs by a log of the registry that nobody keeps, signed with its own key: what a thief of that key could show. The
 * roots are those of an answer; the order's entry says whatever it is told.
 */
export function forgedProofs(d: Deployment, order: MadeOrder, release: SignedDocument, roots: readonly Logged[], key = d.ceremony.registryLog): LogProof {
  const entry = encodeLogEntry({
    type: "order",
    time: d.now(),
    order: order.hash,
    kind: "contacts",
    answer: documentHash(decodeBase64url(release.doc)),
    count: "1-9",
  });
  const entries = [...roots.map((root) => root.entry), entry];
  const leaves = entries.map(leafHash);
  const all = entries.map((bytes, i): Logged => ({ entry: bytes, path: inclusionPath(leaves, i) }));
  const origin = logOrigin(d.ceremony.deployment, "registry");
  const checkpoint = signCheckpoint({ origin, size: all.length, root: merkleRoot(leaves) }, key.seed);
  const answer = all.pop();
  if (answer === undefined) throw new Error("no entry");
  return { checkpoint, answer, roots: all };
}

/** Every row of an answer, or box, counts. */
function noDoubt(doubts: readonly (string | undefined)[]): void {
  const found = doubts.filter((doubt) => doubt !== undefined);
  if (found.length > 0) throw new Error(`unproven: ${found.join(", ")}`);
}

/** Open the registry's answer and verify it, its proofs included. */
export function openVisits(d: Deployment, order: MadeOrder, outcome: Outcome): { answer: VisitsAnswer; release: Release } {
  const plain = openAnswer(outcome.body, order.boxSecret, order.hash, "registry");
  const answer = readVisitsAnswer(JSON.parse(fromUtf8(plain)));
  const release = verifyVisits(answer, d.ceremony.registryAnswer.key, order.hash, deploymentOf(d.ceremony.root.key));
  const doubts = doubtVisits(answer, answered(d, order, d.ceremony.registryLog.key));
  noDoubt([...doubts.rows, ...doubts.listed]);
  return { answer, release };
}

/** S for one R, combined from the partials of two trustees of three. */
export function openPoint(d: Deployment, epoch: number, purpose: "links" | "traces", encodedR: Uint8Array, trustees = [1, 3]): Uint8Array {
  const polynomial = d.ceremony.polynomials.get(epoch)?.[purpose];
  if (polynomial === undefined) throw new Error(`no keys for ${epoch}`);
  const partials = trustees.map((j) => ({ index: j, point: partialOf(shareOf(polynomial, j), encodedR) }));
  return encodePoint(combinePartials(partials));
}

/**
 * What trustee j, written in TypeScript, answers to a contacts request; with its own share it may prove whatever
 * `change` makes of its points.
 */
export function answerRows(d: Deployment, order: MadeOrder, j: number, request: unknown, change = (point: Point, _index: number): Point => point): Record<string, unknown> {
  const { rows } = request as { rows: { epoch: number; body: string }[] };
  const asked = rows.map((row) => ({ epoch: row.epoch, r: parseBody(decodeBase64url(row.body)).point }));
  const share = (epoch: number) => {
    const polynomial = d.ceremony.polynomials.get(epoch)?.links;
    if (polynomial === undefined) throw new Error(`no keys for ${epoch}`);
    return shareOf(polynomial, j);
  };
  const partials = asked.map(({ epoch, r }, index) => ({ index, point: change(partialOf(share(epoch), r), index) }));
  return writePartials(provePartials({ order: order.hash, trustee: j, purpose: "links", partials, refused: [], cosignature: null }, asked, share));
}

export interface Person {
  index: number;
  name?: string;
  phone?: string;
  missing?: string;
}

/** The items of a visits answer for one issuer, opened. */
export function identityItems(d: Deployment, answer: VisitsAnswer, issuer: number): { body: string; c: string; S: string; path: unknown }[] {
  return answer.rows
    .filter((row) => parseBody(row.body).issuer === issuer)
    .map((row) => ({
      body: encodeBase64url(row.body),
      c: encodeBase64url(rowCommitment(row)),
      S: encodeBase64url(openPoint(d, row.epoch, "links", parseBody(row.body).point)),
      path: { index: row.path.index, size: row.path.size, hashes: row.path.hashes.map((h) => encodeBase64url(h)) },
    }));
}

export function callIdentities(d: Deployment, order: MadeOrder, issuer: number, answer: Pick<VisitsAnswer, "release" | "proofs">, items: unknown[], executor?: Signer): Promise<Outcome> {
  return call(
    d,
    d.issuerDaemon(issuer).url,
    `issuer:${issuer}`,
    "/v1/orders/identities",
    { order: order.signed, release: writeDocument(answer.release), proofs: writeLogProof(answer.proofs), items },
    executor,
  );
}

/** The call of a notice; `scope` as disclosed in the order unless another is given. */
export function callNotices(d: Deployment, order: MadeOrder, issuer: number, answer: Pick<VisitsAnswer, "release" | "proofs">, items: unknown[], scope: unknown = scopeFor(order, `issuer:${issuer}`)): Promise<Outcome> {
  return call(d, d.issuerDaemon(issuer).url, `issuer:${issuer}`, "/v1/orders/notices", {
    order: order.signed,
    release: writeDocument(answer.release),
    proofs: writeLogProof(answer.proofs),
    items,
    scope,
  });
}

/** What an issuer answers to a notice: a count, and nobody. */
export function openDelivered(order: MadeOrder, issuer: number, outcome: Outcome, n: number): DeliveredAnswer {
  const plain = openAnswer(outcome.body, order.boxSecret, order.hash, `issuer:${issuer}`);
  return readDelivered(JSON.parse(fromUtf8(plain)), n);
}

export function openPeople(order: MadeOrder, issuer: number, outcome: Outcome): Person[] {
  const plain = openAnswer(outcome.body, order.boxSecret, order.hash, `issuer:${issuer}`);
  return (JSON.parse(fromUtf8(plain)) as { people: Person[] }).people;
}

/** Ask again while the root of a day just rewritten is on its way to the log. */
function whenLogged(ask: () => Promise<Outcome>): Promise<Outcome> {
  return until("a root in the log", 30_000, async () => {
    const outcome = await ask();
    return outcome.code === "not_ready" ? undefined : outcome;
  });
}

/** Venue and window to people: the whole contacts join. */
export async function contacts(d: Deployment, venues: number[], from: number, to: number): Promise<{ name: string; phone: string; issuer: number }[]> {
  const order = contactsOrder(d, venues, from, to);
  const visits = await whenLogged(() => callVisits(d, order));
  if (visits.status !== 200) throw new Error(`visits: ${visits.status} ${visits.code ?? ""}`);
  const { answer } = openVisits(d, order, visits);
  const found: { name: string; phone: string; issuer: number }[] = [];
  for (const { issuer } of d.ceremony.issuers) {
    const items = identityItems(d, answer, issuer);
    if (items.length === 0) continue;
    const people = await callIdentities(d, order, issuer, answer, items);
    if (people.status !== 200) throw new Error(`identities: ${people.status} ${people.code ?? ""}`);
    for (const p of openPeople(order, issuer, people))
      if (p.name !== undefined && p.phone !== undefined) found.push({ name: p.name, phone: p.phone, issuer });
  }
  return found;
}

export function callTraces(d: Deployment, order: MadeOrder, issuer: number, executor?: Signer): Promise<Outcome> {
  return call(d, d.issuerDaemon(issuer).url, `issuer:${issuer}`, "/v1/orders/traces", { order: order.signed, scope: scopeFor(order, `issuer:${issuer}`) }, executor);
}

export interface OpenedTrace {
  document: DecodedDocument;
  statement: TraceStatement;
  boxes: Uint8Array[];
  commitments: TraceAnswer["commitments"];
  proofs: LogProof;
  secrets: { epoch: number; secret: string }[];
}

/** Open the issuer's trace answer and its boxes by two trustees. */
export function openTraces(d: Deployment, order: MadeOrder, issuer: number, outcome: Outcome): OpenedTrace {
  const keys = d.ceremony.issuers.find((i) => i.issuer === issuer);
  if (keys === undefined) throw new Error(`no issuer ${issuer}`);
  const plain = openAnswer(outcome.body, order.boxSecret, order.hash, `issuer:${issuer}`);
  const answer = readTraceAnswer(JSON.parse(fromUtf8(plain)));
  const statement = verifyTraces(answer, keys.answer.key, order.hash, deploymentOf(d.ceremony.root.key), issuer);
  const { phones } = JSON.parse(fromUtf8(order.scopes.find((s) => s.party === `issuer:${issuer}`)?.scope ?? new Uint8Array())) as { phones: string[] };
  noDoubt(doubtTraces(answer, statement, { ...answered(d, order, keys.log.key), phones, now: d.now() }));
  const bundle = openBundle(decodeDocument(d.ceremony.bundleDocument), d.ceremony.root.key);
  const secrets = statement.rows.map((row, i) => {
    const box = answer.boxes[i];
    if (box === undefined) throw new Error("a box is missing");
    const shared = openPoint(d, row.epoch, "traces", box.subarray(0, 32));
    const secret = openTraceBox(decodePoint(shared), publicKeyOf(bundle, row.epoch, "traces"), issuer, row, box);
    return { epoch: row.epoch, secret: encodeBase64url(secret) };
  });
  return { document: answer.statement, statement, boxes: answer.boxes, commitments: answer.commitments, proofs: answer.proofs, secrets };
}

/** Person to places: the whole trace join at one issuer. */
export async function trace(d: Deployment, phone: string, from: number, to: number, issuer = 1): Promise<{ venue: number; minute: number; flags: number }[]> {
  const order = traceOrder(d, [phone], from, to);
  const boxes = await whenLogged(() => callTraces(d, order, issuer));
  if (boxes.status !== 200) throw new Error(`traces: ${boxes.status} ${boxes.code ?? ""}`);
  const opened = openTraces(d, order, issuer, boxes);
  const visits = await callVisits(d, order, { statement: writeDocument(opened.document), secrets: opened.secrets });
  if (visits.status !== 200) throw new Error(`visits: ${visits.status} ${visits.code ?? ""}`);
  return openVisits(d, order, visits).answer.rows.map((r) => ({ venue: r.venue, minute: r.minute, flags: r.flags }));
}

export { decodeBase64url };
