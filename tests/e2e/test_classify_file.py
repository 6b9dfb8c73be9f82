"""`dallosh classify` as its users run it: killed and run again, and with level 1 and 2, without a broker or a Redis."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.e2e.command import Finished, dallosh, environment
from tests.e2e.process import DALLOSH, Running
from tests.simulator.modes import Mode
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

N: Final = 1_500
"""Seconds of work for one session of the model: there is something left to do when the first place is written down."""

BAD: Final = b'{"id": "broken'
N_BAD: Final = N // 50

SECRET: Final = "06 12 34 56 78"


def line(id_: int | str, text: str, **changes: Any) -> bytes:
    made = {"id": str(id_), "created_at": "2026-01-05 10:00:00 +01:00", "text": text, "author": f"u{id_}", **changes}
    return json.dumps(made).encode() + b"\n"


def ids(path: Path) -> list[str]:
    return [json.loads(row)["id"] for row in path.read_bytes().splitlines()]


def levels(path: Path) -> set[str]:
    return {json.loads(row)["level"] for row in path.read_bytes().splitlines()}


async def test_a_run_that_is_killed_goes_on_with_the_same_command_to_the_byte(tmp_path: Path) -> None:
    tweets = tmp_path / "t.jsonl"
    with tweets.open("wb") as file:
        for i in range(N):
            file.write(line(i, f"panne {i} à Dax", in_reply_to=str(N - 1 - i)) if i % 50 else BAD + b"\n")
    env = environment(tmp_path / "data", DALLOSH_BERT_SESSIONS="1")
    whole, out = tmp_path / "whole.jsonl", tmp_path / "out.jsonl"
    done = await dallosh("classify", tweets, "-o", whole, env=env)
    assert done.code == 1, done.stderr
    assert f"{N_BAD} rows of {tweets} have no labels" in done.stderr
    cursor = tmp_path / "out.jsonl.cursor"
    with Running([*DALLOSH, "classify", str(tweets), "-o", str(out)], env, tmp_path / "logs") as run:
        run.wait_for(cursor.exists, "a place is written down")
        assert run.stop(signal.SIGKILL) == -signal.SIGKILL
    assert len(out.read_bytes()) < len(whole.read_bytes())
    again = await dallosh("classify", tweets, "-o", out, env=env)
    assert again.code == 1, again.stderr
    assert "going on after line" in again.stderr
    assert f"{N:,} rows: classified by bert {N - N_BAD:,}; {N_BAD} without labels;" in again.stderr
    assert ids(out) == [str(i) for i in range(N) if i % 50]
    assert out.read_bytes() == whole.read_bytes()
    assert (tmp_path / "out.jsonl.rejected").read_bytes() == (tmp_path / "whole.jsonl.rejected").read_bytes()
    assert not cursor.exists()


async def test_an_interrupt_says_how_to_go_on(tmp_path: Path) -> None:
    tweets, out = tmp_path / "t.jsonl", tmp_path / "out.jsonl"
    tweets.write_bytes(b"".join(line(i, f"panne {i}") for i in range(N)))
    env = environment(tmp_path / "data", DALLOSH_BERT_SESSIONS="1")
    with Running([*DALLOSH, "classify", str(tweets), "-o", str(out)], env, tmp_path / "logs") as run:
        run.wait_for((tmp_path / "out.jsonl.cursor").exists, "a place is written down")
        assert run.stop(signal.SIGINT) == 1
        said = run.stderr().splitlines()[-1]
    assert said.startswith("dallosh: interrupted after ")
    assert said.endswith("The same command goes on there")
    again = await dallosh("classify", tweets, "-o", out, env=env)
    assert (again.code, ids(out)) == (0, [str(i) for i in range(N)])


# --- levels 1 and 2


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


class Rig:
    """A file of tweets, and runs over it whose models are all simulated."""

    def __init__(self, path: Path, simulator: Simulator) -> None:
        self.path, self.simulator, self.out = path, simulator, path / "out.jsonl"
        self.tweets = path / "t.jsonl"
        self.tweets.write_bytes(
            line("reply", f"pareil à Dax, {SECRET}", in_reply_to="question")
            + b"".join(line(i, f"plus de fibre depuis {i} jours") for i in range(30))
            + line("question", "la box de @lea_m est en panne à Vierzon")
        )

    async def run(self, level: str, *providers: str, **changes: str) -> Finished:
        env = environment(self.path / "data", DALLOSH_BATCH_DEADLINE_S="10", **changes)
        for one in providers:
            env[f"DALLOSH_{one.upper()}_BASE_URL"] = self.simulator.base_url(one)
            env[f"DALLOSH_{one.upper()}_API_KEY"] = "simulated"
        return await dallosh("classify", self.tweets, "--level", level, "-o", self.out, env=env)

    def sent(self, provider: str) -> str:
        """Returns the bodies that a provider received."""
        return "\n".join(
            json.dumps(json.loads(body), ensure_ascii=False) for body in self.simulator.played[provider].bodies
        )


@pytest.fixture
def rig(tmp_path: Path, simulator: Simulator) -> Rig:
    return Rig(tmp_path, simulator)


async def test_a_public_api_gets_the_scrubbed_text_and_every_call_is_written_down(rig: Rig) -> None:
    done = await rig.run("api", "mistral")
    assert done.code == 0, done.stderr
    assert len(ids(rig.out)) == 32
    assert levels(rig.out) == {"api"}
    sent = rig.sent("mistral")
    assert "pareil à Dax, [PHONE_1] ⟵ la box de @u1 est en panne à Vierzon" in sent
    assert SECRET not in sent
    assert "lea_m" not in sent
    calls = [json.loads(row) for row in (rig.path / "out.jsonl.spend").read_bytes().splitlines()]
    assert sum(call["n_answered"] for call in calls) == 32
    assert {call["policy"] for call in calls} == {"public"}
    assert f"{len(calls)} calls for " in done.stderr


async def test_what_level_1_gives_up_falls_to_level_2_which_sees_the_text(rig: Rig) -> None:
    rig.simulator.set_mode("mistral", Mode.ERROR)
    done = await rig.run("api", "mistral", "vllm")
    assert done.code == 0, done.stderr
    assert levels(rig.out) == {"gpu"}
    assert SECRET not in rig.sent("mistral")
    assert SECRET in rig.sent("vllm")


async def test_and_to_level_3_at_last(rig: Rig) -> None:
    for provider in ("mistral", "vllm"):
        rig.simulator.set_mode(provider, Mode.ERROR)
    done = await rig.run("api", "mistral", "vllm")
    assert done.code == 0, done.stderr
    assert levels(rig.out) == {"bert"}
    assert len(ids(rig.out)) == 32


async def test_level_2_alone(rig: Rig) -> None:
    done = await rig.run("gpu", "vllm")
    assert done.code == 0, done.stderr
    assert levels(rig.out) == {"gpu"}
