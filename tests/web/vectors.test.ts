import { root } from "./setup.js";
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { blake2b } from "@noble/hashes/blake2.js";
import * as el from "../../src/web/lib/index.js";
import { Case } from "./case.js";
import { documents, rjson } from "./vectors_documents.js";

// Replays what the C implementation wrote, case by case. A file without a replayer fails.

type Replay = (c: Case) => void | Promise<void>;

const label = (text: string): el.SignLabel => text as el.SignLabel;
const wide = (c: Case): el.RandomSource => el.fixedRandom(c.hex("r_wide"));
const tag = (c: Case, name: string): Uint8Array => el.u64(BigInt(c.text(name)));

/** By the case's `kind`, each of which must be known. */
const byKind =
  (replays: Record<string, Replay>): Replay =>
  (c) => {
    const replay = replays[c.text("kind")];
    assert.ok(replay, `no replayer for kind ${c.text("kind")}`);
    return replay(c);
  };

const codec =
  (encode: (bytes: Uint8Array) => string, decode: (text: string) => Uint8Array): Replay =>
  (c) => {
    const text = c.text("text");
    if (!c.valid) return c.refused(() => decode(text));
    assert.equal(encode(c.hex("bytes")), text);
    c.same("bytes", decode(text));
  };

function kdf(c: Case): void {
  const [key, data] = [c.hex("key"), c.hex("data")];
  const name = c.text("label") as el.KdfLabel;
  c.same("personal", el.personal(name));
  c.same("kdf", el.kdf(key, name, data));
  c.same("prf8", el.prf8(key, name, data));
  c.same("prf16", el.prf16(key, name, data));
  c.same("not_prf8", blake2b(data, { dkLen: 8, key, personalization: el.personal(name) }));
  assert.notEqual(c.text("prf8"), c.text("not_prf8"));
}

function point(c: Case): void {
  const encoding = c.hex("encoding");
  if (!c.valid) return c.refused(() => el.decodePoint(encoding));
  c.same("encoding", el.encodePoint(el.decodePoint(encoding)));
  if (c.has("scalar")) c.same("encoding", el.encodePoint(el.publicPoint(el.decodeScalar(c.hex("scalar")))));
}

const scalar = byKind({
  parse(c) {
    const bytes = c.hex("scalar");
    if (!c.valid) return c.refused(() => el.decodeScalar(bytes));
    c.same("scalar", el.encodeScalar(el.decodeScalar(bytes)));
    c.same("point", el.encodePoint(el.publicPoint(el.decodeScalar(bytes))));
  },
  reduce: (c) => c.same("scalar", el.encodeScalar(el.reduceScalar(c.hex("wide")))),
});

function box(c: Case): void {
  const secret = el.decodeScalar(c.hex("secret"));
  const recipient = c.hex("public");
  const [bytes, ad] = [c.hex("box"), c.hex("ad")];
  const R = bytes.slice(0, 32);
  if (!c.valid) {
    // "public" may be another recipient's key, so the shared point is worked out apart from it.
    return c.refused(() =>
      el.openBoxWithShared(el.multiply(el.decodePoint(el.boxPoint(bytes)), secret), recipient, bytes, ad),
    );
  }
  c.same("public", el.encodePoint(el.publicPoint(secret)));
  c.same("r", el.encodeScalar(el.randomScalar(wide(c))));
  c.same("R", el.encodePoint(el.publicPoint(el.decodeScalar(c.hex("r")))));
  const S = el.multiply(el.decodePoint(R), secret);
  c.same("S", el.encodePoint(S));
  c.same("key", el.kdf(el.encodePoint(S), "EL1-box", R, recipient));
  c.same("box", el.sealBox(recipient, c.hex("message"), ad, wide(c)));
  c.same("message", el.openBox(secret, bytes, ad));
  c.same("message", el.openBoxWithShared(S, recipient, bytes, ad));
}

