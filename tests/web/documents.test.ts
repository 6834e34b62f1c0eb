import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";
import { answerEntry, prove } from "./published.js";

// A small deployment, made here: a root, three officers in two groups, three trustees, an issuer, a registry.
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);
const b = el.encodeBase64url;
const pub = (n: number): string => b(el.signingPublicKey(seedOf(n)));
const ROOT = seedOf(1);
const rootKey = el.signingPublicKey(ROOT);
const NOW = 1788500000;
const OFFSET = 18000;
const TODAY = el.epochOf(NOW, OFFSET);
const boxes = [1, 2, 3].map(() => el.newBoxKey());

function policyDoc(change: Record<string, unknown> = {}): el.JsonInput {
  const quorum = [
    { group: "health", count: 1 },
    { group: "court", count: 1 },
  ];
  return {
    version: 1,
    deployment: b(el.deploymentOf(rootKey)),
    serial: 3,
    not_after: NOW + 1000000,
    day_offset: OFFSET,
    lab: false,
    threshold: 2,
    trustees: boxes.map((k, i) => ({
      index: i + 1,
      name: `trustee ${i + 1}`,
      group: i === 0 ? "health" : "court",
      box_key: b(k.public),
    })),
    officers: [
      { key: pub(11), name: "A", group: "health", from: 0, to: NOW + 10 },
      { key: pub(12), name: "B", group: "court", from: 0, to: NOW + 10 },
      { key: pub(13), name: "C", group: "court", from: 0, to: NOW },
      { key: pub(14), name: "D", group: "court", from: 0, to: NOW + 10 },
    ],
    revoked: [pub(14)],
    health_group: "health",
    quorums: el.ORDER_KINDS.map((kind) => ({ kind, groups: quorum })),
    consent: 1,
    templates: [],
    witnesses: [],
    caps: null,
    ...(change as Record<string, el.JsonInput>),
  };
}
const rooted = (label: el.SignLabel, doc: el.JsonInput): el.DecodedDocument =>
  el.decodeDocument(el.signDocument(label, el.encodeRestricted(doc), [ROOT]));
const policy = el.openPolicy(rooted("EL1-policy", policyDoc()), rootKey);

const polynomials = {
  links: el.newPolynomial(2),
  traces: el.newPolynomial(2),
  recovery: el.newPolynomial(2),
};
const wirePoints = (p: readonly bigint[]): string[] => el.commitments(p).map((c) => b(el.encodePoint(c)));
function bundleDoc(change: Record<string, unknown> = {}): el.JsonInput {
  return {
    version: 1,
    deployment: b(el.deploymentOf(rootKey)),
    serial: 1,
    not_after: NOW + 1000000,
    threshold: 2,
    trustees: boxes.map((k, i) => ({ index: i + 1, box_key: b(k.public) })),
    epochs: [TODAY - 1, TODAY].map((epoch) => ({
      epoch,
      links: wirePoints(polynomials.links),
      traces: wirePoints(polynomials.traces),
      recovery: wirePoints(polynomials.recovery),
    })),
    ...(change as Record<string, el.JsonInput>),
  };
}
const bundle = el.openBundle(rooted("EL1-bundle", bundleDoc()), rootKey);

function directoryDoc(change: Record<string, unknown> = {}): el.JsonInput {
  return {
    version: 1,
    deployment: b(el.deploymentOf(rootKey)),
    serial: 1,
    not_after: NOW + 1000000,
    issuers: [
      {
        issuer: 7,
        name: "App",
        url: "http://i",
        keys: [
          { from: 0, to: TODAY - 1, key: pub(21) },
          { from: TODAY, to: 65535, key: pub(22) },
        ],
        answer_key: pub(23),
        log_key: null,
      },
    ],
    registry: { name: "Registry", url: "http://r", answer_key: pub(24), log_key: pub(25) },
    ...(change as Record<string, el.JsonInput>),
  };
}
const directory = el.openDirectory(rooted("EL1-directory", directoryDoc()), rootKey);

const isFormat = (e: unknown): boolean => e instanceof el.EntrylogError && e.kind === "format";
const isCrypto = (e: unknown): boolean => e instanceof el.EntrylogError && e.kind === "crypto";
const isCode =
  (code: string) =>
  (e: unknown): boolean =>
    e instanceof el.EntrylogError && e.code === code;

