"""Fetches the published price list: bounded in time and size, and nothing of it is used here."""

import asyncio
from http import HTTPStatus
from typing import Final

import aiohttp

from streams.errors import RetryableError

TIMEOUT_S: Final = 30.0
MAX_BYTES: Final = 16 << 20
"""The whole list is about 0.4 MB."""

_CHUNK_BYTES: Final = 1 << 16
_MAX_REDIRECTS: Final = 3


def default_url() -> str:
    """Returns where genai-prices keeps its list."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL  # late: it loads an HTTP client of its own

    return DEFAULT_UPDATE_URL


async def fetch_list(url: str, *, timeout_s: float = TIMEOUT_S, max_bytes: int = MAX_BYTES) -> bytes:
    """Returns the body; the system's proxy settings count. Messages do not quote the URL, which may hold a token.

    Raises:
        RetryableError: no answer in time, another status than 200, or more than `max_bytes` once unpacked.
    """
    try:
        async with (
            asyncio.timeout(timeout_s),
            aiohttp.ClientSession(trust_env=True) as session,
            session.get(url, max_redirects=_MAX_REDIRECTS) as answer,
        ):
            if answer.status != HTTPStatus.OK:
                raise RetryableError(f"the price list cannot be fetched: HTTP {answer.status}")
            return await _body(answer, max_bytes)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
        raise RetryableError(f"the price list cannot be fetched: {type(error).__name__}") from error


async def _body(answer: aiohttp.ClientResponse, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > max_bytes:
            raise RetryableError(f"the price list is longer than {max_bytes:,} bytes")
    return bytes(body)
