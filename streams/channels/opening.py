"""From the tables of the file to channels, with the secrets that they name."""

import re
import shutil
from collections.abc import Callable
from typing import Final, assert_never

from pydantic import SecretStr

from schemas.notice import AlertMessage
from streams.channels.command import Command
from streams.channels.procedures_file import (
    ChannelTable,
    CommandTable,
    EmailTable,
    SlackTable,
    TeamsTable,
    WebhookTable,
)
from streams.channels.protocol import Channel
from streams.channels.smtp import Smtp
from streams.channels.webhook import Render, Webhook
from streams.core.crisis.messages import slack, teams
from streams.env_file import variable
from streams.errors import SettingsError
from streams.forms import HTTP_URL, require_key

_HEADER: Final = re.compile(r"[ -~]*")
_NONE: Final = SecretStr("")


def open_channel(table: ChannelTable, *, read: Callable[[str], str] = variable) -> Channel:
    """Makes a channel; connects to nothing.

    Args:
        table: of the file.
        read: returns the value of an environment variable, empty where there is none.

    Raises:
        SettingsError: a variable is not set or holds something of another form, or a program is not there; the message
            names the channel and the variable, never a value.
    """
    match table:
        case WebhookTable():
            authorization = _secret(table, table.authorization_env, read) if table.authorization_env else _NONE
            if not _HEADER.fullmatch(authorization.get_secret_value()):
                raise _wrong(table, f"{table.authorization_env} holds what a header cannot carry")
            return _webhook(table, _plain, read, authorization)
        case SlackTable():
            return _webhook(table, slack, read)
        case TeamsTable():
            return _webhook(table, teams, read)
        case EmailTable():
            return Smtp(table, _secret(table, table.password_env, read) if table.password_env else _NONE)
        case CommandTable():
            if shutil.which(table.argv[0]) is None:
                raise _wrong(table, f"there is no program {table.argv[0]}")
            return Command(table.argv, timeout_s=table.timeout_s)
        case _:
            assert_never(table)


def kind_of(table: ChannelTable) -> str:
    """Returns the kind that the file names: `slack`."""
    return str(table.__struct_config__.tag)


def place_of(table: ChannelTable) -> str:
    """Says where a channel leads, as the file does: the variable of an address, a server, a program."""
    match table:
        case EmailTable():
            return f"{table.server}:{table.port}, {len(table.to)} recipients"
        case CommandTable():
            return table.argv[0]
        case _:
            return f"${table.url_env}"


def _webhook(
    table: WebhookTable | SlackTable | TeamsTable, render: Render, read: Callable[[str], str],
    authorization: SecretStr | None = None,
) -> Webhook:  # fmt: skip
    url = _secret(table, table.url_env, read)
    try:
        require_key(url.get_secret_value())
    except ValueError:
        raise _wrong(table, f"{table.url_env} is no http:// or https:// address") from None
    if not re.fullmatch(HTTP_URL, url.get_secret_value()):
        raise _wrong(table, f"{table.url_env} is no http:// or https:// address")
    return Webhook(url, render, timeout_s=table.timeout_s, authorization=authorization or _NONE)


def _plain(message: AlertMessage) -> AlertMessage:
    return message


def _secret(table: ChannelTable, name: str, read: Callable[[str], str]) -> SecretStr:
    if not (value := read(name)):
        raise _wrong(table, f"{name} is not set")
    return SecretStr(value)


def _wrong(table: ChannelTable, words: str) -> SettingsError:
    return SettingsError(
        f"channel {table.name}: {words}", remedy="Set it, or take the channel out of DALLOSH_PROCEDURES_FILE"
    )
