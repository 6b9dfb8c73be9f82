"""`dallosh sample`: exactly so many rows, the same bytes for the same seed, and a summary that tells the truth."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from agents.cli.main import dallosh, main
from schemas.taxonomy import OFFICIAL_HANDLES
from streams.connectors.csv_export import HEADER
from streams.connectors.file import FileSource
from streams.connectors.source import AnyRow, RefusedRow, Row
from streams.core.noise import near_key


def sampled(*arguments: str) -> tuple[bytes, str]:
    result = CliRunner().invoke(dallosh, ["sample", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout_bytes, result.stderr


async def rows_of(path: Path) -> list[AnyRow]:
    source = FileSource(path, official_handles=OFFICIAL_HANDLES)
    return [row async for rows in source.batches() for row in rows]


@pytest.mark.parametrize("name", ["s.csv", "s.jsonl"])
async def test_the_summary_counts_what_a_reader_finds(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    output, _ = sampled("--n", "1000", "--seed", "1", "-o", str(path), "--json")
    report = json.loads(output)
    rows = await rows_of(path)
    assert len(rows) == report["rows"] == sum(report["kinds"].values()) == 1_000
    assert report["format"] == path.suffix[1:]
    tweets = [row.tweet for row in rows if isinstance(row, Row)]
    assert (
        sum(isinstance(row, RefusedRow) for row in rows)
        == report["kinds"]["garbage"]
        == sum(report["damages"].values())
    )
    assert sum(tweet.official for tweet in tweets) == report["kinds"]["official"]
    assert sum(tweet.retweet for tweet in tweets) == report["kinds"]["retweet"]
    assert len(tweets) - len({tweet.id for tweet in tweets}) == report["kinds"]["duplicate"]
    assert set(report["topics"]) == {"network", "equipment", "billing", "subscription", "customer_service", "other"}
    assert set(report["sentiments"]) == {"negative", "neutral", "positive"}
    assert set(report["priorities"]) == {"0", "1", "2"}
    for counted in ("topics", "sentiments", "priorities"):
        assert sum(report[counted].values()) == report["kinds"]["customer"]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    first, said = sampled("--n", "200", "--seed", "7")
    assert first == sampled("--n", "200", "--seed", "7")[0]
    assert first != sampled("--n", "200", "--seed", "8")[0]
    assert first.startswith(HEADER)
    assert first.count(b"\n") == 201
    assert json.loads(said)["rows"] == 200
    sampled("--n", "200", "--seed", "7", "-o", str(tmp_path / "s.csv"))
    assert (tmp_path / "s.csv").read_bytes() == first


async def test_clean_means_customers_only(tmp_path: Path) -> None:
    sampled("--n", "300", "--clean", "-o", str(tmp_path / "s.csv"))
    tweets = [row.tweet for row in await rows_of(tmp_path / "s.csv") if isinstance(row, Row)]
    assert len({near_key("", tweet.text) for tweet in tweets} - {None}) == 300
    assert not any(tweet.official or tweet.retweet for tweet in tweets)


@pytest.mark.parametrize("arguments", [("--json",), ("--n", "-1"), ("--format", "xml")])
def test_wrong_usage(arguments: tuple[str, ...]) -> None:
    assert CliRunner().invoke(dallosh, ["sample", *arguments]).exit_code == 2


def test_a_folder_that_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dallosh", "sample", "-o", str(tmp_path / "no" / "s.csv")])
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 1
    assert "cannot write" in capsys.readouterr().err
