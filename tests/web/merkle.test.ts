import "./setup.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import * as el from "../../src/web/lib/index.js";

// The well-known entries and roots of the certificate-transparency reference tests (RFC 6962).
const entries = [
  "",
  "00",
  "10",
  "2021",
  "3031",
  "40414243",
  "5051525354555657",
  "606162636465666768696a6b6c6d6e6f",
];
const leaves = entries.map((hex) => el.leafHash(el.fromHex(hex)));
const roots = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

test("known roots of 0 to 8 entries", () => {
  roots.forEach((hex, n) => assert.equal(el.toHex(el.merkleRoot(leaves.slice(0, n))), hex));
});

test("known paths of the reference tests", () => {
  assert.deepEqual(el.inclusionPath(leaves, 0).hashes.map(el.toHex), [
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
  ]);
  assert.deepEqual(el.inclusionPath(leaves.slice(0, 3), 2).hashes.map(el.toHex), [roots[2]]);
});

test("every path of every tree up to 20 leaves verifies, and in no other place", () => {
  const many = Array.from({ length: 20 }, (_, i) => el.leafHash(el.u8(i)));
  for (let n = 1; n <= many.length; n++) {
    const part = many.slice(0, n);
    const root = el.merkleRoot(part);
    for (let i = 0; i < n; i++) {
      const path = el.inclusionPath(part, i);
      const leaf = part[i] as Uint8Array;
      assert.ok(el.verifyInclusion(leaf, path, root));
      assert.ok(!el.verifyInclusion(el.leafHash(el.u8(99)), path, root));
      assert.ok(!el.verifyInclusion(leaf, { ...path, index: n }, root));
      assert.ok(!el.verifyInclusion(leaf, { ...path, hashes: [...path.hashes, root] }, root));
      if (n > 1) {
        assert.ok(!el.verifyInclusion(leaf, { ...path, index: (i + 1) % n }, root));
        assert.ok(!el.verifyInclusion(leaf, { ...path, hashes: path.hashes.slice(1) }, root));
      }
    }
  }
});

test("refuses paths with impossible numbers", () => {
  const root = el.merkleRoot(leaves);
  const path = el.inclusionPath(leaves, 3);
  for (const change of [
    { index: -1 },
    { index: 0.5 },
    { size: 0 },
    { index: 8 },
    { size: 2 ** 53 },
    { size: NaN },
  ])
    assert.ok(!el.verifyInclusion(leaves[3] as Uint8Array, { ...path, ...change }, root));
});

test("every consistency proof up to 20 leaves verifies, and for no other tree", () => {
  const many = Array.from({ length: 20 }, (_, i) => el.leafHash(el.u8(i)));
  for (let n = 1; n <= many.length; n++)
    for (let m = 1; m <= n; m++) {
      const [a, b] = [el.merkleRoot(many.slice(0, m)), el.merkleRoot(many.slice(0, n))];
      const proof = el.consistencyProof(many.slice(0, n), m);
      assert.ok(el.verifyConsistency(m, a, n, b, proof));
      assert.ok(!el.verifyConsistency(m, el.leafHash(el.u8(1)), n, b, proof));
      assert.ok(!el.verifyConsistency(m, a, n, el.leafHash(el.u8(1)), proof));
      assert.ok(!el.verifyConsistency(m, a, n, b, [...proof, a]));
    }
});

test("visit and identity leaves are RFC 6962 leaf hashes of their content", () => {
  const salt = new Uint8Array(16).fill(1);
  const body = new Uint8Array(132).fill(2);
  const c = el.placeCommitment(salt, 5, 1200, 1);
  assert.deepEqual(c, el.sha256(el.utf8("EL1-place\0"), salt, Uint8Array.of(0, 0, 0, 5, 0, 0, 4, 176, 1)));
  assert.deepEqual(el.visitLeaf(c, body), el.leafHash(el.concat(c, body)));
  const com = new Uint8Array(32).fill(3);
  const box = new Uint8Array(80).fill(4);
  assert.deepEqual(
    el.identityLeaf(salt, "+821012345678", com, box),
    el.leafHash(el.concat(salt, Uint8Array.of(13), el.utf8("+821012345678"), com, el.sha256(box))),
  );
  assert.throws(() => el.placeCommitment(salt, 5, 1201, 1), el.EntrylogError);
});
