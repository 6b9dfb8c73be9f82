"""docs/howto/crisis.md: every command in it works, and its table names every field of an alert."""

import csv
import importlib.util
import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh
from streams.core.crisis.incidents import Incident
from streams.settings import PROJECT_DIR
from tests.unit.cli.crisis_files import chatter, outage

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "crisis.md").read_text(encoding="utf-8")
COMMANDS: Final = [
    line for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S) for line in block.splitlines()
]


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_BERT_DIR", str(PROJECT_DIR / "models" / "bert-v1"))
    with Path("tweets.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("id", "created_at", "full_text", "user_id"))
        rows.writerows(
            (one["id"], one["created_at"], one["text"], one["author"]) for one in [*chatter(6, 4), *outage()]
        )
    for command in COMMANDS:
        program, *arguments = shlex.split(command)
        assert program == "dallosh"
        if "plot" in arguments and importlib.util.find_spec("matplotlib") is None:
            continue
        result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)
    assert [command.split()[1] for command in COMMANDS] == ["crisis", "classify", "crisis", "crisis", "crisis"]


def test_the_table_names_every_field() -> None:
    fields = PAGE.partition("| Field |")[2].partition("\n\n")[0]
    named = {name for row in re.findall(r"^\| (`.*?) \|", fields, re.M) for name in re.findall(r"`(\w+)`", row)}
    assert named == set(Incident.__struct_fields__)
