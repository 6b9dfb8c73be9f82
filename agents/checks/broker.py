"""Kafka: reachable, new enough, its topics as the registry says."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import ApiVersionRequest

from agents.checks.check import Check, failed, is_local, of_error, ok, skipped, warning
from agents.drift import drift_text, remedy_of
from agents.embedded import connected
from schemas.topics import TOPICS
from streams.errors import FatalError, SettingsError
from streams.kafka.admin import open_admin
from streams.kafka.topic_state import find_drift
from streams.kafka.topics import missing_topics
from streams.settings import Settings

TIMEOUT_S: Final = 15.0

_ENCRYPT: Final = "Use SSL or SASL_SSL (DALLOSH_KAFKA_SECURITY) where the network is not yours alone"

_FETCH: Final = 1
_TXN_OFFSET_COMMIT: Final = 28
_NEEDED_TXN_OFFSET_COMMIT: Final = 3
"""Fencing by the group's generation (KIP-447, Kafka 2.5): the router's transactions stand on it."""

_RELEASES: Final = ((17, "3.9"), (16, "3.7"), (15, "3.5"), (13, "3.1"), (12, "2.7"))
"""Fetch version that a broker speaks -> the release that brought it, newest first."""


async def broker_checks(settings: Settings) -> AsyncIterator[Check]:
    """Checks the broker, then its topics."""
    try:
        settings = connected(settings, ("kafka",))
    except FatalError:
        yield failed(
            "broker",
            f"DALLOSH_KAFKA_BOOTSTRAP is not set and no embedded Kafka runs in {settings.data_dir}",
            "Run dallosh dev start, or set DALLOSH_KAFKA_BOOTSTRAP",
        )
        yield skipped("topics", "there is no broker")
        return
    broker = await _reached(settings)
    yield broker
    if broker.status == "failed":
        yield skipped("topics", "the broker is not there")
        return
    for check in await _topics(settings):
        yield check


def release_of(versions: Mapping[int, int]) -> str:
    """Returns the release that a broker has at least, from the versions it speaks; "2.6 or older" when unknown."""
    speaks = versions.get(_FETCH, 0)
    return next((f"{release} or newer" for version, release in _RELEASES if speaks >= version), "2.6 or older")


async def _reached(settings: Settings) -> Check:
    where = settings.kafka_bootstrap
    try:
        async with asyncio.timeout(TIMEOUT_S), open_admin(settings) as admin:
            cluster = await admin.describe_cluster()
            versions = await _versions(admin)
    except SettingsError as error:
        return of_error("broker", error)
    except ValueError:
        return failed("broker", f"{where} is no list of host:port", "Check DALLOSH_KAFKA_BOOTSTRAP")
    except (FatalError, TimeoutError) as error:
        why = type(error.__cause__ or error).__name__
        return failed(
            "broker",
            f"{where} does not answer as Kafka ({settings.kafka_security}): {why}",
            "Check DALLOSH_KAFKA_BOOTSTRAP, DALLOSH_KAFKA_SECURITY with user and certificates, and the network",
        )
    n_brokers = len(cluster["brokers"])
    if versions.get(_TXN_OFFSET_COMMIT, 0) < _NEEDED_TXN_OFFSET_COMMIT:
        return failed("broker", f"{where} is Kafka {release_of(versions)}, too old", "Use Kafka 3.0 or newer")
    brokers = "1 broker" if n_brokers == 1 else f"{n_brokers} brokers"
    said = f"{where}: {brokers}, Kafka {release_of(versions)}, {settings.kafka_security}"
    if not settings.kafka_security.endswith("SSL") and not all(map(is_local, where.split(","))):
        return warning("broker", f"{said}, on another machine", _ENCRYPT)
    return ok("broker", said)


async def _versions(admin: AIOKafkaAdminClient) -> dict[int, int]:
    """Returns the highest version of each request that one broker speaks."""
    answer = await admin._send_request(ApiVersionRequest())  # the public interface does not tell
    return {key: highest for key, _lowest, highest in answer.api_versions}


async def _topics(settings: Settings) -> list[Check]:
    try:
        async with asyncio.timeout(2 * TIMEOUT_S):
            missing = await missing_topics(settings)
            drifts = await find_drift(settings)
    except (FatalError, TimeoutError) as error:
        why = type(error.__cause__ or error).__name__
        remedy = "Check that this user may describe topics and their configuration (ACL)"
        return [failed("topics", f"the broker did not tell of its topics: {why}", remedy)]
    found = [failed("topics", drift_text(drift), remedy_of(drift, settings)) for drift in drifts]
    if missing:
        names = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        said = f"{len(missing)} of {len(TOPICS)} are missing: {names}"
        found.insert(0, failed("topics", said, "Run dallosh topics create"))
    return found or [ok("topics", f"{len(TOPICS)} topics as the registry says")]
