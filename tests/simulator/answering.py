"""One call to a simulated model: refused, troubled or answered."""

import asyncio
import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from aiohttp import web

from tests.simulator import dialects, errors
from tests.simulator.dialects import Asked
from tests.simulator.limits import own_limits
from tests.simulator.metering import PER_MESSAGE, cut, n_tokens
from tests.simulator.modes import BLOCKED_WORD, DOUBT_WORD, LIMIT_ITEMS, Mode, Reply, reply_to
from tests.simulator.played import Parts, Played

SLOW_S: Final = 0.2
DRIP_S: Final = 0.2
"""Between two bytes."""


@dataclass(slots=True)
class Answering:
    """Answers calls as the parts say; `limit_items` and `doubt_word` are those of the modes that have them."""

    parts: Parts
    stopping: asyncio.Event
    limit_items: int = LIMIT_ITEMS
    doubt_word: str = DOUBT_WORD

    async def call(self, request: web.Request, provider: str, model: str, *, known_key: bool) -> web.StreamResponse:
        """Answers one call; `model` is empty where the body names it."""
        raw = await request.text()
        asked = dialects.asked(provider, model, json.loads(raw))
        if asked.forced is not None:  # the self-test counts as no call
            return self._self_test(asked)
        seen = (self.parts[provider], self.parts.model(provider, asked.model))
        n_in = n_tokens(asked.model, asked.system, asked.user) + 2 * PER_MESSAGE
        for part in seen:
            part.n_calls += 1
            part.n_tweets += len(asked.lines)
            part.input_tokens += n_in
            part.bodies.append(raw)
        if not known_key:
            return self._refuse(seen, asked, Mode.UNAUTHORISED)
        known = self.parts[provider].models
        if known and asked.model not in known:
            return self._refuse(seen, asked, Mode.NOT_FOUND)
        return await self._play(request, asked, seen, n_in)

    async def _play(self, request: web.Request, asked: Asked, seen: Sequence[Played], n_in: int) -> web.StreamResponse:
        mode = self.parts.mode_of_next(asked.provider, asked.model)
        if mode in errors.STATUS or self._is_refused(asked, mode):
            for part in seen if mode is Mode.SAFETY else ():  # Azure charges for what its filter has read
                part.paid_input_tokens += n_in
            return self._refuse(seen, asked, mode)
        if (trouble := await self._trouble(request, mode, seen)) is not None:
            return trouble
        asked, n_in, refusal = self._fitted(asked, n_in)
        if refusal is not None:
            return self._refuse(seen, asked, refusal)
        reply, n_out = self._reply(asked, mode)
        n_paid = n_out + dialects.n_thought(reply, asked.model)
        if (refused := self._over_rate(asked, seen, n_in + n_paid)) is not None:
            return refused
        await asyncio.sleep(self.parts.latency(asked.provider, asked.model).of(n_paid))
        for part in seen:
            part.paid_input_tokens += n_in
            part.output_tokens += n_paid
            part.n_answered_tweets += len(asked.lines)
        body = dialects.answer(asked, reply, n_in=n_in, n_out=n_out)
        return await self._send(request, json.dumps(body).encode(), mode, seen)

    def _is_refused(self, asked: Asked, mode: Mode) -> bool:
        match mode:
            case Mode.CONTEXT_LENGTH | Mode.OUTPUT_LIMIT | Mode.TOO_LARGE:
                return len(asked.lines) > self.limit_items
            case Mode.SAFETY:
                return asked.provider == "azure" and BLOCKED_WORD in asked.user
            case _:
                return asked.provider == "azure" and {"max_completion_tokens", "temperature"} <= set(asked.body)

    async def _trouble(self, request: web.Request, mode: Mode, seen: Sequence[Played]) -> web.StreamResponse | None:
        match mode:
            case Mode.SLOW:
                await asyncio.sleep(SLOW_S)
            case Mode.HANG:
                _note(seen, mode)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.stopping.wait(), 600)
                return web.Response(status=503)
            case Mode.DROPPED:
                _note(seen, mode)
                if request.transport is not None:
                    request.transport.abort()
                return web.Response(status=500)
            case Mode.HTML_502 | Mode.HTML_200:
                status = 502 if mode is Mode.HTML_502 else 200
                _note(seen, status)
                return web.Response(status=status, text="<html>proxy</html>", content_type="text/html")
            case _:
                pass
        return None

    def _fitted(self, asked: Asked, n_in: int) -> tuple[Asked, int, Mode | None]:
        """Holds a call to the model's context and output; Ollama forgets the first lines of what is too long."""
        context, output = self.limits(asked.provider, asked.model)
        if asked.provider == "ollama":
            lines = asked.user.split("\n")
            while n_in > context and lines:
                lines = lines[1:]
                n_in = n_tokens(asked.model, asked.system, "\n".join(lines)) + 2 * PER_MESSAGE
            return replace(asked, user="\n".join(lines)), n_in, None
        if n_in + (asked.max_output or 0 if asked.provider == "vllm" else 0) > context:
            return asked, n_in, Mode.CONTEXT_LENGTH
        if asked.provider != "mistral" and (asked.max_output or 0) > output:
            return asked, n_in, Mode.OUTPUT_LIMIT
        return asked, n_in, None

    def limits(self, provider: str, model: str) -> tuple[int, int]:
        """Returns context and output limit of a model: its own part's, its provider's, or the real one's."""
        context, output = own_limits(model)
        for part in (self.parts[provider], self.parts.model(provider, model)):
            context = part.capacity.context_tokens or context
            output = part.capacity.max_output_tokens or output
        return context, output

    def _reply(self, asked: Asked, mode: Mode) -> tuple[Reply, int]:
        """Returns what the model says, cut where its limit is, and the tokens of that."""
        reply = reply_to(asked.lines, mode, limit_items=self.limit_items, doubt_word=self.doubt_word)
        n_out = n_tokens(asked.model, reply.text)
        room = asked.max_output
        if room is None or n_out <= room:
            return reply, n_out
        text = cut(asked.model, reply.text, room)
        return replace(reply, text=text, finish="length"), n_tokens(asked.model, text)

    def _over_rate(self, asked: Asked, seen: Sequence[Played], n_paid: int) -> web.Response | None:
        part = self.parts.bounding(asked.provider, asked.model)
        if part.capacity.tpm is not None and n_paid > part.capacity.tpm:
            return self._refuse(seen, asked, Mode.TOO_LARGE, limit=int(part.capacity.tpm))
        wait_s = part.meter.take(part.capacity, n_paid, time.monotonic())
        return self._refuse(seen, asked, Mode.RATE_LIMITED, wait_s=wait_s) if wait_s > 0 else None

    def _refuse(
        self, seen: Sequence[Played], asked: Asked, mode: Mode, *, limit: int = 0, wait_s: float | None = None
    ) -> web.Response:
        context, output = self.limits(asked.provider, asked.model)
        limit = limit or (context if mode is Mode.CONTEXT_LENGTH else output)
        status, headers, body = errors.error(asked.provider, mode, model=asked.model, limit=limit, wait_s=wait_s)
        _note(seen, status)
        return web.json_response(body, status=status, headers=headers)

    async def _send(self, request: web.Request, body: bytes, mode: Mode, seen: Sequence[Played]) -> web.StreamResponse:
        _note(seen, mode if mode in (Mode.DRIP, Mode.CUT_OFF) else 200)
        match mode:
            case Mode.DRIP:
                return await _dripped(request, body)
            case Mode.CUT_OFF:
                return await _cut_off(request, body)
            case Mode.BROKEN_JSON:
                body = body[: len(body) // 2]
            case _:
                pass
        return web.Response(body=body, content_type="application/json")

    def _self_test(self, asked: Asked) -> web.Response:
        own = self.parts.model(asked.provider, asked.model).mode or self.parts[asked.provider].mode or Mode.OK
        if own in errors.STATUS:
            status, headers, body = errors.error(asked.provider, own, model=asked.model)
            return web.json_response(body, status=status, headers=headers)
        text = reply_to([], own).text if own is Mode.UNCONSTRAINED else asked.forced or ""
        return web.json_response(dialects.answer(asked, Reply(text), n_in=40, n_out=5))


def _note(seen: Sequence[Played], outcome: Any) -> None:
    for part in seen:
        part.outcomes[str(outcome)] += 1


async def _dripped(request: web.Request, body: bytes) -> web.StreamResponse:
    """Sends an answer byte by byte, slower than any deadline."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for byte in body:
            await response.write(bytes([byte]))
            await asyncio.sleep(DRIP_S)
            if request.transport is None or request.transport.is_closing():
                break
    return response


async def _cut_off(request: web.Request, body: bytes) -> web.StreamResponse:
    """Promises a whole answer and closes the connection in its middle."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
