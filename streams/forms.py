"""What the text of a setting has to look like, and how a person is told so instead of by a regular expression."""

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Final

_HOST: Final = r"(?:\[[0-9A-Fa-f:.]+\]|[\w.-]+)"
_BROKER: Final = rf"{_HOST}:\d{{1,5}}"
_VISIBLE: Final = r"[^\s\x00-\x1f]"

BROKERS: Final = rf"^(?:{_BROKER}(?:, ?{_BROKER})*)?$"
NAME: Final = r"^[a-zA-Z0-9_-]{0,40}$"
HTTP_URL: Final = rf"^(?:[Hh][Tt][Tt][Pp][Ss]?://(?:[^\s\x00-\x1f/?#]*@)?{_HOST}(?::\d{{1,5}})?(?:[/?#]{_VISIBLE}*)?)?$"
REDIS_URL: Final = rf"^(?:(?:rediss?|unix)://{_VISIBLE}*)?$"
"""Only the scheme: what follows is Redis' own business, and `connect` and `dallosh doctor` tell what is wrong in it."""
AZURE_VERSION: Final = r"^\d{4}-\d{2}-\d{2}(?:-preview)?$"
_DEPLOYMENT: Final = re.compile(r"[\w.-]{1,64}(?:=[\w.:-]{1,100})?")
_KEY: Final = re.compile(r"[!-~]*")

_EXPECTED: Final = {
    BROKERS: "expected host:port, host:port",
    NAME: "expected letters, digits, _ and -, at most 40",
    HTTP_URL: "expected http://host or https://host, with a port and a path where there is one",
    AZURE_VERSION: "expected YYYY-MM-DD or YYYY-MM-DD-preview",
    REDIS_URL: "expected redis://host:port/0, rediss://host:port/0 or unix:///path",
}


def complaint(error: Mapping[str, Any]) -> str:
    """Returns what pydantic complains of in words; neither the pattern nor the value is quoted."""
    pattern = error.get("ctx", {}).get("pattern")
    return _EXPECTED.get(pattern, str(error["msg"]).removeprefix("Value error, "))


def require_key(key: str) -> None:
    """An API key travels in a header of HTTP, which takes nothing else.

    Raises:
        ValueError: it holds something else; the message does not quote it.
    """
    if not _KEY.fullmatch(key):
        raise ValueError("expected printable ASCII characters without blanks")


def require_command(command: str) -> None:
    """A command is split as a POSIX shell splits it: blanks separate, quotes keep together.

    Raises:
        ValueError: a quote is not closed; the message does not quote the command.
    """
    try:
        shlex.split(command)
    except ValueError:
        raise ValueError("expected a command whose quotes are closed") from None


def require_deployments(entries: Iterable[str]) -> None:
    """Azure's deployments are written NAME=MODEL, or NAME alone; each name once.

    Raises:
        ValueError: one is written otherwise, or a name stands twice.
    """
    entries = list(entries)
    if not all(map(_DEPLOYMENT.fullmatch, entries)):
        raise ValueError("expected NAME=MODEL, NAME=MODEL")
    if len({entry.partition("=")[0] for entry in entries}) < len(entries):
        raise ValueError("a deployment is named twice")
