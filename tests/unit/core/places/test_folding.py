"""Folding keeps every offset, whatever the text; words stand where they say."""

from hypothesis import given
from hypothesis import strategies as st

from streams.core.places.folding import bare, fold, words_of

ANY = st.text(alphabet=st.characters(exclude_categories=[]), max_size=60)


def test_accents_capitals_and_typographic_signs_fold_away() -> None:
    assert fold("Évry-Courcouronnes, L’Haÿ ÎLE Ｌｙｏｎ 𝐏𝐚𝐫𝐢𝐬") == "evry-courcouronnes, l'hay ile lyon paris"


def test_a_hashtag_is_cut_at_its_humps_and_a_mention_is_one_word() -> None:
    text = "#ParisOuest @LyonFibre st-Denis Œuilly"
    assert [one.word for one in words_of(text, fold(text))] == [
        "paris",
        "ouest",
        "@lyonfibre",
        "saint",
        "denis",
        "oeuilly",
    ]


@given(ANY)
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


@given(ANY)
def test_words_are_in_order_and_within_the_text(text: str) -> None:
    position = 0
    for one in words_of(text, fold(text)):
        assert position <= one.start < one.end <= len(text)
        position = one.end


@given(ANY)
def test_what_is_bare_stands_at_its_old_offsets(text: str) -> None:
    plain, offsets = bare(text)
    places = range(len(text)) if offsets is None else offsets
    assert plain == "".join(text[place] for place in places)
