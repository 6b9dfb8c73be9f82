"""Webhooks against servers that answer well, badly, slowly, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from schemas.notice import AlertMessage
from streams.channels.webhook import Webhook, retry_after_s
from streams.core.crisis.messages import slack
from streams.errors import RejectedError, RetryableError
from streams.loopback import free_ports
from tests.integration.notifier_rig import alert
from tests.receivers import receiver, serving

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
MESSAGE = AlertMessage(key="a/1", kind="confirmed", seq=1, alert=alert(("open", "national")), procedure="any")


@asynccontextmanager
async def webhook(url: str, render: Any = lambda message: message, authorization: str = "") -> AsyncIterator[Webhook]:
    made = Webhook(SecretStr(url), render, timeout_s=0.5, authorization=SecretStr(authorization))
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.parametrize(
    ("status", "fails"),
    [
        (200, None), (202, None), (204, None), (301, RejectedError), (307, RejectedError), (400, RejectedError),
        (401, RejectedError), (404, RejectedError), (410, RejectedError), (408, RetryableError), (425, RetryableError),
        (429, RetryableError), (500, RetryableError), (503, RetryableError),
    ],
)  # fmt: skip
async def test_statuses(status: int, fails: type[Exception] | None) -> None:
    async with receiver() as one, webhook(one.url) as hook:
        one.answers = {"a/1": [web.Response(status=status, headers={"Location": one.url, "Retry-After": "7"})]}
        if fails is None:
            assert await hook.tell(MESSAGE) == f"HTTP {status}"
        else:
            with pytest.raises(fails, match=f"HTTP {status}") as caught:
                await hook.tell(MESSAGE)
            if isinstance(caught.value, RetryableError):
                assert caught.value.retry_after_s == 7
    assert len(one.came) == 1, "a redirect is not followed"


async def test_what_is_sent() -> None:
    async with receiver() as one, webhook(one.url, slack, "Bearer t0ken") as hook:
        await hook.tell(MESSAGE)
    assert (one.headers[0]["Authorization"], one.headers[0]["Content-Type"]) == ("Bearer t0ken", "application/json")
    assert one.came == [("a/1", slack(MESSAGE))]


@pytest.mark.parametrize(
    ("answer", "fails"),
    [
        (b"garbage\r\n\r\n", RejectedError),
        (b"HTTP/1.1 abc\r\n\r\n", RejectedError),
        (b"", RetryableError),
        (None, RetryableError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", RetryableError),
    ],
)
async def test_what_is_no_answer(answer: bytes | None, fails: type[Exception]) -> None:
    """Not HTTP; closed at once; silent; cut in the middle."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read(-1)
        else:
            writer.write(answer)

    port = free_ports(1)[0]
    async with serving(port, talk), webhook(f"http://127.0.0.1:{port}/s3cret") as hook:
        with pytest.raises(fails) as caught:
            await hook.tell(MESSAGE)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_proxy_that_fails_is_no_answer_of_the_receiver(monkeypatch: pytest.MonkeyPatch) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    port = free_ports(1)[0]
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")
    async with serving(port, talk), webhook("https://hooks.example.org/s3cret") as hook:
        with pytest.raises(RetryableError, match=r"^the proxy answered HTTP 503$"):
            await hook.tell(MESSAGE)


async def test_nobody_listens() -> None:
    async with webhook(f"http://127.0.0.1:{free_ports(1)[0]}/s3cret") as hook:
        with pytest.raises(RetryableError, match=r"^not reached: \w+$"):
            await hook.tell(MESSAGE)


async def test_a_body_is_bounded() -> None:
    async with webhook("http://127.0.0.1:1", lambda message: "x" * (2 << 20)) as hook:
        with pytest.raises(RejectedError, match="more than"):
            await hook.tell(MESSAGE)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", 0), ("30", 30), ("0.5", 0.5), ("-3", 0), ("1e999", 0), ("soon", 0), ("nan", 0),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60), ("Mon, 02 Mar 2026 11:00:00 GMT", 0), ("Mon, 02 Mar 2026 12:01:00", 0),
    ],
)  # fmt: skip
def test_retry_after(value: str, seconds: float) -> None:
    assert retry_after_s(value, NOW) == seconds
