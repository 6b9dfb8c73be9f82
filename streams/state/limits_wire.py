"""What the scripts of the limits are given, and what they answer; their order is told at the head of each script."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from importlib.resources import files
from typing import Final

from streams.core.breaker import Breaker, BreakerPolicy
from streams.core.bucket import Bucket, Rate
from streams.core.budget import NANO_USD
from streams.core.limits import Ask, LimitRules, Permit, Report
from streams.core.local_state import TargetRecord

Arguments = list[str | int | float]

RECORD: Final = (
    "failures", "open_until", "disabled", "probe", "probe_until", "requests", "requests_at", "tokens", "tokens_at",
)  # fmt: skip
"""The fields of a target's hash, in the order of every answer."""

MOST: Final = 1e18
"""No number in Redis is larger: a billion USD in nano-USD; state.lua knows it, too."""


def script(name: str) -> str:
    """Returns the text of a script with what all of them share before it."""
    folder = files("streams.state") / "lua"
    return (folder / "state.lua").read_text("utf-8") + (folder / f"{name}.lua").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class LimitKeys:
    """The keys of one level; the braces keep them on one node of a cluster."""

    base: bytes

    @classmethod
    def of(cls, prefix: bytes, scope: str) -> "LimitKeys":
        """Names the keys of a level in a namespace."""
        return cls(prefix + b"limits:{" + scope.encode() + b"}:")

    @property
    def budget(self) -> bytes:
        """Of the day's spending."""
        return self.base + b"budget"

    @property
    def climb(self) -> bytes:
        """Of the hour's escalation."""
        return self.base + b"climb"

    def target(self, name: str) -> bytes:
        """Of a target's breaker and buckets."""
        return self.base + b"target:" + name.encode()

    def call(self, call_id: str) -> bytes:
        """Of the mark that a call was permitted, or settled."""
        return self.base + b"call:" + call_id.encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What `reserve` and `settle` say: a word and a wait, then what is known of the target and its budgets now.

    `gen` changes where Redis has lost some of the day's spending, `seq` counts its changes.
    """

    word: str
    wait_s: float
    now: float
    day: int
    gen: str
    seq: int
    own_nano: int
    level_nano: int
    tell_own: bool
    tell_level: bool
    record: Sequence[bytes]

    @classmethod
    def of(cls, found: Sequence[bytes]) -> "Answer":
        """Reads a script's answer."""
        return cls(
            found[0].decode(), float(found[1] or 0), float(found[2]), int(found[3]), found[4].decode(), int(found[5]),
            int(found[6]), int(found[7]), found[8] == b"1", found[9] == b"1", found[10:],
        )  # fmt: skip


def reserve_words(ask: Ask, call_id: str, rules: LimitRules) -> Arguments:
    """Returns what `reserve` is given after the clock, up to what was seen."""
    return [
        call_id, finite(rules.breaker.probe_s), ask.n_tokens, *_rate(ask.rpm), *_rate(ask.tpm),
        nano(ask.cost_usd or Decimal(0)), ask.budget_name,
        *_budget(ask.budget_usd, rules), *_budget(ask.level_budget_usd, rules),
    ]  # fmt: skip


def settle_words(permit: Permit, report: Report, rules: LimitRules) -> Arguments:
    """Returns what `settle` is given after the clock, up to what was seen.

    The buckets there know nothing of a call that was permitted without them.
    """
    ask, policy = permit.ask, rules.breaker
    n_requests: str | int = -1 if report.kind == "released" and report.n_tokens == 0 else ""
    n_tokens: str | int = "" if report.n_tokens is None else report.n_tokens - ask.n_tokens
    taken = (n_requests, n_tokens) if permit.shared else ("", "")
    cost = correction(permit, report)
    return [
        permit.id, report.kind,
        finite(report.cool_s), policy.failures, finite(policy.open_s), finite(policy.disabled_s),
        *taken, *_rate(ask.rpm), *_rate(ask.tpm), "" if cost is None else cost, permit.day,
        ask.budget_name, _budget(ask.budget_usd, rules)[1], _budget(ask.level_budget_usd, rules)[1],
    ]  # fmt: skip


def correction(permit: Permit, report: Report) -> int | None:
    """Returns what a call cost beyond its reservation, nano-USD, mostly below 0; None where nobody knows."""
    return None if report.cost_usd is None else nano(report.cost_usd) - nano(permit.ask.cost_usd or Decimal(0))


def read_record(found: Sequence[bytes | None], policy: BreakerPolicy) -> TargetRecord:
    """Returns a target's record from the fields of its hash; what is missing is as new."""
    failures, open_until, disabled, probe, probe_until, requests, requests_at, tokens, tokens_at = found
    breaker = Breaker(
        policy,
        failures=int(number(failures) or 0),
        open_until=number(open_until),
        is_disabled=disabled == b"1",
        probe=probe.decode("utf-8", "replace") if probe else None,
        probe_until=number(probe_until) or 0.0,
    )
    buckets = (Bucket(number(left), number(at) or 0.0) for left, at in ((requests, requests_at), (tokens, tokens_at)))
    return TargetRecord(breaker, *buckets)


def nano(usd: Decimal) -> int:
    """Returns an amount in nano-USD, rounded up."""
    return int((usd / NANO_USD).to_integral_value(ROUND_CEILING))


def usd(nano_usd: int) -> Decimal:
    """Returns nano-USD as an amount."""
    return nano_usd * NANO_USD


def finite(seconds: float) -> float:
    """Returns what a script can read for any wait, and what it reads again from Redis."""
    return min(seconds, 1e9)


def _rate(per_minute: int | None) -> tuple[str | float, str | float]:
    if per_minute is None:
        return "", ""
    rate = Rate.of(per_minute)
    return rate.capacity, rate.per_s


def _budget(amount_usd: Decimal | None, rules: LimitRules) -> tuple[str | int, str | int]:
    """Returns an amount and its soft share."""
    if amount_usd is None:
        return "", ""
    return nano(amount_usd), nano(amount_usd * Decimal(str(rules.soft_share)))


def number(found: bytes | None) -> float | None:
    """Returns what stands in Redis as a number, None for what is none, as the scripts do: any hand may have written."""
    try:
        value = float(found or b"")
    except ValueError:
        return None
    return value if abs(value) <= MOST else None