const signature = byKind({
  verify(c) {
    const [key, message, sig, name] = [
      c.hex("public"),
      c.hex("message"),
      c.hex("signature"),
      label(c.text("label")),
    ];
    assert.equal(el.isVerificationKey(key), c.bool("public_valid"));
    c.same("input", el.signatureInput(name, message));
    assert.equal(el.verify(name, message, sig, key), c.valid);
    if (!c.has("seed")) return;
    c.same("public", el.signingPublicKey(c.hex("seed")));
    c.same("signature", el.sign(name, message, c.hex("seed")));
  },
  key: (c) => assert.equal(el.isVerificationKey(c.hex("public")), c.valid),
});

function callsig(c: Case): void {
  const call = {
    method: c.text("method"),
    path: c.text("path"),
    party: c.text("party"),
    body: el.utf8(c.text("body")),
  };
  const [time, nonce, seed] = [c.int("time"), c.hex("nonce"), c.hex("seed")];
  c.same("public", el.signingPublicKey(seed));
  c.same("body_hash", el.sha256(call.body));
  c.same("input", el.callInput(call, time, nonce));
  const header = el.parseAuthorization(el.authorizeCall(call, seed, time, el.fixedRandom(nonce)));
  c.same("signature", header.sig);
  assert.ok(el.verifyCall(call, header, time));
}

const epoch = byKind({
  day: (c) => assert.equal(el.epochOf(c.int("time"), c.int("day_offset")), c.int("epoch")),
  bounds(c) {
    const [e, offset] = [c.int("epoch"), c.int("day_offset")];
    assert.equal(el.epochStart(e, offset), c.int("start"));
    assert.equal(el.epochEnd(e, offset), c.int("end"));
    assert.equal(el.destroyDue(e, offset), c.int("destroy_at"));
  },
  admits: (c) => assert.equal(el.isShowable(c.int("epoch"), c.int("shown_at"), c.int("day_offset")), c.valid),
  freshness(c) {
    const verdict = el.freshness(c.int("shown_at"), c.int("scanned_at"), c.int("skew"));
    assert.equal(verdict, c.text("verdict"));
    assert.equal(verdict === "fresh", c.valid);
  },
});

function keyring(c: Case): void {
  const [party, kek, file] = [c.int("party") as el.PartyNumber, c.hex("kek"), c.hex("keyring")];
  const open = (): Uint8Array[] => el.parseKeyring(file).map((entry) => el.openEntry(kek, party, entry));
  if (!c.valid) return c.refused(open);
  const entries = c.cases("entries");
  const opened = open();
  const again = entries.map((e, i) => {
    const place = { kind: e.int("kind"), index: e.int("index"), epoch: e.int("epoch") };
    e.same("key", opened[i] ?? new Uint8Array());
    const bytes = el.sealEntry(kek, party, place, e.hex("key"), el.fixedRandom(e.hex("nonce")));
    e.end();
    return bytes;
  });
  c.same("keyring", el.concat(...again));
}

const leaf = byKind({
  visit(c) {
    const hidden = el.placeCommitment(c.hex("salt"), c.int("venue"), c.int("minute"), c.int("flags"));
    c.same("c", hidden);
    c.same("leaf", el.visitLeaf(hidden, c.hex("body")));
  },
  identity(c) {
    c.same("box_hash", el.boxHash(c.hex("box")));
    c.same("leaf", el.identityLeaf(c.hex("salt"), c.text("phone"), c.hex("com"), c.hex("box")));
  },
});

const rowPlain = byKind({
  identity(c) {
    const row = {
      name: c.text("visitor"),
      phone: c.text("phone"),
      handle: c.hex("handle"),
      consent: c.int("consent"),
      salt: c.hex("salt"),
      com: c.hex("com"),
      box: c.hex("box"),
    };
    c.same("plain", el.encodeIdentityRow(row));
    assert.deepEqual(el.parseIdentityRow(c.hex("plain")), row);
  },
  visit(c) {
    const row = {
      venue: c.int("venue"),
      scanner: c.int("scanner"),
      minute: c.int("minute"),
      flags: c.int("flags"),
      attempt: c.hex("attempt"),
      salt: c.hex("salt"),
      body: c.hex("body"),
    };
    c.same("plain", el.encodeVisitRow(row));
    assert.deepEqual(el.parseVisitRow(c.hex("plain")), row);
  },
  bytes: () => undefined,
});

