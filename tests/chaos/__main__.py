"""`make chaos`: loads by faults on a real broker, real Redis and real workers, and the count of what became of it."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from streams.settings import PROJECT_DIR
from tests.chaos.cell import CELLS, FULL, SHORT, SHORT_CELLS, Cell, Timing
from tests.chaos.report import is_good, line, markdown, summary
from tests.chaos.result import CellResult
from tests.chaos.rig import play
from tests.chaos.servers import folder_for
from tests.code_state import digest

PARTS: Final = ("agents", "schemas", "streams", "models/bert-v1", "infra", "pyproject.toml", "tests/chaos", "tests/e2e",
                "tests/simulator", "tests/integration/router_rig.py")  # fmt: skip
"""What a result depends on."""


@click.command()
@click.option("--short", is_flag=True, help="The six named cells with short outages, under six minutes.")
@click.option("--cell", "names", multiple=True, help="Only this cell; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), default=PROJECT_DIR / ".dallosh" / "chaos", show_default=True,
              help="Folder of report.md, report.json and a file per cell.")  # fmt: skip
@click.option("--fresh", is_flag=True, help="Play again what this very code has played before.")
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
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    state = digest(PARTS)
    results: list[CellResult] = []
    for number, cell in enumerate(wanted, 1):
        place = f"[{number}/{len(wanted)}]"
        file = out / f"{'short' if short else 'full'}-{cell.name}.json"
        result = None if fresh else _played(file, state)
        if result is None:
            click.echo(f"{place} {cell.name}: {cell.load} x {cell.fault}", err=True)
            result = _play(cell, timing, out / cell.name if keep else None, state)
            file.write_bytes(msgspec.json.format(msgspec.json.encode(result)))
        click.echo(f"{place} {line(result)}", err=True)
        results.append(result)
        _write(out, results)
    click.echo(f"{out / 'report.md'}, {out / 'report.json'}", err=True)
    if as_json:
        click.echo(json.dumps(summary(results)))
    sys.exit(0 if is_good(results) else 1)


def _play(cell: Cell, timing: Timing, kept: Path | None, state: str) -> CellResult:
    with folder_for(kept) as folder:
        try:
            return asyncio.run(play(cell, timing, folder, state=state, say=_say, keep=kept is not None))
        except Exception as error:  # noqa: BLE001 the boundary of a cell: the others are played all the same
            failed = f"not counted: {_reason(error)}"
            return CellResult(cell=cell.name, load=cell.load, fault=cell.fault, state=state, short=timing == SHORT,
                              failed=failed)  # fmt: skip


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"


def _played(file: Path, state: str) -> CellResult | None:
    """Returns what this very code has shown before; None where it has not, or the cell was not counted."""
    try:
        result = msgspec.json.decode(file.read_bytes(), type=CellResult)
    except (OSError, msgspec.MsgspecError):
        return None
    return None if result.state != state or result.skipped or result.failed else result


def _write(out: Path, results: Sequence[CellResult]) -> None:
    (out / "report.md").write_text(markdown(results))
    (out / "report.json").write_text(json.dumps(summary(results), indent=2) + "\n")


def _say(text: str) -> None:
    click.echo(f"    {text}", err=True)


if __name__ == "__main__":
    main()
