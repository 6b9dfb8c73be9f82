"""Carried files: whole, or refused with the file's name and the remedy."""

import gzip
import lzma
from dataclasses import replace
from pathlib import Path

import pytest

from streams.carried import CarriedFile
from streams.errors import MissingToolError
from streams.gazetteer import GAZETTEER
from streams.person_names import PERSON_NAMES
from streams.providers.ranks import RANKS

CARRIED = [GAZETTEER, PERSON_NAMES, RANKS]
DAMAGES = [
    b"",
    b"no archive",
    gzip.compress(b"{}", mtime=0),
    lzma.compress(b"{}"),
    gzip.compress(bytes(1000), mtime=0)[:12] + b"\xff" * 20,
]


@pytest.mark.parametrize("file", CARRIED, ids=lambda file: str(file.path.name))
def test_what_ships_is_what_the_checksum_names(file: CarriedFile) -> None:
    assert file.read()


@pytest.mark.parametrize("file", CARRIED, ids=lambda file: str(file.path.name))
@pytest.mark.parametrize("damage", [*DAMAGES, "cut"], ids=["empty", "no-archive", "gz", "xz", "broken-gz", "cut"])
def test_another_file_is_refused(file: CarriedFile, damage: bytes | str, tmp_path: Path) -> None:
    other = replace(file, path=tmp_path / file.path.name)
    other.path.write_bytes(damage if isinstance(damage, bytes) else file.path.read_bytes()[:1000])
    with pytest.raises(MissingToolError, match=r"(damaged|not those that were shipped).*Restore") as refused:
        other.read()
    assert str(other.path) in str(refused.value)


@pytest.mark.parametrize("file", CARRIED, ids=lambda file: str(file.path.name))
def test_a_missing_file_is_named(file: CarriedFile, tmp_path: Path) -> None:
    with pytest.raises(MissingToolError, match=r"gone.*cannot be read.*Restore"):
        replace(file, path=tmp_path / f"gone{file.path.suffix}").read()
