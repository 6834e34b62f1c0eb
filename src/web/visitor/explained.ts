import { explain } from "../kit/common_texts.js";
import type { Texts } from "../kit/language.js";
import { ApiError } from "../lib/client.js";
import type { ko } from "./texts.ko.js";

/** Whether this device could not keep or find something: full, blocked, or closed by the browser. */
export function isStorageFailure(failure: unknown): boolean {
  return failure instanceof DOMException && !["TimeoutError", "AbortError", "NetworkError"].includes(failure.name);
}

/** What to tell a person about a failure; waits of hours are told in hours. */
export function explained(texts: Texts<keyof typeof ko>, failure: unknown): string {
  if (failure instanceof ApiError && failure.code === "rate_limited" && (failure.retryAfter ?? 0) > 3600)
    return texts.t("error_wait_long", { hours: Math.ceil((failure.retryAfter ?? 0) / 3600) });
  if (isStorageFailure(failure)) return texts.t("error_storage");
  return explain(texts, failure);
}
