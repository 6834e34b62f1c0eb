/** What a child may be: an element, text, or nothing. */
export type Child = Node | string | false | null | undefined;

type Props = Record<string, string | number | boolean | ((event: Event) => void) | undefined>;

/**
 * Make an element. Properties: `class`, attributes as they are written in HTML, `true` for an empty one, `false` or
 * undefined for none, and listeners as `onclick` and so on. Text only ever becomes text: nothing here parses HTML.
 */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setProps(element, props);
  append(element, children);
  return element;
}

/** The same for SVG. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  setProps(element, props);
  append(element, children);
  return element;
}

function setProps(element: Element, props: Props): void {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children)
    if (child !== false && child !== null && child !== undefined) parent.append(child);
}

/** Put these in the place of all that an element holds. */
export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** The element of an id that the page's HTML has; a mistake of ours otherwise. */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`no element #${id}`);
  return found;
}

/**
 * Say something to screen readers without moving the focus: the page's HTML has `<p id="polite" aria-live="polite">`
 * and `<p id="urgent" role="alert">`. The same text twice is said twice.
 */
export function announce(text: string, how: "polite" | "urgent" = "polite"): void {
  const region = byId(how);
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 50);
}

/** Draw a screen anew, in another language for one, and keep what was typed and ticked in the fields of the same ids. */
export function keepTyped(main: Element, draw: () => void): void {
  const before = [...main.querySelectorAll("input")].map(({ id, value, checked }) => ({ id, value, checked }));
  draw();
  for (const { id, value, checked } of before) {
    const input = document.getElementById(id);
    if (!(input instanceof HTMLInputElement) || input.type === "file") continue;
    if (input.type === "checkbox") input.checked = checked;
    else input.value = value;
  }
}

/** Show another screen: its heading takes the focus, so that keyboard and screen reader start there. */
export function showScreen(main: Element, title: string, ...children: Child[]): HTMLHeadingElement {
  const heading = el("h1", { tabindex: "-1" }, title);
  fill(main, heading, ...children);
  document.title = title;
  heading.focus({ preventScroll: true });
  globalThis.scrollTo(0, 0);
  return heading;
}
