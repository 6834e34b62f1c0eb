import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { ascii, concat, exactly, u16 } from "./bytes.js";
import { badFormat, EntrylogError } from "./errors.js";
import { allDifferent, Fields } from "./fields.js";
import { ORDER_KINDS, type OrderKind } from "./policy.js";

export interface ReportVisit {
  venue: number;
  minute: number;
  flags: number;
}
export interface ReportPerson {
  name: string;
  phone: string;
  issuers: number[];
  visits: ReportVisit[];
}

/** People, places and unverifiable rows: of one day in a section, of all in the plain form (P-12.7). */
export interface ReportPart {
  people: ReportPerson[];
  places: ReportVisit[];
  unverifiable: { venue: number; minute: number; reason: string }[];
  /** Visits whose visitor got the notice. */
  delivered: number;
}

/** The plain form of a report. */
export interface Report extends ReportPart {
  deployment: Uint8Array;
  order: Uint8Array;
  kind: OrderKind;
  created: number;
}

/** A report as it is kept: one section an epoch, sealed under that epoch's report key. */
export interface ReportFile {
  deployment: Uint8Array;
  order: Uint8Array;
  kind: OrderKind;
  created: number;
  sections: { epoch: number; sealed: Uint8Array }[];
}

function readVisit(f: Fields): ReportVisit {
  return {
    venue: f.integer("venue", 0, 0xffffffff),
    minute: f.integer("minute", 0, 0xffffffff),
    flags: f.integer("flags", 0, 7),
  };
}

function readPart(f: Fields): ReportPart {
  return {
    people: f.objects("people", 0, 100_000, (p) => ({
      name: p.text("name"),
      phone: p.text("phone", 16),
      issuers: p.list("issuers", 1, 255, asIssuer),
      visits: p.objects("visits", 0, 100_000, readVisit),
    })),
    places: f.objects("places", 0, 1_000_000, readVisit),
    unverifiable: f.objects("unverifiable", 0, 1_000_000, (u) => ({
      venue: u.integer("venue", 0, 0xffffffff),
      minute: u.integer("minute", 0, 0xffffffff),
      reason: u.text("reason"),
    })),
    delivered: f.integer("delivered", 0, 20000),
  };
}

function asIssuer(value: unknown, what: string): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 255
    ? value
    : badFormat(what);
}

function readHead(f: Fields): Omit<ReportFile, "sections"> {
  f.integer("version", 1, 1);
  return {
    deployment: f.bytes("deployment", 32),
    order: f.bytes("order", 32),
    kind: f.oneOf("kind", ORDER_KINDS),
    created: f.integer("created"),
  };
}

/** Read the plain form strictly, from parsed JSON. */
export function readReport(value: unknown): Report {
  const f = new Fields(value, "report");
  const out = { ...readHead(f), ...readPart(f) };
  f.end();
  return out;
}

/** Read a report file strictly, from parsed JSON. */
export function readReportFile(value: unknown): ReportFile {
  const f = new Fields(value, "report file");
  const out = {
    ...readHead(f),
    sections: f.objects("sections", 0, 64, (s) => ({
      epoch: s.integer("epoch", 0, 65535),
      sealed: s.bytes("sealed"),
    })),
  };
  f.end();
  allDifferent(
    out.sections.map((s) => s.epoch),
    "report file: sections",
  );
  return out;
}

/** ad of a section: "EL1-report", order hash 32, epoch u16. */
export function sectionAd(order: Uint8Array, epoch: number): Uint8Array {
  return concat(ascii("EL1-report"), exactly(32, order, "order hash"), u16(epoch));
}

/** The bytes of a section, opened with that epoch's report key (keyring kind 7). `crypto` if it does not open. */
export function openSection(
  key: Uint8Array,
  order: Uint8Array,
  section: { epoch: number; sealed: Uint8Array },
): Uint8Array {
  try {
    return xchacha20poly1305(
      exactly(32, key, "report key"),
      section.sealed.slice(0, 24),
      sectionAd(order, section.epoch),
    ).decrypt(section.sealed.slice(24));
  } catch {
    throw new EntrylogError("crypto", "section does not open");
  }
}

/** Read the content of a section, from parsed JSON. */
export function readSection(value: unknown): ReportPart {
  const f = new Fields(value, "section");
  const out = readPart(f);
  f.end();
  return out;
}
