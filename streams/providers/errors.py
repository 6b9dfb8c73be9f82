"""From whatever an SDK raises to what the caller does next: the one place that knows their exceptions.

The SDKs raise their own classes, raw httpx2, requests and aiohttp ones and plain ValueErrors. They are read by what
they carry (a status, headers, a code) and by the names of their classes, so no SDK is imported here. A provider's
message may echo the request: it is searched for marks, never kept.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from streams.core.retry import Failure, FailureKind
from streams.errors import DalloshError

_TIMEOUTS: Final = frozenset({"TimeoutError", "TimeoutException", "Timeout", "APITimeoutError", "RetryError"})
_NETWORK: Final = frozenset(
    {"OSError", "TransportError", "APIConnectionError", "ClientError", "RequestException", "NoResponseError"}
)
_TRANSPORTS: Final = frozenset({"anyio", "h11", "httpcore2"})
"""Packages that only move bytes: whatever one of them raises befell the connection.

anyio, for one, raises an AttributeError where the server reset a connection that uvloop had just opened; neither
httpcore2 nor the SDK turns it into an error of its own.
"""

_BY_STATUS: Final[dict[int, FailureKind]] = {
    401: FailureKind.UNAUTHORISED,
    402: FailureKind.PAYMENT,
    403: FailureKind.UNAUTHORISED,
    404: FailureKind.NOT_FOUND,
    408: FailureKind.UNAVAILABLE,
    409: FailureKind.UNAVAILABLE,
    410: FailureKind.NOT_FOUND,
    413: FailureKind.CONTEXT_LENGTH,
    425: FailureKind.UNAVAILABLE,
}
_QUOTA_MARKS: Final = ("insufficient_quota", "perday", "billing_hard_limit", "billing_not_active")
_TOO_LARGE_MARKS: Final = ("request too large", "request_too_large")
"""A request that no wait makes acceptable: it takes more tokens than the account has in a minute."""

_REQUEST_MARKS: Final[tuple[tuple[FailureKind, tuple[str, ...]], ...]] = (
    (
        FailureKind.CONTEXT_LENGTH,
        (
            "context_length_exceeded",
            "context length",
            "context window",
            "maximum number of tokens",
            "too many tokens",
            "prompt is too long",
            "max_tokens is too large",
            "max_completion_tokens is too large",
            "maxoutputtokens",
            "max_output_tokens",
            "too large for model",
        ),
    ),
    (FailureKind.SAFETY, ("content_filter", "content management policy", "responsibleaipolicy")),
    (FailureKind.UNAUTHORISED, ("api_key_invalid", "api key not valid", "api key expired", "invalid_api_key")),
    (FailureKind.NOT_FOUND, ("model_not_found", "invalid model", "invalid_model", "model does not exist")),
    (FailureKind.PAYMENT, ("billing_hard_limit", "enable billing", "location is not supported")),
)
_DURATION: Final = re.compile(r"^\s*([0-9]{1,9}(?:\.[0-9]+)?)\s*(ms|s)?\s*$")
_SPAN: Final = re.compile(
    r"(?:([0-9]{1,4})h)?(?:([0-9]{1,6})m(?!s))?(?:([0-9]{1,9}(?:\.[0-9]+)?)s)?(?:([0-9]{1,9}(?:\.[0-9]+)?)ms)?"
)


class ProviderError(DalloshError):
    """A call to a model failed; says which kind and which HTTP status, never the provider's words."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def provider_error(error: Exception) -> ProviderError:
    """Returns our error for anything that a call raised; raise it `from None`, the cause may hold the request."""
    return error if isinstance(error, ProviderError) else ProviderError(failure_of(error))


def failure_of(error: Exception) -> Failure:
    """Classifies an exception of google-genai, google-generativeai, mistralai, openai, httpx2, requests or aiohttp."""
    status = _status(error)
    if status is not None:
        kind = _kind_of_status(status, error)
        asked_s = _retry_after_s(error) if status in (429, 503) else None
        return Failure(kind, status, asked_s)
    names = {cls.__name__ for cls in type(error).__mro__}
    if names & _TIMEOUTS:
        return Failure(FailureKind.TIMEOUT)
    if names & _NETWORK or _raised_in(error) in _TRANSPORTS:
        return Failure(FailureKind.CONNECTION)
    return Failure(FailureKind.BAD_RESPONSE, cause=type(error).__name__)


