"""The doctor's judgements, on values."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from agents.checks.broker import release_of
from agents.checks.channels import channels_check
from agents.checks.check import Check, is_local, of_error
from agents.checks.machine import GIB, disk_check, machine_checks
from agents.checks.models import api_checks, model_checks, prices_check
from agents.checks.store import CLOCK_TOLERANCE_S, clock_check, redis_check
from streams import gazetteer as places
from streams.errors import FatalError
from streams.providers import ranks
from streams.settings import Settings
from streams.tables import tables


@pytest.mark.parametrize("status", ["warning", "failed"])
def test_what_is_wrong_needs_a_remedy(status: Any) -> None:
    with pytest.raises(ValueError, match="needs a remedy"):
        Check(name="x", status=status, message="m")


@pytest.mark.parametrize(
    ("skew_s", "status", "said"),
    [
        (0.0, "ok", "0.0 s"),
        (-CLOCK_TOLERANCE_S, "ok", "5.0 s"),
        (CLOCK_TOLERANCE_S + 0.1, "failed", "5.1 s behind Redis"),
        (-3600.0, "failed", "3600.0 s ahead of Redis"),
    ],
)
def test_clock(skew_s: float, status: str, said: str) -> None:
    check = clock_check(skew_s)
    assert check.status == status
    assert said in check.message


@pytest.mark.parametrize(
    ("free", "status"), [(5 * GIB, "ok"), (2 * GIB, "warning"), (GIB // 4, "failed"), (0, "failed")]
)
def test_disk(tmp_path: Path, free: int, status: str) -> None:
    assert disk_check(tmp_path / "not" / "there" / "yet", n_free_bytes=free).status == status
    assert not (tmp_path / "not").exists()


def test_disk_that_cannot_be_written() -> None:
    assert disk_check(Path("/proc/dallosh")).status == "failed"


@pytest.mark.parametrize(
    ("url", "memory", "status"),
    [
        ("redis://127.0.0.1:1/0", {"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, "ok"),
        ("redis://127.0.0.1:1/0", {"maxmemory": 9, "maxmemory_policy": "allkeys-lru"}, "warning"),
        ("redis://u:p@localhost/0", {"maxmemory": 9, "maxmemory_policy": "volatile-ttl"}, "ok"),
        ("redis://u:127.0@cache/0", {}, "warning"),
        ("rediss://cache/0", {}, "ok"),
        ("unix:///run/redis.sock", {}, "ok"),
    ],
)
def test_redis(url: str, memory: Mapping[str, Any], status: str) -> None:
    assert redis_check(Settings(redis_url=url), {"redis_version": "7.0"}, memory).status == status


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (None, "ok", "none of your own"),
        (b'["openai/gpt-4o"]\ninput = 2\noutput = 9\n', "ok", "1 of your own in "),
        (b"\xff\xfe", "failed", "is no UTF-8 text"),
        (b'["openai/gpt-4o"]\ninput = -2\noutput = 9\n', "failed", "input is -2"),
    ],
)
def test_prices(tmp_path: Path, content: bytes | None, status: str, said: str) -> None:
    if content is not None:
        (tmp_path / "prices.toml").write_bytes(content)
    check = prices_check(Settings(data_dir=tmp_path))
    assert check.status == status
    assert said in check.message


def test_a_prices_file_that_is_named_and_missing_is_told(tmp_path: Path) -> None:
    assert prices_check(Settings(prices_file=tmp_path / "p.toml")).status == "warning"


TODAY = date(2026, 11, 25)


def level_1(today: date = TODAY, **settings: Any) -> dict[str, Check]:
    return {check.name: check for check in api_checks(Settings(**settings), today)}


def test_keys_are_named_and_never_shown() -> None:
    checks = level_1(gemini_api_key="hunter2", openai_api_key="hunter2", openai_policy="zdr")
    check = checks["level 1"]
    assert check.status == "ok"
    assert "gemini/gemini-2.5-flash-lite (sees scrubbed text)" in check.message
    assert "openai/gpt-4o (sees text as written)" in check.message
    assert "mistral" not in check.message
    assert "hunter2" not in repr(checks)
    assert level_1()["level 1"].status == "warning"


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2026, 11, 14), None),
        (date(2026, 11, 15), "openai/gpt-4o-mini retires in 60 days, on 2027-01-14, and gpt-6-luna takes its place"),
        (date(2027, 1, 13), "openai/gpt-4o-mini retires in 1 day, on 2027-01-14, and gpt-6-luna takes its place"),
        (date(2027, 1, 14), "openai/gpt-4o-mini is left out: retired on 2027-01-14; gpt-6-luna takes its place"),
    ],
)
def test_a_model_that_retires_soon_is_a_warning(today: date, said: str | None) -> None:
    check = level_1(today, openai_api_key="k", openai_models="gpt-4o-mini")["models"]
    assert check.status == ("ok" if said is None else "warning")
    assert said is None or check.message == said
    assert said is None or "gpt-6-luna" in check.remedy


def test_what_is_left_out_of_level_1_is_named_with_its_remedy(tmp_path: Path) -> None:
    checks = level_1(azure_deployments="eu=gpt-4o", gemini_api_key="k", gemini_model="gemini-none")
    assert (checks["level 1"].status, checks["models"].status) == ("failed", "warning")
    assert "azure/gpt-4o@eu is left out: AZURE_OPENAI_API_KEY is not set" in checks["models"].message
    assert "DALLOSH_GEMINI_MODEL" in checks["models"].remedy
    wrong = level_1(models_file=tmp_path / "none.toml")
    assert list(wrong) == ["level 1"]
    assert wrong["level 1"].status == "failed"


@pytest.mark.parametrize(
    ("versions", "release"),
    [({1: 18}, "3.9 or newer"), ({1: 16}, "3.7 or newer"), ({1: 12}, "2.7 or newer"), ({}, "2.6 or older")],
)
def test_release(versions: dict[int, int], release: str) -> None:
    assert release_of(versions) == release


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1:9", True), ("localhost", True), ("[::1]:9", True), ("kafka:9092", False)]
)
def test_is_local(host: str, expected: bool) -> None:
    assert is_local(host) is expected


def test_an_error_is_split_from_its_remedy() -> None:
    check = of_error("x", FatalError("it broke", remedy="Mend it"))
    assert (check.message, check.remedy) == ("it broke", "Mend it")


async def test_damaged_models_fail_with_their_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "RANKS", replace(ranks.RANKS, path=tmp_path / "gone.gz"))
    checks = {check.name: check async for check in model_checks(Settings(bert_dir=tmp_path))}
    assert checks["level 3"].status == checks["tokens"].status == "failed"
    assert "config.json" in checks["level 3"].message
    assert checks["tables"].status == "ok"


async def test_damaged_tables_fail_with_their_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "GAZETTEER", replace(places.GAZETTEER, path=tmp_path / "gone.gz"))
    tables.cache_clear()
    places.gazetteer.cache_clear()
    checks = {check.name: check async for check in model_checks(Settings(bert_dir=tmp_path))}
    assert checks["tables"].status == "failed"
    assert "gone.gz" in checks["tables"].message
    assert "infra/gazetteer/build.sh" in checks["tables"].remedy


def test_missing_programs_fail_only_where_they_are_needed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)

    def tools(**settings: Any) -> Check:
        return {check.name: check for check in machine_checks(Settings(data_dir=tmp_path, **settings))}["tools"]

    assert "Java" in tools().message
    assert "redis-server" in tools(kafka_bootstrap="h:1").message
    assert tools(kafka_bootstrap="h:1", redis_url="redis://h").status == "skipped"


def test_the_vip_file_is_looked_at(tmp_path: Path) -> None:
    def look(path: Path) -> Check:
        return {check.name: check for check in machine_checks(Settings(data_dir=tmp_path, vip_file=path))}["vip file"]

    assert look(Path(sys.executable)).status == "ok"
    assert look(tmp_path).status == look(tmp_path / "no").status == "failed"


def test_channels_that_lack_something_fail_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def look() -> Check:
        return channels_check(Settings(procedures_file=path))

    path = tmp_path / "p.toml"
    path.write_text('[[channel]]\nname = "cell"\nkind = "slack"\nurl_env = "CELL_URL"\n')
    monkeypatch.delenv("CELL_URL", raising=False)
    assert (look().status, look().message) == ("failed", "channel cell: CELL_URL is not set")
    monkeypatch.setenv("CELL_URL", "https://hooks.example/s3cret")
    assert (look().status, look().message) == ("ok", "ready: cell")
    path.write_text("nonsense")
    assert look().status == "failed"
    assert "is no TOML" in look().message
    assert channels_check(Settings()).message == "none: nobody is told of alerts"