function row(c: Case): void {
  const place: el.RowPlace = {
    store: c.int("store") as el.Store,
    epoch: c.int("epoch"),
    segment: c.int("segment"),
    tagA: tag(c, "tag_a"),
    tagB: tag(c, "tag_b"),
  };
  const [key, sealed] = [c.hex("rows_key"), c.hex("row")];
  if (!c.valid) return c.refused(() => el.openRow(key, place, sealed));
  c.same("rows_key", el.dayKeys(c.hex("day_key")).rows);
  c.same("ad", el.rowAd(place));
  c.same("plain", el.openRow(key, place, sealed));
  c.same("row", el.sealRow(key, place, c.hex("plain"), el.fixedRandom(c.hex("nonce"))));
  rowPlain(c);
}

const share = byKind({
  deal(c) {
    const polynomial = c.hexes("coefficients_wide").map((bytes) => el.reduceScalar(bytes));
    assert.deepEqual(polynomial.map(el.encodeScalar).map(el.toHex), c.hexes("coefficients").map(el.toHex));
    assert.equal(polynomial.length, c.int("threshold"));
    assert.deepEqual(
      el.newPolynomial(polynomial.length, el.fixedRandom(el.concat(...c.hexes("coefficients_wide")))),
      polynomial,
    );
    const points = el.commitments(polynomial);
    assert.deepEqual(points.map(el.encodePoint).map(el.toHex), c.hexes("commitments").map(el.toHex));
    const shares = Array.from({ length: c.int("trustees") }, (_, i) => el.shareOf(polynomial, i + 1));
    assert.ok(shares.every((s) => el.verifyShare(s, points)));
    assert.deepEqual(
      shares.map((s) => el.toHex(el.encodeScalar(s.value))),
      c.hexes("shares").map(el.toHex),
    );
    const publics = shares.map((s) => el.toHex(el.encodePoint(el.sharePoint(points, s.index))));
    assert.deepEqual(publics, c.hexes("public").map(el.toHex));
    const partials = shares.map((s) => el.toHex(el.encodePoint(el.partialOf(s, c.hex("R")))));
    assert.deepEqual(partials, c.hexes("partials").map(el.toHex));
    c.same("S", el.encodePoint(el.multiply(el.decodePoint(c.hex("R")), el.combineShares(shares))));
  },
  combine(c) {
    const points = c.hexes("partials").map((bytes) => el.decodePoint(bytes));
    const indexes = c.list("indexes", (x) => x as number);
    const combine = (): el.Point =>
      el.combinePartials(points.map((one, i) => ({ index: indexes[i] ?? 0, point: one })));
    if (c.has("error")) {
      c.hex("S");
      return c.refused(combine);
    }
    c.same("result", el.encodePoint(combine()));
    assert.equal(c.text("result") === c.text("S"), c.valid);
  },
  verify(c) {
    const points = c.hexes("commitments").map((bytes) => el.decodePoint(bytes));
    const held = el.verifyShare({ index: c.int("index"), value: el.decodeScalar(c.hex("share")) }, points);
    assert.equal(held, c.valid);
    if (!c.valid) assert.equal(c.text("error"), "crypto");
  },
});

function tags(c: Case): void {
  const keys = el.dayKeys(c.hex("day_key"));
  c.same("tags_key", keys.tags);
  const input = c.hex("input");
  const name = c.text("label") as el.KdfLabel;
  const made = {
    phone: () => el.phoneTag(keys.tags, el.fromUtf8(input)),
    handle: () => el.handleTag(keys.tags, input),
    token: () => el.tokenIdTag(keys.tags, input),
    venue: () => el.venueTag(keys.tags, c.int("venue")),
  }[c.text("kind")];
  assert.ok(made, "kind");
  c.same("tag", made());
  c.same("tag", el.prf8(keys.tags, name, input));
  assert.deepEqual(tag(c, "number"), made());
  assert.equal(el.storedTag(made()).toString(), c.text("stored"));
  c.same("tag", el.tagOfStored(BigInt(c.text("stored"))));
}