test("policy: read, and refused with a field too many, too few or out of range", () => {
  assert.equal(policy.trustees.length, 3);
  const base = policyDoc() as Record<string, el.JsonInput>;
  for (const name of Object.keys(base)) {
    const { [name]: _, ...rest } = base;
    assert.throws(() => el.parsePolicy(el.encodeRestricted(rest)), isFormat, `without ${name}`);
  }
  const court = { group: "court", count: 1 };
  const health = { group: "health", count: 1 };
  const changes: Record<string, unknown>[] = [
    { more: 1 },
    { version: 2 },
    { day_offset: 86400 },
    { lab: 1 },
    { threshold: 1 },
    { threshold: 4 },
    { consent: 65536 },
    { templates: [1] },
    { templates: [{ number: 0, ko: "k", en: "e" }] },
    { templates: [1, 1].map((number) => ({ number, ko: "k", en: "e" })) },
    { templates: [{ number: 1, ko: "\u00e9".repeat(201), en: "e" }] },
    { witnesses: [1] },
    { witnesses: [{ trustee: 4, key: pub(11) }] },
    { witnesses: [1, 1].map((trustee, i) => ({ trustee, key: pub(11 + i) })) },
    { witnesses: [1, 2].map((trustee) => ({ trustee, key: pub(11) })) },
    { caps: 0 },
    { caps: {} },
    { caps: { items: 0 } },
    { caps: { items: 1000001 } },
    { revoked: ["AA"] },
    { quorums: [] },
    { quorums: el.ORDER_KINDS.map((kind) => ({ kind, groups: [health] })) },
    { quorums: el.ORDER_KINDS.map(() => ({ kind: "trace", groups: [court] })) },
    { quorums: el.ORDER_KINDS.map((kind) => ({ kind, groups: [court, court] })) },
    { quorums: el.ORDER_KINDS.map((kind) => ({ kind, groups: [{ group: "court", count: 0 }] })) },
    { trustees: boxes.map((k, i) => ({ index: i + 1, name: "t", group: "health", box_key: b(k.public) })) },
    { trustees: boxes.map((k) => ({ index: 1, name: "t", group: "court", box_key: b(k.public) })) },
    {
      trustees: boxes.map((_, i) => ({
        index: i + 1,
        name: "t",
        group: "court",
        box_key: b(new Uint8Array(32)),
      })),
    },
    { officers: [{ key: b(new Uint8Array(32)), name: "A", group: "court", from: 0, to: 1 }] },
    { officers: [1, 2].map(() => ({ key: pub(11), name: "A", group: "court", from: 0, to: 1 })) },
  ];
  for (const change of changes)
    assert.throws(
      () => el.parsePolicy(el.encodeRestricted(policyDoc(change))),
      isFormat,
      JSON.stringify(change).slice(0, 60),
    );
});

test("policy: templates, witnesses and caps come back", () => {
  const templates = [1, 65535].map((number) => ({ number, ko: "\u00e9".repeat(200), en: "e" }));
  const full = el.parsePolicy(
    el.encodeRestricted(
      policyDoc({ templates, witnesses: [{ trustee: 3, key: pub(11) }], caps: { items: 1000000 } }),
    ),
  );
  assert.deepEqual(full.templates, templates);
  assert.equal(full.witnesses[0]?.trustee, 3);
  assert.deepEqual(full.caps, { items: 1000000 });
  assert.equal(policy.caps, null);
});

test("policy: lab mode alone allows one trustee", () => {
  const one = {
    threshold: 1,
    trustees: [{ index: 1, name: "t", group: "court", box_key: b(boxes[0]?.public ?? seedOf(0)) }],
  };
  assert.throws(() => el.parsePolicy(el.encodeRestricted(policyDoc(one))), isFormat);
  assert.ok(el.parsePolicy(el.encodeRestricted(policyDoc({ ...one, lab: true }))).lab);
});

test("root-signed documents: another root, another label, another deployment, a lower serial and an old one are refused", () => {
  const document = rooted("EL1-policy", policyDoc());
  assert.throws(() => el.openPolicy(document, el.signingPublicKey(seedOf(2))), el.EntrylogError);
  assert.throws(() => el.openPolicy(rooted("EL1-bundle", policyDoc()), rootKey), el.EntrylogError);
  assert.throws(
    () => el.openPolicy(rooted("EL1-policy", policyDoc({ deployment: b(seedOf(0)) })), rootKey),
    el.EntrylogError,
  );
  el.checkCurrent(policy, NOW, 3);
  assert.throws(() => el.checkCurrent(policy, NOW, 4), el.EntrylogError);
  assert.throws(() => el.checkCurrent(policy, policy.notAfter, 3), el.EntrylogError);
});

