import { byId } from "./dom.js";

/**
 * The link past the bar (page.html). Followed as it stands it would change the address behind the number sign, by which
 * pages tell their screens. So the focus goes to the heading of the screen, as when that was drawn, and the address
 * stays. pages.mjs puts this into the script of every page that is made of that document.
 */
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  const main = byId("main");
  for (const target of [main.querySelector("h1"), main]) {
    if (target === null) continue;
    if (!target.hasAttribute("tabindex")) target.tabIndex = -1;
    target.focus();
    if (document.activeElement === target) return; // a heading that is not displayed does not take it
  }
});