function ticket(c: Case): void {
  const [key, issuer, bytes] = [c.hex("ticket_key"), c.int("issuer"), c.hex("ticket")];
  if (!c.valid) return c.refused(() => el.openTicket(key, issuer, bytes));
  const e = c.int("epoch");
  assert.equal(el.ticketEpoch(bytes), e);
  const opened = el.openTicket(key, issuer, bytes);
  c.same("secret", opened.secret);
  c.same("handle", opened.handle);
  c.same("ad", el.ticketAd(issuer, e));
  c.same(
    "ticket",
    el.sealTicket(key, issuer, e, c.hex("secret"), c.hex("handle"), el.fixedRandom(c.hex("nonce"))),
  );
  assert.equal(el.encodeBase64url(bytes), c.text("text"));
}

/** The first check of a token that fails, in the registry's order. */
function failedCheck(token: Uint8Array, dayKey: Uint8Array): string {
  if (el.parseToken(token).body.version !== el.TOKEN_VERSION) return "version";
  return el.verifyTag(token, dayKey) ? "none" : "tag";
}

const token = byKind({
  draw(c) {
    const input: el.DrawInput = {
      issuer: c.int("issuer"),
      epoch: c.int("epoch"),
      secret: c.hex("secret"),
      handle: c.hex("handle"),
      index: c.int("index"),
      linkKey: c.hex("Y"),
      seed: c.hex("seed"),
    };
    c.same("r", el.encodeScalar(el.randomScalar(wide(c))));
    c.same("Y", el.encodePoint(el.publicPoint(el.decodeScalar(c.hex("link_secret")))));
    const bytes = el.drawBody(input, wide(c));
    c.same("body", bytes);
    const body = el.parseBody(bytes);
    c.same("id", body.id);
    c.same("R", body.point);
    c.same("link", body.link);
    c.same("signature", body.signature);
    const S = el.multiply(el.decodePoint(body.point), el.decodeScalar(c.hex("link_secret")));
    c.same("S", el.encodePoint(S));
    c.same("handle", el.openLink(body.link, S, body.point, input.linkKey));
    c.same("public", el.signingPublicKey(input.seed));
    assert.ok(el.verifyBody(bytes, c.hex("public")));
    c.same("day_key", el.dayTokenKey(c.hex("pair"), input.issuer, input.epoch));
    const key = el.showKey(c.hex("day_key"), bytes);
    c.same("show_key", key);
    for (const shown of c.cases("shown")) {
      const at = shown.int("shown_at");
      shown.same("tag", el.showTag(key, at));
      shown.same("token", el.stampBody(bytes, key, at));
      assert.equal(el.encodeTokenText(shown.hex("token")), shown.text("text"));
      assert.ok(el.verifyTag(el.decodeTokenText(shown.text("text")), c.hex("day_key")));
      if (shown.has("why")) shown.text("why");
      shown.end();
    }
  },
  check(c) {
    const bytes = el.decodeTokenText(c.text("text"));
    c.same("token", bytes);
    assert.equal(el.encodeTokenText(bytes), c.text("text"));
    assert.equal(el.verifyBody(bytes.slice(0, el.BODY_LEN), c.hex("public")), c.bool("signature_valid"));
    assert.equal(el.verifyTag(bytes, c.hex("day_key")), c.bool("tag_valid"));
    const failed = failedCheck(bytes, c.hex("day_key"));
    assert.equal(failed, c.text("check"));
    assert.equal(failed === "none", c.valid);
  },
  text(c) {
    assert.equal(c.text("check"), "shape");
    c.refused(() => el.decodeTokenText(c.text("text")));
  },
});

