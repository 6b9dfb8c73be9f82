"""A wrong setting is told in words: what is expected, which variable, and never a pattern or a secret."""

import pytest

from streams.errors import SettingsError
from streams.settings import CONTEXT_TTL_MAX_S, load_settings

SECRET = "hunter2-sesame"
URLS = ("gemini_base_url", "mistral_base_url", "openai_base_url", "vllm_base_url")
KEYS = ("gemini_api_key", "mistral_api_key", "openai_api_key", "vllm_api_key")


def complaint(**changes: object) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("kafka_bootstrap", "broker", "expected host:port, host:port"),
        ("kafka_bootstrap", "a:1;b:2", "expected host:port, host:port"),
        ("namespace", "run 7", "expected letters, digits, _ and -, at most 40"),
        ("worker_id", "w" * 41, "expected letters, digits, _ and -, at most 40"),
    ],
)
def test_a_pattern_is_told_in_words(name: str, value: str, expected: str) -> None:
    said = complaint(**{name: value})
    assert f"DALLOSH_{name.upper()}: {expected}" in said
    assert not set("^$\\[]") & set(said)


def test_no_context_outlives_the_topic_that_tells_whose_it_is() -> None:
    assert load_settings(context_ttl_s=CONTEXT_TTL_MAX_S).context_ttl_s == CONTEXT_TTL_MAX_S == 7 * 86_400
    said = complaint(context_ttl_s=CONTEXT_TTL_MAX_S + 1)
    assert "DALLOSH_CONTEXT_TTL_S: at most 604800: tweets.classified tells for no longer whose a text is" in said


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize(
    "value",
    [f"me:{SECRET}@host", f"ftp://me:{SECRET}@host", f"http://me:{SECRET}@", "http://", "https://:8000/v1",
     f"http://ho st/{SECRET}", f"http://host:port/{SECRET}", f"http://host/{SECRET} ", f"redis://{SECRET}@h"],
)  # fmt: skip
def test_what_is_no_http_address_is_refused(name: str, value: str) -> None:
    said = complaint(**{name: value})
    assert f"DALLOSH_{name.upper()}: expected http://host or https://host" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    "value",
    ["", "http://gpu:8000/v1", "HTTPS://api.example.org", "https://h/?key=a", f"http://me:{SECRET}@gpu_1:8000",
     "http://[::1]:8000/v1"],
)  # fmt: skip
def test_http_addresses_are_taken(value: str) -> None:
    made = load_settings(**dict.fromkeys(URLS, value))
    assert [getattr(made, name) for name in URLS] == [value] * len(URLS)


@pytest.mark.parametrize("value", [f"http://:{SECRET}@h", "127.0.0.1:6379", f"redis:{SECRET}", f"redis://{SECRET} @h"])
def test_what_is_no_redis_address_is_refused(value: str) -> None:
    said = complaint(redis_url=value)
    assert "DALLOSH_REDIS_URL: expected redis://host:port/0, rediss://host:port/0 or unix:///path" in said
    assert SECRET not in said


@pytest.mark.parametrize("value", ["", "redis://h", f"rediss://:{SECRET}@h:1/0", "unix:///run/redis.sock?db=1"])
def test_redis_addresses_are_taken(value: str) -> None:
    assert load_settings(redis_url=value).redis_url == value


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("value", [f"{SECRET} x", f"{SECRET}\n", f" {SECRET}", f"{SECRET}é", f"\x00{SECRET}"])
def test_a_key_that_no_header_takes_is_refused(name: str, value: str) -> None:
    said = complaint(**{name: value})
    assert f"{name.upper()}: expected printable ASCII characters without blanks" in said
    assert SECRET not in said


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_taken(name: str) -> None:
    assert getattr(load_settings(**{name: SECRET}), name).get_secret_value() == SECRET


@pytest.mark.parametrize(
    ("changes", "variables"),
    [
        ({"kafka_cert_file": "x"}, "DALLOSH_KAFKA_CERT_FILE and DALLOSH_KAFKA_KEY_FILE go together"),
        ({"kafka_security": "SASL_SSL"}, "SASL_SSL needs DALLOSH_KAFKA_USERNAME and DALLOSH_KAFKA_PASSWORD"),
        ({"exit_timeout_s": 1}, "DALLOSH_EXIT_TIMEOUT_S must be longer than DALLOSH_DRAIN_TIMEOUT_S"),
    ],
)
def test_settings_that_do_not_fit_together_are_named_as_variables(changes: dict[str, object], variables: str) -> None:
    said = complaint(**changes)
    assert variables in said
    assert "Value error" not in said
