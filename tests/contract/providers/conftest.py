"""One simulator and one client per adapter, for the whole suite; a table of what each mode cost at the end."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy
from streams.providers.gemini import GeminiProvider
from streams.providers.gemini_legacy import GeminiLegacyProvider
from streams.providers.mistral import MistralProvider
from streams.providers.openai import OpenAIProvider
from streams.providers.protocol import Provider
from streams.providers.vllm import VllmProvider
from tests.simulator.modes import Mode
from tests.simulator.server import Simulator

ADAPTERS = ("gemini", "gemini_legacy", "mistral", "openai", "vllm")


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter of ours and the provider's part in the simulator."""

    name: str
    provider: Provider
    simulator: Simulator

    @property
    def played_by(self) -> str:
        return self.provider.name

    def plays(self, mode: Mode, *, times: int | None = None) -> None:
        self.simulator.set_mode(self.played_by, mode, times=times)

    @property
    def n_calls(self) -> int:
        return self.simulator.played[self.played_by].n_calls

    @property
    def bodies(self) -> list[str]:
        return list(self.simulator.played[self.played_by].bodies)


def build(name: str, simulator: Simulator, policy: DataPolicy) -> Provider:
    """Builds an adapter that talks to the simulator."""
    match name:
        case "gemini":
            url = simulator.base_url("gemini")
            return GeminiProvider(model="gemini-2.5-flash-lite", api_key="simulated", base_url=url, policy=policy)
        case "gemini_legacy":
            url = simulator.base_url("gemini")
            return GeminiLegacyProvider(model="gemini-2.5-flash-lite", api_key="simulated", base_url=url, policy=policy)
        case "mistral":
            url = simulator.base_url("mistral")
            return MistralProvider(model="mistral-small-2603", api_key="simulated", base_url=url, policy=policy)
        case "openai":
            url = simulator.base_url("openai")
            return OpenAIProvider(model="gpt-4o-mini", api_key="simulated", base_url=url, policy=policy)
        case _:
            return VllmProvider(base_url=simulator.base_url("vllm"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def providers(simulator: Simulator) -> AsyncIterator[dict[str, Provider]]:
    built = {name: build(name, simulator, DataPolicy.PUBLIC) for name in ADAPTERS}
    yield built
    for provider in built.values():
        await provider.close()


@pytest.fixture(params=ADAPTERS)
def adapter(request: pytest.FixtureRequest, simulator: Simulator, providers: dict[str, Provider]) -> Iterator[Adapter]:
    chosen = Adapter(request.param, providers[request.param], simulator)
    played = simulator.played[chosen.played_by]
    played.mode, played.n_left, played.n_calls = Mode.OK, None, 0
    played.bodies.clear()
    yield chosen
    played.mode, played.n_left = Mode.OK, None


MATRIX: dict[tuple[str, str], str] = {}
"""(mode, adapter) -> calls and seconds, filled by the tests."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not MATRIX:
        return
    terminalreporter.section("calls/seconds by mode and adapter")
    terminalreporter.write_line(f"{'':20}" + "".join(f"{name:>15}" for name in ADAPTERS))
    for mode in Mode:
        cells = [MATRIX.get((mode, name), "") for name in ADAPTERS]
        if any(cells):
            terminalreporter.write_line(f"{mode:20}" + "".join(f"{cell:>15}" for cell in cells))
