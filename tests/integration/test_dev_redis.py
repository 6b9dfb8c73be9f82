"""The embedded Redis for real."""

from pathlib import Path

import redis

from streams.state.embedded import EmbeddedRedis, RedisConfig, find_running


def test_the_session_server_takes_and_gives(redis_url: str, namespace: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.set(f"{namespace}:a", "1", ex=60)
        assert client.get(f"{namespace}:a") == b"1"


def test_a_clean_stop_keeps_the_data(own_redis: EmbeddedRedis, tmp_path: Path) -> None:
    url = own_redis.start()
    with redis.Redis.from_url(url) as client:
        client.set("a", "1")
    assert own_redis.stop()
    assert own_redis.status().condition == "stopped"
    assert find_running(tmp_path / "own") is None
    assert own_redis.start() == url
    with redis.Redis.from_url(url) as client:
        assert client.get("a") == b"1"


def test_a_server_killed_is_stale_and_starts_again(own_redis: EmbeddedRedis) -> None:
    own_redis.kill()
    assert own_redis.status().condition == "stale"
    own_redis.start()
    assert own_redis.status().condition == "running"


def test_two_folders_have_two_servers(redis_url: str, tmp_path: Path) -> None:
    other = EmbeddedRedis(RedisConfig(data_dir=tmp_path, tied=True))
    try:
        assert other.start() != redis_url
    finally:
        other.wipe()
