import { decodeBase64url } from "./base64url.js";
import { fromUtf8, utf8 } from "./bytes.js";
import { badFormat } from "./errors.js";
import type { CheckinItem } from "./checkin.js";
import type { SignedDocument } from "./document.js";
import type { WireScope } from "./scope.js";
import type { IdentityItem } from "./identities.js";
import { type LogProof, writeLogProof } from "./logproof.js";

/** A refusal as RFC 9457 problem+json; `code` is stable, `status` the HTTP status. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly status: number,
    readonly code: string,
    title: string,
    readonly requestId: string | undefined,
    readonly retryAfter: number | undefined,
  ) {
    super(title);
  }
}

/** Who signs its calls (P-11.2): `executorOf()` makes one. Given by hand, so that who signs nothing loads no curve. */
export interface Executor {
  /** The Authorization header of a call with this body. */
  authorize(method: string, path: string, body: Uint8Array): string;
}

/** Options of one call. */
export interface CallOptions {
  body?: unknown;
  bearer?: string;
  executor?: Executor;
  accept?: string;
  language?: "ko" | "en";
}

/** An answer with its parsed JSON. */
export interface Answer<T> {
  status: number;
  body: T;
  headers: Headers;
}

/** Thin HTTP client of one service. `fetcher` is injectable for tests. */
export class ServiceClient {
  readonly base: string;
  constructor(
    base: string,
    readonly fetcher: typeof fetch = (input, init) => fetch(input, init),
  ) {
    this.base = base.replace(/\/+$/, "");
  }

  /** One call, whatever it answers; for tests of refusals. */
  async raw(method: string, path: string, options: CallOptions = {}): Promise<Response> {
    const headers: Record<string, string> = {};
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    if (body !== undefined) headers["content-type"] = "application/json";
    if (options.accept !== undefined) headers["accept"] = options.accept;
    if (options.language !== undefined) headers["accept-language"] = options.language;
    if (options.bearer !== undefined) headers["authorization"] = `Bearer ${options.bearer}`;
    if (options.executor !== undefined) headers["authorization"] = options.executor.authorize(method, path, utf8(body ?? ""));
    return this.fetcher(
      this.base + path,
      body === undefined ? { method, headers } : { method, headers, body },
    );
  }

  /** One call that must succeed; throws ApiError for any status of 400 or more. */
  async call<T>(method: string, path: string, options: CallOptions = {}): Promise<Answer<T>> {
    const response = await this.raw(method, path, options);
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw problemOf(response.status, bytes);
    const type = response.headers.get("content-type") ?? "";
    const body: unknown = bytes.length === 0 || !/json/.test(type) ? bytes : JSON.parse(fromUtf8(bytes));
    return { status: response.status, body: body as T, headers: response.headers };
  }

  /** The service's clock in Unix seconds: `GET /v1/time`. */
  async time(): Promise<number> {
    return shaped(await this.call<{ time: number }>("GET", "/v1/time"), { time: "number" }).time;
  }
}

/**
 * An answer's body that has these fields. A guest network's page also answers 200, and what is no answer of the service
 * must not be kept as a credential or a clock: a `format` error.
 */
function shaped<T extends object>(
  answer: Answer<T>,
  fields: { [K in keyof T]?: "string" | "number" | "object" },
): T {
  const body = answer.body as Record<string, unknown>;
  for (const [name, type] of Object.entries(fields))
    if (typeof body[name] !== type || (type === "number" && !Number.isSafeInteger(body[name])))
      badFormat(`answer: ${name}`);
  return answer.body;
}

function problemOf(status: number, bytes: Uint8Array): ApiError {
  try {
    const body = JSON.parse(fromUtf8(bytes)) as Record<string, unknown>;
    const text = (name: string): string | undefined =>
      typeof body[name] === "string" ? body[name] : undefined;
    const retry = body["retry_after"];
    return new ApiError(
      status,
      text("code") ?? "unknown",
      text("title") ?? `HTTP ${status}`,
      text("request_id"),
      typeof retry === "number" ? retry : undefined,
    );
  } catch {
    return new ApiError(status, "unknown", `HTTP ${status}`, undefined, undefined);
  }
}

