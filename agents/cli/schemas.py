"""`dallosh schemas`: the contracts of the topics as files that others can read."""

import json
from pathlib import Path

import click

from agents.documents.export import generated_files, stale_files, write_files
from streams.settings import PROJECT_DIR

MEND = "dallosh schemas export"


@click.group()
def schemas() -> None:
    """Export the contracts of the topics."""


@schemas.command()
@click.option("--check", is_flag=True, help="Write nothing; exit 1 when a file is stale.")
@click.option(
    "--dir", "root", type=click.Path(file_okay=False, path_type=Path), default=PROJECT_DIR,
    help="The checkout (default: the one that this command belongs to).",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def export(ctx: click.Context, check: bool, root: Path, as_json: bool) -> None:
    """Write JSON Schemas, asyncapi.yaml, .env.example and the README's tables from the code."""
    if check:
        ctx.exit(_check(root, as_json=as_json))
    written = write_files(root)
    n_files = len(generated_files(root))
    for path in written:
        click.echo(f"{'wrote' if (root / path).exists() else 'removed'} {path.as_posix()}", err=True)
    click.echo(f"{n_files} generated files, {len(written)} of them were stale", err=True)
    if as_json:
        click.echo(json.dumps({"files": n_files, "written": [path.as_posix() for path in written]}))


def _check(root: Path, *, as_json: bool) -> int:
    stale = stale_files(root)
    for one in stale:
        click.echo(f"stale: {one.path.as_posix()}: {one.why}", err=True)
    if stale:
        click.echo(f"Mend them with: {MEND}", err=True)
    if as_json:
        click.echo(json.dumps({"stale": [one.path.as_posix() for one in stale]}))
    return 1 if stale else 0
