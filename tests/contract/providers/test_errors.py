"""The error taxonomy: the real exceptions of each SDK and of their HTTP libraries, and what they mean to us."""

import asyncio
from typing import Any

import aiohttp
import anyio
import httpcore2
import httpx2
import openai
import pytest
import requests
import uvloop
from google.api_core import exceptions as google
from google.genai import errors as genai
from mistralai.client import errors as mistral

from streams.core.retry import Failure, FailureKind
from streams.providers.errors import ProviderError, failure_of, provider_error

KIND = FailureKind
SECRET = "Appelez Jeanne au 06 12 34 56 78"


def openai_error(
    status: int, code: str = "", headers: dict[str, str] | None = None, message: str = SECRET
) -> Exception:
    request = httpx2.Request("POST", "http://127.0.0.1/v1/chat/completions")
    body: dict[str, Any] = {"message": message, "code": code}
    response = httpx2.Response(status, headers=headers, json={"error": body}, request=request)
    kinds: dict[int, type[openai.APIStatusError]] = {401: openai.AuthenticationError, 429: openai.RateLimitError}
    return kinds.get(status, openai.APIStatusError)(message, response=response, body=body)


def mistral_error(status: int, headers: dict[str, str] | None = None, message: str = SECRET) -> Exception:
    response = httpx2.Response(status, headers=headers, json={"message": message})
    return mistral.SDKError("API error occurred", response)


def genai_error(status: int, details: list[Any] | None = None, message: str = SECRET) -> Exception:
    body = {"error": {"code": status, "message": message, "status": "X", "details": details or []}}
    return (genai.ClientError if status < 500 else genai.ServerError)(status, body)


def google_error(status: int, details: list[Any] | None = None, message: str = SECRET) -> Exception:
    response = requests.Response()
    response.status_code = status
    found = google.from_http_status(status, message, response=response, details=details or [])
    assert isinstance(found, Exception)
    return found


PER_DAY = [{"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}]
RETRY_INFO = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}]
TOO_LONG = "The input token count (9000) exceeds the maximum number of tokens allowed (8192)."
VLLM_TOO_LONG = "This model's maximum context length is 2048 tokens. However, you requested 2999 tokens"

SPENT = {
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "120ms",
    "x-ratelimit-remaining-tokens": "0",
    "x-ratelimit-reset-tokens": "6m0s",
}
NOT_SPENT = {"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6m0s"}
ABROAD = "User location is not supported for the API use."