function traceBox(c: Case): void {
  const [issuer, e, com, bytes, key] = [
    c.int("issuer"),
    c.int("epoch"),
    c.hex("com"),
    c.hex("box"),
    c.hex("Z"),
  ];
  const open = (): Uint8Array =>
    el.openTraceBox(
      el.decodePoint(c.hex("S")),
      key,
      issuer,
      { epoch: e, com, box: el.boxHash(bytes) },
      bytes,
    );
  if (!c.valid) return c.refused(open);
  const secret = el.decodeScalar(c.hex("trace_secret"));
  c.same("Z", el.encodePoint(el.publicPoint(secret)));
  c.same("com", el.commitment(c.hex("secret")));
  c.same("ad", el.traceAd(issuer, e, com));
  c.same("r", el.encodeScalar(el.randomScalar(wide(c))));
  c.same("box", el.sealBox(key, c.hex("secret"), el.traceAd(issuer, e, com), wide(c)));
  c.same("box_hash", el.boxHash(bytes));
  c.same("S", el.encodePoint(el.multiply(el.decodePoint(el.boxPoint(bytes)), secret)));
  c.same("secret", open());
}

function pathOf(x: unknown): el.Path {
  const p = x as { index: number; size: number; hashes: string[] };
  assert.deepEqual(Object.keys(p).sort(), ["hashes", "index", "size"]);
  return { index: p.index, size: p.size, hashes: p.hashes.map(el.fromHex) };
}

const algorithm = (c: Case): el.NoteAlgorithm => c.int("algorithm") as el.NoteAlgorithm;
const big = (c: Case, name: string): bigint => BigInt(c.text(name));

/** Tiles of the tree whose leaf i is the hash of the entry u32(i). */
function madeTile(tile: el.Tile): Uint8Array {
  assert.ok(typeof tile.level === "number");
  const below = tile.level - 1;
  const hashes = Array.from({ length: tile.width }, (_, k) => {
    const at = tile.index * el.TILE_WIDTH + k;
    if (below < 0) return el.leafHash(el.u32(at));
    const full = madeTile({ level: below, index: at, width: el.TILE_WIDTH });
    return el.merkleRoot(Array.from({ length: 256 }, (_, i) => full.slice(32 * i, 32 * i + 32)));
  });
  return el.concat(...hashes);
}

async function proofs(c: Case): Promise<void> {
  const [from, size, index] = [c.int("from"), c.int("size"), c.int("index")];
  const asked = new Set<string>();
  const whole = new el.TileTree(size, (tile) => {
    assert.ok(!asked.has(el.tilePath(tile)), "each tile is asked for once");
    asked.add(el.tilePath(tile));
    return madeTile(tile);
  });
  const [top, before] = [await whole.root(), await new el.TileTree(from, madeTile).root()];
  c.same("root", top);
  c.same("from_root", before);
  const found = await whole.path(index);
  assert.deepEqual(found.hashes.map(el.toHex), c.hexes("path").map(el.toHex));
  assert.deepEqual(await whole.leaf(index), el.leafHash(el.u32(index)));
  assert.ok(el.verifyInclusion(el.leafHash(el.u32(index)), found, top));
  const proof = await whole.consistency(from);
  assert.deepEqual(proof.map(el.toHex), c.hexes("consistency").map(el.toHex));
  assert.ok(el.verifyConsistency(from, before, size, top, proof));
}

