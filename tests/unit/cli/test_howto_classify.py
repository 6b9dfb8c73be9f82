"""docs/howto/classify-a-file.md: every command in it works, and its table names every column."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh
from agents.offline.lines import COLUMNS
from streams.settings import PROJECT_DIR

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "classify-a-file.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)

EXPORT: Final = """\
id,created_at,full_text,screen_name
1,2026-01-02T10:00:00+01:00,Plus de fibre à Bordeaux depuis hier,someone
2,2026-01-02T10:05:00+01:00,Merci pour votre aide,other
"""
RIGHT: Final = '{"id": "1", "sentiment": "negative", "priority": 2, "main_topic": "network"}\n'


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_BERT_DIR", str(PROJECT_DIR / "models" / "bert-v1"))
    Path("tweets.csv").write_text(EXPORT, encoding="utf-8")
    Path("right.jsonl").write_text(RIGHT, encoding="utf-8")
    for command in (line for block in BLOCKS for line in block.splitlines()):
        program, *arguments = shlex.split(command)
        assert program == "dallosh"
        result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)
    assert Path("labels.csv").read_text().count("\n") == 3
    assert Path("labels.jsonl").read_text().count("\n") == 2


def test_the_table_names_every_column() -> None:
    named = [name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)]
    assert named == [*COLUMNS]
