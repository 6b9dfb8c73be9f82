"""`dallosh scrub`: what the scrubber takes out of texts, and how well it does on marked ones. Needs no broker."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click
import msgspec
from msgspec.structs import replace

from agents.cli.printable import escaped, printable
from agents.cli.scrub_input import BadRow, Entry, Form, lines_of, opened, rows_of
from agents.cli.table import print_table
from schemas.taxonomy import DataPolicy
from schemas.tweet import Place, ScrubbedTweet
from streams.connectors.jsonl_file import object_of
from streams.core.pii.marked import Evaluation, Marked, Miss, parsed
from streams.core.pii.spans import PiiType, Scrubbed
from streams.core.policy import Visible, visible
from streams.core.redaction import Redacted, redact
from streams.disk import remedy_of
from streams.errors import FatalError, RejectedError
from streams.tables import tables

_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A text has no date; the policy does not ask for one."""


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


class ScrubGroup(click.Group):
    """A group whose command is `file` where none is named, so that `dallosh scrub FILE` is enough."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the name before the arguments of a file."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["file", *args]
        return super().parse_args(ctx, args)


@click.group(cls=ScrubGroup, options_metavar="", subcommand_metavar="[FILE|-] [OPTIONS] | eval FILE")
def scrub_command() -> None:
    """Replace personal data by placeholders, or measure how well that goes.

    `dallosh scrub FILE` is short for `dallosh scrub file FILE`.
    """


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
    """Scrub every row of FILE (JSON lines with id and text, the CSV export, or plain lines; - reads standard input).

    One JSON object a row, in order: id, text, scrubbed, spans, places; offsets in characters of text. Exit 1 when a row
    could not be read; the others are scrubbed all the same.
    """
    show = _explained if explain else _as_json
    n_bad = 0
    with opened(file) as stream:
        for row in rows_of(stream, file, form):
            if isinstance(row, BadRow):
                n_bad += 1
                click.echo(printable(f"{_name(file)}, line {row.line}: {row.reason}"), err=True)
                continue
            for line in show(row, redact(row.text, tables()), DataPolicy(policy) if policy else None):
                click.echo(line)
    if n_bad:
        raise FatalError(
            f"{n_bad} {'row' if n_bad == 1 else 'rows'} of {_name(file)} could not be read",
            remedy="Mend the lines named above, or say with --format what they are",
        )


@scrub_command.command("eval")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--misses", type=click.Path(dir_okay=False, path_type=Path), help="Write what went wrong, a line each.")
def eval_command(file: str, as_json: bool, misses: Path | None) -> None:
    """Measure recall and precision on FILE: JSON lines whose `marked` holds a text with inline tags.

    Found is a mark of which every letter and digit is covered and, but for names of persons, whose string is gone.
    Places are those marked LOC, decoys all words outside the marks: both must survive whole.
    """
    evaluation = Evaluation()
    missed: list[tuple[int, Miss]] = []
    with opened(file) as stream:
        for line in lines_of(stream):
            marked = _marked(line.raw, f"{_name(file)}, line {line.number}")
            missed += [(line.number, miss) for miss in evaluation.add(marked, redact(marked.text, tables()).scrubbed)]
    if misses is not None:
        _write(misses, missed)
    if as_json:
        click.echo(escaped(msgspec.json.encode(_report(evaluation))))
    else:
        _print(evaluation)


def _name(file: str) -> str:
    return "standard input" if file == "-" else file


def _as_json(entry: Entry, redacted: Redacted, policy: DataPolicy | None) -> Iterator[str]:
    scrubbed = redacted.scrubbed
    spans = [
        FoundSpan(start=one.start, end=one.end, type=one.type, rule=one.rule, confidence=one.confidence)
        for one in scrubbed.spans
    ]
    line = ScrubLine(id=entry.id, text=entry.text, scrubbed=scrubbed.text, spans=spans, places=redacted.places)
    if policy is not None:
        seen = _visible(entry, scrubbed, policy)
        line = replace(line, policy=policy, visible=seen.text, reason=seen.reason)
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
        seen = _visible(entry, scrubbed, policy)
        yield printable(f"  sees ({seen.reason}): {seen.text}")


def _visible(entry: Entry, scrubbed: Scrubbed, policy: DataPolicy) -> Visible:
    tweet = ScrubbedTweet(id=entry.id, created_at=_NEVER, author="", text=entry.text, scrubbed=scrubbed.text)
    return visible(tweet, policy)


def _marked(raw: bytes, where: str) -> Marked:
    try:
        written = object_of(raw).get("marked")
        if not isinstance(written, str):
            raise RejectedError("the object has no `marked` text")
        return parsed(written)
    except (RejectedError, ValueError) as error:
        raise FatalError(
            f"{where}: {error}", remedy='A line is {"marked": "appelez le <PHONE>06 12 34 56 78</PHONE>"}'
        ) from None


def _write(path: Path, missed: Sequence[tuple[int, Miss]]) -> None:
    lines = [msgspec.json.encode({"line": line, **miss._asdict()}) for line, miss in missed]
    try:
        path.write_bytes(b"".join(line + b"\n" for line in lines))
    except OSError as error:
        raise FatalError(f"cannot write {path}: {error.strerror}", remedy=remedy_of(error)) from None


def _share(part: int, whole: int) -> float | None:
    """Returns a share; None of nothing."""
    return part / whole if whole else None


def _kinds(evaluation: Evaluation) -> list[str]:
    return [kind for kind in PiiType if evaluation.n_marked[kind] or evaluation.n_spans[kind]]


def _report(one: Evaluation) -> dict[str, object]:
    return {
        "texts": one.n_texts,
        "types": {
            kind: {
                "marked": one.n_marked[kind],
                "found": one.n_found[kind],
                "recall": _share(one.n_found[kind], one.n_marked[kind]),
                "spans": one.n_spans[kind],
                "right": one.n_right[kind],
                "precision": _share(one.n_right[kind], one.n_spans[kind]),
            }
            for kind in _kinds(one)
        },
        "places": {
            "marked": one.n_places,
            "whole": one.n_places_whole,
            "survival": _share(one.n_places_whole, one.n_places),
        },
        "decoys": {
            "words": one.n_decoys,
            "whole": one.n_decoys_whole,
            "survival": _share(one.n_decoys_whole, one.n_decoys),
        },
    }


def _print(one: Evaluation) -> None:
    def told(part: int, whole: int) -> str:
        share = _share(part, whole)
        return "-" if share is None else f"{share:.3f} ({part}/{whole})"

    print_table(
        ("type", "recall", "precision"),
        [
            (kind, told(one.n_found[kind], one.n_marked[kind]), told(one.n_right[kind], one.n_spans[kind]))
            for kind in _kinds(one)
        ],
    )
    click.echo(f"places that survive: {told(one.n_places_whole, one.n_places)}")
    click.echo(f"decoys that survive: {told(one.n_decoys_whole, one.n_decoys)}")
    click.echo(f"{one.n_texts} marked texts", err=True)
