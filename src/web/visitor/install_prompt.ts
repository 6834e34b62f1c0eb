interface InstallPrompt extends Event {
  prompt(): Promise<unknown>;
}

let kept: InstallPrompt | undefined;
let onChange: () => void = () => undefined;

/** Keep the browser's offer to install the page for a button: it interrupts nobody. Called before the offer can come. */
export function keepInstallPrompt(): void {
  globalThis.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    kept = event as InstallPrompt;
    onChange();
  });
  globalThis.addEventListener("appinstalled", () => {
    kept = undefined;
    onChange();
  });
}

/** Whether the browser offers it now; `changed` is called when that changes, in the place of an earlier one. */
export function canInstall(changed: () => void): boolean {
  onChange = changed;
  return kept !== undefined;
}

/** Ask the person, by the browser's own dialog. An offer counts once. */
export async function install(): Promise<void> {
  const offer = kept;
  kept = undefined;
  await offer?.prompt().catch(() => undefined);
  onChange();
}