TABLE: list[tuple[str, Exception, Failure]] = [
    ("openai 401", openai_error(401), Failure(KIND.UNAUTHORISED, 401)),
    ("openai 403", openai_error(403), Failure(KIND.UNAUTHORISED, 403)),
    ("openai 404", openai_error(404), Failure(KIND.NOT_FOUND, 404)),
    ("openai 429", openai_error(429), Failure(KIND.RATE_LIMITED, 429)),
    ("openai 429 wait", openai_error(429, headers={"Retry-After": "20"}), Failure(KIND.RATE_LIMITED, 429, 20.0)),
    ("openai 429 ms", openai_error(429, headers={"retry-after-ms": "170"}), Failure(KIND.RATE_LIMITED, 429, 0.17)),
    ("openai 429 date", openai_error(429, headers={"Retry-After": "Wed, 21"}), Failure(KIND.RATE_LIMITED, 429)),
    ("openai spent", openai_error(429, headers=SPENT), Failure(KIND.RATE_LIMITED, 429, 360.0)),
    ("openai not spent", openai_error(429, headers=NOT_SPENT), Failure(KIND.RATE_LIMITED, 429)),
    ("openai too large", openai_error(429, message="Request too large for gpt-4o"), Failure(KIND.CONTEXT_LENGTH, 429)),
    ("openai inactive", openai_error(429, "billing_not_active"), Failure(KIND.QUOTA, 429)),
    ("openai output", openai_error(400, message="max_tokens is too large: 9"), Failure(KIND.CONTEXT_LENGTH, 400)),
    ("openai quota", openai_error(429, "insufficient_quota"), Failure(KIND.QUOTA, 429)),
    ("openai 400", openai_error(400), Failure(KIND.BAD_REQUEST, 400)),
    ("openai context", openai_error(400, "context_length_exceeded"), Failure(KIND.CONTEXT_LENGTH, 400)),
    ("azure filter", openai_error(400, "content_filter"), Failure(KIND.SAFETY, 400)),
    ("openai 500", openai_error(500), Failure(KIND.UNAVAILABLE, 500)),
    ("openai 529", openai_error(529), Failure(KIND.UNAVAILABLE, 529)),
    ("vllm context", openai_error(400, message=VLLM_TOO_LONG), Failure(KIND.CONTEXT_LENGTH, 400)),
    (
        "openai timeout",
        openai.APITimeoutError(request=httpx2.Request("POST", "http://127.0.0.1")),  # type: ignore[arg-type,unused-ignore]
        Failure(KIND.TIMEOUT),
    ),
    (
        "openai connection",
        openai.APIConnectionError(request=httpx2.Request("POST", "http://127.0.0.1")),  # type: ignore[arg-type,unused-ignore]
        Failure(KIND.CONNECTION),
    ),
    ("mistral 401", mistral_error(401), Failure(KIND.UNAUTHORISED, 401)),
    ("mistral 402", mistral_error(402), Failure(KIND.PAYMENT, 402)),
    ("mistral 429", mistral_error(429, {"retry-after": "3"}), Failure(KIND.RATE_LIMITED, 429, 3.0)),
    ("mistral 422", mistral_error(422), Failure(KIND.BAD_REQUEST, 422)),
    ("mistral model", mistral_error(400, message="Invalid model: x"), Failure(KIND.NOT_FOUND, 400)),
    ("mistral 503", mistral_error(503), Failure(KIND.UNAVAILABLE, 503)),
    ("mistral nothing", mistral.NoResponseError(), Failure(KIND.CONNECTION)),
    ("genai 400 key", genai_error(400, [{"reason": "API_KEY_INVALID"}]), Failure(KIND.UNAUTHORISED, 400)),
    ("genai context", genai_error(400, message=TOO_LONG), Failure(KIND.CONTEXT_LENGTH, 400)),
    ("genai abroad", genai_error(400, message=ABROAD), Failure(KIND.PAYMENT, 400)),
    ("genai 404", genai_error(404), Failure(KIND.NOT_FOUND, 404)),
    ("genai 429", genai_error(429), Failure(KIND.RATE_LIMITED, 429)),
    ("genai RetryInfo", genai_error(429, RETRY_INFO), Failure(KIND.RATE_LIMITED, 429, 17.0)),
    ("genai per day", genai_error(429, PER_DAY), Failure(KIND.QUOTA, 429)),
    ("genai 503", genai_error(503), Failure(KIND.UNAVAILABLE, 503)),
    ("legacy 403", google_error(403), Failure(KIND.UNAUTHORISED, 403)),
    ("legacy 429", google_error(429, RETRY_INFO), Failure(KIND.RATE_LIMITED, 429, 17.0)),
    ("legacy context", google_error(400, message=TOO_LONG), Failure(KIND.CONTEXT_LENGTH, 400)),
    ("legacy 504", google_error(504), Failure(KIND.UNAVAILABLE, 504)),
    ("legacy retries over", google.RetryError(SECRET, None), Failure(KIND.TIMEOUT)),
    ("requests timeout", requests.exceptions.ReadTimeout(SECRET), Failure(KIND.TIMEOUT)),
    ("requests connect timeout", requests.exceptions.ConnectTimeout(SECRET), Failure(KIND.TIMEOUT)),
    ("requests connection", requests.exceptions.ConnectionError(SECRET), Failure(KIND.CONNECTION)),
    ("requests chunk", requests.exceptions.ChunkedEncodingError(SECRET), Failure(KIND.CONNECTION)),
    ("httpx2 timeout", httpx2.ReadTimeout(SECRET), Failure(KIND.TIMEOUT)),
    ("httpx2 protocol", httpx2.RemoteProtocolError(SECRET), Failure(KIND.CONNECTION)),
    ("httpx2 connect", httpx2.ConnectError(SECRET), Failure(KIND.CONNECTION)),
    ("aiohttp timeout", aiohttp.ServerTimeoutError(SECRET), Failure(KIND.TIMEOUT)),
    ("aiohttp gone", aiohttp.ServerDisconnectedError(SECRET), Failure(KIND.CONNECTION)),
    ("aiohttp payload", aiohttp.ClientPayloadError(SECRET), Failure(KIND.CONNECTION)),
    ("asyncio timeout", TimeoutError(SECRET), Failure(KIND.TIMEOUT)),
    ("socket", ConnectionResetError(SECRET), Failure(KIND.CONNECTION)),
    ("cut short", asyncio.IncompleteReadError(b"", 9), Failure(KIND.BAD_RESPONSE, cause="IncompleteReadError")),
    ("json", ValueError(SECRET), Failure(KIND.BAD_RESPONSE, cause="ValueError")),
    ("a string", AttributeError("'str' has no choices"), Failure(KIND.BAD_RESPONSE, cause="AttributeError")),
]


@pytest.mark.parametrize(("error", "failure"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_what_an_exception_means(error: Exception, failure: Failure) -> None:
    assert failure_of(error) == failure


@pytest.mark.parametrize("error", [row[1] for row in TABLE], ids=[row[0] for row in TABLE])
def test_our_error_never_quotes_theirs(error: Exception) -> None:
    ours = provider_error(error)
    assert SECRET not in f"{ours} {ours!r} {ours.failure}"


def test_ours_stays_as_it_is() -> None:
    error = ProviderError(Failure(KIND.QUOTA, 429))
    assert provider_error(error) is error


async def _asked_of_a_closed_connection() -> Exception:
    """What anyio raises where a connection was reset between its opening and its first use, as workers open it."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        stream = await httpcore2.AnyIOBackend().connect_tcp("127.0.0.1", server.sockets[0].getsockname()[1])
        assert isinstance(stream, httpcore2.AsyncNetworkStream)
        await stream.aclose()
        try:
            stream.get_extra_info("ssl_object")
        except AttributeError as error:
            return error
    raise AssertionError("anyio reads the socket of a closed connection without an error: errors._TRANSPORTS can go")


def test_a_connection_reset_as_it_opens_is_a_matter_of_the_connection() -> None:
    assert failure_of(uvloop.run(_asked_of_a_closed_connection())) == Failure(KIND.CONNECTION)


async def _mistaken() -> None:
    raise AttributeError("'str' has no choices")


def test_a_mistake_of_our_own_is_none_of_the_connection() -> None:
    with pytest.raises(AttributeError) as raised:
        anyio.run(_mistaken)
    assert failure_of(raised.value) == Failure(KIND.BAD_RESPONSE, cause="AttributeError")