/** An exposure notice as its visitor reads it. */
export interface Notice {
  template: number;
  ko: string;
  en: string;
  day: number;
}

/** A wallet entry with its bytes decoded. */
export interface WalletToken {
  index: number;
  body: Uint8Array;
  key: Uint8Array;
}

/** The issuer's calls for visitors (docs/http-api.md). */
export class IssuerClient extends ServiceClient {
  /** Ask for a one-time code. The answer is the same whether or not the number is known. */
  async register(
    name: string,
    phone: string,
    consent: number,
  ): Promise<{ registration: string; expires_at: number }> {
    return shaped(
      await this.call<{ registration: string; expires_at: number }>("POST", "/v1/registrations", {
        body: { name, phone, consent },
      }),
      { registration: "string", expires_at: "number" },
    );
  }
  /** Turn the code into a credential (base64url, 32 bytes). */
  async verify(registration: string, code: string): Promise<{ credential: string; verified_until: number }> {
    return shaped(
      await this.call<{ credential: string; verified_until: number }>(
        "POST",
        `/v1/registrations/${registration}/verify`,
        { body: { code } },
      ),
      { credential: "string", verified_until: "number" },
    );
  }
  /** A day ticket (120 characters). */
  async day(
    credential: string,
    day: "today" | "tomorrow" = "today",
  ): Promise<{ ticket: string; epoch: number; valid_until: number }> {
    return shaped(
      await this.call<{ ticket: string; epoch: number; valid_until: number }>("POST", "/v1/days", {
        bearer: credential,
        body: { day },
      }),
      { ticket: "string", epoch: "number", valid_until: "number" },
    );
  }
  /** Up to 16 bodies with their keys for indices first, first+1, ... */
  async wallet(
    ticket: string,
    first: number,
    count: number,
  ): Promise<{ tokens: WalletToken[]; validUntil: number }> {
    const answer = shaped(
      await this.call<{ tokens: { index: number; body: string; key: string }[]; valid_until: number }>(
        "POST",
        "/v1/wallet",
        { bearer: ticket, body: { first, count } },
      ),
      { tokens: "object", valid_until: "number" },
    );
    return {
      tokens: answer.tokens.map((t) => ({
        index: t.index,
        body: decodeBase64url(t.body),
        key: decodeBase64url(t.key),
      })),
      validUntil: answer.valid_until,
    };
  }
  /** A live draw: the QR text of one index. */
  async token(
    ticket: string,
    index: number,
  ): Promise<{ token: string; shown_at: number; expires_at: number }> {
    return shaped(
      await this.call<{ token: string; shown_at: number; expires_at: number }>("POST", "/v1/tokens", {
        bearer: ticket,
        body: { index },
      }),
      { token: "string", shown_at: "number", expires_at: "number" },
    );
  }
  /** A live draw as a picture; the times are in the headers. */
  async tokenImage(
    ticket: string,
    index: number,
    type: "image/svg+xml" | "image/png",
  ): Promise<Answer<Uint8Array>> {
    return this.call<Uint8Array>("POST", "/v1/tokens", { bearer: ticket, body: { index }, accept: type });
  }
  async me(credential: string): Promise<unknown> {
    return (await this.call<unknown>("GET", "/v1/me", { bearer: credential })).body;
  }
  async withdraw(credential: string): Promise<number> {
    return (await this.call<unknown>("DELETE", "/v1/me", { bearer: credential })).status;
  }
  /** What this visitor was told, each text of the policy in two languages with the day that it speaks of. */
  async notices(credential: string): Promise<Notice[]> {
    return (await this.call<{ notices: Notice[] }>("GET", "/v1/me/notices", { bearer: credential })).body
      .notices;
  }
  /** Remove what this visitor was told. */
  async confirmNotices(credential: string): Promise<number> {
    return (await this.call<unknown>("DELETE", "/v1/me/notices", { bearer: credential })).status;
  }
  /** The signed directory of issuers, not verified. */
  async directory(): Promise<SignedDocument> {
    return (await this.call<SignedDocument>("GET", "/v1/directory")).body;
  }
  /** Ask for the boxes of the phones in the scope; the answer is sealed to the order's key (P-12.5). */
  async traces(executor: Executor, order: SignedDocument, scope: WireScope): Promise<SealedAnswer> {
    return (
      await this.call<SealedAnswer>("POST", "/v1/orders/traces", {
        executor,
        body: { order: bare(order), scope },
      })
    ).body;
  }
  /** Ask for the people behind opened links of a release, with the registry's proofs of it; sealed likewise. */
  async identities(
    executor: Executor,
    order: SignedDocument,
    release: SignedDocument,
    proofs: LogProof,
    items: readonly IdentityItem[],
  ): Promise<SealedAnswer> {
    const body = { order: bare(order), release, proofs: writeLogProof(proofs), items };
    return (await this.call<SealedAnswer>("POST", "/v1/orders/identities", { executor, body })).body;
  }
  /** Have the people behind opened links told; the answer is a count, sealed likewise. */
  async deliverNotices(
    executor: Executor,
    order: SignedDocument,
    release: SignedDocument,
    proofs: LogProof,
    items: readonly IdentityItem[],
    scope: WireScope,
  ): Promise<SealedAnswer> {
    const body = { order: bare(order), release, proofs: writeLogProof(proofs), items, scope };
    return (await this.call<SealedAnswer>("POST", "/v1/orders/notices", { executor, body })).body;
  }
}

