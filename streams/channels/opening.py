"""From the tables of the file to channels, with the secrets that they name."""

import re
import shutil
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Final, assert_never

from pydantic import SecretStr
from yarl import URL

from schemas.notice import AlertMessage
from streams.channels.command import Command
from streams.channels.procedures_file import (
    ChannelTable,
    CommandTable,
    EmailTable,
    ProceduresFile,
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
from streams.loopback import is_loopback

_HEADER: Final = re.compile(r"[ -~]*")
_NONE: Final = SecretStr("")


@dataclass(frozen=True, slots=True)
class Opened:
    """The channels of a file, those that lack something with what that is."""

    channels: Mapping[ChannelTable, Channel]
    broken: Mapping[ChannelTable, SettingsError]


def open_channels(
    found: ProceduresFile, secrets: Callable[[], Set[str]], *, read: Callable[[str], str] = variable
) -> Opened:
    """Makes the channels of a file; connects to nothing. One that cannot be made leaves the others as they are.

    Args:
        found: the file.
        secrets: see `open_channel`.
        read: see there.
    """
    channels: dict[ChannelTable, Channel] = {}
    broken: dict[ChannelTable, SettingsError] = {}
    for table in found.channel:
        try:
            channels[table] = open_channel(table, secrets, read=read)
        except SettingsError as error:
            broken[table] = error
    return Opened(channels, broken)


def open_channel(
    table: ChannelTable, secrets: Callable[[], Set[str]], *, read: Callable[[str], str] = variable
) -> Channel:
    """Makes a channel; connects to nothing.

    Args:
        table: of the file.
        secrets: returns the variables that no command is given, or raises SettingsError where they are not known.
        read: returns the value of an environment variable, empty where there is none.

    Raises:
        SettingsError: a variable is not set or holds something of another form, or a program is not there; the message
            names the channel and the variable, never a value.
    """
    match table:
        case WebhookTable():
            return _webhook(table, _plain, read, _authorization(table, read))
        case SlackTable():
            return _webhook(table, slack, read)
        case TeamsTable():
            return _webhook(table, teams, read)
        case EmailTable():
            return Smtp(table, _secret(table, table.password_env, read) if table.password_env else _NONE)
        case CommandTable():
            if shutil.which(table.argv[0]) is None:
                raise _wrong(table, f"there is no program {table.argv[0]}")
            return Command(table.argv, timeout_s=table.timeout_s, secrets=secrets())
        case _:
            assert_never(table)


def kind_of(table: ChannelTable) -> str:
    """Returns the kind that the file names: `slack`."""
    return str(table.__struct_config__.tag)


def place_of(table: ChannelTable) -> str:
    """Says where a channel leads, as the file does: the variable of an address, a server, a program."""
    match table:
        case EmailTable():
            recipients = "1 recipient" if len(table.to) == 1 else f"{len(table.to)} recipients"
            return f"{table.server}:{table.port}, {recipients}"
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
        found = _parsed(url.get_secret_value())
    except ValueError:
        raise _wrong(table, f"{table.url_env} is no http:// or https:// address") from None
    has_login = found.user is not None or found.password is not None
    if has_login and authorization is not None:
        raise _wrong(table, f"{table.url_env} holds a user or a password, and authorization_env is the same header")
    if (has_login or authorization is not None) and found.scheme != "https" and not is_loopback(found.host or ""):
        raise _wrong(table, f"{table.url_env} is no https:// address: an Authorization goes out encrypted only")
    return Webhook(url, render, timeout_s=table.timeout_s, authorization=authorization or _NONE)


def _parsed(url: str) -> URL:
    """Parses an address as the client does that will call it.

    Raises:
        ValueError: it is no address of HTTP, or its host no name that can be looked up.
    """
    require_key(url)
    if not re.fullmatch(HTTP_URL, url):
        raise ValueError
    found = URL(url)
    (found.host or "").encode("idna")
    return found


def _authorization(table: WebhookTable, read: Callable[[str], str]) -> SecretStr | None:
    if table.authorization_env is None:
        return None
    found = _secret(table, table.authorization_env, read)
    if not _HEADER.fullmatch(found.get_secret_value()):
        raise _wrong(table, f"{table.authorization_env} holds what a header cannot carry")
    return found


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
