"""Webhooks: JSON by POST, generic or in the forms of Slack and Teams."""

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from pydantic import SecretStr

from schemas.notice import AlertMessage
from streams.errors import RejectedError, RetryableError

MAX_BODY_BYTES: Final = 1 << 20
MAX_ANSWER_BYTES: Final = 1 << 16
_TRY_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})

Render = Callable[[AlertMessage], object]


class Webhook:
    """A receiver of HTTP. Redirects are not followed: what they name is not what was configured.

    Args:
        url: where to; never in a message of an error.
        render: makes of a message what is encoded as the body.
        timeout_s: of one attempt, connecting included.
        authorization: value of the header `Authorization`; empty for none.
    """

    def __init__(self, url: SecretStr, render: Render, *, timeout_s: float, authorization: SecretStr) -> None:
        self._url, self._render, self._timeout_s = url, render, timeout_s
        self._authorization = authorization
        self._session: aiohttp.ClientSession | None = None

    async def tell(self, message: AlertMessage) -> str:
        """Posts it; see `Channel`."""
        body = msgspec.json.encode(self._render(message))
        if len(body) > MAX_BODY_BYTES:
            raise RejectedError(f"the body has more than {MAX_BODY_BYTES:,} bytes")
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
        if value := self._authorization.get_secret_value():
            headers["Authorization"] = value
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._open().post(
                    self._url.get_secret_value(), data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                status, asked = answer.status, answer.headers.get("Retry-After", "")
                await answer.content.read(MAX_ANSWER_BYTES)
        except aiohttp.ClientHttpProxyError as error:
            raise RetryableError(f"the proxy answered HTTP {error.status}") from None
        except aiohttp.ClientResponseError as error:
            raise RejectedError(f"the answer is no HTTP: {type(error).__name__}") from None
        except TimeoutError:
            raise RetryableError(f"no answer within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise RetryableError(f"not reached: {type(error).__name__}") from None
        return _judged(status, asked)

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        """Returns the session, which takes no cookies and the system's proxies."""
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def retry_after_s(value: str, now: datetime) -> float:
    """Reads a `Retry-After`: seconds, or a date; 0 for what is neither.

    Args:
        value: of the header.
        now: an aware instant.
    """
    try:
        seconds = float(value) if value[:1].isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return max(0.0, seconds) if math.isfinite(seconds) else 0.0


def _judged(status: int, asked: str) -> str:
    words = f"HTTP {status}"
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return words
    if status in _TRY_AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise RetryableError(words, retry_after_s=retry_after_s(asked, datetime.now(UTC)))
    raise RejectedError(words)