test("quorum: counts each active officer once, in its own group", () => {
  const key = (n: number): Uint8Array => el.signingPublicKey(seedOf(n));
  assert.ok(el.quorumMet(policy, "trace", [key(11), key(12)], NOW));
  assert.ok(el.quorumMet(policy, "trace", [key(11), key(13)], NOW - 1));
  for (const signers of [
    [],
    [key(11)],
    [key(12)],
    [key(11), key(11)],
    [key(11), key(13)],
    [key(11), key(14)],
    [key(11), key(99)],
  ])
    assert.ok(!el.quorumMet(policy, "trace", signers, NOW));
});

test("bundle: sealed shares open for their trustee and fit the commitments", () => {
  const shares = (j: number, wrong = 0n): el.SealedShares => {
    const plain = el.concat(
      ...bundle.epochs.map((e) =>
        el.concat(
          el.u16(e.epoch),
          ...[polynomials.links, polynomials.traces, polynomials.recovery].map((p) =>
            el.encodeScalar(el.modL(el.shareOf(p, j).value + wrong)),
          ),
        ),
      ),
    );
    return {
      deployment: bundle.deployment,
      bundle: bundle.hash,
      trustee: j,
      shares: el.sealBox(boxes[j - 1]?.public ?? seedOf(0), plain, el.shareAd(bundle.deployment, j)),
    };
  };
  const opened = el.openShares(shares(2), boxes[1]?.secret ?? 0n, bundle);
  assert.equal(opened.length, 2);
  assert.equal(opened[0]?.links.value, el.shareOf(polynomials.links, 2).value);
  assert.throws(() => el.openShares(shares(2, 1n), boxes[1]?.secret ?? 0n, bundle), el.EntrylogError);
  assert.throws(() => el.openShares(shares(2), boxes[0]?.secret ?? 0n, bundle), el.EntrylogError);
  assert.throws(
    () => el.openShares({ ...shares(2), trustee: 3 }, boxes[1]?.secret ?? 0n, bundle),
    el.EntrylogError,
  );
  const file = el.encodeRestricted({
    version: 1,
    deployment: b(bundle.deployment),
    bundle: b(bundle.hash),
    trustee: 2,
    shares: b(shares(2).shares),
  });
  assert.equal(el.parseSealedShares(file).trustee, 2);
});

test("bundle: refused when epochs do not ascend, a point is bad or a list is not t long", () => {
  const one = {
    epoch: 5,
    links: wirePoints(polynomials.links),
    traces: wirePoints(polynomials.traces),
    recovery: wirePoints(polynomials.recovery),
  };
  for (const change of [
    { epochs: [one, one] },
    { epochs: [one, { ...one, epoch: 4 }] },
    { epochs: [{ ...one, links: one.links.slice(1) }] },
    { epochs: [{ ...one, traces: [b(new Uint8Array(32)), one.traces[1]] }] },
    { threshold: 4 },
    { more: 1 },
  ])
    assert.throws(() => el.parseBundle(el.encodeRestricted(bundleDoc(change))), isFormat);
});

test("directory: exactly one key for an issuer and epoch", () => {
  assert.equal(b(el.issuerKey(directory, 7, TODAY - 1) ?? seedOf(0)), pub(21));
  assert.equal(b(el.issuerKey(directory, 7, TODAY) ?? seedOf(0)), pub(22));
  assert.equal(el.issuerKey(directory, 8, TODAY), undefined);
  const issuer = {
    issuer: 7,
    name: "App",
    url: "http://i",
    keys: [{ from: 0, to: 5, key: pub(21) }],
    answer_key: pub(23),
    log_key: null,
  };
  for (const issuers of [
    [{ ...issuer, keys: [...issuer.keys, { from: 5, to: 6, key: pub(22) }] }],
    [issuer, issuer],
    [{ ...issuer, issuer: 0 }],
    [{ ...issuer, keys: [{ from: 6, to: 5, key: pub(21) }] }],
    [{ ...issuer, log_key: "" }],
    [{ ...issuer, extra: null }],
  ])
    assert.throws(() => el.parseDirectory(el.encodeRestricted(directoryDoc({ issuers }))), isFormat);
});

const window = { from: NOW - 3600, to: NOW };
const scopes: el.OrderInput["scopes"] = [
  { party: "registry", scope: { venues: [5, 9], ...window }, items: 100 },
  { party: "issuer:7", scope: { opened: "links" }, items: 100 },
];
const epochs = el.epochsOf(window, OFFSET);
const input: el.OrderInput = {
  policy,
  kind: "contacts",
  created: NOW - 60,
  expires: NOW + 86400,
  firstEpoch: epochs.first,
  lastEpoch: epochs.last,
  caseText: "case",
  executorSeed: seedOf(31),
  scopes,
};

