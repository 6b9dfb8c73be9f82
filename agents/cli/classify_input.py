"""What commands take that classify a file: a file that can be read twice, a level, how its columns are named."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from agents.cli.scrub_input import opened
from schemas.taxonomy import Level
from streams.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

LEVELS: Final = (Level.BERT.value, Level.GPU.value, Level.API.value)


def form_options(command: F) -> F:
    """Adds --format and --map."""
    for option in (
        click.option("--map", "maps", multiple=True, metavar="FIELD=COLUMN",
                     help="Column of a field, or a YAML or JSON file."),
        click.option("--format", "form", type=click.Choice(["csv", "jsonl"]),
                     help="Of FILE. Default: by its name, else by its content."),
    ):  # fmt: skip
        command = option(command)
    return command


def input_options(command: F) -> F:
    """Adds --level, --format and --map."""
    who = "Who is asked first: the model that ships, your GPU server, the APIs (paid)."
    level = click.option("--level", type=click.Choice(LEVELS), default="bert", show_default=True, help=who)
    return level(form_options(command))


@contextmanager
def as_file(file: str) -> Iterator[Path]:
    """Gives a file that can be read twice; standard input and pipes are copied to a temporary one.

    Raises:
        FatalError: it cannot be read.
    """
    with opened(file) as stream:
        if file != "-" and Path(file).is_file():
            yield Path(file)
            return
        with tempfile.NamedTemporaryFile(prefix="dallosh-") as copy:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            yield Path(copy.name)


def quiet(settings: Settings) -> Settings:
    """Returns settings that log only what is wrong, unless a level was asked for: the command tells its progress."""
    asked_for = "log_level" in settings.model_fields_set
    return settings if asked_for else settings.model_copy(update={"log_level": "warning"})
