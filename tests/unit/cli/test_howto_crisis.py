"""docs/howto/crisis.md: the commands on files work, all others are there with their options; fields are all named."""

import csv
import importlib.util
import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.crisis import crisis
from agents.cli.main import dallosh
from streams.core.crisis.incidents import Incident
from streams.settings import PROJECT_DIR
from tests.unit.cli.crisis_files import chatter, outage

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "crisis.md").read_text(encoding="utf-8")
COMMANDS: Final = [
    line for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S) for line in block.splitlines()
]
ROWS: Final = re.findall(r"^\| `dallosh crisis ([^`]*)` \|(.*)\|$", PAGE, re.M)


@pytest.mark.parametrize(("line", "rest"), ROWS)
def test_every_command_of_the_table_takes_what_it_is_said_to_take(line: str, rest: str) -> None:
    name, *arguments = shlex.split(line.replace("--seq N", "--seq 1"))
    command = crisis.commands[name]
    with command.make_context(name, arguments):
        options = {one for parameter in command.params for one in parameter.opts}
    assert {*re.findall(r"--[a-z]+", f"{line} {rest}"), "--json"} <= options


def test_the_page_names_every_command() -> None:
    on_files = [shlex.split(line)[2] for line in COMMANDS if line.startswith("dallosh crisis ")]
    assert {line.split()[0] for line, _ in ROWS} | {*on_files} == set(crisis.commands)


def test_every_option_of_the_page_is_one_of_a_command() -> None:
    text = PAGE.partition("## See it work")[0]
    options = {one for command in crisis.commands.values() for parameter in command.params for one in parameter.opts}
    assert set(re.findall(r"`(--[a-z]+)", text)) <= options


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
