"""`python -m tests.simulator --port 0` prints the URL and the settings that point at it as JSON, then serves."""

import asyncio
import json
import signal

import click

from tests.simulator.modes import Mode
from tests.simulator.server import PROVIDERS, Simulator


async def serve(port: int, modes: dict[str, str]) -> None:
    """Serves until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Simulator(port) as simulator:
        for provider, mode in modes.items():
            simulator.set_mode(provider, mode)
        urls = {name: simulator.base_url(name) for name in PROVIDERS}
        print(json.dumps({"url": simulator.url, "base_urls": urls, "env": simulator.environment()}), flush=True)
        await stop.wait()


@click.command()
@click.option("--port", default=0, show_default=True, help="0: a free port.")
@click.option(
    "--mode",
    "modes",
    multiple=True,
    metavar="PROVIDER=MODE",
    help=f"How a provider behaves from the start: {', '.join(Mode)}.",
)
def main(port: int, modes: tuple[str, ...]) -> None:
    """Simulated Gemini, Mistral, OpenAI and vLLM on loopback; labels come from a stated rule."""
    asyncio.run(serve(port, dict(mode.split("=", 1) for mode in modes)))


if __name__ == "__main__":
    main()
