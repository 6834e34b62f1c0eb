// Text at twice its size on the smallest phone: nothing sticks out, and no word is broken.
import path from "node:path";
import type { Page } from "playwright-core";

import { overflow, shots, SMALL } from "./browser.js";

/**
 * Words that a line's end breaks inside, as they stand on the screen. A hyphen between letters may end a line and a
 * bracket may begin one, but a hyphen in a number may not end one.
 */
export async function brokenWords(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const broken: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (parent === null || parent.closest(".unseen, .code-text, .skip, script, noscript") !== null || !parent.checkVisibility()) continue;
      for (const m of (node.textContent ?? "").matchAll(/\+?[0-9]+(?:-[0-9]+)+\S*|\(?[^\s(-]+-?/g)) {
        const range = document.createRange();
        range.setStart(node, m.index);
        range.setEnd(node, m.index + m[0].length);
        const lines = new Set([...range.getClientRects()].map((r) => Math.round(r.top)));
        if (lines.size > 1) broken.push(m[0]);
      }
    }
    return broken;
  });
}

/** What is wrong with a state at 320 px, with text of the usual size and at 200 %; the latter's picture is `NAME-320-large.png`. */
export async function enlarged(page: Page, name: string): Promise<string[]> {
  const found: string[] = [];
  const before = page.viewportSize();
  await page.setViewportSize(SMALL);
  for (const size of ["", "200%"]) {
    await page.evaluate((s) => (document.documentElement.style.fontSize = s), size);
    const wide = await overflow(page);
    if (wide !== undefined) found.push(`${name} ${size}: sticks out: ${wide}`);
    for (const word of await brokenWords(page)) found.push(`${name} ${size}: broken: ${word}`);
  }
  await page.screenshot({ path: path.join(shots, `${name}-320-large.png`), fullPage: true });
  await page.evaluate(() => (document.documentElement.style.fontSize = ""));
  if (before !== null) await page.setViewportSize(before);
  return found;
}
