"""Simulated models: the test suite's server on loopback, which speaks the providers' protocols."""

import json
import os
import selectors
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from pydantic import SecretStr

from streams.disk import remedy_of
from streams.errors import FatalError, MissingToolError
from streams.settings import PREFIX, PROJECT_DIR, Settings

PACKAGE: Final = PROJECT_DIR / "tests" / "simulator"
FILE: Final = "simulated.env"
"""In the data folder: the simulator's settings, for a shell."""

START_TIMEOUT_S: Final = 60.0
STOP_TIMEOUT_S: Final = 5.0


@contextmanager
def simulated_models(
    settings: Settings, *, wanted: bool = True, say: Callable[[str], None] = lambda _: None
) -> Iterator[Settings]:
    """Gives settings whose models are all simulated, while the block runs; unchanged settings when not wanted.

    Raises:
        MissingToolError: this is no checkout: the simulator is part of the tests, not of an installation.
        FatalError: the simulator did not start.
    """
    if not wanted:
        yield settings
        return
    if not (PACKAGE / "__main__.py").is_file():
        raise MissingToolError(
            f"there is no simulator in {PROJECT_DIR}",
            remedy="Models can be simulated in a checkout only; without --simulate and without keys, level 3 works",
        )
    command = [sys.executable, "-m", "agents.tied", str(os.getpid()), "tests.simulator"]
    process = subprocess.Popen(
        command, cwd=PROJECT_DIR, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        changes = _changes(process.stdout)
        say("SIMULATED MODELS: labels come from word rules of a local server, not from any model; keys are unused")
        with _told(settings.data_dir / FILE, changes, say):
            yield all_simulated(settings, changes)
    finally:
        _end(process)


def all_simulated(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """Returns settings that name no other models than the simulator's, and start none: a real one would cost money."""
    nothing_real = {"models_file": None, "azure_deployments": (), "vllm_model": "", "gpu_start_command": ""}
    return settings.model_copy(update={**nothing_real, **changes})


@contextmanager
def _told(path: Path, changes: Mapping[str, object], say: Callable[[str], None]) -> Iterator[None]:
    """Keeps a file for a shell, by which its commands (`dallosh models`) see the same models, while the block runs."""
    values = {f"{PREFIX}{name.upper()}": _text(value) for name, value in changes.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in values.items()))
    except OSError as error:
        raise FatalError(f"cannot write {path}: {error.strerror}", remedy=remedy_of(error)) from error
    try:
        say(f"the commands of another shell see them after: . {shlex.quote(str(path))}")
        yield
    finally:
        path.unlink(missing_ok=True)


def _text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def _changes(stream: IO[bytes] | None) -> dict[str, object]:
    """Reads the settings that the simulator prints on its first line, as fields of `Settings`."""
    line = b"" if stream is None else _first_line(stream.fileno())
    if not line.endswith(b"\n"):
        raise FatalError("the simulator did not start", remedy="Its error stands above")
    environment: dict[str, str] = json.loads(line)["env"]
    values = {name.removeprefix(PREFIX).lower(): value for name, value in environment.items()}
    made = Settings(**values)  # type: ignore[arg-type]
    return {name: getattr(made, name) for name in values}


def _first_line(descriptor: int) -> bytes:
    """Reads up to the first line break, to the end or for `START_TIMEOUT_S`, whichever is first."""
    line, deadline = b"", time.monotonic() + START_TIMEOUT_S
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while not line.endswith(b"\n") and selector.select(max(0.0, deadline - time.monotonic())):
            if not (read := os.read(descriptor, 1)):
                break
            line += read
    return line


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(STOP_TIMEOUT_S)
    if process.stdout is not None:
        process.stdout.close()
