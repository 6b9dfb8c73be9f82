"""docs/howto/forget.md: every command in it works, and its proof is the one that is on record."""

import asyncio
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.forget import NOTHING_FOUND
from agents.cli.main import dallosh
from schemas.codec import encode
from schemas.topics import RAW
from schemas.tweet import Tweet
from streams.core.forgetting import Relation
from streams.kafka.topics import create_topics
from streams.settings import PROJECT_DIR, Settings
from tests.integration.router_rig import produce
from tests.integration.test_forget import NOW

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "forget.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]


@pytest.fixture
def deployment(kafka: str, redis_url: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in (("KAFKA_BOOTSTRAP", kafka), ("NAMESPACE", namespace), ("REDIS_URL", redis_url)):
        monkeypatch.setenv(f"DALLOSH_{name}", value)
    asyncio.run(_with_a_tweet(Settings()))


async def _with_a_tweet(settings: Settings) -> None:
    await create_topics(settings)
    one = Tweet(id="1520000000000000123", created_at=NOW, text="la box clignote", author="someone")
    await produce(settings, [(b"someone", encode(one), ())], RAW)


def test_every_command_works(deployment: None) -> None:
    assert len(COMMANDS) == 5
    for command in COMMANDS:
        program, *arguments = shlex.split(command.partition(" > ")[0])
        assert program == "dallosh"
        result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
        code = NOTHING_FOUND if {"u_3f9a2c", "discard"} & set(arguments) else 0
        assert result.exit_code == code, (command, result.output)


def test_the_proof_is_the_one_on_record(deployment: None) -> None:
    done = CliRunner().invoke(dallosh, ["forget", "--author", "@SomeOne", "--yes", "--json"], catch_exceptions=False)
    summary = json.loads(done.stdout.splitlines()[-1])
    (program,) = [text for kind, text in BLOCKS if kind == "python"]
    program = program.replace("the id of the command", summary["command_id"])
    shown = subprocess.run([sys.executable, "-c", program], cwd=PROJECT_DIR, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == summary["proof"]


def test_every_relation_is_told() -> None:
    told = PAGE.partition("**What is found.**")[2].partition("- **")[0]
    assert set(re.findall(r"`(\w+)`", told)) == set(Relation)
