"""What is played: a load, a fault while it flows, how long each part lasts."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from schemas.taxonomy import Stage


class Load(StrEnum):
    """How the tweets come."""

    STEADY = "steady"
    BURST = "burst x10"
    OUTAGE = "provider outage"
    HOT_KEY = "hot key"


class Fault(StrEnum):
    """What breaks while they come."""

    BROKER_KILLED = "broker kill -9"
    ONE_OF_THREE_KILLED = "one broker of three kill -9"
    BROKER_STOPPED = "broker SIGSTOP"
    DISK_FULL = "broker's disk full"
    WORKER_KILLED = "workers kill -9"
    WORKER_STOPPED = "workers SIGSTOP past their session"
    ROLLING_RESTART = "rolling restart"
    WORKERS_SCALED = "workers added and removed"
    REDIS_KILLED = "Redis kill -9"
    LARGE_RECORDS = "records of 1 MB"
    GARBAGE = "1 % garbage"


@dataclass(frozen=True, slots=True)
class Cell:
    """A load with a fault; `paired` runs two workers of the stages in `PAIRED`."""

    name: str
    load: Load
    fault: Fault
    paired: bool = False

    @property
    def n_brokers(self) -> int:
        """Three for the fault that needs them, with replication 3 and min.insync 2."""
        return 3 if self.fault is Fault.ONE_OF_THREE_KILLED else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long the parts of a cell last, in seconds.

    Tweets flow for `lead_s`, then under the fault for `fault_s`, then for `after_s`. `interval_s` lies between two
    kills; what is taken down stays so for `down_s`, what is stopped for `stopped_s`: longer than `session_timeout_s`.
    After the last origin has ended, nothing more may come for `quiet_s`.
    """

    lead_s: float
    fault_s: float
    after_s: float
    interval_s: float
    down_s: float
    stopped_s: float
    session_timeout_s: float
    quiet_s: float

    @property
    def flow_s(self) -> float:
        """Seconds in which tweets are sent."""
        return self.lead_s + self.fault_s + self.after_s


FULL: Final = Timing(
    lead_s=10, fault_s=60, after_s=15, interval_s=20, down_s=20, stopped_s=25, session_timeout_s=10, quiet_s=10
)
SHORT: Final = Timing(
    lead_s=3, fault_s=11, after_s=2, interval_s=3, down_s=2, stopped_s=9, session_timeout_s=6, quiet_s=3
)

PAIRED: Final = (Stage.SCRUBBER, Stage.CLASSIFIER, Stage.ROUTER)

SHORT_CELLS: Final = (
    Cell("broker-killed", Load.STEADY, Fault.BROKER_KILLED),
    Cell("workers-killed", Load.BURST, Fault.WORKER_KILLED),
    Cell("rolling-restart", Load.OUTAGE, Fault.ROLLING_RESTART),
    Cell("workers-stopped", Load.HOT_KEY, Fault.WORKER_STOPPED, paired=True),
    Cell("redis-killed", Load.BURST, Fault.REDIS_KILLED),
    Cell("broker-stopped", Load.OUTAGE, Fault.BROKER_STOPPED),
)
CELLS: Final = (
    *SHORT_CELLS,
    Cell("scaled", Load.STEADY, Fault.WORKERS_SCALED),
    Cell("large-records", Load.HOT_KEY, Fault.LARGE_RECORDS),
    Cell("garbage", Load.STEADY, Fault.GARBAGE),
    Cell("disk-full", Load.BURST, Fault.DISK_FULL),
    Cell("workers-killed-in-an-outage", Load.OUTAGE, Fault.WORKER_KILLED),
    Cell("broker-killed-hot-key", Load.HOT_KEY, Fault.BROKER_KILLED),
    Cell("three-brokers", Load.STEADY, Fault.ONE_OF_THREE_KILLED),
)
"""Every fault once, every load three times or four; kills of the broker and of workers twice."""
