/** fetch() of a service of ours: without cookies or caches, and given up, with its body, after so many milliseconds. */
export function fetchWithin(ms: number): typeof fetch {
  return (input, init) => fetch(input, { ...init, credentials: "omit", cache: "no-store", signal: AbortSignal.timeout(ms) });
}
