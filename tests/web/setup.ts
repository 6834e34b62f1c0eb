// Node 18 has WebCrypto, but not as a global; browsers and later versions do.
import { webcrypto } from "node:crypto";

if (!("crypto" in globalThis)) Object.defineProperty(globalThis, "crypto", { value: webcrypto });

/** The repository's root, put in by the bundler. */
declare const EL_ROOT: string;
export const root: string = EL_ROOT;
