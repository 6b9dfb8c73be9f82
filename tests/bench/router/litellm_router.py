"""LiteLLM's router in an environment of its own: standard library and litellm alone, and no way off this machine.

Arguments: the plan's file, and how the three models stand to one another: `fallbacks` (a model group each, as the
documentation's section on fallbacks has it) or `order` (one group, `order` 1 to 3).
"""

import asyncio
import importlib.metadata
import ipaddress
import json
import logging
import os
import socket
import sys
import warnings
from pathlib import Path
from typing import Any

from tests.bench.router.pace import paced

GROUP = "tweets"
SHOWN = ("num_retries", "retry_after", "allowed_fails", "cooldown_time", "routing_strategy", "timeout", "max_fallbacks")
"""Settings that are told, set or not."""


def stay_on_this_machine() -> None:
    """Refuses every connection but to loopback, and tells LiteLLM to ask nobody for prices and to report to nobody."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        del os.environ[name]
    os.environ.update(
        LITELLM_LOCAL_MODEL_COST_MAP="True",
        LITELLM_TELEMETRY="False",
        HF_HUB_OFFLINE="1",
        LITELLM_MODE="PRODUCTION",  # or it reads the .env file of the working directory
    )
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise ConnectionRefusedError(f"the benchmark stays on loopback: {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[assignment,method-assign]


def router_of(plan: dict[str, Any], form: str) -> tuple[Any, str]:
    """Builds the router; returns it and the group that requests name. What is not set here is LiteLLM's default."""
    import litellm  # type: ignore[import-not-found] # not in our environment

    litellm.telemetry = False
    litellm.suppress_debug_info = True
    for name in ("LiteLLM", "LiteLLM Router"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    deployments = [
        {
            "model_name": model if form == "fallbacks" else GROUP,
            "litellm_params": {
                "model": f"openai/{model}", "api_base": base_url, "api_key": "simulated",
                **({} if form == "fallbacks" else {"order": i}),
            },
        }
        for i, (model, base_url) in enumerate(plan["base_urls"].items(), start=1)
    ]  # fmt: skip
    names = list(plan["base_urls"])
    options: dict[str, Any] = {"timeout": plan["call_timeout_s"]}
    if form == "fallbacks":
        options["fallbacks"] = [{names[0]: names[1:]}]
    router = litellm.Router(model_list=deployments, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # reading some of them is deprecated
        shown = {name: getattr(router, name, None) for name in SHOWN}
    version = importlib.metadata.version("litellm")
    print(f"litellm {version} ({form}): set {options}; in force {shown}", file=sys.stderr, flush=True)
    return router, names[0] if form == "fallbacks" else GROUP


async def main(plan: dict[str, Any], form: str) -> None:
    """Sends every batch of the plan through the router."""
    router, group = router_of(plan, form)
    works = plan["works"]

    async def run(i: int) -> bool:
        work = works[i % len(works)]
        try:
            answer = await router.acompletion(
                model=group, messages=work["messages"], max_tokens=work["max_tokens"], temperature=0.0
            )
            return len(json.loads(answer.choices[0].message.content)["r"]) == len(work["tweets"])
        except Exception:  # noqa: BLE001 - whatever the router raises, the batch is not answered
            return False

    await paced(run, n_works=plan["n_works"], interval_s=plan["interval_s"])


if __name__ == "__main__":
    stay_on_this_machine()
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]))
