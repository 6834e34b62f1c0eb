import { ApiError } from "../lib/client.js";
import type { Params, Texts } from "./language.js";

/** Texts that every page needs; a page spreads them into its own catalogues. */
export const commonKo = {
  other_language: "English",
  loading: "불러오는 중입니다…",
  cancel: "취소",
  back: "뒤로",
  close: "닫기",
  retry: "다시 시도",
  working: "처리 중입니다…",
  lab_mode: "시험 환경입니다. 실제 정보를 입력하지 마세요.",
  error_network: "서버에 연결할 수 없습니다. 네트워크를 확인한 뒤 다시 시도하세요.",
  error_busy: "지금 이용자가 많습니다. 잠시 후 다시 시도하세요.",
  error_wait: "요청이 너무 잦습니다. {seconds}초 후에 다시 시도하세요.",
  error_wait_minutes: "약 {minutes}분 뒤에 다시 시도하세요.",
  error_other: "처리하지 못했습니다. 다시 시도해도 같으면 운영자에게 이 번호를 알려 주세요: {id}",
} as const;

export const commonEn: Record<keyof typeof commonKo, string> = {
  other_language: "한국어",
  loading: "Loading…",
  cancel: "Cancel",
  back: "Back",
  close: "Close",
  retry: "Try again",
  working: "Working…",
  lab_mode: "This is a test environment. Do not enter real details.",
  error_network: "The server cannot be reached. Check the network, then try again.",
  error_busy: "Many people are using the service right now. Try again in a moment.",
  error_wait: "Too many requests. Try again in {seconds} seconds.",
  error_wait_minutes: "Try again in about {minutes} minutes.",
  error_other: "That did not work. If it happens again, tell the operator this number: {id}",
};

type Common = keyof typeof commonKo;

/**
 * What to tell a person about a failure: the page's own text `error_<code>` where it has one (it says what to do
 * next), else one of those above. Anything that is no answer of the server counts as the network's failure.
 */
export function explain<K extends string>(texts: Texts<K | Common>, failure: unknown): string {
  const say = (name: Common, params: Params = {}): string => texts.t(name, params);
  if (!(failure instanceof ApiError)) return say("error_network");
  const own = `error_${failure.code}`;
  if (texts.has(own) && failure.code !== "busy") return texts.t(own, { seconds: failure.retryAfter ?? 60 });
  if (failure.code === "rate_limited") return sayWait(say, failure.retryAfter ?? 60);
  if (failure.code === "busy" || failure.code === "not_ready") return say("error_busy");
  return say("error_other", { id: failure.requestId ?? failure.code });
}

/** Seconds are told as they are while one can count along, then in minutes, rounded up: earlier is in vain. */
function sayWait(say: (name: Common, params: Params) => string, seconds: number): string {
  if (seconds <= 90) return say("error_wait", { seconds });
  return say("error_wait_minutes", { minutes: Math.ceil(seconds / 60) });
}
