"""The form of the file of procedures and channels: `[[procedure]]` and `[[channel]]` tables of TOML.

The first procedure that matches an alert counts. Secrets stand in environment variables that the file names.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, get_args

import msgspec
from msgspec import Meta

from schemas.alert import Scope
from schemas.notice import NoticeKind
from streams.core.crisis.intake import FAMILIES
from streams.core.crisis.procedures import ANY, Name, Procedure, procedure_of
from streams.toml_tables import TableFile

SHIPPED: Final = Path(__file__).parent / "data" / "procedures.toml"

Variable = Annotated[str, Meta(pattern=r"^[A-Z][A-Z0-9_]{0,99}\Z")]
Seconds = Annotated[float, Meta(gt=0)]
Host = Annotated[str, Meta(pattern=r"^[\w.:-]{1,253}\Z")]
Address = Annotated[str, Meta(pattern=r"^[^\s<>@,;]{1,64}@[\w.-]{1,253}\Z")]
Word = Annotated[str, Meta(pattern=r"^[^\x00]{1,1000}\Z")]


class _Any(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every channel has.

    `timeout_s` bounds one attempt. A receiver that does not answer is tried again for `give_up_after_s`. Not told is
    what was published longer than `stale_after_s` before it is read, or happened longer than `event_stale_after_s`
    before: a detector that starts cold publishes waves of long ago anew.
    """

    name: Name
    timeout_s: Annotated[float, Meta(gt=0, le=300)] = 10.0
    give_up_after_s: Seconds = 3_600.0
    stale_after_s: Seconds = 86_400.0
    event_stale_after_s: Seconds = 86_400.0


class _Url(_Any, frozen=True, kw_only=True):
    url_env: Variable


class WebhookTable(_Url, frozen=True, kw_only=True, tag="webhook"):
    """JSON by POST; `authorization_env` names a variable with the value of the header `Authorization`."""

    authorization_env: Variable | None = None


class SlackTable(_Url, frozen=True, kw_only=True, tag="slack"):
    """An incoming webhook of Slack."""


class TeamsTable(_Url, frozen=True, kw_only=True, tag="teams"):
    """A webhook of Teams (Workflows)."""


class EmailTable(_Any, frozen=True, kw_only=True, tag="email"):
    """Mail by SMTP; `user` and `password_env` go together."""

    server: Host
    sender: Address
    to: Annotated[tuple[Address, ...], Meta(min_length=1, max_length=50)]
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password_env: Variable | None = None


class CommandTable(_Any, frozen=True, kw_only=True, tag="command"):
    """A program and its arguments, run without a shell, with the JSON on standard input."""

    argv: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=50)]


ChannelTable = WebhookTable | SlackTable | TeamsTable | EmailTable | CommandTable


class ProceduresFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one file says."""

    channel: tuple[ChannelTable, ...] = ()
    procedure: tuple[Procedure, ...] = ()


_CHOICES: Final[dict[tuple[str, str | None], tuple[str, ...]]] = {
    ("channel", "kind"): ("webhook", "slack", "teams", "email", "command"),
    ("channel", "security"): ("starttls", "tls", "none"),
    ("procedure", "scope"): (*get_args(Scope), ANY),
    ("procedure", "tells"): get_args(NoticeKind),
}

FORM: Final = TableFile(
    kind=ProceduresFile,
    remedy="Mend the file that DALLOSH_PROCEDURES_FILE names; docs/howto/crisis.md (Procedures) says what it takes",
    env_remedy="Put it into an environment variable and the variable's name into the key that ends in _env",
    names=("name",),
    choices=lambda table, key: _CHOICES.get((table, key), ()),
    secret_ends=("key", "secret", "password", "token", "url", "authorization"),
)


def load_procedures(path: Path | None) -> ProceduresFile:
    """Reads and checks a deployment's file, which stands alone; None reads the shipped one, which tells nobody.

    Raises:
        SettingsError: it is not there, is no TOML, or says something that nothing understands or that contradicts
            itself; the message names table and key.
    """
    path = path or SHIPPED
    found = FORM.read(path)
    _check_channels(path, found)
    for i, one in enumerate(found.procedure):
        if words := _fault(found, i):
            raise FORM.wrong(path, "procedure", i, one.name, words)
    return found


def secrets_of(found: ProceduresFile) -> set[str]:
    """Returns the environment variables that a file's channels need."""
    values = (
        value
        for one in found.channel
        for key in one.__struct_fields__
        if key.endswith("_env") and (value := getattr(one, key))
    )
    return set(values)


def _check_channels(path: Path, found: ProceduresFile) -> None:
    names = Counter(one.name for one in found.channel)
    for i, one in enumerate(found.channel):
        if names[one.name] > 1:
            raise FORM.wrong(path, "channel", i, one.name, "key name: another channel has the same")
        if isinstance(one, EmailTable) and bool(one.user) != (one.password_env is not None):
            raise FORM.wrong(path, "channel", i, one.name, "keys user and password_env go together")
        if isinstance(one, EmailTable) and one.user and one.security == "none":
            raise FORM.wrong(path, "channel", i, one.name, "key security: a password goes out encrypted only")


def _fault(found: ProceduresFile, i: int) -> str:
    """Returns what is wrong with a procedure, beside the others; empty for nothing."""
    one, before = found.procedure[i], found.procedure[:i]
    if one.topic not in (*FAMILIES, ANY):
        return f"key topic: expected one of {', '.join((*FAMILIES, ANY))}"
    if any(other.name == one.name for other in before):
        return "key name: another procedure has the same"
    if hiding := _hiding(one, before):
        words = "which stands before it, takes" if len(hiding) == 1 else "which stand before it, take"
        return f"it never comes into play: {', '.join(hiding)}, {words} its alerts"
    if len({step.id for step in one.steps}) < len(one.steps):
        return "key steps: two have the same id"
    if unknown := sorted(set(one.channels) - {other.name for other in found.channel}):
        return f"key channels: there is no [[channel]] {unknown[0]}"
    return ""


def _hiding(one: Procedure, before: Sequence[Procedure]) -> list[str]:
    """Returns the names of those that together take every alert of a later procedure; none where it gets some."""
    if single := next((other.name for other in before if other.hides(one)), None):
        return [single]
    theirs = [
        procedure_of(before, topic, scope)
        for topic in FAMILIES
        for scope in get_args(Scope)
        if one.matches(topic, scope)
    ]
    names = dict.fromkeys(other.name for other in theirs if other is not None)
    return [] if None in theirs else list(names)
