"""Logs: JSON lines on standard error, nothing of a frame's variables, libraries quiet and at a bounded rate."""

import asyncio
import gc
import json
import logging
from typing import Any

import pytest
import structlog

from streams.errors import FatalError, RejectedError
from streams.logging import BURST, RateLimit, configure
from streams.settings import load_settings
from streams.traces import MAX_FRAMES

SECRET = "mon numéro est le 06 39 98 00 11"  # invented, of the range for fiction


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    out, err = capsys.readouterr()
    assert out == ""
    return [json.loads(line) for line in err.splitlines()]


def raises(text: str) -> None:
    hidden = text
    raise ValueError(f"cannot read {hidden!r}")


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_neither_variables_nor_messages_of_others(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(load_settings(log_format=log_format))
    log = structlog.get_logger()
    for name in ("ours", "aiokafka"):
        try:
            raises(SECRET)
        except ValueError:
            if name == "ours":
                log.exception("stage_failed", stage="scrubber")
            else:
                logging.getLogger(name).exception("failed")
    err = capsys.readouterr().err
    assert err.count("raises") == 2
    assert err.count("ValueError") == 2
    assert "test_logging.py" in err
    assert "cannot read" not in err
    assert "06 39" not in err


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_what_an_error_of_ours_says_and_what_it_came_from(
    log_format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(load_settings(log_format=log_format))
    for cause in (ValueError(SECRET), ExceptionGroup(SECRET, [KeyError(SECRET), RejectedError("no date in line 3")])):
        cause.add_note(SECRET)
        try:
            raise FatalError("line 7 of t.csv cannot be read") from cause
        except FatalError:
            structlog.get_logger().exception("stage_failed")
    err = capsys.readouterr().err
    assert err.count("line 7 of t.csv cannot be read") == 2
    assert err.count("no date in line 3") == 1
    assert [err.count(name) for name in ("ValueError", "ExceptionGroup", "KeyError")] == [1, 1, 1]
    assert "06 39" not in err


def test_a_deep_or_circular_trace_ends(capsys: pytest.CaptureFixture[str]) -> None:
    def deep(n: int) -> None:
        if n == 0:
            raise ValueError
        deep(n - 1)

    configure(load_settings(log_format="json"))
    try:
        deep(200)
    except ValueError as error:
        error.__cause__ = KeyError()
        error.__cause__.__cause__ = error
        structlog.get_logger().exception("stage_failed")
    (line,) = lines(capsys)
    assert [link["exc_type"] for link in line["exception"]] == ["ValueError", "KeyError"]
    assert len(line["exception"][0]["frames"]) == MAX_FRAMES


def test_json_lines_carry_the_facts(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load_settings(log_format="json"))
    structlog.get_logger().info("batch_classified", n_tweets=3, level="bert")
    logging.getLogger("faust.app").info("chatter")
    logging.getLogger("aiokafka.conn").warning("gone %s", "away")
    ours, theirs = lines(capsys)
    assert (ours["event"], ours["n_tweets"], ours["level"]) == ("batch_classified", 3, "info")
    assert (theirs["event"], theirs["logger"]) == ("gone away", "aiokafka.conn")
    assert ours["timestamp"].endswith("Z")


def test_the_level_of_the_settings_holds(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load_settings(log_format="json", log_level="error"))
    structlog.get_logger().warning("unseen")
    structlog.get_logger().error("seen")
    assert [line["event"] for line in lines(capsys)] == ["seen"]


def test_a_library_cannot_quote_what_it_choked_on(capsys: pytest.CaptureFixture[str]) -> None:
    configure(load_settings(log_format="json"))

    async def fails_unseen() -> None:
        async def fail() -> None:
            raise ValueError(SECRET)

        asyncio.get_running_loop().create_task(fail(), name=SECRET)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(fails_unseen())
    gc.collect()
    logging.getLogger("aiokafka").error("%s at %s", ValueError(SECRET), ConnectionRefusedError(111, "refused"))
    unseen, choked = lines(capsys)
    assert unseen["event"] == "Task exception was never retrieved"
    assert choked["event"] == "ValueError at [Errno 111] refused"
    assert "06 39" not in f"{unseen}{choked}"


def test_a_flood_is_held_back_and_counted() -> None:
    limit = RateLimit(per_s=1.0, burst=BURST)

    def record(at: float) -> logging.LogRecord:
        made = logging.LogRecord("aiokafka", logging.ERROR, __file__, 1, "connection %s", ("lost",), None)
        made.created = at
        return made

    passed = [limit.filter(record(1000.0)) for _ in range(BURST + 7)]
    assert passed == [True] * BURST + [False] * 7
    later = record(1001.5)
    assert limit.filter(later)
    assert later.getMessage() == "connection lost (7 lines held back)"
    critical = record(1001.5)
    critical.levelno = logging.CRITICAL
    assert limit.filter(critical)
