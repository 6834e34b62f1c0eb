/**
 * Run something once at a time: while it runs its button does nothing, and says so where there is a word for it. The focus
 * stays, which `disabled` would take away.
 */
export async function whileBusy(button: HTMLButtonElement, work: () => Promise<void>, working?: string): Promise<void> {
  if (button.getAttribute("aria-disabled") === "true") return;
  const text = button.textContent;
  button.setAttribute("aria-disabled", "true");
  if (working !== undefined) button.textContent = working;
  try {
    await work();
  } finally {
    button.removeAttribute("aria-disabled");
    if (working !== undefined) button.textContent = text;
  }
}
