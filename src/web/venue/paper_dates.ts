import { RETENTION_DAYS } from "../lib/epoch.js";

const DAY_MS = 86_400_000;

/** How long a paper list is kept and when it is destroyed, as calendar days "2021-06-01". */
export interface PaperDates {
  day: string;
  keepUntil: string;
  destroyOn: string;
}

/**
 * A sheet's days. Like a day of the registry (P-9) a sheet stays until 28 whole days have passed after its own, so that
 * its last visitor is as long on record as the first of the next day; then it is shredded. Undefined: no date.
 */
export function paperDates(day: string): PaperDates | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day)) return undefined;
  const start = Date.parse(`${day}T00:00:00Z`);
  if (Number.isNaN(start) || isoDay(start) !== day) return undefined;
  return { day, keepUntil: isoDay(start + RETENTION_DAYS * DAY_MS), destroyOn: isoDay(start + (RETENTION_DAYS + 1) * DAY_MS) };
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Today in the reader's own time zone, as a date field wants it. */
export function localDay(seconds: number): string {
  const date = new Date(seconds * 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A calendar day in words; it is no moment, so no time zone may move it. */
export function dayInWords(day: string, language: "ko" | "en"): string {
  const moment = Date.parse(`${day}T00:00:00Z`);
  const part = (style: Intl.DateTimeFormatOptions): string =>
    new Intl.DateTimeFormat(language === "ko" ? "ko" : "en-GB", { ...style, timeZone: "UTC" }).format(moment);
  const weekday = part({ weekday: "short" });
  const [year, month, date] = day.split("-").map(Number);
  if (language === "ko") return `${year}년 ${month}월 ${date}일(${weekday})`;
  return `${weekday} ${date} ${part({ month: "long" })} ${year}`;
}
