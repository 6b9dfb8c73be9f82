"""Alerts for tests of the notifier, what writes them to a broker, and what became of them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from agents.crisis.notices import all_notices
from schemas.alert import Alert, AlertState, Scope, Transition
from schemas.codec import encode
from schemas.notice import Notice
from schemas.operations import Command
from schemas.topics import ALERTS, COMMANDS, NOTICES, name_in
from streams.core.crisis.requests import RESEND
from streams.settings import Settings

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
OF_THE_NOTIFIER: Final = (ALERTS, COMMANDS, NOTICES)
TIMEOUT_S: Final = 30.0
EVER_S: Final = 1e9


def alert(*history: tuple[AlertState, Scope], id_: str = "network-FR-20260302T1100Z", topic: str = "network",
          **changes: Any) -> Alert:  # fmt: skip
    """The record of an alert that became this, one thing a minute."""
    steps = tuple(
        Transition(at=NOON + timedelta(minutes=n), state=state, scope=scope) for n, (state, scope) in enumerate(history)
    )
    last = steps[-1]
    values: dict[str, Any] = {
        "id": id_, "seq": len(steps), "state": last.state, "topic": topic, "scope": last.scope, "area_kind": "country",
        "area_code": "FR", "window_start_at": NOON, "window_end_at": last.at, "observed": 41, "expected": 3.2,
        "n_authors": 38, "first_seen_at": NOON, "detected_at": NOON, "history": steps,
        "escalated_at": tuple(one.at for one in steps if one.state == "escalated"),
        "confirmed_at": next((one.at for one in steps if one.state == "open"), None),
    }  # fmt: skip
    return Alert(**values | changes)


def life(*history: tuple[AlertState, Scope], **changes: Any) -> list[Alert]:
    """All records of such an alert, one after another."""
    return [alert(*history[: n + 1], **changes) for n in range(len(history))]


async def publish(settings: Settings, *records: Alert | Command | bytes | None, at: datetime | None = None) -> None:
    """Writes alerts (or what is none, or a tombstone) and commands, as they were written at an instant, or now."""
    at_ms = None if at is None else int(at.timestamp() * 1000)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await producer.start()
    try:
        for one in records:
            topic = name_in(settings.namespace, COMMANDS if isinstance(one, Command) else ALERTS)
            key, value = (one.id.encode(), encode(one)) if isinstance(one, Alert | Command) else (b"broken", one)
            await producer.send_and_wait(topic, value, key, timestamp_ms=at_ms)
    finally:
        await producer.stop()


def resend(alert_id: str, seq: int, channel: str) -> Command:
    arguments = {"alert": alert_id, "seq": str(seq), "channel": channel}
    return Command(id=f"r-{alert_id}-{seq}", at=datetime.now(UTC), who="ana", verb=RESEND, why="", arguments=arguments)


async def notices(settings: Settings) -> list[Notice]:
    return [one async for one in all_notices(settings)]


async def told(settings: Settings, n_notices: int) -> list[Notice]:
    """Waits for so many notices and returns them all."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            if len(found := await notices(settings)) >= n_notices:
                return found
            await asyncio.sleep(0.05)


def outcomes(found: Sequence[Notice]) -> list[tuple[str, int, str, str]]:
    return sorted((one.alert_id, one.seq, one.channel, one.outcome) for one in found)


def write_file(folder: Path, channels: str, *names: str, event_stale_after_s: float = EVER_S) -> Path:
    """Writes a file of procedures: one for all alerts, which tells channels of these names.

    The channels are told of alerts of any time, unless `event_stale_after_s` says otherwise.
    """
    channels = channels.replace("[[channel]]\n", f"[[channel]]\nevent_stale_after_s = {event_stale_after_s:g}\n")
    listed = ", ".join(f'"{name}"' for name in names)
    path = folder / "procedures.toml"
    path.write_text(f"""{channels}
[[procedure]]
name = "any"
topic = "*"
scope = "*"
channels = [{listed}]
steps = [{{ id = "look", text = "Look at it" }}, {{ id = "tell", text = "Tell it" }}]
""")
    return path
