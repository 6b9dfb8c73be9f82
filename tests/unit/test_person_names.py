"""The file of names: what it holds."""

from streams.person_names import load_lexicon


def test_the_projects_lists_hold_names_words_and_towns() -> None:
    lexicon = load_lexicon()
    assert {"karim", "marie", "jean-pierre"} <= lexicon.first_common
    assert {"martin", "durand"} <= lexicon.last
    assert {"merci", "fibre"} <= lexicon.words
    assert {"toulouse", "haute-garonne"} <= lexicon.towns
    assert not lexicon.first_common & lexicon.first_rare
