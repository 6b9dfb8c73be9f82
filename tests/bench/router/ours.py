"""Our chain in front of the three models, each through the OpenAI adapter; the argument is the plan's file."""

import asyncio
import logging
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import structlog

from streams.core.pricing import Price, PriceTable
from streams.core.profiles import Profile, Role
from streams.providers.chain import Chain
from streams.providers.openai import OpenAIProvider
from streams.settings import load_settings
from tests.bench.chains import chain_of, deployed
from tests.bench.router.pace import paced
from tests.bench.router.script import DEADLINE_S, Plan


def price_of(rank: int) -> Price:
    """Returns a price that makes the first model the cheapest."""
    return Price(input_usd_per_mtok=Decimal(rank), output_usd_per_mtok=Decimal(4 * rank))


def chain_for(plan: Plan) -> Chain:
    """Builds the chain; all three models stand on one rung, so that nothing is escalated."""
    ours = []
    for model, base_url in plan.base_urls.items():
        profile = Profile(
            model=model,
            provider="openai",
            role=Role.MASS_SORTING,
            context_tokens=128_000,
            max_output_tokens=16_384,
            structured="json_schema",
            price_ref=f"openai/{model}",
        )
        ours.append(deployed(OpenAIProvider(model=model, api_key="simulated", base_url=base_url), profile))
    table = PriceTable({f"openai/{model}": price_of(i) for i, model in enumerate(plan.base_urls, start=1)}, "bench")
    return chain_of(ours, deadline_s=plan.deadline_s, prices=lambda: table)


async def main(plan: Plan) -> None:
    """Sends every batch of the plan through the chain; given up is failed."""
    chain = chain_for(plan)

    async def run(i: int) -> bool:
        tweets = plan.works[i % len(plan.works)].tweets
        return len((await chain.classify(tweets)).answers) == len(tweets)

    await paced(run, n_works=plan.n_works, interval_s=plan.interval_s)
    await chain.close()


if __name__ == "__main__":
    settings = load_settings()
    print(
        f"ours: set nothing; in force batch_deadline_s {DEADLINE_S:g}, probe_interval_s {settings.probe_interval_s:g}, "
        f"model_breaker_failures {settings.model_breaker_failures}",
        file=sys.stderr,
        flush=True,
    )
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    asyncio.run(main(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))
