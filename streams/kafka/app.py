"""The Faust app of a stage: one agent on one topic, blocks in, nothing decoded, nothing acked but by the ledger."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import faust
from faust.tables.manager import TableManager
from faust.types.tuples import ConsumerMessage
from yarl import URL

from streams.kafka.delivery import PRODUCER_OPTIONS
from streams.kafka.group import consumer_options
from streams.kafka.security import client_options
from streams.kafka.transport import Block, LosslessTransport, RebalanceHooks
from streams.settings import Settings

QUEUED_BLOCKS: Final = 16
FETCHED_BLOCKS: Final = 8
"""Blocks of one fetch at most: each costs two hops between threads, and a hop waits for the block at work."""


class NoTables(TableManager):
    """Faust's manager of tables without the second that it waits for some to be declared; our stages have none."""

    async def on_start(self) -> None:
        """Starts the recovery at once: it is what resumes the streams after each rebalance."""
        await self._update_channels()
        await self.recovery.start()


class BlockSchema(faust.Schema):
    """Passes a block through undecoded: what does not decode must reach the agent, not kill it."""

    def compile(self, app: Any, **_: Any) -> Any:
        """Returns Faust's decode function."""
        create_event = app.create_event

        async def decode(message: ConsumerMessage, **_: Any) -> Any:
            return create_event(None, message.value, message.headers, message)

        return decode


class LosslessApp(faust.App):
    """A Faust app on this transport.

    Args:
        group: consumer group.
        hooks: what the stage does around a rebalance.
        consumer_options: keyword arguments of aiokafka's consumer.
        producer_options: keyword arguments of aiokafka's producer.
        block_records: most records in a block.
        options: further settings of `faust.App`.
    """

    def __init__(
        self,
        group: str,
        *,
        hooks: RebalanceHooks,
        consumer_options: dict[str, Any],
        producer_options: dict[str, Any],
        block_records: int,
        **options: Any,
    ) -> None:
        self.hooks = hooks
        self.consumer_options = consumer_options
        self.producer_options = producer_options
        self.block_records = block_records
        super().__init__(group, TableManager=NoTables, **options)

    def _new_transport(self) -> LosslessTransport:
        return LosslessTransport([URL("kafka://")], self)

    _new_producer_transport = _new_transport


def make_app(
    settings: Settings,
    *,
    group: str,
    topic: str,
    hooks: RebalanceHooks,
    submit: Callable[[Block], Awaitable[None]],
    fail: Callable[[BaseException], None],
) -> LosslessApp:
    """Makes the app of a stage.

    Args:
        settings: the deployment.
        group: consumer group, in full.
        topic: topic to read, in full.
        hooks: what the stage does around a rebalance.
        submit: takes each block; the agent waits for it (back-pressure).
        fail: called with what `submit` raised; the agent ends then, and the block is not acked.
    """
    datadir = settings.data_dir / "faust"
    datadir.mkdir(parents=True, exist_ok=True)  # Faust insists on it and keeps nothing there
    app = LosslessApp(
        group, hooks=hooks,
        consumer_options={
            **consumer_options(settings, group), "max_poll_records": FETCHED_BLOCKS * settings.poll_records,
        },
        producer_options={
            **client_options(settings), **PRODUCER_OPTIONS,
            "request_timeout_ms": int(settings.delivery_timeout_s * 1000),
        },
        block_records=settings.poll_records, broker="kafka://", datadir=str(datadir), store="memory://",
        web_enabled=False, broker_commit_interval=1.0, broker_session_timeout=settings.session_timeout_s,
        broker_request_timeout=90.0, broker_rebalance_timeout=60.0, broker_max_poll_interval=3600.0,
        stream_buffer_maxsize=QUEUED_BLOCKS, stream_wait_empty=False, topic_disable_leader=True,
        topic_allow_declare=False, table_standby_replicas=0,
    )  # fmt: skip

    @app.agent(app.topic(topic, schema=BlockSchema()), name=f"{group}.agent")
    async def agent(stream: Any) -> None:
        async for block in stream.noack():
            try:
                await submit(block)
            except Exception as error:  # noqa: BLE001 the boundary of the agent: unfinished records are not acked
                fail(error)
                return

    return app
