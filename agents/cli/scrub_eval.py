"""`dallosh scrub eval`: how well the scrubber does on marked texts."""

from pathlib import Path

import click
import msgspec

from agents.cli.json_lines import write_json_lines
from agents.cli.scrub_input import lines_of, name_of, opened
from agents.cli.table import print_table
from agents.printable import escaped
from streams.connectors.jsonl_file import object_of
from streams.core.pii.marked import Evaluation, Marked, Miss, parsed
from streams.core.pii.spans import PiiType
from streams.core.redaction import redact
from streams.errors import FatalError, RejectedError
from streams.settings import load_settings
from streams.tables import tables


@click.command("eval")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.option("--misses", type=click.Path(dir_okay=False, path_type=Path), help="Write what went wrong, a line each.")
def eval_command(file: str, as_json: bool, misses: Path | None) -> None:
    """Measure recall and precision on FILE: JSON lines whose `marked` holds a text with inline tags.

    Found is a mark of which every letter and digit is covered and, but for names of persons, whose string is gone.
    Places are those marked LOC, decoys all words outside the marks: both must survive whole.
    """
    kept_handles, evaluation = load_settings().kept_handles, Evaluation()
    missed: list[tuple[int, Miss]] = []
    with opened(file) as stream:
        for line in lines_of(stream):
            marked = _marked(line.raw, f"{name_of(file)}, line {line.number}")
            scrubbed = redact(marked.text, tables(), kept_handles).scrubbed
            missed += [(line.number, miss) for miss in evaluation.add(marked, scrubbed)]
    if misses is not None:
        write_json_lines(misses, ({"line": line, **miss._asdict()} for line, miss in missed))
    if as_json:
        click.echo(escaped(msgspec.json.encode(_report(evaluation))))
    else:
        _print(evaluation)


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
