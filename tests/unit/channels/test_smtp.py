"""Mail against a server that speaks SMTP, with and without TLS."""

import ssl
import subprocess
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pydantic import SecretStr

from schemas.notice import AlertMessage
from streams.channels.procedures_file import EmailTable
from streams.channels.smtp import Smtp
from streams.errors import RejectedError, RetryableError
from streams.loopback import free_ports
from tests.integration.notifier_rig import alert
from tests.receivers import mail_server

MESSAGE = AlertMessage(key="a/1", kind="confirmed", seq=1, alert=alert(("open", "national")), procedure="any")


def smtp(port: int, password: str = "", **changes: Any) -> Smtp:
    table = {
        "kind": "email", "name": "mail", "server": "127.0.0.1", "port": port, "sender": "dallosh@example.org",
        "to": ["duty@example.org", "boss@example.org"], "security": "none", "timeout_s": 0.5,
    }  # fmt: skip
    return Smtp(msgspec.convert(table | changes, EmailTable), SecretStr(password))


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side with a certificate for `localhost` that clients of this test trust."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_mail() -> None:
    async with mail_server() as server:
        assert await smtp(server.port).tell(MESSAGE) == "taken"
    (raw,) = server.mails
    mail = message_from_string(raw, policy=policy.default)
    assert mail["Subject"] == "[dallosh] ALERT network, whole country: 41 complaints, 3.2 expected"
    assert (mail["To"], mail["Message-ID"]) == ("duty@example.org, boss@example.org", "<a.1@example.org>")
    assert (mail["Idempotency-Key"], mail["Auto-Submitted"]) == ("a/1", "auto-generated")
    assert "First complaint: 2026-03-02 13:00" in mail.get_content()


async def test_starttls_before_the_password(tls: ssl.SSLContext) -> None:
    async with mail_server(tls=tls) as server:
        made = smtp(server.port, "s3cret", server="localhost", security="starttls", user="dallosh")
        assert await made.tell(MESSAGE) == "taken"
        assert server.encrypted
        words = [line.split()[0].upper() for line in server.said]
        assert words.index("STARTTLS") < words.index("AUTH")
        wrong = smtp(server.port, "s3cret", security="starttls", user="dallosh")  # the certificate has another name
        with pytest.raises(RetryableError, match="SSLCertVerificationError"):
            await wrong.tell(MESSAGE)


async def test_a_server_without_tls_gets_nothing() -> None:
    async with mail_server() as server:
        with pytest.raises(RejectedError, match="cannot do it: SMTPNotSupportedError"):
            await smtp(server.port, security="starttls").tell(MESSAGE)
    assert server.mails == []


@pytest.mark.parametrize(
    ("refuse", "words", "fails"),
    [
        ({"boss": 550}, "taken, 1 of 2 recipients refused", None),
        ({"boss": 550, "duty": 550}, "all recipients refused: 550", RejectedError),
        ({"boss": 550, "duty": 451}, "all recipients refused: 451", RetryableError),
    ],
)
async def test_refusals(refuse: dict[str, int], words: str, fails: type[Exception] | None) -> None:
    async with mail_server() as server:
        server.refuse = refuse
        if fails is None:
            assert await smtp(server.port).tell(MESSAGE) == words
        else:
            with pytest.raises(fails, match=words):
                await smtp(server.port).tell(MESSAGE)


async def test_nobody_and_silence() -> None:
    with pytest.raises(RetryableError, match="not sent: ConnectionRefusedError"):
        await smtp(free_ports(1)[0]).tell(MESSAGE)
    async with mail_server(silent=True) as server:
        with pytest.raises(RetryableError, match=r"not sent|too slow"):
            await smtp(server.port).tell(MESSAGE)
