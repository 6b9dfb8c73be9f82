"""docs/howto/audit.md: every command in it works."""

import asyncio
import json
import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh
from streams.kafka.topics import create_topics
from streams.settings import PROJECT_DIR, Settings

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "audit.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]
AT: Final = "2026-03-02 10:00:00 +01:00"
TWEETS: Final = (
    {"id": "1", "created_at": AT, "text": "Plus de fibre à Bourges", "author": "u1"},
    {"id": "2", "created_at": AT.replace("10", "12"), "text": "@u1 Désolés, c'est réparé", "author": "Freebox",
     "official": True, "in_reply_to": "1"},
)  # fmt: skip
LABELS: Final = {"id": "1", "sentiment": "negative", "priority": 2, "main_topic": "network"}


@pytest.fixture
def deployment(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("DALLOSH_NAMESPACE", namespace)
    Path("tweets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TWEETS))
    Path("labels.jsonl").write_text(json.dumps(LABELS) + "\n")
    asyncio.run(create_topics(Settings()))


@pytest.mark.usefixtures("deployment")
def test_every_command_works() -> None:
    assert len(COMMANDS) > 6
    for command in COMMANDS:
        program, *arguments = shlex.split(command, comments=True)
        assert program == "dallosh"
        result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)
        assert "1 tweet, 1 answered; 1 reply" in result.stderr or "--since" in command
    assert Path("audit.html").is_file()
    assert Path("audit.csv").is_file()


def test_the_picture_is_there() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", PAGE):
        assert (PROJECT_DIR / "docs" / "howto" / name).is_file()
