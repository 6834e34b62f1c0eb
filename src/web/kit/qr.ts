import encodeQR from "qr";

/** Modules of white around a code (ISO/IEC 18004). */
export const QUIET = 4;

/** The modules of a text as rows of booleans, dark is true; level M as the protocol says for tokens. */
export function qrMatrix(text: string, ecc: "medium" | "quartile" = "medium"): boolean[][] {
  const isAlphanumeric = /^[0-9A-Z $%*+\-./:]*$/.test(text);
  return encodeQR(text, "raw", { ecc, encoding: isAlphanumeric ? "alphanumeric" : "byte", border: QUIET });
}

/** Draw dark on white, every module the same whole number of device pixels. `side` in CSS pixels. */
export function drawQr(canvas: HTMLCanvasElement, matrix: readonly (readonly boolean[])[], side: number): void {
  const n = matrix.length;
  const module = Math.max(1, Math.floor((side * devicePixelRatio) / n));
  canvas.width = canvas.height = module * n;
  const context = canvas.getContext("2d", { alpha: false });
  if (context === null) throw new Error("no canvas");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  matrix.forEach((row, y) =>
    row.forEach((dark, x) => {
      if (dark) context.fillRect(x * module, y * module, module, module);
    }),
  );
}
