import { equal, exactly, u8 } from "./bytes.js";
import { EntrylogError } from "./errors.js";
import { sha256 } from "./kdf.js";

/** An inclusion path: leaf `index` of a tree of `size` leaves, sibling hashes from the leaf upwards. */
export interface Path {
  index: number;
  size: number;
  hashes: readonly Uint8Array[];
}

/** RFC 6962 leaf hash of an entry: SHA-256(0x00 || data). */
export function leafHash(data: Uint8Array): Uint8Array {
  return sha256(u8(0), data);
}

/** RFC 6962 node: SHA-256(0x01 || left || right). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(u8(1), left, right);
}

/** Largest power of two below n (n >= 2); by multiplication, since sizes may pass 2^31. */
function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** Root over leaf hashes (RFC 6962 section 2.1); SHA-256("") for none. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const first = leaves[0];
  if (first === undefined) return sha256();
  if (leaves.length === 1) return exactly(32, first, "leaf hash");
  const k = split(leaves.length);
  return nodeHash(merkleRoot(leaves.slice(0, k)), merkleRoot(leaves.slice(k)));
}

/** The path of leaf `index`; `limit` if there is no such leaf. */
export function inclusionPath(leaves: readonly Uint8Array[], index: number): Path {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length)
    throw new EntrylogError("limit", "no such leaf");
  const walk = (part: readonly Uint8Array[], at: number): Uint8Array[] => {
    if (part.length === 1) return [];
    const k = split(part.length);
    return at < k
      ? [...walk(part.slice(0, k), at), merkleRoot(part.slice(k))]
      : [...walk(part.slice(k), at - k), merkleRoot(part.slice(0, k))];
  };
  return { index, size: leaves.length, hashes: walk(leaves, index) };
}

const isIndex = (x: number): boolean => Number.isSafeInteger(x) && x >= 0;

/** Does the path lead from the leaf hash to the root (RFC 9162 section 2.1.3.2)? Never throws. */
export function verifyInclusion(leaf: Uint8Array, path: Path, root: Uint8Array): boolean {
  if (!isIndex(path.index) || !isIndex(path.size) || path.index >= path.size || leaf.length !== 32)
    return false;
  let fn = path.index;
  let sn = path.size - 1;
  let r = leaf;
  for (const p of path.hashes) {
    if (sn === 0 || p.length !== 32) return false;
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      r = nodeHash(r, p);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(r, root);
}

/** Proof that the tree of the first m leaves is a prefix of the whole (RFC 6962 section 2.1.2). */
export function consistencyProof(leaves: readonly Uint8Array[], m: number): Uint8Array[] {
  if (!isIndex(m) || m === 0 || m > leaves.length) throw new EntrylogError("limit", "no such tree");
  const walk = (part: readonly Uint8Array[], size: number, whole: boolean): Uint8Array[] => {
    if (size === part.length) return whole ? [] : [merkleRoot(part)];
    const k = split(part.length);
    return size <= k
      ? [...walk(part.slice(0, k), size, whole), merkleRoot(part.slice(k))]
      : [...walk(part.slice(k), size - k, false), merkleRoot(part.slice(0, k))];
  };
  return walk(leaves, m, true);
}

/** Is the tree (m, rootM) a prefix of (n, rootN) (RFC 9162 section 2.1.4.2)? Never throws. */
export function verifyConsistency(
  m: number,
  rootM: Uint8Array,
  n: number,
  rootN: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isIndex(m) || !isIndex(n) || m > n || proof.some((p) => p.length !== 32)) return false;
  if (m === n) return proof.length === 0 && equal(rootM, rootN);
  if (m === 0) return proof.length === 0 && equal(rootM, sha256());
  const power = 2 ** Math.floor(Math.log2(m)) === m;
  const hashes = power ? [rootM, ...proof] : [...proof];
  let fn = m - 1;
  let sn = n - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  const first = hashes[0];
  if (first === undefined) return false;
  let fr = first;
  let sr = first;
  for (const c of hashes.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = nodeHash(sr, c);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && equal(fr, rootM) && equal(sr, rootN);
}
