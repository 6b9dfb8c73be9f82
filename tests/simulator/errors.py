"""How each provider words its errors: status, headers and body, as the real ones send them."""

from math import ceil
from typing import Any, Final

from tests.simulator.modes import Mode

STATUS: Final[dict[Mode, int]] = {
    Mode.RATE_LIMITED: 429,
    Mode.RATE_LIMITED_SHORT: 429,
    Mode.RATE_LIMITED_LONG: 429,
    Mode.RETRY_INFO: 429,
    Mode.QUOTA: 429,
    Mode.UNAUTHORISED: 401,
    Mode.PAYMENT: 402,
    Mode.FORBIDDEN: 403,
    Mode.NOT_FOUND: 404,
    Mode.ERROR: 500,
    Mode.UNAVAILABLE: 503,
    Mode.UNAVAILABLE_LONG: 503,
    Mode.BAD_REQUEST: 400,
}
"""Modes in which every call is refused."""

ASKED_S: Final[dict[Mode, float]] = {
    Mode.RATE_LIMITED_SHORT: 1.0,
    Mode.RATE_LIMITED_LONG: 60.0,
    Mode.UNAVAILABLE_LONG: 60.0,
}
INFO_S: Final = 60.0
"""The wait in mode `retry_info`."""

_GOOGLE_STATUS: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "FAILED_PRECONDITION",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_WORDS: Final[dict[Mode, tuple[str, str]]] = {
    Mode.CONTEXT_LENGTH: ("This model's maximum context length is {limit} tokens", "context_length_exceeded"),
    Mode.OUTPUT_LIMIT: ("max_tokens is too large: this model supports at most {limit}", "invalid_value"),
    Mode.QUOTA: ("You exceeded your current quota, check your plan", "insufficient_quota"),
    Mode.TOO_LARGE: ("Request too large on tokens per min (TPM): Limit {limit}", "rate_limit_exceeded"),
    Mode.NOT_FOUND: ("The model `{model}` does not exist", "model_not_found"),
    Mode.UNAUTHORISED: ("Incorrect API key provided", "invalid_api_key"),
    Mode.SAFETY: ("The response was filtered by the content management policy", "content_filter"),
}
_MISTRAL_WORDS: Final = {
    Mode.CONTEXT_LENGTH: "Prompt is too large for model with {limit} maximum context length",
    Mode.NOT_FOUND: "Invalid model: {model}",
    Mode.UNAUTHORISED: "Unauthorized",
    Mode.TOO_LARGE: "Request too large: more tokens than the limit {limit} per minute",
}
_GEMINI_WORDS: Final = {
    Mode.CONTEXT_LENGTH: "The input token count exceeds the maximum number of tokens allowed ({limit}).",
    Mode.OUTPUT_LIMIT: "maxOutputTokens is out of the supported range: up to {limit}",
    Mode.NOT_FOUND: "models/{model} is not found for API version v1beta",
    Mode.UNAUTHORISED: "API key not valid. Please pass a valid API key.",
}


def status_of(mode: Mode) -> int:
    """Returns the HTTP status of an error; 400 where the request is at fault."""
    return 429 if mode is Mode.TOO_LARGE else STATUS.get(mode, 400)


def error(
    provider: str, mode: Mode, *, model: str = "", limit: int = 0, wait_s: float | None = None
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Returns an error's status, headers and body; like the real ones it may quote the request.

    `wait_s` is the wait that a rate limit really takes; None: what the mode says.
    """
    status = status_of(mode)
    wait_s = ASKED_S.get(mode) if wait_s is None else wait_s
    message = _message(provider, mode, status).format(model=model, limit=limit)
    headers = _headers(provider, mode, status, wait_s)
    if provider == "gemini":
        return status, headers, _google_body(mode, status, message, wait_s)
    return status, headers, _chat_body(provider, mode, status, message)


def _message(provider: str, mode: Mode, status: int) -> str:
    own = {"mistral": _MISTRAL_WORDS, "gemini": _GEMINI_WORDS}.get(provider, {})
    return own.get(mode) or _WORDS.get(mode, (f"simulated {status}", ""))[0]


def _headers(provider: str, mode: Mode, status: int, wait_s: float | None) -> dict[str, str]:
    headers: dict[str, str] = {}
    if wait_s is not None:
        headers["Retry-After"] = str(ceil(wait_s))
        if provider in ("openai", "azure"):
            headers["retry-after-ms"] = str(ceil(wait_s * 1000))
    if mode is Mode.RETRY_INFO and provider in ("openai", "azure"):
        headers |= {"x-ratelimit-remaining-requests": "7", "x-ratelimit-reset-requests": "8m0s"}
        headers |= {"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m0s"}
    return headers


def _google_body(mode: Mode, status: int, message: str, wait_s: float | None) -> dict[str, Any]:
    details: list[dict[str, Any]] = []
    if mode is Mode.RETRY_INFO or (status == 429 and wait_s is not None):
        delay_s = INFO_S if wait_s is None else wait_s
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{delay_s:g}s"})
    if mode is Mode.QUOTA:
        violations = [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]
        details.append({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations})
    if mode is Mode.TOO_LARGE:
        message = f"Request too large. {message}"
    return {"error": {"code": status, "message": message, "status": _GOOGLE_STATUS[status], "details": details}}


def _chat_body(provider: str, mode: Mode, status: int, message: str) -> dict[str, Any]:
    code = _WORDS.get(mode, ("", f"simulated_{status}"))[1]
    if provider == "mistral":
        return {"object": "error", "message": message, "type": code, "param": None, "code": code}
    if provider == "vllm":
        return {"error": {"message": message, "type": code, "param": None, "code": status}}
    body: dict[str, Any] = {"message": message, "type": code, "param": None, "code": code}
    if provider == "azure" and mode is Mode.SAFETY:
        filters = {"hate": {"filtered": True, "severity": "high"}}
        inner = {"code": "ResponsibleAIPolicyViolation", "content_filter_result": filters}
        body |= {"param": "prompt", "status": status, "innererror": inner}
    elif provider == "azure" and mode is not Mode.QUOTA:
        body["code"] = "DeploymentNotFound" if mode is Mode.NOT_FOUND else str(status)
    return {"error": body}
