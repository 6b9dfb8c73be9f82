"""`dallosh scrub`: what the scrubber of this deployment takes out of texts. Needs no broker."""

from collections.abc import Iterator, Sequence

import click
import msgspec
from msgspec.structs import replace

from agents.cli.file_group import FileGroup
from agents.cli.scrub_eval import eval_command
from agents.cli.scrub_input import Form, name_of, opened, rows_of
from agents.cli.scrub_rows import BadRow, Entry
from agents.printable import escaped, printable
from schemas.taxonomy import DataPolicy
from schemas.tweet import Place
from streams.core.pii.spans import PiiType
from streams.core.policy import REASONS, visible_text
from streams.core.redaction import Redacted, redact
from streams.errors import FatalError
from streams.settings import load_settings
from streams.tables import tables


class FoundSpan(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch that was replaced; offsets in characters of `text`, half-open."""

    start: int
    end: int
    type: PiiType
    rule: str
    confidence: float


class ScrubLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of output. The last three are there with --policy: whose, what such a target would see, and why."""

    id: str
    text: str
    scrubbed: str
    spans: list[FoundSpan]
    places: Sequence[Place]
    policy: DataPolicy | msgspec.UnsetType = msgspec.UNSET
    visible: str | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET


@click.group(cls=FileGroup, options_metavar="", subcommand_metavar="[FILE|-] [OPTIONS] | eval FILE")
def scrub_command() -> None:
    """Replace personal data by placeholders, or measure how well that goes.

    FILE holds JSON lines or CSV with id and text, or plain lines; - reads standard input. One JSON object a row comes
    out. `dallosh scrub FILE` is short for `dallosh scrub file FILE`.
    """


scrub_command.add_command(eval_command)


@scrub_command.command("file")
@click.argument("file", default="-")
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl", "lines"]), help="Default: by the name, else by the content."
)
@click.option(
    "--policy", type=click.Choice([str(one) for one in DataPolicy]), help="Add what a target of this policy would see."
)
@click.option("--explain", is_flag=True, help="For people: each replaced stretch with its rule.")
def file_command(file: str, form: Form | None, policy: str | None, explain: bool) -> None:
    """Scrub every row of FILE (JSON lines or CSV with id and text, or plain lines; - reads standard input).

    A CSV file names its columns in line 1: id, and text or full_text; the others are not looked at.

    As the scrubber of this deployment does: the handles of DALLOSH_OFFICIAL_HANDLES stay, too.

    One JSON object a row, in order: id, text, scrubbed, spans, places; offsets in characters of text. Exit 1 when a row
    could not be read; the others are scrubbed all the same.
    """
    show = _explained if explain else _as_json
    kept_handles = load_settings().kept_handles
    n_bad = 0
    with opened(file) as stream:
        for row in rows_of(stream, file, form):
            if isinstance(row, BadRow):
                n_bad += 1
                click.echo(printable(f"{name_of(file)}, line {row.line}: {row.reason}"), err=True)
                continue
            for line in show(row, redact(row.text, tables(), kept_handles), DataPolicy(policy) if policy else None):
                click.echo(line)
    if n_bad:
        raise FatalError(
            f"{n_bad} {'row' if n_bad == 1 else 'rows'} of {name_of(file)} could not be read",
            remedy="Mend the lines named above, or say with --format what they are",
        )


def _as_json(entry: Entry, redacted: Redacted, policy: DataPolicy | None) -> Iterator[str]:
    scrubbed = redacted.scrubbed
    spans = [
        FoundSpan(start=one.start, end=one.end, type=one.type, rule=one.rule, confidence=one.confidence)
        for one in scrubbed.spans
    ]
    line = ScrubLine(id=entry.id, text=entry.text, scrubbed=scrubbed.text, spans=spans, places=redacted.places)
    if policy is not None:
        seen = visible_text(scrubbed.text, as_written=entry.text, policy=policy)
        line = replace(line, policy=policy, visible=seen, reason=REASONS[policy])
    yield escaped(msgspec.json.encode(line))


def _explained(entry: Entry, redacted: Redacted, policy: DataPolicy | None) -> Iterator[str]:
    scrubbed = redacted.scrubbed
    yield printable(f"{entry.id}: {scrubbed.text}")
    for one in scrubbed.spans:
        written = entry.text[one.start : one.end]
        yield printable(
            f"  {one.placeholder} is {written!r} ({one.start}-{one.end}): rule {one.rule}, confidence {one.confidence}"
        )
    if not scrubbed.spans:
        yield "  nothing personal found"
    for place in redacted.places:
        lies = ", ".join(part for part in (place.insee, place.department and f"department {place.department}") if part)
        yield printable(f"  {place.text!r} ({place.start}-{place.end}) stays: {place.kind} {lies}".rstrip())
    if policy is not None:
        seen = visible_text(scrubbed.text, as_written=entry.text, policy=policy)
        yield printable(f"  sees ({REASONS[policy]}): {seen}")