test("order: made, signed by quorum, opened with its scopes", () => {
  const made = el.newOrder(input);
  const signed = el.signOrder(made.doc, [seedOf(11), seedOf(12)]);
  const file = el.readOrderFile(JSON.parse(JSON.stringify(el.orderFile(signed, made.scopes))));
  const order = el.openOrder(file.document, policy, NOW);
  assert.equal(order.kind, "contacts");
  assert.deepEqual(
    { ...el.openScope(order, file.scopes[0] as el.DisclosedScope) },
    { venues: [5, 9], ...window },
  );
  assert.deepEqual({ ...el.openScope(order, file.scopes[1] as el.DisclosedScope) }, { opened: "links" });
  const other = el.disclose("registry", { venues: [6], ...window });
  assert.throws(() => el.openScope(order, other), isCode("scope_mismatch"));
  assert.throws(
    () => el.openScope(order, { ...(file.scopes[0] as el.DisclosedScope), party: "issuer:8" }),
    isCode("scope_mismatch"),
  );
});

test("order: refused without quorum, with a bad signature, under another policy, expired, or out of retention", () => {
  const made = el.newOrder(input);
  const decode = (signed: el.SignedDocument): el.DecodedDocument => el.decodeDocument(signed);
  const good = el.signOrder(made.doc, [seedOf(11), seedOf(12)]);
  assert.throws(
    () => el.openOrder(decode(el.signOrder(made.doc, [seedOf(11)])), policy, NOW),
    isCode("quorum_missing"),
  );
  const swapped = {
    ...good,
    signatures: good.signatures.map((s, i) => ({ ...s, sig: good.signatures[1 - i]?.sig ?? "" })),
  };
  assert.throws(() => el.openOrder(decode(swapped), policy, NOW), isCode("signature_invalid"));
  assert.throws(
    () => el.openOrder(decode(good), { ...policy, hash: seedOf(0) }, NOW),
    isCode("policy_outdated"),
  );
  const longer = { ...policy, officers: policy.officers.map((o) => ({ ...o, to: NOW * 2 })) };
  assert.throws(() => el.openOrder(decode(good), longer, NOW + 86400), isCode("order_expired"));
  const old = el.newOrder({ ...input, created: NOW, firstEpoch: TODAY - 29, lastEpoch: TODAY - 29 });
  assert.throws(
    () => el.openOrder(decode(el.signOrder(old.doc, [seedOf(11), seedOf(12)])), policy, NOW),
    isCode("out_of_retention"),
  );
  assert.throws(
    () => el.openOrder(decode({ ...good, doc: b(el.utf8("{}")) }), policy, NOW),
    isCode("malformed_order"),
  );
});

test("order: a document that contradicts itself is malformed", () => {
  for (const change of [
    { expires: NOW - 60 },
    { expires: NOW + 15 * 86400 },
    { firstEpoch: TODAY + 1 },
    { firstEpoch: TODAY - 40 },
    { scopes: [...scopes, ...scopes] },
    { scopes: [] },
    { scopes: scopes.map((s) => ({ ...s, items: 0 })) },
    { scopes: scopes.map((s) => ({ ...s, items: 20001 })) },
    { scopes: scopes.map((s) => ({ ...s, party: "issuer:0" })) },
    { scopes: scopes.map((s) => ({ ...s, party: "issuer:256" })) },
  ] as Partial<el.OrderInput>[])
    assert.throws(() => el.newOrder({ ...input, ...change }), isFormat);
});

test("scopes: only the form of their kind and party", () => {
  const parse = (kind: el.OrderKind, party: string, value: el.JsonInput): el.Scope =>
    el.parseScope(kind, party, el.encodeRestricted(value));
  parse("trace", "issuer:7", { phones: ["+821012345678"] });
  parse("trace", "registry", { opened: "secrets", from: 0, to: 0 });
  const bad: [el.OrderKind, string, el.JsonInput][] = [
    ["contacts", "registry", { venues: [], from: 0, to: 1 }],
    ["contacts", "registry", { venues: [1], from: 2, to: 1 }],
    ["contacts", "registry", { venues: [1, 1], from: 0, to: 1 }],
    ["contacts", "registry", { venues: [4294967296], from: 0, to: 1 }],
    ["contacts", "registry", { opened: "links" }],
    ["contacts", "issuer:7", { opened: "secrets" }],
    ["contacts", "issuer:7", { phones: ["+821012345678"] }],
    ["trace", "issuer:7", { phones: [] }],
    ["trace", "issuer:7", { phones: ["01012345678"] }],
    ["trace", "issuer:7", { phones: ["+821012345678", "+821012345678"] }],
    ["trace", "registry", { opened: "links", from: 0, to: 1 }],
    ["trace", "registry", { opened: "secrets", from: 0, to: 1, venues: [] }],
    ["contacts", "venue", { opened: "links" }],
  ];
  for (const [kind, party, value] of bad)
    assert.throws(() => parse(kind, party, value), isFormat, JSON.stringify(value));
  assert.ok(el.inWindow(1200, { from: 1259, to: 1200 }) && el.inWindow(1200, { from: 1200, to: 1259 }));
  assert.ok(
    !el.inWindow(1200, { from: 1260, to: 1300 }) &&
      !el.inWindow(1260, { from: 1200, to: 1259 }) &&
      !el.inWindow(1201, { from: 0, to: 2000 }),
  );
});