def _raised_in(error: Exception) -> str:
    """Returns the package whose code raised it; empty where it was never raised."""
    module, trace = "", error.__traceback__
    while trace is not None:
        module, trace = trace.tb_frame.f_globals.get("__name__", ""), trace.tb_next
    return module.partition(".")[0]


def _status(error: Exception) -> int | None:
    for name in ("status_code", "code", "status"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 100 <= value <= 599:
            return int(value)
    value = getattr(getattr(error, "response", None), "status_code", None)
    return int(value) if isinstance(value, int) else None


def _kind_of_status(status: int, error: Exception) -> FailureKind:
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 429:
        return _kind_of_429(_said(error))
    if status >= 500:
        return FailureKind.UNAVAILABLE
    if status < 400:
        return FailureKind.BAD_RESPONSE
    said = _said(error)
    for kind, marks in _REQUEST_MARKS:
        if any(mark in said for mark in marks):
            return kind
    return FailureKind.BAD_REQUEST


def _kind_of_429(said: str) -> FailureKind:
    if any(mark in said for mark in _QUOTA_MARKS):
        return FailureKind.QUOTA
    return FailureKind.CONTEXT_LENGTH if any(mark in said for mark in _TOO_LARGE_MARKS) else FailureKind.RATE_LIMITED


def _said(error: Exception) -> str:
    """The error's words in lower case, to be searched and forgotten."""
    parts = (error, getattr(error, "code", ""), getattr(error, "body", ""), getattr(error, "details", ""))
    return " ".join(str(part) for part in parts)[:20_000].lower()


def _retry_after_s(error: Exception) -> float | None:
    headers = getattr(getattr(error, "response", None), "headers", None) or getattr(error, "headers", None)
    if isinstance(headers, Mapping):
        for name, unit in (("retry-after-ms", "ms"), ("retry-after", "s"), ("Retry-After", "s")):
            asked_s = _seconds(headers.get(name), unit)
            if asked_s is not None:
                return asked_s
        if (reset_s := _reset_s(headers)) is not None:
            return reset_s
    return _retry_info_s(getattr(error, "details", None))


def _reset_s(headers: Mapping[str, str]) -> float | None:
    """Reads when an exhausted limit is whole again, from OpenAI's x-ratelimit headers ("6m0s", "120ms")."""
    spent = [unit for unit in ("requests", "tokens") if headers.get(f"x-ratelimit-remaining-{unit}") == "0"]
    waits = [_span_s(headers.get(f"x-ratelimit-reset-{unit}") or "") for unit in spent]
    return max((wait for wait in waits if wait is not None), default=None)


def _span_s(value: str) -> float | None:
    match = _SPAN.fullmatch(value.strip())
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds, millis = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds + millis / 1000


def _retry_info_s(details: Any) -> float | None:
    """Reads the `retryDelay` of Google's RetryInfo, as JSON ("17s") or as a message (seconds)."""
    if isinstance(details, Mapping):
        found = details.get("retryDelay")
        return _seconds(found, "s") if found is not None else _first(details.values())
    if isinstance(details, list | tuple):
        return _first(details)
    delay = getattr(details, "retry_delay", None)
    seconds = getattr(delay, "seconds", None)
    return float(seconds) if isinstance(seconds, int) else None


def _first(values: Iterable[Any]) -> float | None:
    found = (_retry_info_s(value) for value in values if not isinstance(value, str | bytes))
    return next((value for value in found if value is not None), None)


def _seconds(value: Any, unit: str) -> float | None:
    """Reads "17", "17s" or "170ms"; an HTTP date (no provider sends one) counts as unknown."""
    match = _DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    return float(match.group(1)) / (1000 if (match.group(2) or unit) == "ms" else 1)
