"""The notifier: confirmed alerts to the channels of their procedures, one process at a time.

Each channel reads by itself, so that one that is down holds up no other (agents/telling.py).
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AsyncExitStack
from functools import partial

import structlog

from agents.crisis.notices import all_notices
from agents.environment import secret_names
from agents.telling import Telling
from schemas.taxonomy import Watcher
from schemas.topics import ALERTS
from streams import metrics
from streams.channels.opening import open_channels
from streams.channels.procedures_file import ChannelTable, ProceduresFile, load_procedures
from streams.channels.protocol import Channel
from streams.core.crisis.procedures import Procedure
from streams.kafka.delivery import Delivery, open_delivery
from streams.kafka.sole_worker import run_sole_worker
from streams.settings import Settings

log = structlog.get_logger()


class Notifying:
    """The work of the one notifier.

    Args:
        settings: the deployment.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_ready = False
        self._settings = settings
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Asks for the orderly end."""
        self._stop.set()

    async def run(self) -> None:
        """Tells every channel until `stop`.

        Raises:
            FatalError: the broker failed, or the file of procedures is wrong.
            RetryableError: the broker may answer later.
        """
        async with AsyncExitStack() as stack:
            found = load_procedures(self._settings.procedures_file)
            channels = _channels(found, partial(secret_names, self._settings, found))
            for channel in channels.values():
                stack.push_async_callback(channel.close)
            if not found.channel:
                log.warning("no_channel", effect="nobody is told of alerts", setting="DALLOSH_PROCEDURES_FILE")
            delivery = await stack.enter_async_context(open_delivery(self._settings))
            tellings = await self._tellings(found.procedure, channels, delivery)
            self.is_ready = True
            tasks = [asyncio.create_task(one.run()) for one in tellings]
            tasks.append(asyncio.create_task(self._stopped()))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
                for task in done:
                    task.result()
            finally:
                self._stop.set()
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _tellings(
        self, procedures: Sequence[Procedure], channels: Mapping[ChannelTable, Channel], delivery: Delivery
    ) -> list[Telling]:
        """Makes the work of each channel, with what became of its transitions before."""
        known: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        done: set[str] = set()
        if channels:
            async for one in all_notices(self._settings):
                known[one.channel].add((one.alert_id, one.seq))
                done |= {one.command_id} if one.command_id else set()
        log.info("notifier_resumed", n_channels=len(channels), n_known=sum(map(len, known.values())))
        return [
            Telling(self._settings, table, channel, procedures, delivery, known=known[table.name], done=done,
                    stop=self._stop)
            for table, channel in channels.items()
        ]  # fmt: skip

    async def _stopped(self) -> None:
        await self._stop.wait()


def _channels(found: ProceduresFile, secrets: Callable[[], Set[str]]) -> Mapping[ChannelTable, Channel]:
    """Returns the channels of a file that can be told; the others are logged and counted, and hold up none."""
    opened = open_channels(found, secrets)
    metrics.CHANNEL_BROKEN.clear()  # of the file as it was
    for table in opened.channels:
        metrics.CHANNEL_BROKEN.labels(table.name).set(0)
    for table, error in opened.broken.items():
        metrics.CHANNEL_BROKEN.labels(table.name).set(1)
        log.error("channel_broken", channel=table.name, reason=str(error), effect="nobody is told by it")
    return opened.channels


def run(settings: Settings) -> int:
    """Runs the notifier until SIGTERM; returns the exit code.

    Raises:
        SettingsError: the file of procedures is wrong.
    """
    load_procedures(settings.procedures_file)  # what is wrong is told before the group is joined
    return run_sole_worker(settings, Watcher.NOTIFIER, ALERTS, lambda: Notifying(settings))
