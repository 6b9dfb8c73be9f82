"""A file of rows, or a sentence that says why there is none."""

from pathlib import Path

import pytest

from agents.cli.json_lines import write_json_lines
from streams.errors import FatalError


def test_a_row_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    write_json_lines(path, [{"text": "déjà\n"}, {"line": 2}])
    write_json_lines(path, [{"text": "déjà\n"}])
    assert path.read_bytes() == '{"text":"déjà\\n"}\n'.encode()


def test_a_file_that_cannot_be_written_is_told_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"cannot write .*: Is a directory\. Name a file"):
        write_json_lines(tmp_path, [])
