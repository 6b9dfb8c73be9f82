"""Mail by SMTP, with the standard library in a thread."""

import asyncio
import contextlib
import smtplib
import socket
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from pydantic import SecretStr

from schemas.notice import AlertMessage
from streams.channels.procedures_file import EmailTable
from streams.core.crisis.messages import mail
from streams.errors import RejectedError, RetryableError

N_TIMEOUTS: Final = 4
"""A dialogue has several turns, each within `timeout_s`; all together have so many times as much."""
_FOR_GOOD: Final = 500


class Smtp:
    """One mail a message, to all recipients; a server that takes some of them has taken it.

    Args:
        table: server, sender, recipients.
        password: of the table's `user`.
    """

    def __init__(self, table: EmailTable, password: SecretStr) -> None:
        self._table, self._password = table, password

    async def tell(self, message: AlertMessage) -> str:
        """Sends it; see `Channel`. A dialogue that does not end is cut."""
        dialogue = _Dialogue(self._table, self._password)
        sending = asyncio.create_task(asyncio.to_thread(dialogue.send, self._mail(message)))
        try:
            async with asyncio.timeout(N_TIMEOUTS * self._table.timeout_s):
                return await asyncio.shield(sending)
        except TimeoutError:
            raise RetryableError("the server is too slow") from None
        finally:
            dialogue.cut()
            with contextlib.suppress(RetryableError, RejectedError):
                await sending

    async def close(self) -> None:
        """Does nothing: a connection is one mail's."""

    def _mail(self, message: AlertMessage) -> EmailMessage:
        """Writes the mail; the same transition has the same `Message-ID`, by which a second copy is known."""
        subject, body = mail(message)
        made = EmailMessage()
        made["From"], made["To"], made["Subject"] = self._table.sender, ", ".join(self._table.to), subject
        made["Date"] = format_datetime(datetime.now(UTC))
        made["Message-ID"] = f"<{message.key.replace('/', '.')}@{self._table.sender.partition('@')[2]}>"
        made["Idempotency-Key"] = message.key
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(body)
        return made


class _Dialogue:
    """One connection; `cut` ends it from another thread."""

    def __init__(self, table: EmailTable, password: SecretStr) -> None:
        self._table, self._password, self._context = table, password, ssl.create_default_context()
        self._server = smtplib.SMTP_SSL(context=self._context) if table.security == "tls" else smtplib.SMTP()
        self._server.timeout = table.timeout_s
        self._server._host = table.server  # type: ignore[attr-defined] # whom TLS expects; connect() does not say it

    def send(self, made: EmailMessage) -> str:
        try:
            with self._server:
                self._greet(self._server)
                refused = self._server.send_message(made)
        except smtplib.SMTPRecipientsRefused as error:
            codes = {code for code, _ in error.recipients.values()}
            raise _failed("all recipients refused", min(codes, default=0)) from None
        except smtplib.SMTPResponseException as error:
            raise _failed(type(error).__name__, error.smtp_code) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            raise RejectedError(f"the server cannot do it: {type(error).__name__}") from None
        except (smtplib.SMTPException, OSError) as error:
            raise RetryableError(f"not sent: {type(error).__name__}") from None
        return f"taken, {len(refused)} of {len(self._table.to)} recipients refused" if refused else "taken"

    def cut(self) -> None:
        if (sock := self._server.sock) is not None:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _greet(self, server: smtplib.SMTP) -> None:
        server.connect(self._table.server, self._table.port)
        if self._table.security == "starttls":
            server.starttls(context=self._context)
        if self._table.user:
            server.login(self._table.user, self._password.get_secret_value())


def _failed(words: str, code: int) -> RetryableError | RejectedError:
    return RejectedError(f"{words}: {code}") if code >= _FOR_GOOD else RetryableError(f"{words}: {code}")
