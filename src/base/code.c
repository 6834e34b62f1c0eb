#include "base/code.h"

struct row {
	const char *name;
	int status;
	const char *ko, *en;
};

static const struct row rows[EL_CODE_MAX] = {
	[EL_CODE_OK] = { "ok", 200, "정상", "OK" },

	[EL_CODE_UNAUTHORIZED] = { "unauthorized", 401, "인증되지 않았습니다. 다시 등록해 주세요.",
	    "Not authenticated. Register or pair again." },
	[EL_CODE_VENUE_INACTIVE] = { "venue_inactive", 403, "이 장소는 아직 승인되지 않았거나 중지되었습니다.",
	    "This venue is not approved or not active." },
	[EL_CODE_SCANNER_PAUSED] = { "scanner_paused", 403, "이 스캐너는 일시 중지되었습니다.",
	    "This scanner is paused." },
	[EL_CODE_MALFORMED_TOKEN] = { "malformed_token", 400, "출입 QR이 아닙니다.", "Not an entry QR." },
	[EL_CODE_UNKNOWN_VERSION] = { "unknown_version", 422, "알 수 없는 버전의 QR입니다. 앱을 업데이트해 주세요.",
	    "Unknown QR version. Update the app." },
	[EL_CODE_UNKNOWN_ISSUER] = { "unknown_issuer", 422, "등록되지 않은 발급자의 QR입니다.",
	    "QR of an issuer that is not registered." },
	[EL_CODE_WRONG_DAY] = { "wrong_day", 422, "오늘 쓸 수 없는 QR입니다. 새 QR을 보여 주세요.",
	    "QR of another day. Show a new one." },
	[EL_CODE_BAD_TAG] = { "bad_tag", 422, "위조되었거나 변경된 QR입니다.", "Forged or altered QR." },
	[EL_CODE_STALE] = { "stale", 422, "오래된 QR입니다. 새 QR을 보여 주세요.", "QR too old. Show a new one." },
	[EL_CODE_FROM_FUTURE] = { "from_future", 422, "시계가 맞지 않습니다. 기기의 시간을 확인해 주세요.",
	    "Time in the future. Check the device's clock." },
	[EL_CODE_TOO_OLD] = { "too_old", 422, "늦게 보낸 기록의 기한이 지났습니다.",
	    "The late record is past its limit." },
	[EL_CODE_ALREADY_USED] = { "already_used", 409, "이미 사용된 QR입니다. 새 QR을 보여 주세요.",
	    "QR already used. Show a new one." },
	[EL_CODE_RATE_LIMITED] = { "rate_limited", 429, "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요.",
	    "Too many requests. Try again later." },
	[EL_CODE_BUSY] = { "busy", 503, "지금은 처리할 수 없습니다. 잠시 후 다시 시도해 주세요.",
	    "Busy. Try again shortly." },

	[EL_CODE_MALFORMED_ORDER] = { "malformed_order", 400, "명령서의 형식이 올바르지 않습니다.",
	    "The order is not in the required form." },
	[EL_CODE_SIGNATURE_INVALID] = { "signature_invalid", 403, "서명이 유효하지 않습니다.",
	    "A signature does not verify." },
	[EL_CODE_QUORUM_MISSING] = { "quorum_missing", 403, "정족수의 서명이 부족합니다.",
	    "The quorum's signatures are missing." },
	[EL_CODE_POLICY_OUTDATED] = { "policy_outdated", 403, "현재 정책에 따른 명령서가 아닙니다.",
	    "The order was made under another policy." },
	[EL_CODE_ORDER_EXPIRED] = { "order_expired", 403, "명령서의 기한이 지났습니다.", "The order has expired." },
	[EL_CODE_EXECUTOR_MISMATCH] = { "executor_mismatch", 403, "이 명령서의 집행자가 아닙니다.",
	    "Not called by the order's executor." },
	[EL_CODE_SCOPE_MISMATCH] = { "scope_mismatch", 403, "명령서의 범위와 다릅니다.",
	    "Not the scope that the order commits to." },
	[EL_CODE_OUT_OF_RETENTION] = { "out_of_retention", 403, "보존 기간 28일을 벗어났습니다.",
	    "Outside the 28 days of retention." },
	[EL_CODE_LIMIT_EXCEEDED] = { "limit_exceeded", 403, "건수 한도를 넘었습니다.", "Beyond the limit." },
	[EL_CODE_DAILY_CAP] = { "daily_cap", 403, "하루 한도를 넘었습니다.", "Beyond this party's daily cap." },
	[EL_CODE_NOT_IN_RELEASE] = { "not_in_release", 403, "공개된 목록에 없는 항목입니다.",
	    "An item is not in the release." },
	[EL_CODE_PROOF_MISSING] = { "proof_missing", 403, "증명이 없습니다.", "A proof is missing." },
	[EL_CODE_LOG_UNAVAILABLE] = { "log_unavailable", 503, "공개 로그에 기록할 수 없습니다.",
	    "The public log cannot be written." },

	[EL_CODE_STALE_CHECKPOINT] = { "stale_checkpoint", 409, "가장 최근의 체크포인트가 아닙니다.",
	    "Not the newest checkpoint." },

	[EL_CODE_INVALID_NAME] = { "invalid_name", 422, "이름을 확인해 주세요.", "Check the name." },
	[EL_CODE_INVALID_PHONE] = { "invalid_phone", 422, "전화번호를 확인해 주세요.", "Check the phone number." },
	[EL_CODE_CONSENT_OUTDATED] = { "consent_outdated", 422, "동의 내용이 바뀌었습니다. 다시 읽고 동의해 주세요.",
	    "The consent text has changed. Read it again." },
	[EL_CODE_UNKNOWN_REGISTRATION] = { "unknown_registration", 404,
	    "등록 시간이 지났거나 없는 등록입니다. 처음부터 다시 해 주세요.",
	    "No such registration, or its time is over. Begin again." },
	[EL_CODE_WRONG_CODE] = { "wrong_code", 422, "인증번호가 다릅니다.", "Wrong code." },
	[EL_CODE_TICKET_INVALID] = { "ticket_invalid", 401, "오늘의 입장권이 아닙니다. 새로 받아 주세요.",
	    "Not a valid day ticket. Get a new one." },

	[EL_CODE_INVALID_BUSINESS_NUMBER] = { "invalid_business_number", 422, "사업자등록번호를 확인해 주세요.",
	    "Check the business registration number." },
	[EL_CODE_INVALID_ENROLMENT] = { "invalid_enrolment", 422, "등록 코드가 틀렸거나 만료되었습니다.",
	    "The enrolment code is wrong, used or expired." },

	[EL_CODE_MALFORMED_REQUEST] = { "malformed_request", 400, "요청의 형식이 올바르지 않습니다.",
	    "Malformed request." },
	[EL_CODE_FORBIDDEN] = { "forbidden", 403, "권한이 없습니다.", "Not allowed." },
	[EL_CODE_NOT_FOUND] = { "not_found", 404, "없는 주소입니다.", "No such thing here." },
	[EL_CODE_METHOD_NOT_ALLOWED] = { "method_not_allowed", 405, "허용되지 않은 방식입니다.",
	    "Method not allowed." },
	[EL_CODE_NOT_ACCEPTABLE] = { "not_acceptable", 406, "제공하지 않는 형식입니다.",
	    "No such representation." },
	[EL_CODE_TIMEOUT] = { "timeout", 408, "요청이 제때 도착하지 않았습니다.", "The request came too slowly." },
	[EL_CODE_TOO_LARGE] = { "too_large", 413, "요청이 너무 큽니다.", "The request is too large." },
	[EL_CODE_URI_TOO_LONG] = { "uri_too_long", 414, "주소가 너무 깁니다.", "The address is too long." },
	[EL_CODE_UNSUPPORTED_MEDIA] = { "unsupported_media", 415, "application/json만 받습니다.",
	    "Only application/json is accepted." },
	[EL_CODE_HEADERS_TOO_LARGE] = { "headers_too_large", 431, "헤더가 너무 큽니다.",
	    "The headers are too large." },
	[EL_CODE_INTERNAL] = { "internal", 500, "내부 오류입니다.", "Internal error." },
	[EL_CODE_NOT_READY] = { "not_ready", 503, "아직 준비되지 않았습니다.", "Not ready yet." },
};

static const struct row *
row_of(enum el_code code)
{
	return (unsigned)code < EL_CODE_MAX ? &rows[code] : &rows[EL_CODE_INTERNAL];
}

const char *
el_code_name(enum el_code code)
{
	return row_of(code)->name;
}

int
el_code_status(enum el_code code)
{
	return row_of(code)->status;
}

const char *
el_code_title(enum el_code code, enum el_language language)
{
	return language == EL_LANGUAGE_EN ? row_of(code)->en : row_of(code)->ko;
}
