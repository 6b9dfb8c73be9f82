"""Labelled lines in both forms, and back."""

import csv
import json
from pathlib import Path

import pytest

from agents.offline.evaluation import read_labelled
from agents.offline.lines import COLUMNS, CsvWriter, JsonWriter, LabelledLine, Writer
from schemas.taxonomy import Level, PlaceKind, Sentiment, Topic
from schemas.tweet import Place
from streams.errors import FatalError

PLACE = Place(text='L\'Haÿ, "les" Roses', start=3, end=20, kind=PlaceKind.COMMUNE, insee="94038", department="94")
LINES = [
    LabelledLine(
        id=id_, sentiment=Sentiment.NEGATIVE, priority=2, main_topic=Topic.CUSTOMER_SERVICE, confidence_sentiment=0.9,
        confidence_priority=1.0, confidence_main_topic=0.25, places=places, level=Level.GPU,
    )
    for id_, places in (("007", (PLACE, PLACE)), ("1234567890123456789", ()))
]  # fmt: skip


def written(path: Path, writer: Writer) -> Path:
    path.write_bytes(writer.head + b"".join(map(writer.line, LINES)))
    return path


@pytest.mark.parametrize("writer", [CsvWriter(), JsonWriter()])
def test_what_is_written_is_read_back(tmp_path: Path, writer: Writer) -> None:
    found = read_labelled(written(tmp_path / "out", writer))
    assert found is not None
    first, second = found
    assert [first.id, second.id] == ["007", "1234567890123456789"]
    assert [msg.priority for msg in (first, second)] == [2, 2]
    assert list(first.places) == [PLACE, PLACE]
    assert first.confidence_main_topic == 0.25


def test_a_line_is_flat_with_its_fields_in_their_order(tmp_path: Path) -> None:
    text = written(tmp_path / "out", JsonWriter()).read_text().splitlines()[0]
    row = json.loads(text)
    assert list(row) == list(COLUMNS)
    assert (row["id"], row["priority"], row["level"]) == ("007", 2, "gpu")
    assert row["places"][0]["text"] == PLACE.text


def test_a_csv_quotes_texts_and_not_numbers(tmp_path: Path) -> None:
    path = written(tmp_path / "out.csv", CsvWriter())
    head, first, second = path.read_text().splitlines()
    assert head == ",".join(f'"{name}"' for name in COLUMNS)
    assert second == '"1234567890123456789","negative",2,"customer_service",0.9,1.0,0.25,"[]","gpu"'
    row = next(csv.DictReader([head, first]))
    assert json.loads(row["places"])[0]["insee"] == "94038"


def test_no_line_can_move_a_terminals_cursor() -> None:
    place = Place(text="Dax\x1b[2J\u202e", start=0, end=3, kind=PlaceKind.COMMUNE)
    line = LINES[0]
    moved = LabelledLine(**{name: getattr(line, name) for name in COLUMNS} | {"places": (place,)})
    for writer in (CsvWriter(), JsonWriter()):
        said = writer.line(moved).decode()
        assert "\x1b" not in said
        assert "\u202e" not in said


@pytest.mark.parametrize("text", ['{"id":"1","text":"a"}\n', "id,text\n1,a\n", "[]\n"])
def test_a_file_of_tweets_holds_no_labels(tmp_path: Path, text: str) -> None:
    path = tmp_path / "t"
    path.write_text(text)
    assert read_labelled(path) is None


@pytest.mark.parametrize(("writer", "old", "new"), [(CsvWriter(), ',2,"', ',9,"'), (JsonWriter(), ":2,", ":9,")])
def test_a_line_of_another_form_is_named(tmp_path: Path, writer: Writer, old: str, new: str) -> None:
    path = written(tmp_path / "out", writer)
    path.write_text(path.read_text().replace(old, new))
    found = read_labelled(path)
    assert found is not None
    with pytest.raises(FatalError, match=r"out, line [12]: priority is not one of 0, 1, 2"):
        list(found)
