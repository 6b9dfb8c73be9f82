"""The outcome of one check."""

from dataclasses import dataclass
from typing import Literal

from streams.errors import FatalError

Status = Literal["ok", "warning", "failed", "skipped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was looked at, how it stands, and what to do; a warning or a failure always has a remedy."""

    name: str
    status: Status
    message: str
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.status in ("warning", "failed") and not self.remedy:
            raise ValueError(f"{self.name}: a {self.status} needs a remedy")


def ok(name: str, message: str) -> Check:
    """It is as it should be."""
    return Check(name=name, status="ok", message=message)


def warning(name: str, message: str, remedy: str) -> Check:
    """It works, and something is worth knowing."""
    return Check(name=name, status="warning", message=message, remedy=remedy)


def failed(name: str, message: str, remedy: str) -> Check:
    """It does not work."""
    return Check(name=name, status="failed", message=message, remedy=remedy)


def skipped(name: str, message: str) -> Check:
    """It could not be looked at, because of another failure, or there is nothing to look at."""
    return Check(name=name, status="skipped", message=message)


def of_error(name: str, error: FatalError) -> Check:
    """Turns an error, whose message ends with its remedy, into a failure."""
    return failed(name, str(error).removesuffix(f". {error.remedy}"), error.remedy)


def is_local(host: str) -> bool:
    """Whether `host` or `host:port` is this machine, by its name alone."""
    return host.startswith(("127.", "localhost", "[::1]"))
