"""The proof of what left the house: every marked tweet through the pipe, and what its target received, read there.

The target is the simulator, which keeps the bodies of its calls. Every tenth tweet answers the one before it, so that
contexts go out, too. What logs, headers and the topics without personal data hold is read where it stands.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
import pytest_asyncio

from schemas.taxonomy import DataPolicy, Stage
from schemas.topics import NOISE, SPEND, TOPICS, without_namespace
from streams.core.pii.marked import PLACE, Evaluation, Mark, Marked
from streams.core.pii.pseudonyms import Pseudonyms
from streams.core.pii.spans import STRUCTURED, Scrubbed
from streams.core.policy import Visible
from streams.core.prompt import CONTEXT_MARK, line_of
from streams.core.redaction import redact
from streams.providers.vllm import REHEARSAL
from streams.tables import tables
from tests.e2e.command import dallosh, environment
from tests.e2e.topics import delete, settings_of, topics_of
from tests.integration.router_rig import read_all
from tests.marked_rows import marked_rows
from tests.simulator.server import Simulator

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

ROWS: Final = marked_rows("pii.jsonl")
REPLIES_EVERY: Final = 10
CASES: Final[dict[DataPolicy, dict[str, str]]] = {
    DataPolicy.PUBLIC: {"DALLOSH_OPENAI_POLICY": "public"},
    DataPolicy.ZDR: {"DALLOSH_OPENAI_POLICY": "zdr"},
    DataPolicy.LOCAL: {},
}
PART_OF: Final = {DataPolicy.PUBLIC: "openai", DataPolicy.ZDR: "openai", DataPolicy.LOCAL: "vllm"}
AT: Final = "2026-01-01T10:00:00+01:00"
WORD: Final = re.compile(r"\w+")
TELLING: Final = 6
"""Characters from which a marked string does not stand in a log by chance."""


class Part(NamedTuple):
    """A text as it goes out, scrubbed: a tweet, or the one that it answers."""

    row: Marked
    scrubbed: Scrubbed

    @property
    def sent(self) -> str:
        """The text as a prompt holds it."""
        return line(self.scrubbed.text)


def answered(index: int) -> int | None:
    """Returns which tweet a tweet answers."""
    return index - 1 if index % REPLIES_EVERY == REPLIES_EVERY - 1 else None


def parts() -> Iterator[tuple[Part, Part | None]]:
    """Yields each tweet as scrubbed, and the one that it answers; the placeholders of both count on."""
    for i, row in enumerate(ROWS):
        pseudonyms, parent, context = Pseudonyms(), answered(i), None
        if parent is not None:
            context = part(ROWS[parent], pseudonyms)
        yield part(row, pseudonyms), context


def part(row: Marked, pseudonyms: Pseudonyms) -> Part:
    return Part(row, redact(row.text, tables(), pseudonyms=pseudonyms).scrubbed)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    async with Simulator() as running:
        yield running


@pytest.fixture
def tweets(tmp_path: Path) -> Path:
    """Every row; a reply has the author of what it answers, so that one worker sees both in their order. And noise."""
    file = tmp_path / "marked.jsonl"
    made: list[dict[str, Any]] = []
    for i, row in enumerate(ROWS):
        parent = answered(i)
        reply = {} if parent is None else {"in_reply_to": f"m{parent}"}
        author = f"u{i if parent is None else parent}"
        made.append({"id": f"m{i}", "created_at": AT, "text": row.text, "author": author, **reply})
    made.append({**made[0], "id": "r0", "retweet": True})
    file.write_text("".join(json.dumps(one) + "\n" for one in made), "utf-8")
    return file


@pytest.mark.parametrize("policy", CASES)
async def test_a_target_gets_what_its_policy_lets_it_see(
    policy: DataPolicy, simulator: Simulator, tweets: Path, kafka: str, redis_url: str, tmp_path: Path
) -> None:
    target = PART_OF[policy]
    env = environment(
        tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=kafka, DALLOSH_REDIS_URL=redis_url, **CASES[policy],
    )  # fmt: skip
    env |= {f"DALLOSH_{target.upper()}_BASE_URL": simulator.base_url(target)}
    env |= {f"DALLOSH_{target.upper()}_API_KEY": "simulated"}
    done = await dallosh("run", tweets, "--json", "--keep", env=env)
    assert done.code == 0, done.stderr[-2000:]
    assert done.summary()["lost"] == done.summary()["repeated"] == 0

    received = lines_of(simulator.played[target].bodies) - {one.split("|", 1)[1] for one in REHEARSAL.user.split("\n")}
    if policy is DataPolicy.PUBLIC:
        expected = [(one.sent, None if context is None else context.sent) for one, context in parts()]
        assert_nothing_personal_but_the_misses()
    else:
        texts = [row.text for row in ROWS]
        parents = [answered(i) for i in range(len(texts))]
        expected = [(line(text), None if i is None else line(texts[i])) for text, i in zip(texts, parents, strict=True)]
    assert received == {text if context is None else text + CONTEXT_MARK + context for text, context in expected}
    assert sum(CONTEXT_MARK in one for one in received) == len(ROWS) // REPLIES_EVERY

    namespace = done.stderr.split("DALLOSH_NAMESPACE=")[1].split()[0]
    try:
        beside = done.stdout + done.stderr + logs_of(tmp_path / "data") + await headers_and_values(kafka, namespace)
    finally:
        await delete(kafka, namespace)
    told = {row.text[mark.start : mark.end] for row in ROWS for mark in personal(row)}
    assert [string for string in told if len(string) >= TELLING and string in beside] == []


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


def assert_nothing_personal_but_the_misses() -> None:
    """What is left of each mark in what is sent: nothing of a structured type, else what eval lists."""
    evaluation, leaked, missed = Evaluation(), set(), set()
    sent = [one for pair in parts() for one in pair if one is not None]
    for i, one in enumerate(sent):
        row, scrubbed = one
        missed |= {(i, miss.start) for miss in evaluation.add(row, scrubbed) if miss.kind == "missed"}
        leaked |= {(i, mark.start) for mark in personal(row) if stands(row, mark, one.sent)}
        for mark in personal(row):
            if mark.type in STRUCTURED and (i, mark.start) not in missed:
                assert row.text[mark.start : mark.end] not in one.sent
        for span in scrubbed.spans:
            assert not stands(row, Mark(span.start, span.end, span.type), one.sent)
    assert leaked == missed


def stands(row: Marked, mark: Mark, sent: str) -> bool:
    """Whether a word of a stretch is sent more often than it stands outside all that is personal in the text."""
    hidden = {place for one in (*personal(row), mark) for place in range(one.start, one.end)}
    outside = Counter(word[0] for word in WORD.finditer(row.text) if hidden.isdisjoint(range(*word.span())))
    in_line = Counter(WORD.findall(sent))
    return any(in_line[word] > outside[word] for word in WORD.findall(row.text[mark.start : mark.end]))


def logs_of(data_dir: Path) -> str:
    """Returns all logs; those of the stages that have a text in hand are there, and say something."""
    texts = {path.stem: path.read_text("utf-8", "replace") for path in sorted(data_dir.rglob("*.log"))}
    for stage in (Stage.SCRUBBER, Stage.CLASSIFIER):
        assert [name for name, text in texts.items() if name.startswith(f"{stage}-") and text], sorted(texts)
    return "".join(texts.values())


async def headers_and_values(kafka: str, namespace: str) -> str:
    """Returns every header of every record, and the values of the topics that hold no personal data."""
    names = [without_namespace(namespace, name) for name in await topics_of(kafka) if name.startswith(f"{namespace}.")]
    records = await read_all(settings_of(kafka, namespace), names)
    headers = [value.decode("utf-8", "replace") for record in records for _, value in record.headers]
    values: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        name = without_namespace(namespace, record.topic)
        if record.value and not TOPICS[name].personal_data:
            values[name].append(record.value.decode())
    assert {SPEND, NOISE} <= values.keys()
    return "\n".join([*headers, *(value for told in values.values() for value in told)])
