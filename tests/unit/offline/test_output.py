"""Lines on a stream that cannot be written, and on one whose reader has gone."""

import os
from collections.abc import Iterator
from io import BufferedWriter
from pathlib import Path

import pytest

from agents.offline.lines import CsvWriter, JsonWriter, labelled
from agents.offline.output import StreamOutput
from schemas.taxonomy import Level
from streams.errors import FatalError
from tests.unit.offline.fakes import labels, scrubbed

LINE = labelled(scrubbed("1"), labels(), Level.BERT)


@pytest.fixture
def full() -> Iterator[BufferedWriter]:
    """Gives a stream to a disk without room; what is still in its buffer at the end is taken."""
    with Path("/dev/full").open("wb") as stream:
        yield stream
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def test_a_full_disk_is_said_when_lines_leave_the_buffer(full: BufferedWriter) -> None:
    output = StreamOutput(full, JsonWriter())
    output.label(LINE)
    with pytest.raises(FatalError, match="cannot write the output: No space left on device"):
        output.flush()


def test_a_full_disk_is_said_when_a_line_is_written() -> None:
    with (
        Path("/dev/full").open("wb", buffering=0) as stream,
        pytest.raises(FatalError, match="cannot write the output: No space left on device"),
    ):
        StreamOutput(stream, CsvWriter())


def test_a_reader_that_has_gone_is_no_failure_of_ours() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb", buffering=0) as stream, pytest.raises(BrokenPipeError):
        StreamOutput(stream, CsvWriter())
