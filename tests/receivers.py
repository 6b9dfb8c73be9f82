"""Receivers of notices on loopback: a web server and a mail server that speak their protocols, and keep what came."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from aiohttp import web

from streams.loopback import free_ports


@dataclass
class Receiver:
    """A web server that answers by `answers`, one a request of a key, the last one for ever; `otherwise` without any.

    `came` holds key and body of each request in their order; a key of `held` is answered when its event is set.
    """

    port: int
    answers: dict[str, list[web.Response]] = field(default_factory=dict)
    came: list[tuple[str, Any]] = field(default_factory=list)
    otherwise: int = 204
    headers: list[Any] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    _runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/secret-path"

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.came]

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")
        self.came.append((key, await request.json()))
        self.headers.append(request.headers)
        if (event := self.held.get(key)) is not None:
            await event.wait()
        left = self.answers.get(key, [])
        given = left.pop(0) if len(left) > 1 else left[0] if left else web.Response(status=self.otherwise)
        return web.Response(status=given.status, headers=given.headers, body=given.body)


@asynccontextmanager
async def receiver(*, started: bool = True) -> AsyncIterator[Receiver]:
    made = Receiver(free_ports(1)[0])
    if started:
        await made.start()
    try:
        yield made
    finally:
        await made.stop()


@dataclass
class MailServer:
    """A mail server: EHLO, STARTTLS where it has a certificate, AUTH PLAIN, one mail after another.

    `refuse` maps a recipient to the code that it gets; `silent` never answers the greeting.
    """

    port: int
    tls: ssl.SSLContext | None = None
    refuse: dict[str, int] = field(default_factory=dict)
    silent: bool = False
    mails: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    encrypted: bool = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.silent:
                await reader.read()
                return
            writer.write(b"220 test\r\n")
            while line := (await reader.readline()).decode().strip():
                self.said.append(line)
                if (answer := await self._turn(line, reader, writer)) is None:
                    return
                if answer:
                    writer.write(answer.encode() + b"\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            return

    async def _turn(self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str | None:
        match line.upper().split():
            case ["EHLO", *_]:
                return "250-test\r\n250-AUTH PLAIN\r\n250 STARTTLS" if self.tls else "250 test"
            case ["STARTTLS"] if self.tls:
                writer.write(b"220 go\r\n")
                await writer.start_tls(self.tls)
                self.encrypted = True
                return ""
            case ["AUTH", *_]:
                return "235 ok"
            case ["RCPT", *_]:
                code = next((code for address, code in self.refuse.items() if address in line), 250)
                return f"{code} said"
            case ["DATA"]:
                writer.write(b"354 go\r\n")
                self.mails.append((await reader.readuntil(b"\r\n.\r\n")).decode())
                return "250 taken"
            case ["QUIT"]:
                writer.write(b"221 bye\r\n")
                return None
            case _:
                return "250 ok"


@asynccontextmanager
async def mail_server(*, tls: ssl.SSLContext | None = None, silent: bool = False) -> AsyncIterator[MailServer]:
    made = MailServer(free_ports(1)[0], tls, silent=silent)
    async with serving(made.port, made.talk):
        yield made


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(port: int, talk: Talk) -> AsyncIterator[None]:
    """Talks to every client on a port, and has ended all talks at the end."""
    talks: set[asyncio.Task[None]] = set()

    async def to_its_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talks.add(cast("asyncio.Task[None]", asyncio.current_task()))
        try:
            await talk(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    server = await asyncio.start_server(to_its_end, "127.0.0.1", port)
    async with server:
        yield
    await asyncio.wait_for(asyncio.gather(*talks, return_exceptions=True), 10)


async def until(condition: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Polls a condition until it holds."""
    async with asyncio.timeout(timeout_s):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)
