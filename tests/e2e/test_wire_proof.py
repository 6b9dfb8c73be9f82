"""The proof of what left the house: every marked tweet through the pipe, and what its target received, read there.

The target is the simulator, which keeps the bodies of its calls. What logs, headers and the ledger of spending hold is
read from the files and the topics.
"""

import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy
from streams.core.pii.marked import PLACE, Evaluation, Mark, Marked, parsed
from streams.core.pii.spans import STRUCTURED
from streams.core.policy import Visible
from streams.core.prompt import line_of
from streams.core.redaction import redact
from streams.providers.vllm import REHEARSAL
from streams.tables import tables
from tests.e2e.command import dallosh, environment
from tests.e2e.topics import delete, read_all, topics_of
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

MARKED: Final = Path(__file__).resolve().parents[1] / "data" / "pii.jsonl"
CASES: Final[dict[DataPolicy, dict[str, str]]] = {
    DataPolicy.PUBLIC: {"DALLOSH_OPENAI_POLICY": "public"},
    DataPolicy.ZDR: {"DALLOSH_OPENAI_POLICY": "zdr"},
    DataPolicy.LOCAL: {},
}
PART_OF: Final = {DataPolicy.PUBLIC: "openai", DataPolicy.ZDR: "openai", DataPolicy.LOCAL: "vllm"}
WORD: Final = re.compile(r"\w+")
TELLING: Final = 6
"""Characters from which a marked string does not stand in a log by chance."""


def rows() -> list[Marked]:
    return [parsed(json.loads(line)["marked"]) for line in MARKED.read_text("utf-8").splitlines()]


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    file = tmp_path / "marked.jsonl"
    at = "2026-01-01T10:00:00+01:00"
    made = [{"id": f"m{i}", "created_at": at, "text": row.text, "author": f"u{i}"} for i, row in enumerate(rows())]
    file.write_text("".join(json.dumps(one) + "\n" for one in made), "utf-8")
    return file


@pytest.mark.parametrize("policy", CASES)
async def test_a_target_gets_what_its_policy_lets_it_see(
    policy: DataPolicy, simulator: Simulator, tweets: Path, kafka: str, redis_url: str, tmp_path: Path
) -> None:
    part = PART_OF[policy]
    env = environment(
        tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=kafka, DALLOSH_REDIS_URL=redis_url, **CASES[policy],
    )  # fmt: skip
    env |= {f"DALLOSH_{part.upper()}_BASE_URL": simulator.base_url(part)}
    env |= {f"DALLOSH_{part.upper()}_API_KEY": "simulated"}
    done = await dallosh("run", tweets, "--json", "--keep", env=env)
    assert done.code == 0, done.stderr[-2000:]
    assert done.summary()["lost"] == done.summary()["repeated"] == 0

    received = lines_of(simulator.played[part].bodies)
    if policy is DataPolicy.PUBLIC:
        assert received == {line(redact(row.text, tables()).scrubbed.text) for row in rows()}
        assert_nothing_personal_but_the_misses(received)
    else:
        rehearsed = {one.split("|", 1)[1] for one in REHEARSAL.user.split("\n")}
        assert received - rehearsed == {line(row.text) for row in rows()}

    namespace = done.stderr.split("DALLOSH_NAMESPACE=")[1].split()[0]
    try:
        beside = done.stdout + done.stderr + logs_of(tmp_path / "data") + await headers_and_ledger(kafka, namespace)
    finally:
        await delete(kafka, namespace)
    told = {
        row.text[mark.start : mark.end] for row in rows() for mark in personal(row) if mark.end - mark.start >= TELLING
    }
    assert [string for string in told if string in beside] == []


def line(text: str) -> str:
    """Returns a text as a prompt holds it."""
    return line_of(Visible(text, None, ""))


def lines_of(bodies: Iterable[str]) -> set[str]:
    """Returns the tweets of chat completions, without their indices."""
    asked: list[dict[str, Any]] = [json.loads(body) for body in bodies]
    users = [message["content"] for body in asked for message in body["messages"] if message["role"] == "user"]
    return {one.split("|", 1)[1] for user in users for one in user.split("\n")}


def personal(row: Marked) -> list[Mark]:
    return [mark for mark in row.marks if mark.type != PLACE]


def assert_nothing_personal_but_the_misses(received: set[str]) -> None:
    """What is left of each mark in the line that was sent: nothing of a structured type, else what eval lists."""
    evaluation, leaked, missed = Evaluation(), set(), set()
    for i, row in enumerate(rows()):
        scrubbed = redact(row.text, tables()).scrubbed
        sent = line(scrubbed.text)
        assert sent in received
        missed |= {(i, miss.start) for miss in evaluation.add(row, scrubbed) if miss.kind == "missed"}
        leaked |= {(i, mark.start) for mark in personal(row) if stands(row, mark, sent)}
        for mark in personal(row):
            if mark.type in STRUCTURED and (i, mark.start) not in missed:
                assert row.text[mark.start : mark.end] not in sent
        for span in scrubbed.spans:
            assert not stands(row, Mark(span.start, span.end, span.type), sent)
    assert leaked == missed


def stands(row: Marked, mark: Mark, sent: str) -> bool:
    """Whether a word of a stretch is sent more often than it stands outside all that is personal in the text."""
    hidden = {place for one in (*personal(row), mark) for place in range(one.start, one.end)}
    outside = Counter(word[0] for word in WORD.finditer(row.text) if hidden.isdisjoint(range(*word.span())))
    in_line = Counter(WORD.findall(sent))
    return any(in_line[word] > outside[word] for word in WORD.findall(row.text[mark.start : mark.end]))


def logs_of(data_dir: Path) -> str:
    return "".join(path.read_text("utf-8", "replace") for path in sorted(data_dir.rglob("*.log")))


async def headers_and_ledger(kafka: str, namespace: str) -> str:
    """Returns every header of every record, and the values of the topics that hold no personal data."""
    mine = [topic for topic in await topics_of(kafka) if topic.startswith(f"{namespace}.")]
    records = await read_all(kafka, mine)
    assert any(record.topic.endswith("ops.spend") for record in records)
    headers = [value.decode("utf-8", "replace") for record in records for _, value in record.headers]
    values = [record.value.decode() for record in records if ".ops." in record.topic and record.value]
    return "\n".join(headers + values)
