import { fetchWithin } from "../kit/fetch_within.js";
import { RegistryClient, type VenueScanner } from "../lib/client.js";
import type { SignedDocument } from "../lib/document.js";
import type { Counts } from "./counts.js";

/** A venue as its owner sees it. */
export interface Venue {
  id: number;
  name: string;
  business_number: string;
  approved: boolean;
  active: boolean;
}

/** A fresh enrolment code; it is told once. */
export interface NewScanner {
  id: number;
  code: string;
  expires_at: number;
}

/** Longest wait for an answer: a network that swallows everything is told of, and can be tried again. */
const PATIENCE_MS = 20_000;
const ownRegistry = (): RegistryClient => new RegistryClient("", fetchWithin(PATIENCE_MS));

/** The login under which something was asked has ended: its answer is nobody's any more. */
export class SessionOver extends Error {
  override readonly name = "SessionOver";
}

/** What the owner may ask of the registry about the own venue, with the owner's key (docs/http-api.md). */
export class VenueApi {
  private readonly client = ownRegistry();
  /** `stillIn` is asked when an answer comes: an answer, good or bad, that comes after the end changes nothing. */
  constructor(
    private readonly id: number,
    private readonly key: string,
    private readonly stillIn: () => boolean = () => true,
  ) {}
  private async asked<T>(answer: Promise<T>): Promise<T> {
    const [settled] = await Promise.allSettled([answer]);
    if (!this.stillIn()) throw new SessionOver();
    if (settled.status === "rejected") throw settled.reason;
    return settled.value;
  }
  async venue(): Promise<Venue> {
    return (await this.asked(this.client.venue(this.id, this.key))) as Venue;
  }
  async setActive(active: boolean): Promise<Venue> {
    return (await this.asked(this.client.patchVenue(this.id, this.key, { active }))) as Venue;
  }
  async counts(): Promise<Counts> {
    return (await this.asked(this.client.counts(this.id, this.key))) as Counts;
  }
  async scanners(): Promise<VenueScanner[]> {
    return this.asked(this.client.scanners(this.id, this.key));
  }
  /** A scanner with its enrolment code; an empty name is none. */
  async addScanner(name: string): Promise<NewScanner> {
    return this.asked(this.client.newScanner(this.id, this.key, name));
  }
  async changeScanner(id: number, change: { name?: string; active?: boolean }): Promise<VenueScanner> {
    return this.asked(this.client.patchScanner(this.id, id, this.key, change));
  }
  async revokeScanner(id: number): Promise<void> {
    await this.asked(this.client.dropScanner(this.id, id, this.key));
  }
}

/** What anyone may ask. */
export class PublicApi {
  private readonly client = ownRegistry();
  async register(name: string, businessNumber: string): Promise<{ id: number; owner_key: string }> {
    return this.client.newVenue(name, businessNumber);
  }
  async time(): Promise<number> {
    return this.client.time();
  }
  async directory(): Promise<SignedDocument> {
    return this.client.directory();
  }
}
