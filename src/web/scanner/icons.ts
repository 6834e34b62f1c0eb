import { svg } from "../kit/dom.js";
import type { Kind } from "./verdict.js";

export type IconName = Kind | "menu" | "sound" | "muted" | "cloud" | "no_cloud" | "tally" | "camera";

// Strokes in a square of 24. No two verdicts share an outline, so that they are told apart without colour. A tick stands
// in what has been recorded, and nowhere else: the poster tells visitors that it lets them in.
export const PATHS: Readonly<Record<IconName, readonly string[]>> = {
  accepted: ["M4 12.5l5.5 5.5L20 6.5"],
  queued: ["M3 10.5l4 4L15 6", "M13 15h8v6h-8z", "M17 12v5m-2-2l2 2 2-2"],
  counted: ["M8.5 8.5h12v12h-12z", "M15.5 8.5v-5h-12v12h5"],
  forged: ["M8 2.5h8L21.5 8v8L16 21.5H8L2.5 16V8z", "M8.5 8.5l7 7m0-7l-7 7"],
  unknown: ["M2.5 9L12 3l9.5 6zM2.5 21h19M5 9v12M19 9v12", "M9.8 13a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .8-1 1.6M12 18.6v.1"],
  stale: ["M12 3a9 9 0 1 0 .01 0", "M12 7v5.5l-4 2.5"],
  future: ["M12 5.5a8 8 0 1 0 .01 0", "M12 9.5V14h4", "M4 5l3-2.5M20 5l-3-2.5"],
  used: ["M4 9a8.5 8.5 0 0 1 14.5-3L21 8.5M21 3v5.5h-5.5", "M20 15a8.5 8.5 0 0 1-14.5 3L3 15.5M3 21v-5.5h5.5"],
  wrong_day: ["M3.5 5h17v16h-17zM3.5 9.5h17M8 2.5V7m8-4.5V7", "M9.5 12.5l5 5m0-5l-5 5"],
  newer: ["M4 4h6.5v6.5H4zM13.5 4H20v6.5h-6.5zM4 13.5h6.5V20H4z", "M16.8 13v7.5M13 16.8h7.5"],
  refused: ["M12 3a9 9 0 1 0 .01 0", "M7 12h10"],
  foreign: ["M9 8.5a3.2 3.2 0 1 1 4.6 2.9c-1 .5-1.6 1.2-1.6 2.6M12 17.8v.4", "M3 8V3h5M16 3h5v5M21 16v5h-5M8 21H3v-5"],
  paused: ["M8 5v14M16 5v14"],
  revoked: ["M9.5 14.5l5-5M7 11l-2.5 2.5a4 4 0 0 0 6 6L13 17M11 7l2.5-2.5a4 4 0 0 1 6 6L17 13", "M3 3l18 18"],
  unrecorded: ["M12 3l10 18H2z", "M12 10v5M12 17.8v.4"],
  menu: ["M4 6.5h16M4 12h16M4 17.5h16"],
  sound: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"],
  muted: ["M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z", "M16 9.5l5 5m0-5l-5 5"],
  cloud: ["M7 18.5a4.5 4.5 0 0 1-.5-9 6 6 0 0 1 11.4 1.2A4 4 0 0 1 17.5 18.5z"],
  no_cloud: ["M7 18.5a4.5 4.5 0 0 1-.5-9 6 6 0 0 1 11.4 1.2A4 4 0 0 1 17.5 18.5z", "M3 3l18 18"],
  tally: ["M5 5v14M9.5 5v14M14 5v14M18.5 5v14", "M2.5 16.5l19-9"],
  camera: ["M3 7.500h4.500l1.5-2.500h6l1.5 2.500H21v12H3z", "M12 9.500a3.7 3.7 0 1 0 .01 0"],
};

/** A picture for those who see; what it means stands beside it in words. */
export function icon(name: IconName): SVGSVGElement {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" },
    ...PATHS[name].map((d) => svg("path", { d })),
  );
}
