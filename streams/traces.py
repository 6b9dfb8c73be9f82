"""An exception as a log may show it: class, files, lines and functions of its chain, never a frame's variables.

The message of an exception that is not ours is left out: libraries quote what they choke on, and that may be a tweet.
"""

import traceback
from collections.abc import Iterator
from typing import Any, Final, TextIO

import structlog

from streams.errors import DalloshError

MAX_FRAMES: Final = 50
"""Of more frames (a recursion), the first and the last halves of so many are shown."""

ExcInfo = structlog.typing.ExcInfo


def trace_of(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Returns the exception and what it came from, the last failure first, as JSON takes it."""
    return [_link(error) for error in _chain(exc_info[1])]


def write_trace(stream: TextIO, exc_info: ExcInfo) -> None:
    """Writes the same for people, the last failure at the end, as Python does."""
    for link in reversed(trace_of(exc_info)):
        stream.write("\n" + "\n".join(_lines(link)))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _link(error: BaseException) -> dict[str, Any]:
    made: dict[str, Any] = {"exc_type": type(error).__name__}
    if isinstance(error, DalloshError):
        made["exc_value"] = str(error)
    made["frames"] = _frames(error)
    if isinstance(error, BaseExceptionGroup):
        made["exceptions"] = [[_link(one) for one in _chain(member)] for member in error.exceptions]
    return made


def _frames(error: BaseException) -> list[dict[str, Any]]:
    frames = [
        {"filename": frame.f_code.co_filename, "lineno": line, "name": frame.f_code.co_name}
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    n_half = MAX_FRAMES // 2
    return frames if len(frames) <= MAX_FRAMES else [*frames[:n_half], *frames[-n_half:]]


def _lines(link: dict[str, Any], indent: str = "") -> Iterator[str]:
    yield f"{indent}Traceback (most recent call last):"
    for frame in link["frames"]:
        yield f'{indent}  File "{frame["filename"]}", line {frame["lineno"]}, in {frame["name"]}'
    yield f"{indent}{link['exc_type']}" + (f": {link['exc_value']}" if "exc_value" in link else "")
    for member in link.get("exceptions", ()):
        for one in reversed(member):
            yield from _lines(one, indent + "  | ")
