"""Structured logs: JSON lines, or one readable line per event on a terminal; never a text, a handle or a key."""

import logging
import sys
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError

from streams.errors import DalloshError
from streams.settings import Settings
from streams.traces import trace_of, write_trace

QUIET: Final = {
    "aiokafka": logging.WARNING,
    "faust": logging.WARNING,
    "mode": logging.WARNING,
    "asyncio": logging.WARNING,
}
"""Loggers of libraries. At aiokafka's own level, building debug records costs 14 % of the CPU."""

MAX_LINES_PER_S: Final = 5.0
BURST: Final = 20


class RateLimit(logging.Filter):
    """Lets a logger's lines through at a bounded rate: with the broker gone, aiokafka writes 100 a second.

    A line that is let through after others were held back says how many.
    """

    def __init__(self, per_s: float = MAX_LINES_PER_S, burst: int = BURST) -> None:
        super().__init__()
        self._per_s, self._burst = per_s, burst
        self._tokens, self._at = float(burst), 0.0
        self._n_held = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Spends a token of the bucket; errors pass always."""
        if record.levelno >= logging.CRITICAL:
            return True
        self._tokens = min(self._burst, self._tokens + (record.created - self._at) * self._per_s)
        self._at = record.created
        if self._tokens < 1:
            self._n_held += 1
            return False
        self._tokens -= 1
        if self._n_held:
            record.msg = f"{record.getMessage()} ({self._n_held} lines held back)"
            record.args = ()
            self._n_held = 0
        return True


class Quoteless(logging.Filter):
    """Takes out of a library's line what may quote a tweet: exceptions by their class, but those of the system.

    asyncio writes its context below the first line, with the `repr` of exceptions and tasks: only the first line stays.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record; lets it through always."""
        if isinstance(record.args, tuple):
            record.args = tuple(_class_of(one) for one in record.args)
        if record.name == "asyncio":
            record.msg, record.args = record.getMessage().partition("\n")[0], ()
        return True


def _class_of(value: object) -> object:
    if isinstance(value, BaseException) and not isinstance(value, (OSError, KafkaError, DalloshError)):
        return type(value).__name__
    return value


def configure(settings: Settings) -> None:
    """Sets up logging of this process on standard error; may be called again."""
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    level = logging.getLevelName(settings.log_level.upper())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Any] = (
        [structlog.processors.ExceptionRenderer(trace_of), structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(sys.stderr.isatty(), exception_formatter=write_trace)]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    _libraries(shared, renderer)


def _libraries(shared: list[Any], renderer: list[Any]) -> None:
    """Renders the libraries' own lines the same way, quieter and at a bounded rate."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer],
        )
    )
    handler.addFilter(RateLimit())
    handler.addFilter(Quoteless())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
