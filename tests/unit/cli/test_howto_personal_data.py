"""docs/howto/personal-data.md: every command in it works, and its figures are those of the rules as they are."""

import re
import shlex
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh
from streams.settings import PROJECT_DIR

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "personal-data.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for block in BLOCKS for line in block.splitlines()]

INDEPENDENT: Final = ("pii_independent", "pii_independent_2", "pii_independent_3", "pii_independent_4")

EXPORT: Final = """\
id,created_at,full_text,screen_name
1,2026-01-02T10:00:00+01:00,Plus de fibre à Bordeaux. Mon numéro : 06 39 98 12 34,someone
"""


def ran(command: str) -> str:
    program, *arguments = shlex.split(command)
    assert program == "dallosh"
    result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
    assert result.exit_code == 0, (command, result.output)
    return result.stdout


def test_every_command_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").symlink_to(PROJECT_DIR / "tests")
    (tmp_path / "tweets.csv").write_text(EXPORT, encoding="utf-8")
    (tmp_path / "tweets.jsonl").write_text('{"id": "b", "text": "coupé à Nantes"}\n', encoding="utf-8")
    (tmp_path / "labels.jsonl").write_text('{"id": "b", "location": "Nantes"}\n', encoding="utf-8")
    assert len(COMMANDS) == 6
    assert all(ran(command) for command in COMMANDS)


@pytest.mark.parametrize(("column", "names"), [(5, INDEPENDENT), (6, ("pii",))])
def test_the_table_is_what_eval_says(column: int, names: tuple[str, ...]) -> None:
    found, marked = Counter[str](), Counter[str]()
    for name in names:
        said = ran(f"dallosh scrub eval {PROJECT_DIR}/tests/data/{name}.jsonl")
        for kind, n_found, n_marked in re.findall(
            r"^(\w+)(?: that survive:)? +[\d.]+ \((\d+)/(\d+)\)", said, re.MULTILINE
        ):
            found[kind] += int(n_found)
            marked[kind] += int(n_marked)
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in PAGE.splitlines() if row.startswith("| ")]
    table = {row[0].split(" ")[0]: row[column] for row in rows[2:]}
    assert table == {kind: f"{found[kind]} of {n}" for kind, n in marked.items()}
