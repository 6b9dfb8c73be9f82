"""`dallosh crisis plot`: what it shades, what it writes, and what it says where nothing can draw."""

import sys
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.crisis.picture import Shade, shades_of
from agents.crisis.replaying import curve_of
from schemas.tweet import Tweet
from streams.core.crisis.calendar import minute_of
from streams.core.crisis.curve import Curve
from streams.core.crisis.incidents import Area, Incident
from streams.errors import FatalError, MissingToolError
from tests.unit.cli.crisis_files import MONDAY, OUTAGE_AT, chatter, labels_of, outage, ran, written

AT = datetime(2026, 3, 7, 9, tzinfo=UTC)
CURVE = Curve("network", minute_of(AT), minute_of(AT) + 600, 10)


def incident(start: int, end: int | None, *, confirmed: bool = True, topic: str = "network",
             children: tuple[Incident, ...] = ()) -> Incident:  # fmt: skip
    return Incident(
        id=f"{topic}{start}", topic=topic, scope="local", area=Area("department", "67"), state="open",
        first_seen_at=AT + timedelta(minutes=start), suspected_at=None,
        confirmed_at=AT + timedelta(minutes=start + 5) if confirmed else None, escalated_at=(), national_at=None,
        closed_at=None if end is None else AT + timedelta(minutes=end), observed=9, expected=0.5, peak=9, e_value=None,
        p_value=None, n_located=0, places=(), example_ids=(), children=children,
    )  # fmt: skip


def test_alerts_of_the_family_are_shaded_within_the_span() -> None:
    found = [
        incident(-120, -60), incident(-60, 30), incident(100, 200, confirmed=False), incident(300, None),
        incident(100, 200, topic="billing"), incident(400, 460, topic="all"), incident(700, 800),
    ]  # fmt: skip
    shades = [((one.start - AT) / timedelta(minutes=1), (one.end - AT) / timedelta(minutes=1), one.label, one.confirmed)
              for one in shades_of(found, CURVE)]  # fmt: skip
    assert shades == [
        (0, 30, "network local 67", True), (100, 200, "network local 67, suspected", False),
        (300, 600, "network local 67", True), (400, 460, "all local 67", True),
    ]  # fmt: skip


def test_alerts_inside_a_wider_one_are_shaded_too() -> None:
    shades = shades_of([incident(10, 200, children=(incident(20, 90),))], CURVE)
    assert [one.start for one in shades] == [AT + timedelta(minutes=10), AT + timedelta(minutes=20)]
    assert isinstance(shades[0], Shade)


def test_without_matplotlib_the_remedy_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = ran("plot", tmp_path / "absent.jsonl", "-o", tmp_path / "o.png")
    assert isinstance(result.exception, MissingToolError)
    assert "pip install" in str(result.exception)
    assert not (tmp_path / "o.png").exists()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    rows = [*chatter(6, 10), *outage(15, 12, ("Lyon", "", "Strasbourg", "Lille", "Marseille"))]
    return written(tmp_path / "t.jsonl", rows), written(tmp_path / "labels.jsonl", labels_of(rows))


@pytest.mark.parametrize("span", [(), ("--from", "2026-03-07T09:00", "--to", "2026-03-07T13:00")])
def test_it_writes_a_png(files: tuple[Path, Path], tmp_path: Path, span: tuple[str, ...]) -> None:
    pytest.importorskip("matplotlib")
    file, labels = files
    out = tmp_path / "o.png"
    result = ran("plot", file, "--labels", labels, "-o", out, *span)
    assert result.exit_code == 0, result.output
    assert out.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert f"{out}: 1 confirmed" in result.stderr
    assert result.stdout == ""


def test_what_cannot_be_drawn_or_written_is_said(files: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    file, labels = files
    before = file.read_bytes()
    assert ran("plot", file, "--labels", labels, "-o", file).exit_code == 2
    assert file.read_bytes() == before
    absent = ran("plot", file, "--labels", labels, "-o", tmp_path / "none" / "o.png")
    assert "there is no such folder" in str(absent.exception)
    nothing = ran("plot", file, "--labels", labels, "-o", tmp_path / "o.png", "--from", "2027-01-01")
    assert "no tweet lies between --from and --to" in str(nothing.exception)
    assert "French time" in str(nothing.exception)
    assert f"{OUTAGE_AT:%Y-%m-%d}" in str(nothing.exception)
    late = ran("plot", file, "-o", tmp_path / "o.png", "--from", "2026-03-07", "--to", "2026-03-06")
    assert (late.exit_code, ran("plot", file, "-o", tmp_path / "o.png", "--to", "soon").exit_code) == (2, 2)


@pytest.mark.parametrize(
    ("start", "end", "is_empty"),
    [(None, None, False), (0, 60, False), (59, None, False), (60, None, True), (None, 0, True), (-60, 0, True),
     (None, 1, False), (-60, 1, False), (10.1, 10.9, True)],
)  # fmt: skip
def test_where_nothing_is_to_be_shown_the_remedy_is_in_the_time_of_the_options(
    start: float | None, end: float | None, is_empty: bool
) -> None:
    tweets = [Tweet(id=f"{k}", created_at=MONDAY + timedelta(minutes=k), text="", author="u") for k in range(60)]
    begin, stop = (None if one is None else MONDAY + timedelta(minutes=one) for one in (start, end))
    refused = pytest.raises(FatalError, match="from 2026-03-02 00:00 to 2026-03-02 00:59, French time")
    with refused if is_empty else nullcontext():
        curve_of(tweets, "network", begin, stop)
