"""Marked texts: the tags come off at the right places, and the counts say what happened to each stretch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.pii.marked import Evaluation, Mark, parsed
from streams.core.pii.spans import PiiType, Scrubbed, Span

TYPES = [*PiiType, "LOC"]
PLAIN = st.text(alphabet="ab é<>/1\n", max_size=8)


@given(st.lists(st.tuples(PLAIN, st.sampled_from(TYPES), PLAIN), max_size=5), PLAIN)
def test_what_was_marked_comes_back(parts: list[tuple[str, str, str]], end: str) -> None:
    written = "".join(f"{before}<{kind}>{inside}</{kind}>" for before, kind, inside in parts) + end
    text, marks = parsed(written)
    assert text == "".join(before + inside for before, _, inside in parts) + end
    assert [(mark.type, text[mark.start : mark.end]) for mark in marks] == [(kind, inside) for _, kind, inside in parts]


@pytest.mark.parametrize("written", ["<PHONE>a", "a</PHONE>", "<PHONE>a</PER>", "<PER><LOC>a</LOC></PER>"])
def test_a_broken_mark_is_an_error(written: str) -> None:
    with pytest.raises(ValueError, match=r"PHONE|PER|LOC"):
        parsed(written)


def test_other_tags_are_text() -> None:
    assert parsed("<b>a</b> < PER>") == ("<b>a</b> < PER>", ())


@pytest.mark.parametrize(
    ("scrubbed", "spans", "kinds"),
    [
        ("au [PHONE_1] à Dax", (Span(3, 7, PiiType.PHONE, "r"),), []),
        ("au 0612 à Dax", (), ["missed"]),
        ("au [PHONE_1]2 à Dax", (Span(3, 6, PiiType.PHONE, "r"),), ["missed"]),
        ("au [IP_1] à Dax", (Span(3, 7, PiiType.IP, "r"),), []),
        ("au [PHONE_1] 0612 à Dax", (Span(3, 7, PiiType.PHONE, "r"),), ["missed"]),
        ("au [PHONE_1] Dax", (Span(3, 9, PiiType.PHONE, "r"),), ["wrong", "decoy"]),
        ("au 0612 à [PER_1]", (Span(10, 13, PiiType.PER, "r"),), ["missed", "place", "wrong"]),
    ],
)  # fmt: skip
def test_each_stretch_is_judged(scrubbed: str, spans: tuple[Span, ...], kinds: list[str]) -> None:
    evaluation = Evaluation()
    misses = evaluation.add(parsed("au <PHONE>0612</PHONE> à <LOC>Dax</LOC>"), Scrubbed(scrubbed, spans))
    assert [miss.kind for miss in misses] == kinds
    assert (evaluation.n_marked["PHONE"], evaluation.n_places, evaluation.n_decoys) == (1, 1, 2)
    assert evaluation.n_found["PHONE"] == ("missed" not in kinds)


def test_the_string_of_a_person_may_stand_elsewhere() -> None:
    evaluation = Evaluation()
    marked = parsed("<PER>Rose</PER> aime le rosé, Rose aussi")
    evaluation.add(marked, Scrubbed("[PER_1] aime le rosé, Rose aussi", (Span(0, 4, PiiType.PER, "r"),)))
    assert marked.marks == (Mark(0, 4, "PER"),)
    assert evaluation.n_found["PER"] == 1


def test_plain_finds_are_counted_by_what_they_cover() -> None:
    marked = parsed("<PER>M. Roy</PER> à <LOC>Apt</LOC> et <PHONE>0612345678</PHONE>")
    evaluation = Evaluation()
    assert evaluation.add_finds(marked, [(0, 2), (3, 6), (16, 26)]) == []  # all letters and digits, not the blank
    assert [miss[:2] for miss in evaluation.add_finds(marked, [(0, 2), (9, 10), (13, 15), (16, 26)])] == [
        ("missed", "PER"), ("place", "LOC"), ("decoy", ""),
    ]  # fmt: skip
    assert (evaluation.n_texts, evaluation.n_found, evaluation.n_marked) == (
        2, {"PER": 1, "PHONE": 2}, {"PER": 2, "PHONE": 2},
    )  # fmt: skip
    assert (evaluation.n_places_whole, evaluation.n_places, evaluation.n_spans) == (1, 2, {})
