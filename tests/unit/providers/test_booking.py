"""Places for calls: what is taken is given back on every path, and nobody waits for a target that fails."""

import asyncio
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from schemas.taxonomy import DataPolicy, Level, Stage
from streams.core.cascade import LastWords
from streams.core.limits import Ask, Permit, Refusal, Refused, Report
from streams.core.order import Load, Ranked, rank
from streams.core.pricing import Usage
from streams.core.prompt import Prompt
from streams.core.retry import Failure, FailureKind
from streams.providers.booking import EPSILON_S, Booked, BookingOffice, Call, usage_of
from streams.providers.protocol import Completion, Deployed
from streams.state.local_limits import LocalLimits
from tests.unit.core.targets import PRICES, target

ONE, TWO = target("flash", slots=1), target("small", slots=1)
PROMPT = Prompt(system="", user="", n_items=1, max_output_tokens=9, policy=DataPolicy.PUBLIC, policy_reason="")


class Silent:
    name, model, policy = "x", "", DataPolicy.PUBLIC

    async def complete(self, prompt: Prompt, *, timeout_s: float) -> Completion:
        raise AssertionError

    async def close(self) -> None: ...


class Told(LocalLimits):
    """Answers as told, and for ever hangs where told None."""

    def __init__(self, **answers: list[Refused | None]) -> None:
        super().__init__()
        self.answers = answers

    async def reserve(self, ask: Ask) -> Permit | Refused:
        answers = self.answers.get(ask.target.removeprefix("x/"), [])
        if not answers:
            return await super().reserve(ask)
        if (answer := answers.pop(0)) is None:
            await asyncio.Event().wait()
        return answer  # type: ignore[return-value]  # the wait never ends


def office(limits: LocalLimits) -> BookingOffice:
    deployed = tuple(Deployed(one, Silent()) for one in (ONE, TWO))
    return BookingOffice(deployed, limits=limits, stage=Stage.CLASSIFIER, level=Level.API)


def ranked(*names: str) -> list[Ranked]:
    found = rank((ONE, TWO), PRICES, Load(prompt_tokens=100, tweet_tokens=50, n_tweets=1))
    return [one for one in found if one.target.name in names] if names else list(found)


async def first(opened: BookingOffice, *names: str, **changes: Any) -> tuple[Booked | None, dict[str, str]]:
    words = LastWords()
    values: dict[str, Any] = {"patience_s": 0.0, "slot_patience_s": 0.0, "waits_for": (), "last_words": words}
    return await opened.book_first(ranked(*names), PRICES, **values | changes), words.by_target


async def test_a_slot_is_held_until_the_call_is_settled_or_released() -> None:
    opened = office(LocalLimits())
    for _ in range(3):
        held = await opened.book(ranked(ONE.name)[0], PRICES)
        assert isinstance(held, Booked)
        assert await opened.book(ranked(ONE.name)[0], PRICES) == Refused(reason=Refusal.SLOTS)
        await opened.settle(held, Call(prompt=PROMPT, attempt=1), Report(kind="released"))
    assert isinstance(await opened.book(ranked(TWO.name)[0], PRICES), Booked)


async def test_a_refused_call_holds_no_slot() -> None:
    opened = office(Told(flash=[Refused(reason=Refusal.RPM)]))
    assert await opened.book(ranked(ONE.name)[0], PRICES) == Refused(reason=Refusal.RPM)
    assert isinstance(await opened.book(ranked(ONE.name)[0], PRICES), Booked)


async def test_a_call_cancelled_while_it_asks_holds_no_slot() -> None:
    opened = office(Told(flash=[None]))
    asking = asyncio.create_task(opened.book(ranked(ONE.name)[0], PRICES))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert isinstance(await opened.book(ranked(ONE.name)[0], PRICES), Booked)


async def test_what_one_cannot_take_the_next_gets_at_once(waits: list[float]) -> None:
    booked, words = await first(office(Told(flash=[Refused(reason=Refusal.RPM, retry_in_s=1.0)])), patience_s=5.0)
    assert booked is not None
    assert (booked.deployed.target, words) == (TWO, {ONE.name: "rpm"})
    assert waits == []


