import { encodeBase64url } from "./base64url.js";
import { badFormat } from "./errors.js";
import { allDifferent, Fields, writePath } from "./fields.js";
import { encodePoint, type Point } from "./group.js";
import { isPhone } from "./phone.js";
import { type ReleasedRow, rowCommitment } from "./release.js";

/** One item of a call for identities, as JSON (P-12.5): no venue and no minute, which c hides. */
export interface IdentityItem {
  body: string;
  c: string;
  S: string;
  path: { index: number; size: number; hashes: string[] };
}

/** The item of a released row whose link the trustees opened to S. */
export function identityItem(row: ReleasedRow, shared: Point): IdentityItem {
  return {
    body: encodeBase64url(row.body),
    c: encodeBase64url(rowCommitment(row)),
    S: encodeBase64url(encodePoint(shared)),
    path: writePath(row.path),
  };
}

/** What the issuer answers for one item: who it is, or why nobody is named. */
export type PersonAnswer =
  { index: number; name: string; phone: string } | { index: number; missing: string };

/** Read an issuer's answer {"people"} strictly, from parsed JSON; each index at most once, below `count`. */
export function readPeople(value: unknown, count: number): PersonAnswer[] {
  const f = new Fields(value, "identities");
  const people = f.objects("people", 0, count, (p): PersonAnswer => {
    const index = p.integer("index", 0, count - 1);
    if (p.has("missing")) return { index, missing: p.text("missing") };
    const phone = p.text("phone", 16);
    if (!isPhone(phone)) badFormat("identities: phone");
    return { index, name: p.text("name"), phone };
  });
  f.end();
  allDifferent(
    people.map((p) => p.index),
    "identities",
  );
  return people;
}

/** What the issuer answers to a notice: how many items reached their visitor, and why the others did not. */
export interface DeliveredAnswer {
  delivered: number;
  missing: { index: number; reason: string }[];
}

/** Read an issuer's answer {"delivered", "missing"} about `count` items strictly, from parsed JSON. */
export function readDelivered(value: unknown, count: number): DeliveredAnswer {
  const f = new Fields(value, "notices");
  const out = {
    delivered: f.integer("delivered", 0, count),
    missing: f.objects("missing", 0, count, (m) => ({
      index: m.integer("index", 0, count - 1),
      reason: m.text("reason", 63),
    })),
  };
  f.end();
  allDifferent(
    out.missing.map((m) => m.index),
    "notices",
  );
  if (out.delivered + out.missing.length !== count) badFormat("notices: count");
  return out;
}
