import { fetchWithin } from "../kit/fetch_within.js";
import { ApiError, RegistryClient } from "../lib/client.js";

/** Longest wait for one answer while a person stands at the door, then for everything else. */
export const DOOR_MS = 1500;
export const PATIENT_MS = 20_000;

/**
 * Is this an answer of the registry itself? A proxy, or the login page of a guest network, answers in its own words,
 * and must neither let anyone in nor unpair a scanner.
 */
export function isItsWord(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code !== "unknown";
}

/** A client of this page's own registry whose calls end after so many milliseconds, without cookies or caches. */
export function registryWithin(ms: number): RegistryClient {
  return new RegistryClient(location.origin, fetchWithin(ms));
}
