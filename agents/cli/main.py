"""The `dallosh` command: each subcommand is imported only when it is called, so that `--help` stays quick."""

import importlib
import sys
from typing import Final

import click

from streams.errors import DalloshError

LAZY: Final[dict[str, tuple[str, str]]] = {
    "audit": ("agents.cli.audit:audit", "Report how fast and in what form the official accounts answer."),
    "cascade": ("agents.cli.cascade:cascade", "Explain where a tweet goes, and play other cascades on a sample."),
    "classify": ("agents.cli.classify:classify_command", "Classify a file without a broker, and measure labels."),
    "config": ("agents.cli.config:config", "Show the settings in force, secrets masked."),
    "consume": ("agents.cli.consume:consume", "Read a service's tweets, by time or by priority."),
    "crisis": ("agents.cli.crisis:crisis", "Follow waves of complaints, whom they are told, and replay a file's."),
    "dev": ("agents.cli.dev:dev", "Start, stop and look at the embedded Kafka and Redis."),
    "dlq": ("agents.cli.dlq:dlq", "List, replay, correct, park and discard dead letters."),
    "doctor": ("agents.cli.doctor:doctor", "Check broker, topics, Redis, models, keys and clock."),
    "forget": ("agents.cli.forget:forget_command", "Remove an author or a tweet, and list what remains until when."),
    "ingest": ("agents.cli.ingest:ingest", "Write a file's tweets to tweets.raw."),
    "model": ("agents.cli.model:model", "Check a model folder of level 3."),
    "models": ("agents.cli.models:models", "Show level 1's models and why they stand so; reset a breaker."),
    "places": ("agents.cli.places:places", "Measure the places found on labelled tweets."),
    "repair": ("agents.cli.repair:repair_command", "Send what a lower level classified to level 1 again."),
    "prices": ("agents.cli.prices:prices", "Show, set, fetch and trace the prices of models."),
    "run": ("agents.cli.run:run", "Run a file through the whole pipe and count every record."),
    "sample": ("agents.cli.sample:sample", "Make a file of invented tweets."),
    "schemas": ("agents.cli.schemas:schemas", "Export the contracts of the topics."),
    "scrub": ("agents.cli.scrub:scrub_command", "Take personal data out of texts, and measure it on marked ones."),
    "spend": ("agents.cli.spend:spend", "Sum what calls to models cost, and forecast the month."),
    "topics": ("agents.cli.topics:topics", "Create, list and describe the topics."),
    "up": ("agents.cli.up:up", "Start every worker under one supervisor."),
    "worker": ("agents.cli.worker:worker", "Run one stage in this process."),
}
"""Name -> (module:attribute, one line of help)."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and help lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names in alphabetical order."""
        return sorted(LAZY)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the command that was called."""
        if cmd_name not in LAZY:
            return None
        module, attribute = LAZY[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{LAZY[cmd_name][0]} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the help lines of the table."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, LAZY[name][1]) for name in self.list_commands(ctx)])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dallosh")
def dallosh() -> None:
    """Streaming classifier of customer tweets: scrub, batch, classify, route."""


def main() -> None:
    """Runs the command; exit 0 ok, 1 failed (one line says why), 2 usage."""
    try:
        dallosh(standalone_mode=True)
    except DalloshError as error:
        click.echo(f"dallosh: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