test("the whole contacts join: release, partials of two trustees, handle", () => {
  const made = el.newOrder(input);
  const order = el.openOrder(
    el.decodeDocument(el.signOrder(made.doc, [seedOf(11), seedOf(12)])),
    policy,
    NOW,
  );
  const handle = seedOf(77).slice(0, 16);
  const linkKey = el.publicKeyOf(bundle, TODAY, "links");
  const bodies = [0, 1, 2].map((index) =>
    el.drawBody({ issuer: 7, epoch: TODAY, secret: seedOf(66), handle, index, linkKey, seed: seedOf(22) }),
  );
  const bare = bodies.map((body, i) => ({
    epoch: TODAY,
    segment: 0,
    venue: 5,
    minute: NOW - (NOW % 60),
    flags: i === 2 ? 1 : 0,
    salt: seedOf(i).slice(0, 16),
    body,
  }));
  const leaves = bare.map((r) =>
    el.visitLeaf(el.placeCommitment(r.salt, r.venue, r.minute, r.flags), r.body),
  );
  // One more row in the segment, with a body that is released already.
  const again = { index: 0, segment: 0, venue: 9, minute: NOW - (NOW % 60), flags: 2, salt: seedOf(9).slice(0, 16) };
  const stored = [
    ...leaves,
    el.visitLeaf(el.placeCommitment(again.salt, again.venue, again.minute, again.flags), bodies[0] as Uint8Array),
  ];
  const rows: el.ReleasedRow[] = bare.map((r, i) => ({
    ...r,
    path: el.inclusionPath(leaves, i),
    proof: el.inclusionPath(stored, i),
  }));
  const statement = (change: Record<string, unknown> = {}): el.SignedDocument =>
    el.signDocument(
      "EL1-release",
      el.encodeRestricted({
        version: 1,
        deployment: b(policy.deployment),
        order: b(order.hash),
        root: b(el.merkleRoot(leaves)),
        count: 3,
        salt: b(seedOf(77)),
        ...(change as Record<string, el.JsonInput>),
      }),
      [seedOf(24)],
    );
  const log = { deployment: policy.deployment, party: "registry", seed: seedOf(30) };
  const segment: el.SegmentEntry = {
    type: "segment",
    time: NOW + 60,
    epoch: TODAY,
    segment: 0,
    count: 4,
    root: el.merkleRoot(stored),
  };
  const release = statement();
  const proofs = prove({ ...log, roots: [segment], answer: answerEntry(order.hash, el.decodeDocument(release).doc, NOW) });
  const wire = {
    release,
    rows: rows.map(el.writeRow),
    listed: [{ ...again, salt: b(again.salt), proof: el.writePath(el.inclusionPath(stored, 3)) }],
    proofs: el.writeLogProof(proofs),
  };
  const sealed = el.sealBox(
    order.executor.boxKey,
    el.utf8(JSON.stringify(wire)),
    el.answerAd(order.hash, "registry"),
  );
  const open = (party: string): unknown =>
    JSON.parse(el.fromUtf8(el.openAnswer({ sealed: b(sealed) }, made.boxSecret, order.hash, party)));
  assert.throws(() => open("issuer:7"), el.EntrylogError);
  const answer = el.readVisitsAnswer(open("registry"));
  const key = directory.registry.answerKey;
  el.verifyVisits(answer, key, order.hash, policy.deployment);
  for (const row of answer.rows) assert.ok(el.verifyBodyBy(directory, row.body));
  const known = {
    deployment: policy.deployment,
    logKey: el.signingPublicKey(log.seed),
    order: order.hash,
    created: order.created,
    dayOffset: OFFSET,
  };
  const none = undefined;
  assert.deepEqual(el.doubtVisits(answer, known), { rows: [none, none, none], listed: [none] });
  const moved = answer.listed.map((l) => ({ ...l, venue: 5 }));
  assert.deepEqual(el.doubtVisits({ ...answer, listed: moved }, known).listed, ["not_in_segment"]);

  const files = [3, 1].map((trustee) =>
    el.readPartials(
      el.writePartials(
        el.provePartials(
          {
            order: order.hash,
            trustee,
            purpose: "links",
            refused: [],
            cosignature: null,
            partials: answer.rows.map((row, index) => ({
              index,
              point: el.partialOf(el.shareOf(polynomials.links, trustee), el.parseBody(row.body).point),
            })),
          },
          el.askedOfRows(answer.rows),
          () => el.shareOf(polynomials.links, trustee),
        ),
      ),
    ),
  );
  for (const file of files) el.verifyPartials(file, order.hash, el.askedOfRows(answer.rows), bundle);
  answer.rows.forEach((row, i) => {
    const body = el.parseBody(row.body);
    const S = el.combineAt(files, i, 2) as el.Point;
    assert.deepEqual(el.openLink(body.link, S, body.point, linkKey), handle);
    const release = el.openRelease(answer.release, key, order.hash, policy.deployment);
    assert.ok(el.itemInRelease(el.rowCommitment(row), row.body, row.path, release));
  });
  assert.equal(el.combineAt(files.slice(1), 0, 2), undefined);
  const item = el.identityItem(answer.rows[0] as el.ReleasedRow, el.combineAt(files, 0, 2) as el.Point);
  assert.deepEqual(Object.keys(item).sort(), ["S", "body", "c", "path"]);
  const people = {
    people: [
      { index: 0, name: "A", phone: "+821000000000" },
      { index: 2, missing: "no row" },
    ],
  };
  assert.equal(el.readPeople(people, 3).length, 2);
  for (const bad of [
    { people: [people.people[0], people.people[0]] },
    { people: [{ index: 3, missing: "r" }] },
    { people: [{ index: 0, name: "A", phone: "010" }] },
    { people: [{ index: 0, missing: "r", name: "A" }] },
  ])
    assert.throws(() => el.readPeople(bad, 3), isFormat);

  const reject = (change: Partial<el.VisitsAnswer>): void =>
    assert.throws(
      () => el.verifyVisits({ ...answer, ...change }, key, order.hash, policy.deployment),
      el.EntrylogError,
    );
  const [first, second, third] = answer.rows as [el.ReleasedRow, el.ReleasedRow, el.ReleasedRow];
  reject({ rows: [first, second] });
  reject({ rows: [second, first, third] });
  reject({ rows: [{ ...first, venue: 6 }, second, third] });
  reject({ rows: [{ ...first, minute: first.minute - 60 }, second, third] });
  reject({ rows: [first, second, { ...third, flags: 0 }] });
  reject({ release: el.decodeDocument(statement({ order: b(seedOf(0)) })) });
  reject({ release: el.decodeDocument(statement({ deployment: b(seedOf(0)) })) });
  reject({ release: el.decodeDocument(statement({ count: 4 })) });
  reject({ listed: answer.listed.map((l) => ({ ...l, index: 3 })) });
  assert.throws(
    () => el.verifyVisits(answer, directory.issuers[0]?.answerKey ?? key, order.hash, policy.deployment),
    el.EntrylogError,
  );
  for (const change of [{ proof: 1 }, { proof: null }, { segment: -1 }, { venue: -1 }, { flags: 4 }, { minute: 61 }, { extra: 1 }])
    assert.throws(() => el.readVisitsAnswer({ ...wire, rows: [{ ...wire.rows[0], ...change }] }), isFormat);
  for (const change of [{ salt: 1 }, { proof: null }, { segment: undefined }, { minute: 61 }, { extra: 1 }])
    assert.throws(() => el.readVisitsAnswer({ ...wire, listed: [{ ...wire.listed[0], ...change }] }), isFormat);
  for (const change of [{ proofs: null }, { proofs: { ...wire.proofs, answer: null } }])
    assert.throws(() => el.readVisitsAnswer({ ...wire, ...change }), isFormat);
});

