"""`dallosh scrub`: every row out in its order, bad rows named, the policy's view, and figures on marked texts."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.cli.main import dallosh, main
from streams.connectors.csv_export import HEADER, export_row
from streams.core.policy import REASONS
from streams.core.sample import labelled
from streams.errors import FatalError

TEXT = "né le 12/05/1980, 14 rue des Iris, 13120 Gardanne : 06 12 34 56 78"
SCRUBBED = "né le [DOB_1], [ADDRESS_1], 13120 Gardanne : [PHONE_1]"
MARKED = (
    "au <PHONE>06 12 34 56 78</PHONE> à <LOC>Dax</LOC>, <PER>zouzou</PER>",
    "le 3244 ne répond pas à <PHONE>celui-ci</PHONE>",
    "mon numéro fbx20517736",
)


def ran(*arguments: str, given: bytes | None = None) -> Result:
    return CliRunner().invoke(dallosh, ["scrub", *arguments], input=given)


def rows(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def jsonl(*texts: str) -> bytes:
    return b"".join(json.dumps({"id": f"t{i}", "text": text}).encode() + b"\n" for i, text in enumerate(texts))


@pytest.mark.parametrize("arguments", [(), ("-",), ("file", "-")])
def test_standard_input_is_scrubbed_line_by_line(arguments: tuple[str, ...]) -> None:
    result = ran(*arguments, given=jsonl(TEXT, "rien", "@moi_x 🎉 0612345678"))
    assert (result.exit_code, result.stderr) == (0, "")
    first, second, third = rows(result)
    assert list(first) == ["id", "text", "scrubbed", "spans", "places"]
    assert (first["id"], first["text"], first["scrubbed"]) == ("t0", TEXT, SCRUBBED)
    assert [(place["kind"], TEXT[place["start"] : place["end"]]) for place in first["places"]] == [
        ("postcode", "13120"), ("commune", "Gardanne"),
    ]  # fmt: skip
    assert [(span["type"], TEXT[span["start"] : span["end"]]) for span in first["spans"]] == [
        ("DOB", "12/05/1980"), ("ADDRESS", "14 rue des Iris"), ("PHONE", "06 12 34 56 78"),
    ]  # fmt: skip
    assert all(span["rule"] and 0 < span["confidence"] <= 1 for span in first["spans"])
    assert (second["scrubbed"], second["spans"]) == ("rien", [])
    assert [(span["start"], span["end"]) for span in third["spans"]] == [(0, 6), (9, 19)]


@pytest.mark.parametrize("form", [None, "csv"])
def test_the_export_is_read_as_the_connectors_read_it(tmp_path: Path, form: str | None) -> None:
    tweets = [made.tweet for made in labelled(20, 1)]
    path = tmp_path / ("t.csv" if form is None else "t")
    path.write_bytes(HEADER + b"".join(map(export_row, tweets)))
    result = ran(str(path), *(() if form is None else ("--format", form)))
    assert [(row["id"], row["text"]) for row in rows(result)] == [(tweet.id, tweet.text) for tweet in tweets]
    assert ran("-", given=path.read_bytes()).stdout == result.stdout


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (b"id,text\n7,Bonjour 0612345678\n", "Bonjour 0612345678"),
        (b"id,full_text\n7,Bonjour 0612345678\n", "Bonjour 0612345678"),
        (b'\xef\xbb\xbf"text","id"\r\n"Bonjour, 0612345678",7\r\n', "Bonjour, 0612345678"),
        (b"id,created_at,text,full_text\n7,hier,Bonj,Bonjour 0612345678\n", "Bonjour 0612345678"),
        (b'id,text\n7,"un\\ndeux\n0612345678"\n', "un\ndeux\n0612345678"),
    ],
)
def test_a_csv_needs_an_id_and_a_text(tmp_path: Path, given: bytes, text: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(given)
    result = ran(str(path))
    (row,) = rows(result)
    assert (result.exit_code, row["id"], row["text"]) == (0, "7", text)
    assert row["scrubbed"] == text.replace("0612345678", "[PHONE_1]")
    assert ran("-", given=given).stdout == result.stdout
    as_lines = rows(ran("-", "--format", "lines", given=given))
    assert len(as_lines) == given.count(b"\n")


@pytest.mark.parametrize(
    ("given", "missing"),
    [(b"id,texte\n1,a\n", "text (nor full_text)"), (b"numero,text\n1,a\n", "id"), (b"id;text\n1;a\n", "text")],
)
def test_a_csv_without_its_columns_has_a_remedy_of_this_command(tmp_path: Path, given: bytes, missing: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(given)
    error = ran(str(path)).exception
    assert isinstance(error, FatalError)
    assert f"t.csv has no column {missing}" in str(error)
    assert "Name the columns id and text (or full_text)" in str(error)
    assert "--map" not in str(error)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [(b"8", "the row has 1 columns, the header 2"), (b",a", "the id is missing"), (b"8,\xff", "not UTF-8")],
)
def test_a_bad_row_of_a_csv_is_named(bad: bytes, reason: str) -> None:
    result = ran(given=b"id,text\n7,null\n" + bad + b'\n9,"un\n10,deux\n')
    assert [(row["id"], row["text"]) for row in rows(result)] == [("7", ""), ("10", "deux")]
    line_3, line_4 = result.stderr.splitlines()
    assert line_3.startswith("standard input, line 3: ")
    assert reason in line_3
    assert line_4 == "standard input, line 4: a quote is never closed"
    assert result.exit_code == 1


@pytest.mark.parametrize("array", [b'[{"id":1,"text":"a"}]', b'[\n  {\n "id": 1,', b'["a", "b"]\n', b"[]"])
def test_a_json_array_is_refused_unless_it_is_said_to_be_lines(tmp_path: Path, array: bytes) -> None:
    path = tmp_path / "t.json"
    path.write_bytes(array)
    error = ran(str(path)).exception
    assert isinstance(error, FatalError)
    assert "t.json is one JSON array. Write one object a line" in str(error)
    assert ran("--format", "lines", str(path)).exit_code == 0


def test_a_line_that_begins_with_a_bracket_is_no_array() -> None:
    (row,) = rows(ran(given=b"[info] la box clignote"))
    assert row["text"] == "[info] la box clignote"


def test_help_names_the_options_of_a_file() -> None:
    said = ran("--help").stdout
    for part in ("--format", "--policy", "--explain", "eval", "--help"):
        assert part in said


def test_plain_lines_are_numbered() -> None:
    result = ran("-", given="\ufeffbonjour\r\n\n06 12 34 56 78".encode())
    assert [(row["id"], row["scrubbed"]) for row in rows(result)] == [("1", "bonjour"), ("3", "[PHONE_1]")]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"id":1', "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"text":"0612345678"}', "no id"),
        (b'{"id":1,"text":null}', "no text"),
        (b'{"id":1,"text":"\xff0612345678"}', "not UTF-8"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_scrubbed(bad: bytes, reason: str) -> None:
    result = ran("--format", "jsonl", given=jsonl("un") + bad + b"\n" + jsonl("deux"))
    assert [row["text"] for row in rows(result)] == ["un", "deux"]
    assert result.stderr.startswith("standard input, line 2: ")
    assert reason in result.stderr
    assert "0612345678" not in result.stderr
    assert isinstance(result.exception, FatalError)
    assert "1 row of standard input could not be read. Mend" in str(result.exception)


@pytest.mark.parametrize(("policy", "sees"), [("public", SCRUBBED), ("zdr", TEXT), ("local", TEXT)])
def test_the_policy_decides_what_a_target_sees(policy: str, sees: str) -> None:
    (row,) = rows(ran("--policy", policy, given=jsonl(TEXT)))
    assert (row["policy"], row["visible"], row["scrubbed"]) == (policy, sees, SCRUBBED)
    assert row["reason"] in REASONS.values()


def test_the_handles_of_this_deployment_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DALLOSH_OFFICIAL_HANDLES", "acme_box")
    (row,) = rows(ran("--policy", "public", given=jsonl("@Acme_Box et @freebox ignorent @moi_x")))
    assert row["visible"] == "@Acme_Box et @freebox ignorent @u1"
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"marked": "@acme_box ignore <HANDLE>@moi_x</HANDLE>"}), "utf-8")
    assert json.loads(ran("eval", str(path), "--json").stdout)["types"]["HANDLE"]["precision"] == 1.0


def test_people_are_told_the_rules() -> None:
    result = ran("--explain", "--policy", "public", given=jsonl("tel 0612345678", "rien"))
    assert result.stdout.splitlines() == [
        "t0: tel [PHONE_1]",
        "  [PHONE_1] is '0612345678' (4-14): rule phone_fr, confidence 0.98",
        "  sees (public target: scrubbed text only): tel [PHONE_1]",
        "t1: rien",
        "  nothing personal found",
        "  sees (public target: scrubbed text only): rien",
    ]


def test_nothing_of_a_text_moves_the_terminal() -> None:
    result = ran("--explain", "--format", "lines", given="0612345678 \x1b[31m\u202e fin".encode())
    assert "\x1b" not in result.stdout
    assert "\u202e" not in ran("--format", "lines", given="\u202e".encode()).stdout


def test_marked_texts_give_figures_and_misses(tmp_path: Path) -> None:
    marked, misses = tmp_path / "m.jsonl", tmp_path / "misses.jsonl"
    marked.write_text("".join(json.dumps({"marked": text}) + "\n" for text in MARKED), "utf-8")
    report = json.loads(ran("eval", str(marked), "--json", "--misses", str(misses)).stdout)
    assert report["texts"] == 3
    assert report["types"]["PHONE"] == {
        "marked": 2, "found": 1, "recall": 0.5, "spans": 1, "right": 1, "precision": 1.0,
    }  # fmt: skip
    assert (report["types"]["PER"]["recall"], report["types"]["PER"]["precision"]) == (0.0, None)
    assert report["types"]["ACCOUNT"]["precision"] == 0.0
    assert report["places"] == {"marked": 1, "whole": 1, "survival": 1.0}
    assert report["decoys"]["words"] - report["decoys"]["whole"] == 1
    found = [json.loads(line) for line in misses.read_text("utf-8").splitlines()]
    assert [(miss["line"], miss["kind"], miss["text"]) for miss in found] == [
        (1, "missed", "zouzou"), (2, "missed", "celui-ci"), (3, "wrong", "fbx20517736"), (3, "decoy", "fbx20517736"),
    ]  # fmt: skip
    told = ran("eval", str(marked)).stdout
    assert "PHONE    0.500 (1/2)" in told
    assert "places that survive: 1.000 (1/1)" in told


@pytest.mark.parametrize("bad", ["<PHONE>06", "06</PHONE>", "<PHONE>a <PER>b</PER></PHONE>", None])
def test_a_broken_mark_is_named_by_its_line(tmp_path: Path, bad: str | None) -> None:
    path = tmp_path / "m.jsonl"
    path.write_text(json.dumps({"marked": "a"}) + "\n" + json.dumps({"marked": bad}) + "\n", "utf-8")
    result = ran("eval", str(path))
    assert isinstance(result.exception, FatalError)
    assert "m.jsonl, line 2: " in str(result.exception)


def test_a_missing_file_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dallosh", "scrub", str(tmp_path / "none.jsonl")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.count("\n") == 1
