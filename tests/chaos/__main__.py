"""`make chaos`: loads by faults on a real broker, real Redis and real workers, and the count of what became of it."""

import asyncio
import json
import logging
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import msgspec

from streams.settings import PROJECT_DIR
from tests.chaos.cell import CELLS, FULL, SHORT, SHORT_CELLS, Cell, Timing
from tests.chaos.report import line, markdown, summary
from tests.chaos.result import CellResult
from tests.chaos.rig import play


@click.command()
@click.option("--short", is_flag=True, help="The six named cells with short outages, under six minutes.")
@click.option("--cell", "names", multiple=True, help="Only this cell; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), default=PROJECT_DIR / ".dallosh" / "chaos", show_default=True,
              help="Folder of report.md, report.json and a file per cell.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Play again what this very commit has played before.")
@click.option("--keep", is_flag=True, help="Keep data and logs of each cell below --out.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object as the last line of standard output.")
def main(short: bool, names: tuple[str, ...], out: Path, fresh: bool, keep: bool, as_json: bool) -> None:
    """Plays loads by faults and counts; exit 0 when every goal was met, 1 when one was missed.

    Killed and started again, it goes on with the cells that are missing.
    """
    timing = SHORT if short else FULL
    by_name = {cell.name: cell for cell in CELLS}
    if unknown := set(names) - by_name.keys():
        raise click.UsageError(f"no such cell: {', '.join(sorted(unknown))}; there are {', '.join(by_name)}")
    wanted = [by_name[name] for name in names] or (SHORT_CELLS if short else CELLS)
    out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a dead broker is what is wanted here
    results = []
    for number, cell in enumerate(wanted, 1):
        file = out / f"{'short' if short else 'full'}-{cell.name}.json"
        result = None if fresh else _played(file)
        if result is None:
            click.echo(f"[{number}/{len(wanted)}] {cell.name}: {cell.load} x {cell.fault}", err=True)
            result = _play(cell, timing, out / cell.name if keep else None)
            file.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
        click.echo(f"[{number}/{len(wanted)}] {line(result)}", err=True)
        results.append(result)
    (out / "report.md").write_text(markdown(results))
    (out / "report.json").write_text(json.dumps(summary(results), indent=2) + "\n")
    click.echo(f"{out / 'report.md'}, {out / 'report.json'}", err=True)
    if as_json:
        click.echo(json.dumps(summary(results)))
    sys.exit(1 if any(result.problems() for result in results) else 0)


def _play(cell: Cell, timing: Timing, kept: Path | None) -> CellResult:
    if kept is not None:
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        return asyncio.run(play(cell, timing, kept, say=_say))
    with tempfile.TemporaryDirectory(prefix="dallosh-chaos-") as folder:
        return asyncio.run(play(cell, timing, Path(folder), say=_say))


def _played(file: Path) -> CellResult | None:
    """Returns what this very state of the project has shown before; None where it has not, or has changed since."""
    try:
        result = msgspec.json.decode(file.read_bytes(), type=CellResult)
    except (OSError, msgspec.MsgspecError):
        return None
    changed = subprocess.run(
        ["git", "diff", "--quiet", result.commit, "--", "agents", "schemas", "streams", "tests/chaos"],
        cwd=PROJECT_DIR, capture_output=True, check=False,
    )  # fmt: skip
    return result if changed.returncode == 0 else None


def _say(text: str) -> None:
    click.echo(f"    {text}", err=True)


if __name__ == "__main__":
    main()
