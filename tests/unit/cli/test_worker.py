"""Which services a worker connects to."""

import pytest

from agents import embedded
from agents.cli.worker import LIMITED, services_of
from schemas.taxonomy import WORKER_STAGES, Stage, Watcher
from streams.errors import FatalError
from streams.settings import load_settings

REDIS = "redis://127.0.0.1:7001/0"


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What runs of Redis; empty it for none."""
    running = [REDIS]
    monkeypatch.setattr(embedded, "find_kafka", lambda _: "127.0.0.1:7000")
    monkeypatch.setattr(embedded, "find_redis", lambda _: next(iter(running), None))
    return running


@pytest.mark.parametrize("stage", WORKER_STAGES)
def test_the_levels_with_limits_share_them_through_the_redis_that_runs(stage: Stage, redis: list[str]) -> None:
    found = services_of(stage, load_settings())
    assert found.kafka_bootstrap == "127.0.0.1:7000"
    assert found.redis_url == (REDIS if stage in (*LIMITED, Stage.SCRUBBER) else "")


@pytest.mark.parametrize("stage", sorted(LIMITED))
def test_they_go_on_without_it(stage: Stage, redis: list[str]) -> None:
    redis.clear()
    assert services_of(stage, load_settings()).redis_url == ""


def test_a_configured_one_is_taken_before_the_one_that_runs(redis: list[str]) -> None:
    url = "redis://127.0.0.1:7002/0"
    assert services_of(Stage.CLASSIFIER, load_settings(redis_url=url)).redis_url == url


@pytest.mark.parametrize("stage", [Stage.SCRUBBER, Watcher.AUDITOR])
def test_the_scrubber_and_the_auditor_do_not_go_on_without_it(stage: Stage | Watcher, redis: list[str]) -> None:
    assert services_of(stage, load_settings()).redis_url == REDIS
    redis.clear()
    with pytest.raises(FatalError, match="redis_url"):
        services_of(stage, load_settings())
