"""The data policy at the edge: the test that reads the wire passes with it, and fails once nobody asks it."""

import pytest

from schemas.taxonomy import DataPolicy
from tests.contract.providers import test_adapters
from tests.contract.providers.conftest import ADAPTERS, Adapter, build
from tests.mutants.guards import show_everything
from tests.simulator.server import Simulator

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")


@pytest.mark.parametrize("name", sorted(set(ADAPTERS) - {"vllm"}))
async def test_a_policy_that_nobody_asks_is_seen_on_the_wire(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Simulator() as simulator:
        adapter = Adapter(name, build(name, simulator, DataPolicy.PUBLIC), simulator)
        try:
            await test_adapters.test_a_public_target_gets_no_unscrubbed_span(adapter)
            simulator.played[adapter.played_by].bodies.clear()
            monkeypatch.setattr("streams.core.prompt.visible", show_everything)
            with pytest.raises(AssertionError):
                await test_adapters.test_a_public_target_gets_no_unscrubbed_span(adapter)
            assert test_adapters.PHONE in adapter.bodies[0]
        finally:
            await adapter.provider.close()
