import assert from "node:assert/strict";
import * as el from "../../src/web/lib/index.js";
import type { Case } from "./case.js";

// Replays of documents.json and rjson.json: restricted JSON, signed documents, scopes, judged orders.

/** Accepted or refused as the case says; a refusal is one of our errors (C and TypeScript may sort them differently). */
function judged(c: Case, f: () => unknown): void {
  if (c.valid) {
    f();
    return;
  }
  if (c.has("error")) assert.match(c.text("error"), /^(format|limit|crypto)$/);
  assert.throws(f, (e: unknown) => e instanceof el.EntrylogError, `${c.name}: refused`);
}

export function rjson(c: Case): void {
  const bytes = c.hex("bytes");
  judged(c, () => el.parseRestricted(bytes));
}

const openers: Record<string, (d: el.DecodedDocument, key: Uint8Array) => unknown> = {
  policy: el.openPolicy,
  bundle: el.openBundle,
  directory: el.openDirectory,
  order: signedBy("EL1-order", el.parseOrder),
  release: signedBy("EL1-release", el.parseRelease),
  trace: signedBy("EL1-trace", el.parseTrace),
};

function signedBy(label: el.SignLabel, parse: (doc: Uint8Array) => unknown) {
  return (d: el.DecodedDocument, key: Uint8Array): unknown => {
    if (el.validSigners(label, d, [key]).length !== 1) throw new el.EntrylogError("crypto", "not signed");
    return parse(d.doc);
  };
}

let goodPolicy: el.Policy | undefined;

function judge(c: Case): void {
  assert.equal(c.text("policy"), "policy: good");
  assert.ok(goodPolicy, "the good policy stands first");
  const policy = goodPolicy;
  const signed = el.decodeDocument(c.any("signed"));
  assert.equal(el.fromUtf8(signed.doc), c.text("text"));
  assert.ok(c.hexes("seeds").length <= el.SIGNATURES_MAX);
  let code = "ok";
  try {
    el.openOrder(signed, policy, c.int("now"));
  } catch (e) {
    if (!(e instanceof el.EntrylogError)) throw e;
    code = e.code ?? e.message;
  }
  assert.equal(code, c.text("code"));
  assert.equal(c.valid, code === "ok");
}

export function documents(c: Case): void {
  const kind = c.text("kind");
  if (kind === "judge") return judge(c);
  if (kind === "document") {
    judged(c, () => {
      const d = el.decodeDocument(c.any("signed"));
      c.same("hash", el.documentHash(d.doc));
    });
    c.any("signed");
    if (c.has("hash")) c.any("hash");
    return;
  }
  if (kind === "scope") {
    const text = el.utf8(c.text("text"));
    const [party, salt] = [c.text("party"), c.hex("salt")];
    c.same("hash", el.scopeHash(party, salt, text));
    const disclosed = el.readDisclosed(c.any("disclosed"));
    assert.deepEqual([disclosed.party, disclosed.salt, disclosed.scope], [party, salt, text]);
    const order = c.text("order_kind") as el.OrderKind;
    judged(c, () => el.parseScope(order, party, text));
    return;
  }
  const open = openers[kind];
  assert.ok(open, `no replayer for kind ${kind}`);
  const doc = el.utf8(c.text("text"));
  const signed = el.signDocument(c.text("label") as el.SignLabel, doc, c.hexes("seeds"));
  assert.deepEqual(signed, c.any("signed"), "the same signatures, byte for byte");
  c.same("hash", el.documentHash(doc));
  const key = c.hex("public");
  judged(c, () => open(el.decodeDocument(signed), key));
  if (c.name === "policy: good") goodPolicy = el.openPolicy(el.decodeDocument(signed), key);
}
