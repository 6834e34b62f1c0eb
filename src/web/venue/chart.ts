import { el, svg } from "../kit/dom.js";
import type { App } from "./app.js";
import { busiest, type Hour, scaleOf } from "./counts.js";

const HEIGHT = 180;
const LEFT = 40;
const TOP = 22;
const BOTTOM = 26;

/**
 * The hours as bars, drawn in the pixels that there are, so that its writing has the page's size on any screen. For
 * those who do not see it: one sentence, and the table below.
 */
export function hoursChart(app: App, hours: readonly Hour[], total: number): HTMLElement {
  const top = busiest(hours);
  const label =
    top === undefined
      ? app.t("counts_none")
      : app.t("counts_chart", { count: app.texts.number(total), time: app.texts.time(top.start), most: app.texts.number(top.count) });
  const root = el("div", { class: "chart", role: "img", "aria-label": label });
  const draw = (): void => {
    if (root.clientWidth > 0) root.replaceChildren(picture(app, hours, root.clientWidth));
  };
  const watcher = new ResizeObserver(draw);
  watcher.observe(root);
  app.onLeave(() => watcher.disconnect());
  return root;
}

function picture(app: App, hours: readonly Hour[], width: number): SVGSVGElement {
  const scale = scaleOf(Math.max(...hours.map((h) => h.count)));
  const step = (width - LEFT) / hours.length;
  const floor = HEIGHT - BOTTOM;
  const y = (count: number): number => floor - (count / scale) * (floor - TOP);
  const every = step * 3 < 44 ? 6 : 3;
  const top = busiest(hours);
  const lines = [0, scale / 2, scale].filter(Number.isInteger).flatMap((count) => [
    svg("line", { class: count === 0 ? "base" : "grid", x1: LEFT, x2: width, y1: y(count), y2: y(count) }),
    svg("text", { x: LEFT - 8, y: y(count) + 4, "text-anchor": "end" }, app.texts.number(count)),
  ]);
  const bars = hours.flatMap((hour, i) => {
    const x = LEFT + i * step;
    const middle = x + step / 2;
    const at = Math.min(Math.max(middle, LEFT + 12), width - 12);
    return [
      hour.count > 0 &&
        svg("rect", { class: hour.runs ? "bar now" : "bar", x: x + step * 0.14, width: step * 0.72, y: y(hour.count), height: floor - y(hour.count) }),
      hour === top && svg("text", { class: "most", x: at, y: y(hour.count) - 6, "text-anchor": "middle" }, app.texts.number(hour.count)),
      i % every === 0 && svg("text", { x: Math.max(middle, LEFT + 4), y: HEIGHT - 6, "text-anchor": "middle" }, clockHour(app, hour.start)),
    ];
  });
  return svg("svg", { width, height: HEIGHT, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-hidden": "true" }, ...lines, ...bars);
}

/** An hour in the reader's time zone, short enough to stand under a bar: 14시, 14:00. */
function clockHour(app: App, seconds: number): string {
  const hour = new Date(seconds * 1000).getHours();
  return app.texts.language === "ko" ? `${hour}시` : `${hour}:00`;
}