test("the whole trace: statement, box, two trustees, secret, the day's ids", () => {
  const orderHash = seedOf(50);
  const traceKey = el.publicKeyOf(bundle, TODAY, "traces");
  const secret = seedOf(66);
  const com = el.commitment(secret);
  const box = el.sealBox(traceKey, secret, el.traceAd(7, TODAY, com));
  assert.equal(box.length, el.TRACE_BOX_LEN);
  const statement = el.signDocument(
    "EL1-trace",
    el.encodeRestricted({
      version: 1,
      deployment: b(policy.deployment),
      order: b(orderHash),
      issuer: 7,
      rows: [{ epoch: TODAY, com: b(com), box: b(el.boxHash(box)) }],
      salt: b(seedOf(78)),
    }),
    [seedOf(23)],
  );
  const phone = "+821000000000";
  const salt = seedOf(3).slice(0, 16);
  const leaves = [seedOf(1), el.identityLeaf(salt, phone, com, box)];
  const day: el.IdentitiesEntry = {
    type: "identities",
    time: NOW,
    epoch: TODAY,
    count: 2,
    root: el.merkleRoot(leaves),
  };
  const proofs = prove({
    deployment: policy.deployment,
    party: "issuer:7",
    seed: seedOf(31),
    roots: [day],
    answer: answerEntry(orderHash, el.decodeDocument(statement).doc, NOW),
  });
  const wire = {
    statement,
    boxes: [b(box)],
    commitments: [el.writeCommitment({ phone, salt, path: el.inclusionPath(leaves, 1) })],
    proofs: el.writeLogProof(proofs),
  };
  const answer = el.readTraceAnswer(wire);
  for (const change of [
    { commitments: [] },
    { commitments: [{ ...wire.commitments[0], phone: "010" }] },
    { commitments: [{ ...wire.commitments[0], extra: 1 }] },
    { commitments: [1] },
    { proofs: null },
  ])
    assert.throws(() => el.readTraceAnswer({ ...wire, ...change }), isFormat);
  const key = directory.issuers[0]?.answerKey ?? rootKey;
  const parsed = el.verifyTraces(answer, key, orderHash, policy.deployment, 7);
  const known = {
    deployment: policy.deployment,
    logKey: el.signingPublicKey(seedOf(31)),
    order: orderHash,
    created: NOW,
    dayOffset: OFFSET,
    phones: [phone],
    now: NOW,
  };
  assert.deepEqual(el.doubtTraces(answer, parsed, known), [undefined]);
  assert.deepEqual(el.doubtTraces(answer, parsed, { ...known, phones: [] }), ["other_phone"]);
  const bare = { ...answer, commitments: [null] };
  const later = el.epochEnd(TODAY, OFFSET) + el.UNCOMMITTED_S;
  assert.deepEqual(el.doubtTraces(bare, parsed, { ...known, now: later - 1 }), [undefined]);
  assert.deepEqual(el.doubtTraces(bare, parsed, { ...known, now: later }), ["box_not_logged"]);
  const R = el.decodePoint(el.boxPoint(box));
  const S = el.combinePartials(
    [1, 2].map((j) => ({ index: j, point: el.multiply(R, el.shareOf(polynomials.traces, j).value) })),
  );
  const row = parsed.rows[0] as el.TraceRow;
  assert.deepEqual(el.openTraceBox(S, traceKey, 7, row, box), secret);
  assert.throws(() => el.openTraceBox(S, traceKey, 8, row, box), el.EntrylogError);
  assert.throws(() => el.openTraceBox(S, traceKey, 7, { ...row, com: seedOf(0) }, box), el.EntrylogError);
  assert.throws(
    () =>
      el.verifyTraces({ ...answer, boxes: [box.map((x) => x ^ 1)] }, key, orderHash, policy.deployment, 7),
    el.EntrylogError,
  );
  assert.throws(() => el.verifyTraces(answer, key, orderHash, policy.deployment, 8), el.EntrylogError);
  assert.throws(() => el.verifyTraces(answer, key, seedOf(51), policy.deployment, 7), el.EntrylogError);
});

