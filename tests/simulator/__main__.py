"""`python -m tests.simulator --port 0` prints the URL and the settings that point at it as JSON, then serves."""

import asyncio
import json
import signal

import click

from tests.simulator.limits import Capacity
from tests.simulator.modes import DOUBT_WORD, Mode
from tests.simulator.played import Latency
from tests.simulator.server import PROVIDERS, Simulator

Pairs = list[tuple[str, str]]


async def serve(simulator: Simulator) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with simulator:
        urls = {name: simulator.base_url(name) for name in PROVIDERS}
        print(json.dumps({"url": simulator.url, "base_urls": urls, "env": simulator.environment()}), flush=True)
        await stop.wait()


def _pair(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> Pairs:
    """Reads NAME=VALUE; NAME is a provider, a provider/model or `all`."""
    found: Pairs = []
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name.partition("/")[0] not in (*PROVIDERS, "all"):
            raise click.BadParameter(f"{one}: write PROVIDER=VALUE or PROVIDER/MODEL=VALUE, of {', '.join(PROVIDERS)}")
        found += [(each, value) for each in (PROVIDERS if name == "all" else (name,))]
    return found


@click.command()
@click.option("--port", default=0, show_default=True, help="0: a free port.")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    callback=_pair,
    metavar="NAME=MODE",
    help=f"How a provider or provider/model behaves from the start: {', '.join(Mode)}.",
)
@click.option(
    "--rate-limit",
    "limits",
    multiple=True,
    callback=_pair,
    metavar="NAME=rpm:N,tpm:N",
    help="Its limits; also context_tokens and max_output_tokens.",
)
@click.option(
    "--latency",
    "latencies",
    multiple=True,
    callback=_pair,
    metavar="NAME=MS[:MS]",
    help="Milliseconds of an answer, and of each of its tokens; real ones take about 400:8.",
)
@click.option(
    "--models",
    "models",
    multiple=True,
    callback=_pair,
    metavar="PROVIDER=A,B",
    help="The models that it has; any other is a 404.",
)
@click.option("--doubt-word", default=DOUBT_WORD, show_default=True, help="Of low_confidence and small_margins.")
def main(port: int, modes: Pairs, limits: Pairs, latencies: Pairs, models: Pairs, doubt_word: str) -> None:
    """Simulated Gemini, Mistral, OpenAI, Azure, vLLM and Ollama on loopback; labels come from a stated rule."""
    simulator = Simulator(port)
    simulator.answering.doubt_word = doubt_word
    try:
        for name, mode in modes:
            simulator.set_mode(name, mode)
        for name, limit in limits:
            simulator.set_capacity(name, Capacity.parse(limit))
        for name, latency in latencies:
            simulator.set_latency(name, Latency.parse(latency))
        for name, listed in models:
            simulator.set_models(name, filter(None, listed.split(",")))
    except (KeyError, ValueError) as error:
        raise click.UsageError(str(error)) from error
    asyncio.run(serve(simulator))


if __name__ == "__main__":
    main()
