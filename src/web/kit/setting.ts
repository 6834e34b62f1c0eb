/** A choice that this browser keeps; null: none, or its storage is blocked, which the page must be able to say. */
export function setting(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** Keep a choice, for this page only where the browser keeps nothing. */
export function keepSetting(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    return;
  }
}
