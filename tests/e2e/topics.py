"""The topics of a run, as plain aiokafka sees them."""

from aiokafka.admin import AIOKafkaAdminClient

from agents.one_shot import PARTITIONS
from streams.settings import Settings, load_settings


def settings_of(bootstrap: str, namespace: str) -> Settings:
    """Returns the settings by which the topics of a run are read."""
    return load_settings(kafka_bootstrap=bootstrap, namespace=namespace, partitions=PARTITIONS)


async def topics_of(bootstrap: str) -> list[str]:
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        return list(await admin.list_topics())
    finally:
        await admin.close()


async def delete(bootstrap: str, namespace: str) -> None:
    mine = [topic for topic in await topics_of(bootstrap) if topic.startswith(f"{namespace}.")]
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics(mine)
    finally:
        await admin.close()
