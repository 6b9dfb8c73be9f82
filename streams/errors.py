"""What can go wrong, by what the CALLER does next.

    DalloshError
    ├── RetryableError      try again, not before `retry_after_s`
    ├── RejectedError       this record cannot be handled: dead letter, byte for byte, with `reason`
    └── FatalError          this process cannot go on: say why, name the remedy; a worker exits by `exit_code_of`
        ├── SettingsError   a setting is missing or wrong
        └── MissingToolError  a program or file that the machine lacks

A message names a record by topic, partition and offset (or a row by file and line), never by its text.
"""


class DalloshError(Exception):
    """Base of every error of ours."""


class RetryableError(DalloshError):
    """The same call may succeed later."""

    def __init__(self, message: str, *, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RejectedError(DalloshError):
    """This one record cannot be handled; the others can."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class FatalError(DalloshError):
    """The process cannot go on. `remedy` tells the operator what to do."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message}. {remedy}" if remedy else message)
        self.remedy = remedy


class SettingsError(FatalError):
    """A setting is missing or wrong."""


class MissingToolError(FatalError):
    """A program or a file that the machine lacks."""


def exit_code_of(error: BaseException) -> int:
    """Returns a worker's exit code: 2 when the next start would find the same fault, else 1."""
    return 2 if isinstance(error, (SettingsError, MissingToolError)) else 1
