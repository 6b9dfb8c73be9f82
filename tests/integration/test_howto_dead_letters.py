"""docs/howto/dead-letters.md: every command in it works, in its order, and it names what an expression may."""

import re
import shlex
from pathlib import Path
from typing import Final

import pytest

from agents.cli.dlq import dlq
from agents.cli.dlq_filters import _OPTIONS, filters
from schemas.taxonomy import Stage
from schemas.topics import DEAD_LETTER, FALLBACK_BERT, PARKED, SCRUBBED
from streams.core.letters import WHERE_NAMES
from streams.settings import PROJECT_DIR, Settings
from tests.integration.router_rig import create, read_all, settings_for
from tests.integration.test_dlq_verbs import NOTHING_MATCHED, bury, letter, listed, place, routed, run, stage, verdicts

PAGE: Final = (PROJECT_DIR / "docs" / "howto" / "dead-letters.md").read_text(encoding="utf-8")
BLOCKS: Final = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS: Final = [line for text in BLOCKS for line in text.splitlines()]
FINDS_NOTHING: Final = ("RejectedError", "stack_hash")
EDITED, CORRECTED, DISCARDED = (f"{DEAD_LETTER}:3:{offset}" for offset in (17, 18, 19))


@pytest.mark.integration
async def test_every_command_works(kafka: str, namespace: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_for(kafka, namespace)
    await create(settings)
    places = await buried(settings)
    monkeypatch.chdir(tmp_path)
    async with stage(settings, SCRUBBED, routed):
        for command in COMMANDS:
            for told, real in places.items():
                command = command.replace(told, real)
            line, _, file = command.partition(" > ")
            program, group, *arguments = shlex.split(line)
            assert (program, group) == ("dallosh", "dlq")
            code = NOTHING_MATCHED if any(word in line for word in FINDS_NOTHING) else 0
            done = await run(settings, *arguments, code=code)
            if file:
                (tmp_path / file).write_bytes(done.stdout_bytes.replace(b"sesame 1", b"plus rien"))
    made = await verdicts(settings)
    assert [made[places[told]] for told in (EDITED, CORRECTED, DISCARDED)] == ["replayed", "replayed", "discarded"]
    assert len(await read_all(settings, [FALLBACK_BERT])) == 1
    assert len(await read_all(settings, [PARKED])) == 2
    assert await listed(settings) == await listed(settings, "--parked") == []


async def buried(settings: Settings) -> dict[str, str]:
    """Letters that the page's commands are about; returns the page's places -> those of three of them."""
    await bury(settings, [
        letter(1, error=OSError("x")), letter(2, error=OSError("x")), letter(3, error=OSError("x")),
        *(letter(number) for number in range(4, 8)), letter(8, Stage.GPU),
        letter(9, error=KeyError("x")), letter(10, error=KeyError("x")),
    ])  # fmt: skip
    by_origin = {one["origin"]: place(one) for one in await listed(settings)}
    return {EDITED: by_origin["1:1"], CORRECTED: by_origin["1:2"], DISCARDED: by_origin["1:3"]}


def test_the_page_tells_every_verb_filter_and_name() -> None:
    assert {shlex.split(command)[2] for command in COMMANDS} == set(dlq.commands)

    @filters
    def command() -> None: ...

    told = PAGE.partition("| filter |")[2].partition("```")[0]
    options = {option.opts[0] for option in command.__click_params__}  # type: ignore[attr-defined]
    assert set(re.findall(r"`(--[a-z-]+)", told)) == options
    assert len(options) == len(_OPTIONS)
    names = PAGE.partition("Names: ")[2].partition("All\n")[0].partition("A field that")[0]
    assert set(re.findall(r"`([a-z_]+)`", names)) == WHERE_NAMES