const log = byKind({
  base64: codec(el.encodeBase64, el.decodeBase64),
  line(c) {
    const [text, signer, seed, time] = [c.text("text"), c.text("signer"), c.hex("seed"), big(c, "time")];
    c.same("public", el.signingPublicKey(seed));
    c.same("key_id", el.noteKeyId(signer, algorithm(c), c.hex("public")));
    const line = el.signNoteLine(text, signer, algorithm(c), seed, time);
    assert.equal(line, c.text("line"));
    assert.equal(el.verifyNote(el.utf8(`${text}\n${line}`), signer, algorithm(c), c.hex("public")), time);
  },
  note(c) {
    const [note, signer, key] = [c.hex("note"), c.text("signer"), c.hex("public")];
    const open = (): bigint | undefined => el.verifyNote(note, signer, algorithm(c), key);
    if (!c.valid) {
      algorithm(c);
      return c.refused(open);
    }
    assert.equal(el.utf8(el.parseNote(note).text).length, c.int("text_len"));
    assert.equal(open()?.toString() ?? "none", c.text("time"));
  },
  origin(c) {
    const make = (): string => el.logOrigin(c.hex("deployment"), c.text("party"));
    if (!c.valid) return c.refused(make);
    assert.equal(make(), c.text("origin"));
  },
  checkpoint(c) {
    const made = { origin: c.text("origin"), size: Number(big(c, "size")), root: c.hex("root") };
    const note = el.utf8(c.text("note"));
    assert.deepEqual(el.signCheckpoint(made, c.hex("seed")), note);
    assert.deepEqual(el.openCheckpoint(note, made.origin, c.hex("public")), made);
    const cosigned = el.cosignCheckpoint(note, c.text("witness"), c.hex("witness_seed"), c.int("time"));
    assert.equal(el.fromUtf8(cosigned), c.text("cosigned"));
    const witness = el.signingPublicKey(c.hex("witness_seed"));
    const time = el.verifyNote(cosigned, c.text("witness"), el.NOTE_COSIGNATURE, witness);
    assert.equal(time, BigInt(c.int("time")));
  },
  open(c) {
    const [note, of, key] = [el.utf8(c.text("note")), c.text("origin"), c.hex("public")];
    const open = (): el.Checkpoint => el.openCheckpoint(note, of, key);
    if (!c.valid) return c.refused(open);
    assert.deepEqual(open(), { origin: of, size: Number(big(c, "size")), root: c.hex("root") });
  },
  tile(c) {
    const text = c.text("path");
    if (!c.valid) return c.refused(() => el.parseTilePath(text));
    const level = c.int("level");
    const tile = { level: level < 0 ? "entries" : level, index: c.int("index"), width: c.int("width") };
    assert.deepEqual(el.parseTilePath(text), tile);
    assert.equal(el.tilePath(tile as el.Tile), text);
  },
  proofs,
  consistency(c) {
    const [from, to, hashes] = [c.int("from"), c.int("to"), c.hexes("hashes")];
    assert.equal(el.verifyConsistency(from, c.hex("from_root"), to, c.hex("to_root"), hashes), c.valid);
    assert.match(c.text("error"), /^(crypto|format)$/);
  },
  bundle(c) {
    const bytes = c.hex("bundle");
    if (!c.valid) return c.refused(() => el.parseEntryBundle(bytes));
    const entries = el.parseEntryBundle(bytes);
    assert.deepEqual(entries.map(el.toHex), c.hexes("entries").map(el.toHex));
    assert.deepEqual(entries.map((one) => el.toHex(el.leafHash(one))), c.hexes("leaves").map(el.toHex));
    assert.deepEqual(el.encodeEntryBundle(entries), bytes);
  },
});

const publog = byKind({
  entry(c) {
    const bytes = el.utf8(c.text("text"));
    if (!c.valid) return c.refused(() => el.parseLogEntry(bytes));
    assert.equal(el.fromUtf8(el.encodeLogEntry(el.parseLogEntry(bytes))), c.text("again"));
    c.same("leaf", el.leafHash(bytes));
  },
  proof(c) {
    const proof = el.readLogProof(c.any("proofs"));
    assert.deepEqual(el.writeLogProof(proof), c.any("proofs"));
    const [deployment, party, logKey] = [c.hex("deployment"), c.text("party"), c.hex("public")];
    const claim = { deployment, party, logKey, order: c.hex("order"), answer: c.hex("answer") };
    const check = () => el.checkLogProof(proof, claim);
    if (!c.valid) return c.refused(check);
    assert.equal(check().checkpoint.size, c.int("size"));
  },
});

