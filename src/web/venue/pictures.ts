import { svg } from "../kit/dom.js";

/** The poster's three pictures, in lines that a black-and-white printer keeps; the words beside them say the same. */
const frame = (...inside: SVGElement[]): SVGSVGElement =>
  svg("svg", { class: "picture", viewBox: "0 0 160 120", "aria-hidden": "true", focusable: "false" }, ...inside);

const phone = (x: number, y: number, w: number, h: number): SVGElement[] => [
  svg("rect", { class: "line paper", x, y, width: w, height: h, rx: 7 }),
  svg("line", { class: "line", x1: x + w / 2 - 5, x2: x + w / 2 + 5, y1: y + h - 6, y2: y + h - 6 }),
];

/** Something that everybody reads as a QR: three finders and some modules. It holds nothing. */
function qrSign(x: number, y: number, side: number): SVGElement[] {
  const u = side / 9;
  const block = (cx: number, cy: number, n: number): SVGElement =>
    svg("rect", { class: "solid", x: x + cx * u, y: y + cy * u, width: n * u, height: n * u });
  const finder = (cx: number, cy: number): SVGElement[] => [
    svg("rect", { class: "line paper", x: x + cx * u + u * 0.35, y: y + cy * u + u * 0.35, width: u * 2.3, height: u * 2.3 }),
    block(cx + 1, cy + 1, 1),
  ];
  const cells = [[4, 0], [4, 2], [5, 1], [4, 4], [5, 5], [6, 4], [8, 4], [7, 6], [6, 7], [8, 8], [4, 7], [5, 8], [0, 4], [2, 5], [1, 4], [8, 6]];
  return [...finder(0, 0), ...finder(6, 0), ...finder(0, 6), ...cells.map(([cx, cy]) => block(cx ?? 0, cy ?? 0, 1))];
}

/** A phone that looks at a code. */
export function pictureScan(): SVGSVGElement {
  return frame(
    svg("rect", { class: "line paper", x: 92, y: 30, width: 58, height: 58, rx: 4 }),
    ...qrSign(100, 38, 42),
    ...phone(12, 14, 46, 88),
    svg("path", { class: "line", d: "M24 44v-8h8M46 44v-8h-8M24 66v8h8M46 66v8h-8" }),
    svg("path", { class: "line dashed", d: "M62 48L88 40M62 66L88 78" }),
  );
}

/** A phone on which something is opened by a tap. */
export function pictureOpen(): SVGSVGElement {
  return frame(
    ...phone(50, 8, 60, 104),
    ...[0, 1, 2, 3, 4].map((i) => svg("rect", { class: "line", x: 60 + (i % 2) * 23, y: 20 + Math.floor(i / 2) * 23, width: 17, height: 17, rx: 4 })),
    svg("rect", { class: "solid", x: 83, y: 66, width: 17, height: 17, rx: 4 }),
    svg("circle", { class: "line dashed", cx: 91.5, cy: 74.5, r: 15 }),
  );
}

/** A phone that shows its own code. */
export function pictureShow(): SVGSVGElement {
  return frame(
    ...phone(50, 8, 60, 104),
    ...qrSign(59, 28, 42),
    svg("path", { class: "line", d: "M126 44a20 20 0 0 1 0 32M121 80l6 -3l-1 -7" }),
    svg("path", { class: "line", d: "M34 76a20 20 0 0 1 0 -32M39 40l-6 3l1 7" }),
  );
}

/** A phone before a tablet that says yes. */
export function pictureEnter(): SVGSVGElement {
  return frame(
    svg("rect", { class: "line paper", x: 74, y: 12, width: 76, height: 62, rx: 6 }),
    svg("circle", { class: "yes", cx: 112, cy: 43, r: 22 }),
    svg("path", { class: "tick", d: "M101 43l8 9l15 -18" }),
    svg("path", { class: "line", d: "M112 74v22M90 98h44" }),
    ...phone(12, 36, 40, 72),
    ...qrSign(18, 50, 28),
    svg("path", { class: "line dashed", d: "M55 58L70 50M55 72L70 64" }),
  );
}
