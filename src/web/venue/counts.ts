/** Today's check-ins as the registry tells them (docs/http-api.md). */
export interface Counts {
  epoch: number;
  /** Where the first hour begins, Unix seconds. */
  day_start: number;
  /** Counted since: later than day_start when the service began again during the day. */
  since: number;
  hours: number[];
}

/** One hour of the day: when it begins, how many came. */
export interface Hour {
  start: number;
  count: number;
  /** It has begun. */
  begun: boolean;
  /** It is the hour that runs. */
  runs: boolean;
}

const HOUR_S = 3600;

/** The hours of the day at a time of the server. */
export function hoursOf(counts: Counts, now: number): Hour[] {
  return counts.hours.map((count, i) => {
    const start = counts.day_start + i * HOUR_S;
    return { start, count, begun: start <= now || count > 0, runs: start <= now && now < start + HOUR_S };
  });
}

export function totalOf(counts: Counts): number {
  return counts.hours.reduce((all, n) => all + n, 0);
}

/** The hour in which most came, the first of equals; undefined when nobody came. */
export function busiest(hours: readonly Hour[]): Hour | undefined {
  const top = hours.reduce<Hour | undefined>((best, hour) => (best !== undefined && best.count >= hour.count ? best : hour), undefined);
  return top !== undefined && top.count > 0 ? top : undefined;
}

/** Did counting begin during the day, so that the hours before are missing? */
export function beganLate(counts: Counts): boolean {
  return counts.since > counts.day_start;
}

/** The top of a chart's scale: 1, 2 or 5 times a power of ten that is no less than the largest count, at least 5. */
export function scaleOf(largest: number): number {
  for (let power = 1; power <= 1e9; power *= 10)
    for (const step of [1, 2, 5]) if (step * power >= Math.max(largest, 5)) return step * power;
  return largest;
}