const tree = byKind({
  tree(c) {
    const leaves = c.hexes("leaves");
    const top = el.merkleRoot(leaves);
    c.same("root", top);
    const paths = c.list("paths", pathOf);
    assert.equal(paths.length, leaves.length);
    paths.forEach((one, i) => {
      assert.deepEqual(el.inclusionPath(leaves, i), one);
      assert.ok(el.verifyInclusion(leaves[i] ?? new Uint8Array(), one, top));
    });
  },
  path(c) {
    assert.equal(el.verifyInclusion(c.hex("leaf"), pathOf(c.any("path")), c.hex("root")), c.valid);
    if (!c.valid) assert.match(c.text("error"), /^(crypto|format)$/);
  },
});

function dleq(c: Case): void {
  const names = Object.entries(el.DLEQ_PURPOSES) as [el.Purpose, number][];
  const purpose = names.find(([, number]) => number === c.int("purpose"))?.[0];
  assert.ok(purpose, "purpose");
  const [order, R, D] = [c.hex("order"), c.hexes("R"), c.hexes("D")];
  const proof = { c: c.hex("c"), s: c.hex("s") };
  const [epoch, trustee, key] = [c.int("epoch"), c.int("trustee"), c.hex("public")];
  assert.equal(R.length, D.length);
  const subject = (): el.DleqSubject => ({
    purpose,
    epoch,
    trustee,
    publicPoint: el.decodePoint(key),
    order,
    pairs: R.map((r, i) => ({ r: el.decodePoint(r), d: el.decodePoint(D[i] ?? new Uint8Array()) })),
  });
  if (c.text("kind") === "verify") return c.refused(() => el.verifyDleq(subject(), proof));
  const [q, share] = [subject(), el.decodeScalar(c.hex("share"))];
  const { transcript, seed, weights } = el.dleqSteps(q);
  c.same("transcript", transcript);
  c.same("seed", seed);
  assert.deepEqual(weights.map(el.encodeScalar).map(el.toHex), c.hexes("weights").map(el.toHex));
  const points = (pick: (p: el.DleqPair) => el.Point): el.Point => el.weightedSum(q.pairs.map(pick), weights);
  const m = points((p) => p.r);
  c.same("M", el.encodePoint(m));
  c.same("Z", el.encodePoint(points((p) => p.d)));
  const random = el.fixedRandom(c.hex("k_wide"));
  const k = el.randomScalar(random);
  c.same("k", el.encodeScalar(k));
  c.same("A", el.encodePoint(el.publicPoint(k)));
  c.same("B", el.encodePoint(el.multiply(m, k)));
  const made = el.proveDleq(q, share, el.fixedRandom(c.hex("k_wide")));
  c.same("c", made.c);
  c.same("s", made.s);
  el.verifyDleq(q, proof);
}

const replays: Record<string, Replay> = {
  base45: codec(el.encodeBase45, el.decodeBase45),
  base64url: codec(el.encodeBase64url, el.decodeBase64url),
  box,
  callsig,
  dleq,
  documents,
  epoch,
  kdf,
  keyring,
  leaf,
  log,
  point,
  rjson,
  row,
  scalar,
  share,
  signature,
  tags,
  ticket,
  token,
  trace_box: traceBox,
  publog,
  tree,
};

const folder = path.join(root, "tests/vectors");
const files = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .sort();

test("there are vectors", () => assert.ok(files.length > 0));

for (const file of files) {
  const content = JSON.parse(readFileSync(path.join(folder, file), "utf8")) as {
    file: string;
    cases: unknown[];
  };
  test(`vectors of ${file}: ${content.cases.length} cases`, async (t) => {
    assert.deepEqual(Object.keys(content).sort(), ["cases", "file"]);
    assert.equal(`${content.file}.json`, file);
    assert.ok(content.cases.length > 0);
    const replay = replays[content.file];
    assert.ok(replay, `no replayer for ${file}`);
    for (const value of content.cases) {
      const c = new Case(value);
      await t.test(c.name, async () => {
        await replay(c);
        c.end();
      });
    }
  });
}
