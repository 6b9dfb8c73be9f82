"""`make crisis-live`: half a day of invented tweets through the real pipe, two incidents in it, and what was told."""

import asyncio
import json
import sys
import time
from typing import Final

import click
import msgspec

from streams.settings import PROJECT_DIR
from tests.chaos.servers import folder_for
from tests.live.report import lines
from tests.live.result import result_of
from tests.live.rig import play

KEPT: Final = PROJECT_DIR / ".dallosh" / "live"


@click.command()
@click.option("--tweets", "n_tweets", type=click.IntRange(2_000), default=20_000, show_default=True, help="How many.")
@click.option("--speed", type=click.FloatRange(1, 600), default=60, show_default=True, help="Event seconds per second.")
@click.option("--keep", is_flag=True, help=f"Keep data and logs in {KEPT.relative_to(PROJECT_DIR)}.")
@click.option("--json", "as_json", is_flag=True, help="The result as one JSON object, nothing else.")
def main(n_tweets: int, speed: float, keep: bool, as_json: bool) -> None:
    """Plays it and counts; exit 0 when all was as it must be, 1 when not.

    A higher speed is harder on the pipe than the day itself: the detector waits two minutes of event time for late
    tweets, two seconds at 60x.
    """
    began = time.monotonic()
    with folder_for(KEPT if keep else None) as folder:
        played = asyncio.run(play(n_tweets, speed, folder, say=_say, keep=keep))
        result = result_of(played, n_tweets=n_tweets, speed=speed, seconds=time.monotonic() - began)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(result) | {"problems": result.problems()}))
    else:
        for line in lines(result):
            click.echo(line)
    sys.exit(1 if result.problems() else 0)


def _say(text: str) -> None:
    click.echo(text, err=True)


if __name__ == "__main__":
    main()
