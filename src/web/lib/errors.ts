/**
 * What went wrong: `format` bytes or JSON that are not exactly of the protocol's form; `limit` a size
 * or count beyond its ceiling; `crypto` a box, row, signature or proof that does not open or hold;
 * `policy` well-formed, but not allowed.
 */
export type ErrorKind = "format" | "limit" | "crypto" | "policy";

/** The one error class that the library throws on purpose. `code` is set where the protocol names one. */
export class EntrylogError extends Error {
  override readonly name = "EntrylogError";
  constructor(
    readonly kind: ErrorKind,
    message: string,
    readonly code?: string,
  ) {
    super(message);
  }
}

/** Throw a `format` error; for use in expressions. */
export function badFormat(message: string): never {
  throw new EntrylogError("format", message);
}
