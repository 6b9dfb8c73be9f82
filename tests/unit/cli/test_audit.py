"""`dallosh audit report` of a file, in every form, on invented tweets."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.cli.audit_svg import Markup, element, ticks
from agents.cli.main import dallosh
from streams.errors import FatalError

HOSTILE = "Mar<script>alert(1)</script>que"
"""An account's name comes from outside."""


def tweet(id_: str, at: str, text: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "created_at": f"2026-03-{at} +01:00", "text": text, "author": "u1"} | more


def reply(id_: str, at: str, to: str, text: str = "@u1 Bonjour, nous sommes désolés, votre ligne est réparée") -> Any:
    return tweet(id_, at, text, author=HOSTILE, official=True, in_reply_to=to)


TWEETS = [
    tweet("q1", "02 10:00:00", "Plus d'internet à Vierzon depuis ce matin, rien ne marche"),
    tweet("q2", "02 11:00:00", "Ma facture a doublé sans explication, c'est du vol", author="u2"),
    tweet("q3", "02 12:00:00", "Toujours aucune nouvelle du technicien", author="u3"),
    reply("r1", "02 14:00:00", "q1"),
    reply("r2", "03 11:00:00", "q2"),
    tweet("q4", "03 12:00:00", "Merci beaucoup, tout remarche parfaitement", in_reply_to="r1"),
    reply("r3", "04 12:00:00", "gone"),
]
LABELS = [
    {"id": "q1", "sentiment": "negative", "priority": 2, "main_topic": "network"},
    {"id": "q2", "sentiment": "negative", "priority": 1, "main_topic": "billing"},
    {"id": "q3", "sentiment": "negative", "priority": 1, "main_topic": "customer_service"},
    {"id": "q4", "sentiment": "positive", "priority": 0, "main_topic": "network"},
]


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, rows in (("tweets.jsonl", TWEETS), ("labels.jsonl", LABELS)):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return tmp_path


