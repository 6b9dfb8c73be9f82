"""`dallosh prices`: what people and scripts read, and what is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agents.cli.prices import prices
from streams.errors import SettingsError
from streams.providers.price_list import carried, encode_list
from streams.settings import load_settings

MINI = "openai/gpt-4o-mini"


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DALLOSH_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


def dallosh(*arguments: str) -> Result:
    return CliRunner().invoke(prices, arguments, catch_exceptions=False)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def serving(body: bytes) -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/data.json"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def published(mini: float) -> bytes:
    found: list[Any] = json.loads(encode_list(carried()))
    for provider in found:
        for model in provider["models"]:
            if (provider["id"], model["id"]) == ("openai", "gpt-4o-mini"):
                model["prices"] = {"input_mtok": mini, "output_mtok": 0.6}
    return json.dumps(found).encode()


def test_show_tells_every_known_model_and_what_a_thousand_tweets_cost(data_dir: Path) -> None:
    rows = lines(dallosh("show", "--json"))
    by_model = {row["model"]: row for row in rows[:-1]}
    assert {MINI, "openai/gpt-4o", "google/gemini-2.5-flash-lite", "mistral/mistral-small-2603"} <= set(by_model)
    mini = by_model[MINI]
    assert (mini["price"], mini["source"]) == ({"input": "0.15", "output": "0.6", "cached": "0.075"}, "bundled")
    # (prompt 1,250 + 100 x 44 tokens) in, 100 x 7 out: the prompt may grow or shrink by a few hundred
    assert 0.010 < float(mini["usd_per_1000_tweets"]) < 0.014
    assert rows[-1]["unknown"] == []
    assert rows[-1]["tweets_per_call"] == 100
    assert not data_dir.exists()


def test_an_unknown_price_is_unknown_and_not_zero() -> None:
    rows = lines(dallosh("show", "vllm/mistral-small", "--json"))
    assert (rows[0]["price"], rows[0]["usd_per_1000_tweets"], rows[0]["source"]) == (None, None, None)
    assert rows[1]["unknown"] == ["vllm/mistral-small"]
    assert dallosh("show", "vllm/mistral-small").stdout.count("unknown") == 3


def test_looking_at_other_models_does_not_change_the_version() -> None:
    versions = {
        lines(dallosh("show", *models, "--json"))[-1]["version"] for models in ((), (MINI,), ("openai/o3", "x/y"))
    }
    assert len(versions) == 1


def test_a_price_that_is_set_counts_until_it_is_removed(data_dir: Path) -> None:
    done = lines(dallosh("set", MINI, "--input", "0.12", "--note", "contract C-17", "--json"))[0]
    assert done["changed"] is True
    assert done["price"] == {"input": "0.12", "output": "0.6", "cached": "0.075"}
    assert done["file"] == str(data_dir / "prices.toml")
    shown = lines(dallosh("show", MINI, "--json"))[0]
    assert (shown["price"]["input"], shown["source"], shown["note"]) == ("0.12", "override", "contract C-17")

    again = lines(dallosh("set", MINI, "--output", "0.5", "--json"))[0]
    assert again["price"] == {"input": "0.12", "output": "0.5", "cached": "0.075"}
    assert "contract C-17" in (data_dir / "prices.toml").read_text()

    gone = lines(dallosh("set", MINI, "--remove", "--json"))[0]
    assert (gone["price"]["input"], gone["source"], gone["changed"]) == ("0.15", "bundled", True)
    assert lines(dallosh("set", MINI, "--remove", "--json"))[0]["changed"] is False


def test_a_server_of_ones_own_can_be_priced() -> None:
    usage = dallosh("set", "vllm/mistral-small", "--input", "0.02")
    assert usage.exit_code == 2
    assert "give --input and --output" in usage.stderr
    assert dallosh("set", "vllm/mistral-small", "--input", "0.02", "--output", "0.03").exit_code == 0
    assert {row.get("model") for row in lines(dallosh("show", "--json"))} > {"vllm/mistral-small"}


def test_our_name_of_a_provider_names_the_same_model() -> None:
    done = lines(dallosh("set", "gemini/gemini-2.5-flash-lite", "--input", "0.09", "--json"))[0]
    assert done["model"] == "google/gemini-2.5-flash-lite"
    assert done["source"] == "override"


def test_a_tier_is_given_whole() -> None:
    assert dallosh("set", MINI, "--tier-tokens", "1000").exit_code == 2
    done = lines(
        dallosh("set", MINI, "--tier-tokens", "1000", "--input-above", "0.3", "--output-above", "0.9", "--json")
    )[0]
    assert (done["price"]["tier_tokens"], done["price"]["above"]) == (1000, {"input": "0.3", "output": "0.9"})
    assert "0.3, 0.9 above 1,000" in dallosh("show", MINI).stdout


@pytest.mark.parametrize("rate", ["15", "0.0001", "0"])
def test_a_move_beyond_three_needs_force(rate: str, data_dir: Path) -> None:
    refused = dallosh("set", MINI, "--input", rate)
    assert refused.exit_code == 1
    assert f"input moved from 0.15 to {rate}" in refused.stderr
    assert not (data_dir / "prices.toml").exists()
    assert dallosh("set", MINI, "--input", rate, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((MINI, "--input", "cheap"), "expected a number such as 0.15"),
        ((MINI, "--remove", "--input", "1"), "--remove goes with neither"),
        (("gpt-4o-mini", "--input", "1", "--output", "1"), "expected provider/model"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], words: str) -> None:
    result = dallosh("set", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


@pytest.mark.parametrize("model", [MINI, "vllm/x"])
@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("rate", ["-1", "NaN", "sNaN", "Infinity", "1e99"])
def test_an_impossible_price_is_refused_even_by_force(
    rate: str, force: tuple[str, ...], model: str, data_dir: Path
) -> None:
    result = dallosh("set", model, f"--input={rate}", "--output=1", *force)
    assert result.exit_code == 2
    assert "expected 0, or 0.000001 to 10,000" in result.stderr
    assert not (data_dir / "prices.toml").exists()


def test_a_damaged_file_is_told_and_left_alone(data_dir: Path) -> None:
    data_dir.mkdir()
    (data_dir / "prices.toml").write_text("[broken")
    for arguments in (("show",), ("set", MINI, "--input", "0.1")):
        with pytest.raises(SettingsError, match=r"prices\.toml is no TOML"):
            dallosh(*arguments)
    assert (data_dir / "prices.toml").read_text() == "[broken"


def test_refresh_takes_a_believable_list(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(published(0.2)) as url:
        monkeypatch.setenv("DALLOSH_PRICES_URL", url)
        result = dallosh("refresh", "--json")
    assert result.exit_code == 0
    change, summary = lines(result)
    assert (change["model"], change["old"]["input"], change["new"]["input"]) == (MINI, "0.15", "0.2")
    assert summary["refreshed"] is True
    assert lines(dallosh("show", MINI, "--json"))[0]["source"] == "refresh"


def test_refresh_says_why_it_refuses_and_a_person_may_insist(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(published(0.9)) as url:
        monkeypatch.setenv("DALLOSH_PRICES_URL", url)
        result = dallosh("refresh", "--json")
        assert result.exit_code == 1
        summary = lines(result)[-1]
        assert (summary["refreshed"], summary["changed"]) == (False, 0)
        assert summary["reasons"] == [f"{MINI}: input moved from 0.15 to 0.9"]
        assert "input moved from 0.15 to 0.9" in result.stderr
        assert lines(dallosh("show", MINI, "--json"))[0]["price"]["input"] == "0.15"
        assert dallosh("refresh", "--force").exit_code == 0
    assert lines(dallosh("show", MINI, "--json"))[0]["price"]["input"] == "0.9"


def test_history_tells_which_version_held_when() -> None:
    assert lines(dallosh("history", "--json"))[-1]["changes"] == 0
    dallosh("set", MINI, "--input", "0.12")
    rows = lines(dallosh("history", MINI, "--json"))
    assert [(row["old"] and row["old"]["input"], row["new"]["input"], row["source"]) for row in rows[:-1]] == [
        (None, "0.15", "bundled"), ("0.15", "0.12", "override"),
    ]  # fmt: skip
    assert rows[1]["version"] == rows[-1]["version"] == lines(dallosh("show", "--json"))[-1]["version"]
    assert len(lines(dallosh("history", "--json"))) > 3
    assert lines(dallosh("history", "--since", "2100-01-01", "--json"))[-1]["changes"] == 0
    assert "in 0.15, out 0.6, cached 0.075 -> in 0.12" in dallosh("history", MINI).stdout


def test_a_model_goes_by_the_providers_name_of_ours_too() -> None:
    ours, listed = "gemini/gemini-2.5-flash-lite", "google/gemini-2.5-flash-lite"
    costs = [lines(dallosh("show", name, "--json"))[0]["usd_per_1000_tweets"] for name in (ours, listed)]
    assert costs[0] == costs[1]
    dallosh("set", ours, "--input", "0.12")
    assert [row["ref"] for row in lines(dallosh("history", ours, "--json"))[:-1]] == [listed, listed]


def test_the_file_of_the_setting_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DALLOSH_PRICES_FILE", str(tmp_path / "etc" / "mine.toml"))
    assert dallosh("set", MINI, "--input", "0.12").exit_code == 0
    assert load_settings().prices_file == tmp_path / "etc" / "mine.toml"
    assert (tmp_path / "etc" / "mine.toml").exists()
