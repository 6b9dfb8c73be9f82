"""docs/howto/costs.md: every command in it works, and its file is one that is read."""

import asyncio
import re
import shlex
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh
from streams.core.spending import By
from streams.kafka.topics import create_topics
from streams.providers import prices as prices_module
from streams.providers.price_file import read_rows
from streams.providers.price_list import carried, encode_list
from streams.settings import PROJECT_DIR, Settings

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "costs.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for kind, text in BLOCKS if kind == "bash" for line in text.splitlines()]


@pytest.fixture
def deployment(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_KAFKA_BOOTSTRAP", kafka)
    monkeypatch.setenv("DALLOSH_NAMESPACE", namespace)
    asyncio.run(create_topics(Settings()))


async def _published(url: str) -> bytes:
    """The published list as it would be fetched; the test reaches no other machine."""
    assert url.startswith("https://")
    return encode_list(carried())


def test_every_command_works(deployment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices_module, "fetch_list", _published)
    assert len(COMMANDS) > 8
    for command in COMMANDS:
        program, *arguments = shlex.split(command, comments=True)
        assert program == "dallosh"
        result = CliRunner().invoke(dallosh, arguments, catch_exceptions=False)
        assert result.exit_code == 0, (command, result.output)


def test_the_file_is_one_that_is_read(tmp_path: Path) -> None:
    (text,) = [text for kind, text in BLOCKS if kind == "toml"]
    (tmp_path / "prices.toml").write_text(text, "utf-8")
    rows = read_rows(tmp_path / "prices.toml")
    assert set(rows) == {"openai/gpt-4o-mini", "google/gemini-2.5-pro"}
    assert rows["google/gemini-2.5-pro"].above is not None


def test_every_group_is_named() -> None:
    sentence = PAGE.partition("`--by` takes")[2].partition(".")[0]
    assert re.findall(r"`(\w+)`", sentence) == [by.value for by in By]
