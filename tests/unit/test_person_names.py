"""The file of names: what it holds, and what is said of one that is missing or damaged."""

import lzma
from pathlib import Path

import pytest

from streams.errors import FatalError, MissingToolError
from streams.person_names import load_lexicon


def test_the_projects_lists_hold_names_words_and_towns() -> None:
    lexicon = load_lexicon()
    assert {"karim", "marie", "jean-pierre"} <= lexicon.first_common
    assert {"martin", "durand"} <= lexicon.last
    assert {"merci", "fibre"} <= lexicon.words
    assert {"toulouse", "haute-garonne"} <= lexicon.towns
    assert not lexicon.first_common & lexicon.first_rare


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match="cannot be read"):
        load_lexicon(tmp_path / "none.xz")


@pytest.mark.parametrize("content", [b"no xz", lzma.compress(b"\xff\xfe"), lzma.compress(b"first_common\tkarim\n")])
def test_a_damaged_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "names.xz"
    path.write_bytes(content)
    with pytest.raises(FatalError, match=r"damaged|lack the list"):
        load_lexicon(path)
