"""The receiver of a live run takes what it is told, and nothing while it is down."""

import aiohttp
import msgspec
import pytest

from tests.live.receiver import Receiver

BODY = msgspec.json.encode({"key": "network-FR/2", "seq": 2, "alert": {"id": "network-FR"}})


async def test_it_takes_messages_but_while_it_is_down() -> None:
    async with Receiver() as receiver, aiohttp.ClientSession(headers={"Idempotency-Key": "network-FR/2"}) as client:
        assert (await client.post(receiver.url, data=BODY)).status == 200
        await receiver.down()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.post(receiver.url, data=BODY)
        await receiver.up()
        assert (await client.post(receiver.url, data=BODY)).status == 200
    assert [(one.alert_id, one.seq, one.key) for one in receiver.taken] == [("network-FR", 2, "network-FR/2")] * 2
