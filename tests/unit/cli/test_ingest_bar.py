"""The bar of `dallosh ingest`, on a terminal."""

import io
import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli.ingest import _bar, ingest
from agents.ingest import IngestOptions
from streams.connectors.file import FileSource


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("name", [b"x[/].csv", b"[bold]x.csv", b"caf\xe9\x1b[2J.csv"])
def test_a_file_may_have_any_name(name: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"id\n")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with _bar(FileSource(path, official_handles=frozenset()), IngestOptions(), quiet=False) as show:
        show(1, 1)
    shown = name.rpartition(b"/")[2].decode("utf-8", "replace").replace("\x1b", " ")
    assert shown in terminal.getvalue()


def test_the_help_says_from_when_on_a_loop_has_fresh_ids() -> None:
    shown = " ".join(CliRunner().invoke(ingest, ["--help"]).stdout.split())
    assert "again and again, from the second pass on with fresh ids, until interrupted." in shown