/** An answer to an order's call: open it with openAnswer(). */
export interface SealedAnswer {
  sealed: string;
}

/** An order without the scopes of an order file: what a party receives holds only its own. */
function bare(order: SignedDocument): SignedDocument {
  return { doc: order.doc, signatures: order.signatures };
}

/** One result of a check-in. */
export interface CheckinResult {
  status: "recorded";
  flags: string[];
}

/** A scanner as its venue's owner sees it; `expires_at` is the end of the enrolment code that is open. */
export interface VenueScanner {
  id: number;
  /** "" for a scanner without a name. */
  name: string;
  /** False: paused. */
  active: boolean;
  /** It has its key. */
  enrolled: boolean;
  expires_at: number | null;
}

/** What a scanner is told of itself; `directory` is the signed document. */
export interface ScannerInfo {
  id: number;
  /** False: paused, and its check-ins are refused with `scanner_paused`. */
  active: boolean;
  venue: { id: number; name: string };
  directory: SignedDocument;
  queue_keys: { epoch: number; key: string }[];
  late_limit: number;
  skew: number;
  day_offset: number;
}

/** The registry's calls for venues and scanners (docs/http-api.md). */
export class RegistryClient extends ServiceClient {
  /** One check-in; a refusal is an ApiError with the protocol's code. `status` 201 for the first answer, 200 for a repeat. */
  async checkin(scannerKey: string, item: CheckinItem): Promise<Answer<CheckinResult>> {
    return this.call<CheckinResult>("POST", "/v1/checkins", { bearer: scannerKey, body: item });
  }
  /** Up to 500 items, answered in order. */
  async batch(
    scannerKey: string,
    items: readonly CheckinItem[],
  ): Promise<(CheckinResult | { code: string })[]> {
    return (
      await this.call<{ results: (CheckinResult | { code: string })[] }>("POST", "/v1/checkins/batch", {
        bearer: scannerKey,
        body: { items },
      })
    ).body.results;
  }
  async newVenue(
    name: string,
    businessNumber: string,
  ): Promise<{ id: number; owner_key: string; approved: boolean }> {
    return (
      await this.call<{ id: number; owner_key: string; approved: boolean }>("POST", "/v1/venues", {
        body: { name, business_number: businessNumber },
      })
    ).body;
  }
  async venue(id: number, key: string): Promise<unknown> {
    return (await this.call<unknown>("GET", `/v1/venues/${id}`, { bearer: key })).body;
  }
  /** Change fields of a venue, with the owner's or the operator's key. */
  async patchVenue(id: number, key: string, change: Record<string, unknown>): Promise<unknown> {
    return (await this.call<unknown>("PATCH", `/v1/venues/${id}`, { bearer: key, body: change })).body;
  }
  /** The scanners of a venue that are not revoked, by id; with the owner's or the operator's key. */
  async scanners(venue: number, key: string): Promise<VenueScanner[]> {
    return (
      await this.call<{ scanners: VenueScanner[] }>("GET", `/v1/venues/${venue}/scanners`, { bearer: key })
    ).body.scanners;
  }
  /** A scanner's enrolment code. */
  async newScanner(
    venue: number,
    key: string,
    name = "",
  ): Promise<{ id: number; code: string; expires_at: number }> {
    return (
      await this.call<{ id: number; code: string; expires_at: number }>(
        "POST",
        `/v1/venues/${venue}/scanners`,
        { bearer: key, body: name === "" ? {} : { name } },
      )
    ).body;
  }
  /** Name, pause or resume a scanner. */
  async patchScanner(
    venue: number,
    scanner: number,
    key: string,
    change: { name?: string; active?: boolean },
  ): Promise<VenueScanner> {
    return (
      await this.call<VenueScanner>("PATCH", `/v1/venues/${venue}/scanners/${scanner}`, {
        bearer: key,
        body: change,
      })
    ).body;
  }
  async dropScanner(venue: number, scanner: number, key: string): Promise<number> {
    return (await this.call<unknown>("DELETE", `/v1/venues/${venue}/scanners/${scanner}`, { bearer: key }))
      .status;
  }
  async enrol(code: string): Promise<{ id: number; key: string }> {
    return shaped(
      await this.call<{ id: number; key: string }>("POST", "/v1/scanners/enrol", { body: { code } }),
      { id: "number", key: "string" },
    );
  }
  async scanner(scannerKey: string): Promise<ScannerInfo> {
    return shaped(await this.call<ScannerInfo>("GET", "/v1/scanner", { bearer: scannerKey }), {
      id: "number",
      venue: "object",
      directory: "object",
      queue_keys: "object",
      late_limit: "number",
      skew: "number",
      day_offset: "number",
    });
  }
  async counts(venue: number, key: string): Promise<unknown> {
    return (await this.call<unknown>("GET", `/v1/venues/${venue}/counts`, { bearer: key })).body;
  }
  /** The signed directory of issuers, not verified. */
  async directory(): Promise<SignedDocument> {
    return (await this.call<SignedDocument>("GET", "/v1/directory")).body;
  }
  /** Ask for the visits of a contacts order's scope; the answer is sealed to the order's key (P-12.5). */
  async visits(executor: Executor, order: SignedDocument, scope: WireScope): Promise<SealedAnswer> {
    return (
      await this.call<SealedAnswer>("POST", "/v1/orders/visits", {
        executor,
        body: { order: bare(order), scope },
      })
    ).body;
  }
  /** Ask for the visits of the ids below secrets opened under a trace order; sealed likewise. */
  async tracedVisits(
    executor: Executor,
    order: SignedDocument,
    scope: WireScope,
    statement: SignedDocument,
    secrets: readonly { epoch: number; secret: string }[],
  ): Promise<SealedAnswer> {
    const body = { order: bare(order), scope, statement, secrets };
    return (await this.call<SealedAnswer>("POST", "/v1/orders/visits", { executor, body })).body;
  }
}

/** The authority's public documents, and a trustee's service. */
export class AuthorityClient extends ServiceClient {
  async policy(): Promise<SignedDocument> {
    return (await this.call<SignedDocument>("GET", "/v1/policy")).body;
  }
  async bundle(): Promise<SignedDocument> {
    return (await this.call<SignedDocument>("GET", "/v1/bundle")).body;
  }
  async directory(): Promise<SignedDocument> {
    return (await this.call<SignedDocument>("GET", "/v1/directory")).body;
  }
  /** Ask a trustee for partials; `request` as contactsRequest() or traceRequest() makes it. Read with readPartials(). */
  async partials(executor: Executor, request: Record<string, unknown>): Promise<unknown> {
    return (await this.call<unknown>("POST", "/v1/partials", { executor, body: request })).body;
  }
}
