/** A source of n uniformly random bytes. Injectable, so that vectors and tests reproduce. */
export type RandomSource = (n: number) => Uint8Array;

/** The platform's generator, in pieces of the 65,536 bytes that one call may ask for. */
export const systemRandom: RandomSource = (n) => {
  const out = new Uint8Array(n);
  for (let at = 0; at < n; at += 65536) globalThis.crypto.getRandomValues(out.subarray(at, at + 65536));
  return out;
};

/** A source that hands out the given bytes in order and throws when they run out; for vectors. */
export function fixedRandom(bytes: Uint8Array): RandomSource {
  let at = 0;
  return (n) => {
    if (at + n > bytes.length) throw new Error("fixed randomness exhausted");
    at += n;
    return bytes.slice(at - n, at);
  };
}

/** A uniform integer in 0..below-1 (below <= 2^32), by rejection. */
export function randomBelow(below: number, random: RandomSource = systemRandom): number {
  const limit = Math.floor(2 ** 32 / below) * below;
  for (;;) {
    const b = random(4);
    const x = new DataView(b.buffer, b.byteOffset, 4).getUint32(0);
    if (x < limit) return x % below;
  }
}
