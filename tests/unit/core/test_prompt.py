"""The compact wire: one line a tweet in, codes matched by index out, nothing guessed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.classification import Labels
from schemas.taxonomy import PRIORITIES, DataPolicy, Priority, Sentiment, Topic
from schemas.tweet import Context, ScrubbedTweet
from streams.core.prompt import CUT_MARK, MAX_TEXT_CHARS, SCHEMA, SYSTEM, code_of, parse, render, version_of

AT = datetime(2026, 1, 2, tzinfo=UTC)


def tweet(text: str, context: str | None = None) -> ScrubbedTweet:
    about = None if context is None else Context(text=context, scrubbed=context)
    return ScrubbedTweet(id="1", created_at=AT, author="a", text=text, scrubbed=text, context=about)


def labels(sentiment: Sentiment, priority: Priority, topic: Topic, confidence: float) -> Labels:
    return Labels(
        sentiment=sentiment,
        priority=priority,
        main_topic=topic,
        confidence_sentiment=confidence,
        confidence_priority=confidence,
        confidence_main_topic=confidence,
    )


NETWORK = labels(Sentiment.NEGATIVE, 2, Topic.NETWORK, 0.75)


def test_lines_are_numbered_from_one_with_the_context_behind_the_mark() -> None:
    prompt = render([tweet("Plus de fibre"), tweet("pareil ici", "Panne à Lyon ?")], DataPolicy.PUBLIC)
    assert prompt.user == "1|Plus de fibre\n2|pareil ici ⟵ Panne à Lyon ?"
    assert (prompt.n_items, prompt.max_output_tokens) == (2, 85)


def test_what_cannot_be_sent_is_replaced() -> None:
    prompt = render([tweet("a\ud800b\x00c")], DataPolicy.LOCAL)
    assert prompt.user == "1|a�b�c"
    prompt.user.encode()


def test_a_long_text_is_cut_with_a_mark() -> None:
    user = render([tweet("x" * (MAX_TEXT_CHARS + 1))], DataPolicy.LOCAL).user
    assert user == "1|" + "x" * MAX_TEXT_CHARS + CUT_MARK


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("voir https://t.co/Ab3dE5fG7h\nmerci", r"voir URL\nmerci"),
        ("(https://www.exemple.fr/une/page?x=1) HTTP://T.CO/a", "(exemple.fr) URL"),
        ("https://t.co… puis http://exemple.fr:8080", "URL puis exemple.fr:8080"),
        ("https:// et ://", "https:// et ://"),
    ],
)
def test_links_are_cut_down_to_their_host(text: str, line: str) -> None:
    assert render([tweet(text)], DataPolicy.ZDR).user == f"1|{line}"


@given(st.lists(st.tuples(st.text(max_size=40), st.none() | st.text(max_size=20)), min_size=1, max_size=12))
def test_a_tweet_is_always_exactly_one_line(texts: list[tuple[str, str | None]]) -> None:
    prompt = render([tweet(text, context) for text, context in texts], DataPolicy.LOCAL)
    lines = prompt.user.splitlines()
    assert [line.split("|")[0] for line in lines] == [str(i) for i in range(1, len(texts) + 1)]


LABELS = st.builds(
    labels,
    st.sampled_from(list(Sentiment)),
    st.sampled_from(list(PRIORITIES)),
    st.sampled_from(list(Topic)),
    st.integers(0, 9).map(lambda digit: (digit + 0.5) / 10),
)


@given(answers=st.lists(LABELS, min_size=1, max_size=30), data=st.data())
def test_answers_round_trip_in_any_order(answers: list[Labels], data: st.DataObject) -> None:
    codes = [code_of(i, said) for i, said in enumerate(answers, start=1)]
    shuffled = data.draw(st.permutations(codes))
    parsed = parse(json.dumps({"r": shuffled}), len(answers))
    assert parsed.labels == dict(enumerate(answers, start=1))
    assert parsed.unanswered == ()


@pytest.mark.parametrize(
    ("answer", "n_items", "answered", "missing", "invalid"),
    [
        ('{"r": ["1n2n7"]}', 1, [1], (), ()),
        ('{"r": ["2n2n7"]}', 2, [2], (1,), ()),
        ('{"r": ["3n2n7", "0n2n7", "9999n2n7"]}', 2, [], (1, 2), ()),
        ('{"r": ["1n2n7", "1n2n9"]}', 1, [1], (), ()),
        ('{"r": ["1n2n7", "1p2n7"]}', 1, [], (), (1,)),
        ('{"r": ["1n2n7", "1n2"]}', 1, [], (), (1,)),
        ('{"r": ["1n3n7", "2x2n7", "3n2z7", "4n2n"]}', 4, [], (), (1, 2, 3, 4)),
        ('{"r": ["12n2n7"]}', 2, [], (1, 2), ()),
        ('{"r": [" 1N2N7 "]}', 1, [1], (), ()),
        ('{"r": [1, null, ["1n2n7"], {"r": "1n2n7"}]}', 1, [], (1,), ()),
        ('Voici :\n```json\n{"r": ["1n2n7"]}\n```\nFin {r} "2n2n7".', 2, [1], (2,), ()),
        ('["1n2n7"]', 1, [1], (), ()),
        ('{"r": ["1n2n7", "2n2n7", "3n', 3, [1, 2], (3,), ()),
        ('{"r": ["1n2n7"]} {"r": ["2n2n7"]}', 2, [1, 2], (), ()),
        ('{"r": "1n2n7"}', 1, [1], (), ()),
        ("", 1, [], (1,), ()),
        ("٣n2n7", 3, [], (1, 2, 3), ()),
    ],
)
def test_answers_are_matched_by_index_and_never_guessed(
    answer: str, n_items: int, answered: list[int], missing: tuple[int, ...], invalid: tuple[int, ...]
) -> None:
    parsed = parse(answer, n_items)
    assert (sorted(parsed.labels), parsed.missing, parsed.invalid) == (answered, missing, invalid)


def test_a_repeated_answer_keeps_the_lower_confidence() -> None:
    assert parse('{"r": ["1n2n9", "1n2n7", "1n2n8"]}', 1).labels == {1: NETWORK}


@given(
    answer=st.text(max_size=200) | st.text(alphabet='{}[]":r1234567890npusecbo, ', max_size=200), n=st.integers(1, 9)
)
def test_any_answer_gives_each_index_exactly_one_fate(answer: str, n: int) -> None:
    parsed = parse(answer, n)
    assert sorted([*parsed.labels, *parsed.missing, *parsed.invalid]) == list(range(1, n + 1))


def test_deep_nesting_is_survived() -> None:
    assert parse('{"r": ' + "[" * 100_000, 1).missing == (1,)


@pytest.mark.parametrize("parts", [(SYSTEM + " ", SCHEMA), (SYSTEM, {**SCHEMA, "required": []}), (SYSTEM,)])
def test_whatever_shapes_an_answer_makes_another_version(parts: tuple[object, ...]) -> None:
    said = version_of(SYSTEM, SCHEMA)
    assert version_of(*parts) != said
    assert said == version_of(SYSTEM, dict(reversed(SCHEMA.items())))
