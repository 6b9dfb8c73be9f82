"""Results of jobs, kept as long as the code that they were shown with: a run of hours can be gone on with."""

import pickle
import subprocess
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Final

from streams.settings import PROJECT_DIR
from tests.bench.crisis.jobs import Cold, Job, Played
from tests.code_state import digest

_LISTING: Final = """
import sys, tests.bench.crisis.jobs
print("\\n".join(module.__file__ for module in sys.modules.values() if getattr(module, "__file__", None)))
"""
_DATA: Final = "streams/data"


def parts() -> list[str]:
    """Returns what a result depends on: the modules that a job loads, and the data; paths from the project's root."""
    told = subprocess.run(
        [sys.executable, "-c", _LISTING], cwd=PROJECT_DIR, stdout=subprocess.PIPE, text=True, check=True, timeout=60
    )  # fmt: skip
    ours = [Path(line) for line in told.stdout.splitlines() if Path(line).is_relative_to(PROJECT_DIR)]
    code = [str(path.relative_to(PROJECT_DIR)) for path in ours]
    return [*sorted(one for one in code if not one.startswith(".")), _DATA]


class Store:
    """A folder of results, of this very code.

    Args:
        folder: where those of any code are.
        is_fresh: forget what was kept.
    """

    def __init__(self, folder: Path, *, is_fresh: bool) -> None:
        self._folder = folder / digest(parts())
        self._folder.mkdir(parents=True, exist_ok=True)
        if is_fresh:
            for path in self._folder.glob("*.pickle"):
                path.unlink()

    def find(self, job: Job) -> Played | Cold | None:
        """Returns the result of a job that was run before."""
        path = self._path(job)
        if not path.exists():
            return None
        found = pickle.loads(path.read_bytes())
        assert isinstance(found, Played | Cold)
        return found

    def put(self, job: Job, result: Played | Cold) -> None:
        """Keeps a result."""
        path = self._path(job)
        whole = path.with_suffix(".new")
        whole.write_bytes(pickle.dumps(result))
        whole.replace(path)

    def _path(self, job: Job) -> Path:
        return self._folder / ("-".join(map(str, (type(job).__name__, *astuple(job)))) + ".pickle")
