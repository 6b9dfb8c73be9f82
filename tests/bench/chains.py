"""Level 1's real chain around clients that the benchmarks choose, without Redis."""

from collections.abc import Callable, Sequence

from agents.limits import open_limits
from schemas.taxonomy import Level, Stage
from streams.core.pricing import PriceTable
from streams.core.profiles import Profile, Target
from streams.providers.chain import Chain
from streams.providers.protocol import Deployed, Provider
from streams.providers.ranks import o200k_counter
from streams.settings import load_settings


def chain_of(deployed: Sequence[Deployed], *, deadline_s: float, prices: Callable[[], PriceTable]) -> Chain:
    """Makes the classifier's chain; breakers, rates and budgets are this process's own."""
    return Chain(
        deployed,
        stage=Stage.CLASSIFIER,
        level=Level.API,
        deadline_s=deadline_s,
        limits=open_limits(load_settings(redis_url=""), Level.API),
        count=o200k_counter(),
        prices=prices,
    )


def deployed(provider: Provider, profile: Profile) -> Deployed:
    """Pairs a client with the target that it reaches."""
    name = f"{provider.name}/{provider.model}"
    target = Target(name=name, provider=provider.name, model=provider.model, policy=provider.policy, profile=profile)
    return Deployed(target, provider)
