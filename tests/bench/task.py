"""What a contender of the scrubber's benchmark is told on its command line."""

import sys
from typing import NamedTuple


class Task(NamedTuple):
    """Read `n_records` of `source`, apply the function to each value, write it to `target`, commit for `group`."""

    bootstrap: str
    source: str
    target: str
    group: str
    n_records: int
    function: str


def from_argv() -> Task:
    """Reads the six arguments."""
    bootstrap, source, target, group, n_records, function = sys.argv[1:]
    return Task(bootstrap, source, target, group, int(n_records), function)
