// PNG of an icon that is made of <rect> elements only, for the launchers that take no SVG: iconPng(svg, size).
import { deflateSync, crc32 as nativeCrc } from "node:zlib";

function crc32(bytes) {
  if (nativeCrc !== undefined) return nativeCrc(bytes);
  let c = ~0;
  for (const b of bytes) {
    c ^= b;
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1));
  }
  return ~c >>> 0;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

/** The rectangles of the picture, in its own units: x, y, width, height, colour. */
function rectangles(svg) {
  const side = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1]);
  if (!(side > 0)) throw new Error("icon: a square viewBox is needed");
  const rects = [...svg.matchAll(/<rect ([^>]*)\/>/g)].map(([, attributes]) => {
    const read = (name) => new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(attributes)?.[1];
    const colour = /^#([0-9a-f]{6})$/.exec(read("fill") ?? "")?.[1];
    if (colour === undefined) throw new Error("icon: every rect has a fill of six digits");
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(read(name) ?? 0));
    return { x, y, width, height, colour: Buffer.from(colour, "hex") };
  });
  return { side, rects };
}

export function iconPng(svg, size) {
  const { side, rects } = rectangles(svg);
  const stride = 1 + 3 * size;
  const pixels = Buffer.alloc(stride * size);
  for (const r of rects) {
    const [left, top, right, bottom] = [r.x, r.y, r.x + r.width, r.y + r.height].map((v) => Math.round((v * size) / side));
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) r.colour.copy(pixels, y * stride + 1 + 3 * x);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(pixels, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
