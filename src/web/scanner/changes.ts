import type { DoorState } from "./door.js";

/** What has changed beside a door and is to be said to those who do not see it. */
export type Change = "went_offline" | "back_online" | "all_sent" | "resumed" | "paused" | "revoked" | "gone" | "report";

/** The part of a door's state of which changes are told. */
export interface Told {
  online: boolean;
  unsent: number;
  block: "paused" | "revoked" | "gone" | undefined;
  report: number;
}

/** How a door is when there is nothing to say: what differs at the start is told, too. */
export const CALM: Told = { online: true, unsent: 0, block: undefined, report: 0 };

export function toldOf({ online, unsent, block, report }: DoorState): Told {
  return { online, unsent, block: block?.kind, report: Object.values(report).reduce((sum, n) => sum + n, 0) };
}

/** What to tell of a step from one state to the next; nothing for what only counts on. */
export function changesOf(before: Told, now: Told): Change[] {
  const out: Change[] = [];
  if (before.online !== now.online) out.push(now.online ? "back_online" : "went_offline");
  if (before.unsent > 0 && now.unsent === 0 && now.block !== "gone") out.push("all_sent");
  if (before.block !== now.block) out.push(now.block ?? "resumed");
  if (now.report > before.report) out.push("report");
  return out;
}

/** How long after a scan its entry may arrive, as a text's name and what is filled in. */
export function lateText(limit: number): { name: "late_hours" | "late_minutes" | "late_none"; params: Record<string, number> } {
  const minutes = Math.floor(limit / 60);
  if (minutes < 1) return { name: "late_none", params: {} };
  if (minutes < 120) return { name: "late_minutes", params: { minutes } };
  return { name: "late_hours", params: { hours: Math.floor(minutes / 60) } };
}
