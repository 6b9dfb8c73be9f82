"""One simulator and one client per adapter, for the whole suite; a table of what each mode cost at the end."""

import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy, Level, Stage
from schemas.tweet import Context, ScrubbedTweet
from streams.core.profiles import Profile, Role, Target
from streams.providers.chain import Chain
from streams.providers.gemini import GeminiProvider
from streams.providers.gemini_legacy import GeminiLegacyProvider
from streams.providers.mistral import MistralProvider
from streams.providers.openai import AzureOpenAIProvider, OpenAIProvider
from streams.providers.protocol import Deployed, Provider
from streams.providers.ranks import o200k_counter
from streams.providers.vllm import VllmProvider
from streams.state.local_limits import LocalLimits
from tests.simulator.modes import LIMIT_ITEMS, Mode
from tests.simulator.played import Played
from tests.simulator.server import Simulator

ADAPTERS: Final = ("gemini", "gemini_legacy", "mistral", "openai", "azure", "vllm")
DEADLINE_S: Final = 30.0
"""Of a batch that has time enough, on any machine."""

AT: Final = datetime(2026, 1, 2, tzinfo=UTC)


class Soonest(random.Random):
    """Draws the shortest of every wait."""

    def random(self) -> float:
        return 0.0


def make_chain(providers: Sequence[Provider], *, deadline_s: float = DEADLINE_S) -> Chain:
    """Builds the chain under test, with state of its own: the one place that knows how."""
    return Chain(
        [Deployed(target_of(provider), provider) for provider in providers],
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=deadline_s,
        limits=LocalLimits(),
        count=o200k_counter(),
        rng=Soonest(),
    )


def target_of(provider: Provider) -> Target:
    """Describes an adapter's model as a target of the lowest rung, unbounded."""
    model = provider.model or "simulated-mistral"
    profile = Profile(
        model=model,
        provider=provider.name,
        role=Role.MASS_SORTING,
        context_tokens=128_000,
        max_output_tokens=16_384,
        structured="json_schema",
    )
    name = f"{provider.name}/{model}"
    return Target(name=name, provider=provider.name, model=model, policy=provider.policy, profile=profile)


def tweet(text: str, scrubbed: str | None = None, context: Context | None = None) -> ScrubbedTweet:
    return ScrubbedTweet(
        id="1", created_at=AT, author="a", text=text, scrubbed=text if scrubbed is None else scrubbed, context=context
    )


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter of ours and the provider's part in the simulator."""

    name: str
    provider: Provider
    simulator: Simulator

    @property
    def played_by(self) -> str:
        return self.provider.name

    @property
    def part(self) -> Played:
        return self.simulator.played[self.played_by]

    def plays(self, mode: Mode, *, times: int | None = None) -> None:
        self.simulator.set_mode(self.played_by, mode, times=times)

    @property
    def n_calls(self) -> int:
        return self.part.n_calls

    @property
    def bodies(self) -> list[str]:
        return list(self.part.bodies)


def build(name: str, simulator: Simulator, policy: DataPolicy) -> Provider:
    """Builds an adapter that talks to the simulator."""
    url = simulator.base_url(name.removesuffix("_legacy"))
    match name:
        case "gemini":
            return GeminiProvider(model="gemini-2.5-flash-lite", api_key="simulated", base_url=url, policy=policy)
        case "gemini_legacy":
            return GeminiLegacyProvider(model="gemini-2.5-flash-lite", api_key="simulated", base_url=url, policy=policy)
        case "mistral":
            return MistralProvider(model="mistral-small-2603", api_key="simulated", base_url=url, policy=policy)
        case "openai":
            return OpenAIProvider(
                model="gpt-4o-mini", api_key="simulated", base_url=url, policy=policy, logprobs=True
            )  # fmt: skip
        case "azure":
            return AzureOpenAIProvider(
                deployment="gpt-4o-mini-eu", model="gpt-4o-mini", endpoint=url, api_key="simulated", policy=policy,
                logprobs=True,
            )  # fmt: skip
        case _:
            return VllmProvider(base_url=url, logprobs=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def providers(simulator: Simulator) -> AsyncIterator[dict[str, Provider]]:
    built = {name: build(name, simulator, DataPolicy.PUBLIC) for name in ADAPTERS}
    await VllmProvider.resolve(built["vllm"], timeout_s=5.0)  # type: ignore[arg-type] # which it does at its first call
    yield built
    for provider in built.values():
        await provider.close()


@pytest.fixture
def played(simulator: Simulator) -> Iterator[Simulator]:
    """The simulator, without a memory of earlier tests."""
    simulator.reset()
    simulator.answering.limit_items = LIMIT_ITEMS
    yield simulator
    simulator.reset()
    simulator.answering.limit_items = LIMIT_ITEMS


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest, played: Simulator, providers: dict[str, Provider]) -> Adapter:
    return Adapter(request.param, providers[request.param], played)


MATRIX: dict[tuple[str, str], str] = {}
"""(mode, adapter) -> calls and seconds, filled by the tests."""

SPEND: dict[tuple[str, str], float] = {}
"""(mode, adapter) -> input tokens against those of a clean run, filled by the tests."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if MATRIX:
        terminalreporter.section("simulated: calls/seconds of a batch of 9, by mode and adapter")
        _table(terminalreporter, MATRIX)
    if SPEND:
        terminalreporter.section("simulated: input tokens of a batch of 100 against a clean run")
        _table(terminalreporter, {cell: f"{ratio:.2f}" for cell, ratio in SPEND.items()})


def _table(terminalreporter: pytest.TerminalReporter, cells: dict[tuple[str, str], str]) -> None:
    terminalreporter.write_line(f"{'':20}" + "".join(f"{name:>15}" for name in ADAPTERS))
    for mode in Mode:
        row = [cells.get((mode, name), "") for name in ADAPTERS]
        if any(row):
            terminalreporter.write_line(f"{mode:20}" + "".join(f"{cell:>15}" for cell in row))
