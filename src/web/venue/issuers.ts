import { decodeBase64url } from "../lib/base64url.js";
import { fromUtf8 } from "../lib/bytes.js";

/** An issuer as a poster names it. */
export interface PosterIssuer {
  issuer: number;
  name: string;
  url: string;
}

/**
 * The issuers of a directory document. Its signature was checked by the registry, which serves it and this page alike;
 * what is checked here is that a visitor's phone can open each address.
 */
export function issuersOf(document: { doc: string }): PosterIssuer[] {
  const directory = JSON.parse(fromUtf8(decodeBase64url(document.doc))) as { issuers?: unknown };
  if (!Array.isArray(directory.issuers)) return [];
  return directory.issuers.flatMap((entry: unknown) => {
    const { issuer, name, url } = entry as Record<string, unknown>;
    if (typeof issuer !== "number" || typeof name !== "string" || typeof url !== "string") return [];
    return isWebAddress(url) ? [{ issuer, name, url }] : [];
  });
}

function isWebAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text).protocol);
  } catch {
    return false;
  }
}
