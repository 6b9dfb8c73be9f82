"""Near-duplicates: what a person would call the same text is the same, and nothing else is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.noise import DIGEST_BYTES, near_key

WORDS = st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéàç0123456789", min_size=1, max_size=8), min_size=5)
SAID = "plus de réseau depuis ce matin"

SAME = (
    ("@Free plus de réseau depuis ce matin", "mentions"),
    ("plus de réseau @free @Free_1337 depuis ce matin @claire.bsky.social", "mentions inside"),
    ("plus de réseau depuis ce matin @claire@piaille.fr", "mentions of other networks"),
    ("plus de réseau depuis ce matin https://t.co/a1B2c3", "links"),
    ("plus de réseau depuis ce matin www.free.fr/panne", "links without scheme"),
    ("PLUS DE RÉSEAU depuis CE matin HTTPS://T.CO/X", "case"),
    ("  plus\nde  réseau\t depuis\u00a0ce matin ", "white space"),
)
OTHER = (
    ("plus de réseau depuis ce soir", "a word"),
    ("plus de réseau depuis ce matin !", "punctuation"),
    ("plus de réseau depuis ce matin 06", "a number"),
    ("de plus réseau depuis ce matin", "order"),
    ("plus de réseau depuis cematin", "cut of words"),
    ("plus de réseau depuis ce matin#free", "a hashtag"),
)
SHORT = (
    "",
    "   \n",
    "merci beaucoup pour votre",
    "@a @b @c @d @e @f merci",
    "https://t.co/1 https://t.co/2 https://t.co/3 https://t.co/4 https://t.co/5 voilà",
    "😡 😡 😡 😡 😡 😡",
    "en panne ! ! ! ! ???",
    "_ __ ___ ____ _____",
)


@pytest.mark.parametrize("text", [text for text, _ in SAME], ids=[what for _, what in SAME])
def test_what_does_not_change_the_message_does_not_change_the_key(text: str) -> None:
    assert near_key("u1", text) == near_key("u1", SAID) is not None


@pytest.mark.parametrize("text", [text for text, _ in OTHER], ids=[what for _, what in OTHER])
def test_what_changes_the_message_changes_the_key(text: str) -> None:
    key = near_key("u1", text)
    assert key is not None
    assert key != near_key("u1", SAID)


@pytest.mark.parametrize("text", SHORT)
def test_a_text_under_five_words_has_no_key(text: str) -> None:
    assert near_key("u1", text) is None


def test_another_author_is_never_a_near_duplicate() -> None:
    assert near_key("u1", SAID) != near_key("u2", SAID)


def test_author_and_text_are_kept_apart() -> None:
    assert near_key("u1", f"x {SAID}") != near_key("u1 x", SAID)


def test_an_address_is_not_a_mention() -> None:
    assert near_key("u1", f"{SAID} a@free.fr") != near_key("u1", f"{SAID} b@free.fr")


@given(st.text(), st.text())
def test_it_never_raises_and_is_stable(author: str, text: str) -> None:
    key = near_key(author, text)
    assert key is None or len(key) == DIGEST_BYTES
    assert key == near_key(author, text)


@given(st.text(alphabet=st.characters(categories=["Cs", "L", "Z"]), max_size=60))
def test_lone_surrogates_are_text_too(text: str) -> None:
    assert near_key("u1", f"{SAID} {text}") is not None


@given(WORDS, st.sampled_from([" ", "  ", "\n", "\t "]), st.sampled_from(["@Free ", "https://t.co/x ", ""]))
def test_spacing_mentions_and_links_never_matter(words: list[str], gap: str, prefix: str) -> None:
    assert near_key("u1", prefix + gap.join(words).upper()) == near_key("u1", " ".join(words).upper())
