"""Alerts and snapshots as the broker has them."""

from typing import Final

import structlog

from schemas.alert import Alert, DetectorState
from schemas.codec import UndecodableError, decode
from schemas.topics import ALERTS, DETECTOR_STATE
from streams.kafka.reading import scan
from streams.settings import Settings

log = structlog.get_logger()

_LEFT: Final = "record_left"


async def all_alerts(settings: Settings) -> list[Alert]:
    """Returns the last record of each alert.

    Raises:
        FatalError: the broker failed.
    """
    found: dict[str, Alert] = {}
    async for record in scan(settings, [ALERTS]):
        try:
            alert = decode(record.value, Alert)
        except UndecodableError as error:
            log.warning(_LEFT, topic=ALERTS, offset=record.offset, reason=str(error))
            continue
        found[alert.id] = alert
    return list(found.values())


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
    async for record in scan(settings, [DETECTOR_STATE], with_open=True):
        try:
            found = decode(record.value, DetectorState)
        except UndecodableError as error:
            log.warning(_LEFT, topic=DETECTOR_STATE, offset=record.offset, reason=str(error))
    return found