def ran(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(dallosh, ["audit", "report", *arguments], input=given)


def report(*arguments: str, given: str | None = None) -> dict[str, Any]:
    result = ran(*arguments, "--json", given=given)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def group(found: dict[str, Any], by: str, name: str) -> dict[str, Any]:
    return next(one for one in found["by"][by] if one["name"] == name)


@pytest.mark.usefixtures("files")
def test_json() -> None:
    found = report("tweets.jsonl", "--labels", "labels.jsonl")
    waiting, tone = found["total"]["waiting"], found["total"]["tone"]
    assert (waiting["n_tweets"], waiting["n_answered"]) == (4, 2)
    assert waiting["median_s"] == 14 * 3600  # between 4 h and a day
    assert (tone["n_replies"], found["n_without_tweet"]) == (3, 1)
    assert (tone["apology"], tone["vous"], tone["link"]) == (1, 1, 0)
    assert (tone["n_after"], tone["n_calmer"]) == (1, 1)
    assert group(found, "topic", "billing")["waiting"]["n_answered"] == 1
    assert group(found, "priority", "2 high")["waiting"]["sla_share"] == 0
    assert group(found, "month", "2026-03")["waiting"]["n_tweets"] == 4
    assert [(row["priority"], sum(row["by_age"])) for row in found["backlog"]] == [
        ("2 high", 0), ("1 medium", 1), ("0 low", 1),
    ]  # fmt: skip


def test_the_sla_is_a_setting(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_SLA_HIGH_S", "14400")
    found = report("tweets.jsonl", "--labels", "labels.jsonl")
    assert group(found, "priority", "2 high")["waiting"]["sla_share"] == 1


def test_without_labels_level_3_gives_them(files: Path) -> None:
    found = report("-", given=(files / "tweets.jsonl").read_text("utf-8"))
    assert "unknown" not in {one["name"] for one in found["by"]["topic"] if one["waiting"]["n_tweets"]}
    assert group(found, "topic", "network")["waiting"]["n_answered"] >= 1
    assert found["total"]["tone"]["n_calmer"] == 1


def test_tweets_without_labels_are_unknown_where_others_have_them(files: Path) -> None:
    (files / "labels.jsonl").write_text(json.dumps(LABELS[0]) + "\n", "utf-8")
    found = report("tweets.jsonl", "--labels", "labels.jsonl")
    assert group(found, "priority", "unknown")["waiting"]["n_tweets"] == 3
    assert sum(found["backlog"][-1]["by_age"]) == 2


@pytest.mark.usefixtures("files")
def test_tables() -> None:
    result = ran("tweets.jsonl", "--labels", "labels.jsonl")
    assert result.exit_code == 0
    assert re.search(r"^2 high +1 +1 +100\.0 % +4\.0 h", result.stdout, re.MULTILINE)
    assert "4 tweets, 2 answered; 3 replies, 1 of them to tweets that are not at hand" in result.stderr


def test_csv(files: Path) -> None:
    assert ran("tweets.jsonl", "--labels", "labels.jsonl", "--csv", "out.csv").stdout == ""
    rows = list(csv.DictReader(io.StringIO((files / "out.csv").read_text("utf-8"))))
    assert {row["by"] for row in rows} == {"all", "account", "month", "weekday", "hour", "topic", "priority"}
    (high,) = [row for row in rows if row["name"] == "2 high"]
    assert (high["n_tweets"], high["median_s"], high["after_negative"]) == ("1", "14400", "0")


@pytest.mark.usefixtures("files")
def test_a_formula_in_a_name_is_none_in_a_spreadsheet() -> None:
    text = Path("tweets.jsonl").read_text("utf-8").replace(HOSTILE, "=1+1")
    Path("tweets.jsonl").write_text(text, "utf-8")
    ran("tweets.jsonl", "--labels", "labels.jsonl", "--csv", "out.csv")
    assert "account,'=1+1," in Path("out.csv").read_text("utf-8")


class Page(HTMLParser):
    """Collects what a browser would obey, and checks that elements are nested."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.cells: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("td", "th"):
            self.cells.append(data)


def test_the_page_stands_alone_and_obeys_nothing_from_outside(files: Path) -> None:
    name = 'a"><img src=x onerror=1>.jsonl'
    (files / name).write_bytes((files / "tweets.jsonl").read_bytes())
    result = ran(name, "--labels", "labels.jsonl", "--html", "out.html")
    assert result.exit_code == 0, result.output
    text = (files / "out.html").read_text("utf-8")
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object", "image", "use", "a"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on") or key in ("src", "href", "style")]
    assert "url(" not in text
    assert "@import" not in text
    assert HOSTILE in page.cells
    assert page.tags.count("svg") == page.tags.count("figure") == 8
    assert ("lang", "en") in page.attributes


@pytest.mark.usefixtures("files")
def test_every_number_of_the_page_stands_in_its_tables() -> None:
    ran("tweets.jsonl", "--labels", "labels.jsonl", "--html", "out.html")
    cells = Page(Path("out.html").read_text("utf-8")).cells
    assert not [cell for cell in cells if cell.endswith(("nan", "None"))]
    for told in ("4.0 h", "24.0 h", "100.0 %", "2 high", "billing", "Monday", "2026-03", "over 30 d", "4-24 h", "vous"):
        assert told in cells, told


def test_a_file_without_replies_and_one_without_questions(files: Path) -> None:
    for rows in (TWEETS[:3], [TWEETS[3]]):
        (files / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
        for form in ([], ["--json"], ["--html", "out.html"], ["--csv", "out.csv"]):
            assert ran("some.jsonl", "--labels", "labels.jsonl", *form).exit_code == 0
        Page((files / "out.html").read_text("utf-8"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "give either FILE or --since"), (["tweets.jsonl", "--since", "3d"], "give either FILE or --since"),
     (["tweets.jsonl", "--labels", "no.jsonl"], "does not exist")],
)  # fmt: skip
@pytest.mark.usefixtures("files")
def test_wrong_usage(arguments: list[str], said: str) -> None:
    result = ran(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_files_that_say_nothing_or_cannot_be_written(files: Path) -> None:
    (files / "empty.jsonl").write_text("\n", "utf-8")
    for arguments in (
        ("empty.jsonl",), ("nowhere.jsonl",), ("tweets.jsonl", "--labels", "labels.jsonl", "--html", "no/out.html")
    ):  # fmt: skip
        assert isinstance(ran(*arguments).exception, FatalError), arguments


def test_elements_escape_words_and_attributes() -> None:
    made = element("g", "a < b & c", Markup("<i>"), title='"><script>', class_="x", data_of=1.500, left=None)
    assert made == '<g title="&quot;&gt;&lt;script&gt;" class="x" data-of="1.5">a &lt; b &amp; c<i></g>'


@pytest.mark.parametrize(
    ("most", "expected"),
    [(17, [0, 5, 10, 15, 20]), (1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (0, [0, 1]), (0.003, [0, 0.001, 0.002, 0.003])],
)
def test_ticks(most: float, expected: list[float]) -> None:
    assert list(ticks(most)) == pytest.approx(expected)


@pytest.mark.parametrize("labels", [("--labels", "labels.jsonl"), ()])
def test_rows_that_cannot_be_read_are_counted_and_end_it_with_1(files: Path, labels: tuple[str, ...]) -> None:
    text = (files / "tweets.jsonl").read_text("utf-8")
    old = json.dumps(tweet("old", "02 09:00:00", "Panne") | {"created_at": "1969-01-01T00:00:00Z"})
    (files / "tweets.jsonl").write_text(f"no JSON\n{text}{old}\n", "utf-8")
    result = ran("tweets.jsonl", *labels, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["total"]["waiting"]["n_tweets"] == 4
    assert "tweets.jsonl, line 1: the line is not JSON" in result.stderr
    assert f"tweets.jsonl, line {len(TWEETS) + 2}: the date is before 2006-03-21" in result.stderr
    assert "; 2 rows unreadable" in result.stderr
    assert str(result.exception) == "2 rows of tweets.jsonl could not be read. Mend the lines named above"