test("partials: an index twice or out of order, a bad point, another form of proofs is refused", () => {
  const proof = { epoch: TODAY, c: b(el.encodeScalar(5n)), s: b(el.encodeScalar(6n)) };
  const good = {
    ...el.writePartials({
      order: seedOf(1),
      trustee: 1,
      purpose: "links",
      partials: [{ index: 0, point: el.G }],
      refused: [{ index: 1, reason: "r" }],
      cosignature: null,
      proofs: [],
    }),
    proofs: [{ ...proof, epoch: TODAY - 1 }, proof],
  };
  assert.deepEqual(el.writePartials(el.readPartials(good)), good);
  const point = b(el.encodePoint(el.G));
  for (const change of [
    { proof: null },
    { proofs: null },
    { proofs: {} },
    { proofs: [proof, proof] },
    { proofs: [proof, { ...proof, epoch: TODAY - 1 }] },
    { proofs: [{ ...proof, epoch: 65536 }] },
    { proofs: [{ ...proof, c: b(new Uint8Array(32)) }] },
    { proofs: [{ ...proof, s: b(new Uint8Array(32).fill(255)) }] },
    { proofs: [{ ...proof, s: b(new Uint8Array(31)) }] },
    { proofs: [{ ...proof, extra: 1 }] },
    { proofs: Array.from({ length: 32 }, (_, i) => ({ ...proof, epoch: i })) },
    { trustee: 0 },
    { purpose: "recovery" },
    { refused: [{ index: 0, reason: "r" }] },
    { partials: [2, 0].map((index) => ({ index, point })) },
    { partials: [{ index: 0, point: b(new Uint8Array(32)) }] },
    { version: 2 },
  ])
    assert.throws(() => el.readPartials({ ...good, ...change }), isFormat, JSON.stringify(change));
});

