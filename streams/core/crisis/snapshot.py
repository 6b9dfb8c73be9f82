"""What a detector must remember to go on as if it had never stopped, as bytes; they hold no text, handle or author."""

import zlib
from datetime import datetime
from typing import Final

import msgspec

from schemas.alert import DetectorState
from streams.core.crisis.dates import MOST_AHEAD
from streams.core.crisis.detector import CrisisDetector, Tally
from streams.core.crisis.evidence import Located
from streams.core.crisis.marks import Mark, Marks
from streams.core.crisis.shares import SavedShares
from streams.core.crisis.waves import Wave

_FORM: Final = 3
"""Of the bytes; another one does not load."""


class SavedPlaces(msgspec.Struct, frozen=True, array_like=True):
    """The located complaints of a family."""

    minute: int
    recent: list[Located]
    totals: dict[str, float]
    n_located: float
    n_counted: float


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A detector between two minutes."""

    form: int
    version: str
    next_minute: int | None
    newest: int
    covered: int
    assured: int
    last_seen: int
    tally: Tally
    authors: dict[int, int]
    sources: dict[int, tuple[int, int]]
    roots: dict[int, tuple[int, int]]
    national: dict[str, bytes]
    places: dict[str, SavedPlaces]
    marks: dict[str, list[Mark]]
    wide: list[Wave]
    local: list[Wave]
    all_since: tuple[int, float] | None
    shares: SavedShares


class ForeignSnapshotError(ValueError):
    """The snapshot is of another configuration or version, of the future, or damaged; begin with the tweets."""


def dump(detector: CrisisDetector) -> bytes:
    """Returns a detector as bytes, tweets of minutes that are not judged yet left out: they must be read again."""
    watch, intake = detector.watch, detector.intake
    saved = Saved(
        form=_FORM,
        version=detector.tuning.version,
        next_minute=detector.next_minute,
        newest=detector.newest,
        covered=detector.covered,
        assured=detector.assured,
        last_seen=detector.last_seen,
        tally=detector.tally,
        authors=intake.authors,
        sources=intake.sources,
        roots=intake.roots,
        national=watch.series.national.dump(),
        places={
            family: SavedPlaces(one.minute, list(one.recent), dict(one.totals), one.n_located, one.n_counted)
            for family, one in watch.series.places.items()
        },
        marks={family: list(marks.marks) for family, marks in watch.series.marks.items()},
        wide=list(watch.wide.waves.values()),
        local=list(watch.local.waves.values()),
        all_since=watch.wide.all_since,
        shares=detector.shares.dump(),
    )
    return zlib.compress(msgspec.msgpack.encode(saved), 1)


def resume(detector: CrisisDetector, state: DetectorState, *, now: datetime) -> None:
    """Brings a new detector to where a published snapshot stopped.

    Raises:
        ForeignSnapshotError: it stopped in the future, where no tweet would ever count again, or does not load.
    """
    if state.event_time > now + MOST_AHEAD:
        raise ForeignSnapshotError(f"the snapshot is of the future: {state.event_time.isoformat()}")
    load(detector, state.payload)


def load(detector: CrisisDetector, payload: bytes) -> None:
    """Brings a new detector to where `dump` left another one; one that is refused stays new.

    Raises:
        ForeignSnapshotError: its configuration or form is another one, or something in it is missing or damaged.
    """
    try:
        saved = msgspec.msgpack.decode(zlib.decompress(payload), type=Saved)
    except (msgspec.MsgspecError, zlib.error) as error:
        raise ForeignSnapshotError(f"the snapshot cannot be read: {error}") from None
    if (saved.form, saved.version) != (_FORM, detector.tuning.version):
        raise ForeignSnapshotError(f"the snapshot is of form {saved.form}, configuration {saved.version}")
    _check(saved, detector)
    watch, intake = detector.watch, detector.intake
    detector.next_minute, detector.newest = saved.next_minute, saved.newest
    detector.covered, detector.assured = saved.covered, saved.assured
    detector.last_seen, detector.tally = saved.last_seen, saved.tally
    intake.authors, intake.sources, intake.roots = saved.authors, saved.sources, saved.roots
    watch.series.national.load(saved.national)
    for family, one in saved.places.items():
        places = watch.series.places[family]
        places.n_located, places.n_counted = one.n_located, one.n_counted
        places.take(one.minute, one.recent)
        places.totals.update(one.totals)
    watch.series.marks.update({family: Marks(marks) for family, marks in saved.marks.items()})
    watch.wide.waves.update({wave.topic: wave for wave in saved.wide})
    watch.local.waves.update({(wave.topic, wave.area_code): wave for wave in saved.local})
    watch.wide.all_since = saved.all_since
    detector.shares.load(saved.shares)


def _check(saved: Saved, detector: CrisisDetector) -> None:
    """Refuses a snapshot whose arrays are not those of a detector, name by name and byte by byte."""
    series = detector.watch.series
    if _sizes(saved.national) != _sizes(series.national.dump()):
        raise ForeignSnapshotError("the snapshot has other arrays than this version of the detector")
    if not (saved.places.keys() <= series.places.keys() and saved.marks.keys() <= series.marks.keys()):
        raise ForeignSnapshotError("the snapshot has other topics than this version of the detector")
    if len(saved.shares.bits) != len(detector.shares.dump().bits):
        raise ForeignSnapshotError("the snapshot's daily screen is of another size")


def _sizes(arrays: dict[str, bytes]) -> dict[str, int]:
    return {name: len(value) for name, value in arrays.items()}
