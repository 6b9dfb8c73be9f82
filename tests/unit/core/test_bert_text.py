"""The text of the small model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.bert_text import MAX_CHARS, model_input, model_text


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("@Free_1337 @jeanne  merciii 👏 https://t.co/x", "@free_1337 @user mercii 👏 http"),
        ("🤬🥺🥳 et 😡", "😡😢🎉 et 😡"),
        ("@a @b @c @free bonjour", "@user @free bonjour"),
        ("appelez le 06 12 34 56 78 ou +33612345678", "appelez le numero ou numero"),
        ("contrat 123456789 facture 39,99€ du 2021-05-14", "contrat numero facture 39,99€ du 2021-05-14"),
        ("le 1044 et le 3244", "le 1044 et le 3244"),
        ("ecrivez a jean.dupont@exemple.fr", "ecrivez a email"),
        ("l’offre &amp; la box\\nen panne\n!!!!!", "l'offre & la box en panne !!"),
        ("\ud83d cassé", "cassé"),
        ("", ""),
    ],
)
def test_reads_what_matters(written: str, read: str) -> None:
    assert model_text(written) == read


def test_context_is_the_second_segment_only_where_it_says_something() -> None:
    assert model_input("pareil", "Panne ici") == ("pareil", "Panne ici")
    assert model_input("pareil", None) == ("pareil", None)
    assert model_input("pareil", " \n ") == ("pareil", None)


@given(st.text(st.characters(codec=None), max_size=300))
def test_any_string_gives_encodable_text(text: str) -> None:
    model_text(text).encode("utf-8")


def test_a_long_text_is_cut() -> None:
    assert len(model_text("ab " * 10_000)) <= MAX_CHARS