test("proofs of partials: of each epoch once, of this order, trustee and request, and of nothing wrong", () => {
  const [order, trustee] = [seedOf(50), 3];
  const share = (): el.Share => el.shareOf(polynomials.links, trustee);
  const asked: el.Asked[] = [TODAY, TODAY - 1, TODAY, TODAY].map((epoch, i) => ({
    epoch,
    r: el.encodePoint(el.publicPoint(BigInt(100 + i))),
  }));
  const partials = [0, 1, 3].map((index) => ({
    index,
    point: el.partialOf(share(), (asked[index] as el.Asked).r),
  }));
  const bare = {
    order,
    trustee,
    purpose: "links" as const,
    partials,
    refused: [{ index: 2, reason: "r" }],
    cosignature: null,
  };
  const file = el.provePartials(bare, asked, share);
  assert.deepEqual(
    file.proofs.map((p) => p.epoch),
    [TODAY - 1, TODAY],
  );
  el.verifyPartials(file, order, asked, bundle);
  const [first, second, third] = partials as [el.PartialsFile["partials"][0], ...el.PartialsFile["partials"]];
  const [early, late] = file.proofs as [el.PartialsFile["proofs"][0], el.PartialsFile["proofs"][0]];
  // One too much here, one too little there: the plain sum of the day is right.
  const cancelling = [
    { ...first, point: first.point.add(el.G) },
    second,
    { index: 3, point: (third as { point: el.Point }).point.subtract(el.G) },
  ] as el.PartialsFile["partials"];
  const lying = el.provePartials({ ...bare, partials: cancelling }, asked, share);
  for (const bad of [
    { ...file, proofs: [] },
    { ...file, proofs: [late] },
    { ...file, proofs: [early, late, { ...late, epoch: TODAY + 1 }] },
    { ...file, proofs: [{ ...late, epoch: TODAY - 1 }, late] },
    { ...file, trustee: 2 },
    { ...file, purpose: "traces" as const },
    { ...file, order: seedOf(51) },
    { ...file, partials: partials.slice(0, 2) },
    { ...file, partials: cancelling },
    lying,
  ])
    assert.throws(() => el.verifyPartials(bad, order, asked, bundle), isCrypto);
});

test("key files: the three forms, and nothing else", () => {
  const secret = seedOf(3);
  const text = el.writeKeyFile({ purpose: "officer", epoch: undefined, secret });
  assert.deepEqual(el.parseKeyFile(text), { purpose: "officer", epoch: undefined, secret });
  assert.deepEqual(el.parseKeyFile(el.writeKeyFile({ purpose: "pair", epoch: TODAY, secret })).epoch, TODAY);
  for (const bad of [
    text.slice(0, -1),
    `${text}\n`,
    text.replace("officer", "visitor"),
    text.replace("officer", "pair"),
    text.replace("secret", "epoch 5\nsecret"),
  ])
    assert.throws(() => el.parseKeyFile(bad), isFormat);
  assert.deepEqual(el.parsePublicFile(`entrylog-public 1\npurpose root\nkey ${b(rootKey)}\n`).key, rootKey);
});

test("notices: a count comes back only with every other item named, each once", () => {
  const missing = [{ index: 1, reason: "not_found" }];
  assert.equal(el.readDelivered({ delivered: 2, missing }, 3).delivered, 2);
  const bad = [
    { delivered: 3, missing },
    { delivered: 1, missing: [...missing, ...missing] },
    { delivered: 2, missing: [{ index: 3, reason: "not_found" }] },
    { delivered: 2, missing: [{ index: 1, reason: "not_found", name: "A" }] },
    { delivered: 3, missing: [], people: [] },
    { missing: [] },
  ];
  for (const value of bad) assert.throws(() => el.readDelivered(value, 3), isFormat, JSON.stringify(value));
});