@pytest.mark.parametrize(
    ("reason", "waits_for", "is_booked"),
    [
        (Refusal.RPM, (), True),
        (Refusal.TPM, (), True),
        (Refusal.SLOTS, (), True),
        (Refusal.OPEN, (), False),
        (Refusal.OPEN, (ONE.name,), True),
        (Refusal.BUDGET, (), False),
    ],
)
async def test_who_is_waited_for(
    reason: Refusal, waits_for: tuple[str, ...], is_booked: bool, waits: list[float]
) -> None:
    opened = office(Told(flash=[Refused(reason=reason, retry_in_s=0.5)]))
    booked, words = await first(opened, ONE.name, patience_s=1.0, slot_patience_s=1.0, waits_for=waits_for)
    assert (booked is not None, words) == (is_booked, {ONE.name: reason.value})
    assert waits == [0.5 + EPSILON_S] * is_booked


async def test_nobody_waits_for_longer_than_his_patience(waits: list[float]) -> None:
    opened = office(Told(flash=[Refused(reason=Refusal.RPM, retry_in_s=60.0)]))
    assert (await first(opened, ONE.name, patience_s=1.0))[0] is None
    assert waits == []


UNPAID = Usage(input_tokens=0, output_tokens=0)


@pytest.mark.parametrize(
    ("kind", "usage"),
    [
        (FailureKind.RATE_LIMITED, UNPAID),
        (FailureKind.UNAVAILABLE, UNPAID),
        (FailureKind.CONTEXT_LENGTH, UNPAID),
        (FailureKind.TIMEOUT, None),
        (FailureKind.CONNECTION, None),
        (FailureKind.BAD_RESPONSE, None),
        (FailureKind.SAFETY, None),
    ],
)
async def test_what_a_failed_call_is_charged(kind: FailureKind, usage: Usage | None) -> None:
    booked, _ = await first(office(LocalLimits()))
    assert booked is not None
    call = Call(prompt=PROMPT, attempt=1, failure=Failure(kind))
    assert usage_of(booked, call) == usage
    event = await office(LocalLimits()).settle(booked, call, Report(kind="released"))
    assert (event.cost_usd, event.price_version) == ((Decimal(0), "v1") if usage else (None, None))


async def test_an_answer_without_a_count_is_charged_as_expected() -> None:
    booked, _ = await first(office(LocalLimits()))
    assert booked is not None
    silent, told = Completion(text="", finish="stop"), Completion(text="", finish="stop", input_tokens=0)
    assert usage_of(booked, Call(prompt=PROMPT, attempt=1, completion=silent)) == booked.expected
    found = usage_of(booked, Call(prompt=PROMPT, attempt=1, completion=told))
    assert found is not None
    assert found.input_tokens == 0


async def test_a_count_that_the_context_cannot_hold_is_charged_as_expected() -> None:
    booked, _ = await first(office(LocalLimits()))
    assert booked is not None
    most = booked.deployed.target.profile.context_tokens
    for told in (most, most + 1):
        lying = Completion(
            text="", finish="stop", input_tokens=told, output_tokens=told, cached_tokens=told, thought_tokens=told
        )
        found = usage_of(booked, Call(prompt=PROMPT, attempt=1, completion=lying))
        expected = Usage(input_tokens=most, output_tokens=most, cached_tokens=most, thought_tokens=most)
        assert found == (expected if told == most else replace(booked.expected, cached_tokens=0))


async def test_a_slot_of_this_worker_is_waited_for_longer_than_a_rate() -> None:
    opened = office(LocalLimits())
    held = await opened.book(ranked(ONE.name)[0], PRICES)
    assert isinstance(held, Booked)
    waiting = asyncio.create_task(first(opened, ONE.name, patience_s=0.0, slot_patience_s=5.0))
    await asyncio.sleep(0)
    assert not waiting.done()
    await opened.release(held, Report(kind="released"))
    booked, words = await asyncio.wait_for(waiting, 5)
    assert (booked is not None, words) == (True, {ONE.name: "slots"})
