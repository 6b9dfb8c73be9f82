"""Alerts and snapshots as the broker has them."""

from agents.crisis.decoded import decoded
from schemas.alert import Alert, DetectorState
from schemas.topics import ALERTS, DETECTOR_STATE
from streams.kafka.reading import scan
from streams.settings import Settings


async def all_alerts(settings: Settings) -> list[Alert]:
    """Returns the last record of each alert.

    Raises:
        FatalError: the broker failed.
    """
    return list({one.id: one async for one in decoded(scan(settings, [ALERTS]), Alert)}.values())


async def last_alert(settings: Settings, alert_id: str) -> Alert | None:
    """Returns the last record of an alert; None where there is none.

    Raises:
        FatalError: the broker failed.
    """
    return next((one for one in await all_alerts(settings) if one.id == alert_id), None)


async def last_state(settings: Settings) -> DetectorState | None:
    """Returns the detector's latest snapshot; None where there is none that can be read.

    Raises:
        FatalError: the broker failed.
    """
    found: DetectorState | None = None
    async for one in decoded(scan(settings, [DETECTOR_STATE], with_open=True), DetectorState):
        found = one
    return found
