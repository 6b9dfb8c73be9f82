"""Results that a long run goes on with."""

from pathlib import Path

import pytest

from tests.bench.crisis.jobs import Cold, ColdJob, Played, StreamJob
from tests.bench.crisis.store import Store, parts

STREAM, START = StreamJob(1_000, "base", 1, 365, 210), ColdJob(1_000, 301, 100)


@pytest.fixture(autouse=True)
def one_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.crisis.store.parts", lambda: ["tests/bench/crisis/store.py"])


def test_a_result_is_found_again_by_its_job(tmp_path: Path) -> None:
    store = Store(tmp_path, is_fresh=False)
    assert store.find(STREAM) is None
    store.put(STREAM, Played(1_000, "base", 1.0))
    store.put(START, Cold(1_000, 100, 0, 99))
    later = Store(tmp_path, is_fresh=False)
    assert later.find(STREAM) == Played(1_000, "base", 1.0)
    assert later.find(START) == Cold(1_000, 100, 0, 99)
    assert later.find(StreamJob(1_000, "hard", 1, 365, 210)) is None


def test_what_was_kept_is_forgotten_when_asked(tmp_path: Path) -> None:
    Store(tmp_path, is_fresh=False).put(START, Cold(1_000, 100, 0, 99))
    assert Store(tmp_path, is_fresh=True).find(START) is None


def test_other_code_has_other_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(tmp_path, is_fresh=False).put(START, Cold(1_000, 100, 0, 99))
    monkeypatch.setattr("tests.bench.crisis.store.parts", lambda: ["tests/bench/crisis/jobs.py"])
    assert Store(tmp_path, is_fresh=False).find(START) is None


def test_a_result_depends_on_the_detector_and_the_generator_and_not_on_the_report(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    found = parts()
    assert {"streams/core/crisis/national.py", "tests/bench/crisis/traffic.py"} <= set(found)
    assert "tests/bench/crisis/report.py" not in found
