"""How clients reach the brokers, by settings."""

import ssl
from pathlib import Path

import certifi
import pytest

from streams.errors import SettingsError
from streams.kafka.security import client_options
from streams.settings import load_settings


def test_plaintext_is_the_address_alone() -> None:
    assert client_options(load_settings(kafka_bootstrap="h:1")) == {
        "bootstrap_servers": "h:1",
        "security_protocol": "PLAINTEXT",
    }


def test_without_a_broker_the_remedy_is_named() -> None:
    with pytest.raises(SettingsError, match="dallosh dev start"):
        client_options(load_settings())


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_sasl_carries_user_and_password(protocol: str) -> None:
    settings = load_settings(
        kafka_bootstrap="h:1", kafka_security=protocol, kafka_username="u", kafka_password="p",
        kafka_sasl_mechanism="SCRAM-SHA-256",
    )  # fmt: skip
    options = client_options(settings)
    assert (options["sasl_mechanism"], options["sasl_plain_username"]) == ("SCRAM-SHA-256", "u")
    assert options["sasl_plain_password"] == "p"
    assert ("ssl_context" in options) == (protocol == "SASL_SSL")


def test_tls_verifies_the_brokers_by_the_given_authority() -> None:
    settings = load_settings(kafka_bootstrap="h:1", kafka_security="SSL", kafka_ca_file=certifi.where())
    context = client_options(settings)["ssl_context"]
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_certificate_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("not a certificate")
    for path in (tmp_path / "bad.pem", tmp_path / "absent.pem"):
        settings = load_settings(kafka_bootstrap="h:1", kafka_security="SSL", kafka_ca_file=path)
        with pytest.raises(SettingsError, match="DALLOSH_KAFKA_CA_FILE"):
            client_options(settings)
