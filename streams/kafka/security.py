"""How every client reaches the brokers: address, TLS and SASL from the settings."""

import ssl
from typing import Any

from streams.errors import SettingsError
from streams.settings import Settings


def client_options(settings: Settings) -> dict[str, Any]:
    """Returns the keyword arguments that every aiokafka client shares.

    Raises:
        SettingsError: no broker is named, or a certificate cannot be read.
    """
    if not settings.kafka_bootstrap:
        raise SettingsError(
            "no broker is named", remedy="Run dallosh dev start for an embedded one, or set DALLOSH_KAFKA_BOOTSTRAP"
        )
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka_bootstrap,
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_security.endswith("SSL"):
        options["ssl_context"] = _ssl_context(settings)
    if settings.kafka_security.startswith("SASL"):
        options["sasl_mechanism"] = settings.kafka_sasl_mechanism
        options["sasl_plain_username"] = settings.kafka_username
        options["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return options


def _ssl_context(settings: Settings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.kafka_ca_file)
        if settings.kafka_cert_file is not None:
            context.load_cert_chain(settings.kafka_cert_file, settings.kafka_key_file)
    except OSError as error:
        raise SettingsError(
            f"a certificate for Kafka cannot be read: {error}",
            remedy="Check DALLOSH_KAFKA_CA_FILE, DALLOSH_KAFKA_CERT_FILE and DALLOSH_KAFKA_KEY_FILE",
        ) from error
    return context
