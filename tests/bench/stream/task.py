"""What a contender is told on its command line; standard library alone, for the peer has none of ours."""

import sys
from typing import NamedTuple


class Task(NamedTuple):
    """Read `n_records` of the topic `source`, apply the function to each, write the results, commit for `group`.

    `target` is the topic of the results; for the whole scrubber, which writes several, the namespace of its topics and
    of its keys in Redis.
    """

    bootstrap: str
    redis: str
    source: str
    target: str
    group: str
    n_records: int
    function: str


def from_argv() -> Task:
    """Reads the seven arguments."""
    bootstrap, redis, source, target, group, n_records, function = sys.argv[1:]
    return Task(bootstrap, redis, source, target, group, int(n_records), function)
