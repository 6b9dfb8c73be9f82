"""An outage of the models under a steady flow: level 1 wholly, then one provider, then level 1 and the GPU server.

Real Kafka, Redis and workers, two of them classifiers; the models are simulated. No tweet is lost or repeated, each
level takes over from the one above it, and each comes back by itself.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from schemas.taxonomy import Level
from tests.e2e.command import dallosh, environment
from tests.e2e.feed import Feed
from tests.e2e.process import DALLOSH, Running, workers_of
from tests.e2e.simulated import API, Simulated
from tests.e2e.timetable import Phase, calls_by_target, known_usd, shares_over_time
from tests.e2e.watch import Watch, longest_gap_s, share
from tests.simulator.modes import Mode

pytestmark = [pytest.mark.e2e, pytest.mark.alone, pytest.mark.timeout(900)]

N_ROWS: Final = 20_000
ROWS_PER_S: Final = 75.0
"""So that the rows last to the end of the script, even where every level takes its whole probe interval."""
N_PARTITIONS: Final = 2
PROBE_INTERVAL_S: Final = 15.0
"""The default: an outage ends at the latest so long before the next call tries."""

SLACK_S: Final = 12.0
"""The wait for a batch (1 s) and one call take 2 s; the rest is for a machine several times slower. Less than an
interval: where the first probe after the outage did not bring its level back, that would show."""

SETTLE_S: Final = 16.0
"""What was under way when the models failed: the breakers have opened by then, on a slow machine, too."""

GAP_S: Final = 18.0
"""A level that takes the flow labels something at least so often. Its batches wait for a second each; a gap of 10 s was
seen on a busy machine."""

MOST_PROBES: Final = 4
"""Calls of one model within the outage, both classifiers together: 44 s have room for three probes and a late call."""

HEALTHY_S: Final = 10.0
OUTAGE_S: Final = 60.0
ONE_OUT_S: Final = 30.0
ALL_OUT_S: Final = 45.0
STEADY_S: Final = 6.0
QUIET_S: Final = 5.0
WAIT_S: Final = 60.0
END_S: Final = 180.0

DOWN: Final = {"gemini": Mode.UNAVAILABLE, "mistral": Mode.DROPPED, "openai": Mode.ERROR}
UP: Final = dict.fromkeys(API, Mode.OK)
LATENCY: Final = ("--latency", "all=150:0.5")


@dataclass(slots=True)
class Script:
    """Plays the outages and notes when; instants are seconds since 1970, as in the records."""

    simulator: Simulated
    watch: Watch
    phases: list[Phase] = field(default_factory=list)

    async def play(self, name: str, modes: dict[str, Mode], seconds: float) -> Phase:
        """Changes how providers behave, and lets the flow run so for a time."""
        phase = self.change(name, modes)
        await asyncio.sleep(seconds)
        return phase

    def change(self, name: str, modes: dict[str, Mode]) -> Phase:
        """Changes how providers behave; the instant is that of the last change."""
        self.simulator.play(modes)
        self.phases.append(Phase(name, time.time()))
        return self.phases[-1]

    async def resumed(self, name: str, modes: dict[str, Mode], level: Level) -> float:
        """Lets providers behave again; returns after how many seconds their level labelled a tweet."""
        phase = self.change(name, modes)
        return await self.watch.first(level, phase.at, timeout_s=WAIT_S)


async def test_each_level_takes_over_and_comes_back_while_no_tweet_is_lost(
    kafka: str, redis_url: str, namespace: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = environment(
        tmp_path / "data", DALLOSH_KAFKA_BOOTSTRAP=kafka, DALLOSH_REDIS_URL=redis_url, DALLOSH_NAMESPACE=namespace,
        DALLOSH_PARTITIONS=str(N_PARTITIONS), DALLOSH_PROBE_INTERVAL_S=str(PROBE_INTERVAL_S),
    )  # fmt: skip
    file = tmp_path / "rows.jsonl"
    assert (await dallosh("sample", "--n", str(N_ROWS), "--seed", "4", "-o", file, env=base)).code == 0
    with Simulated(tmp_path, base, LATENCY) as simulator:
        env = {**base, **simulator.environment}
        with Running([*DALLOSH, "up", "--json", "--scale", "classifier=2"], env, tmp_path, name="up") as up:
            await asyncio.to_thread(workers_of, up)
            async with Watch(kafka, namespace, N_PARTITIONS) as watch:
                script = Script(simulator, watch)
                async with Feed(file, env, per_s=ROWS_PER_S) as feed:
                    await watch.until_flowing()
                    resumed_s = await play(script)
                    n_left = feed.n_left
                    ingested = await feed.hurry()
                await watch.until_all_ended(N_ROWS, quiet_s=QUIET_S, timeout_s=END_S)
            code = await asyncio.to_thread(up.stop)
            worked = Counter(e["worker"] for e in up.events() if e["event"] == "batch_classified" and e["n_answered"])
            ended = json.loads(up.stdout().splitlines()[-1])["workers"]

    with capsys.disabled():
        print("\n" + "\n".join(report(watch, script.phases, resumed_s, n_left)))
    assert n_left > 0, "the flow ended before the outages did: what they say is not that of a flow"

    # nothing is lost, nothing repeated
    assert ingested["n_rows"] == N_ROWS
    assert len(watch.ended) == N_ROWS
    assert watch.repeated == []
    assert code == 0
    assert {(worker["exit_code"], worker["restarts"]) for worker in ended.values()} == {(0, 0)}
    assert {"classifier-1", "classifier-2", "gpu-1", "bert-1"} <= worked.keys()

    # each level takes the flow from the one above it
    healthy, out, back, one_out, all_out, gpu_back, all_back = (phase.at for phase in script.phases)
    labelled = watch.labelled
    assert share(labelled, Level.API, healthy, out) == 1.0
    assert share(labelled, Level.GPU, out + SETTLE_S, back) == 1.0
    assert longest_gap_s(labelled, Level.GPU, out + SETTLE_S, back) < GAP_S
    assert share(labelled, Level.API, one_out, all_out) > 0.99, "the other providers did not take over"
    assert longest_gap_s(labelled, Level.API, one_out, all_out) < GAP_S
    assert share(labelled, Level.BERT, all_out + SETTLE_S, gpu_back) == 1.0
    assert longest_gap_s(labelled, Level.BERT, all_out + SETTLE_S, gpu_back) < GAP_S
    assert share(labelled, Level.API, gpu_back, all_back) == 0.0

    # each comes back within one probe interval
    assert max(resumed_s.values()) <= PROBE_INTERVAL_S + SLACK_S, resumed_s
    assert share(labelled, Level.API, back + resumed_s["level 1"] + SETTLE_S, one_out) > 0.99

    # a model that is down is not called by every batch: its breaker is shared by both classifiers
    in_vain = calls_within(watch, out + SETTLE_S, back)
    assert in_vain
    assert max(in_vain.values()) <= MOST_PROBES, in_vain
    assert known_usd(watch.spend)


async def play(script: Script) -> dict[str, float]:
    """Plays all the outages; returns what came back after how many seconds."""
    resumed_s: dict[str, float] = {}
    await script.play("all is well", {}, HEALTHY_S)
    await script.play("level 1 is down", DOWN, OUTAGE_S)
    resumed_s["level 1"] = await script.resumed("level 1 is back", UP, Level.API)
    await asyncio.sleep(SETTLE_S + STEADY_S)
    await script.play("the cheapest provider is down", {"gemini": Mode.UNAVAILABLE}, ONE_OUT_S)
    await script.play("level 1 and the GPU server are down", {**DOWN, "vllm": Mode.UNAVAILABLE}, ALL_OUT_S)
    resumed_s["level 2"] = await script.resumed("the GPU server is back", {"vllm": Mode.OK}, Level.GPU)
    await asyncio.sleep(STEADY_S)
    resumed_s["level 1 again"] = await script.resumed("level 1 is back, too", UP, Level.API)
    await asyncio.sleep(STEADY_S)
    return resumed_s


def calls_within(watch: Watch, begin: float, end: float) -> Counter[str]:
    """Counts level 1's calls by model."""
    events = [event for event in watch.spend if begin <= event.at.timestamp() < end]
    return Counter(event.target or event.model for event in events if event.level is Level.API)


def report(watch: Watch, phases: list[Phase], resumed_s: dict[str, float], n_left: int) -> Iterator[str]:
    """Yields what a person wants to see; every label and every cost is simulated."""
    yield "simulated models; levels by the instant of classification:"
    yield from shares_over_time(watch.labelled, phases)
    yield "came back after: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in resumed_s.items())
    levels = Counter(one.level.value for one in watch.labelled)
    yield f"{len(watch.ended)} origins ended, {len(watch.repeated)} repeated; labelled by {dict(levels)}"
    yield f"{n_left} of the rows came at once at the end"
    yield f"share of the other providers: {share(watch.labelled, Level.API, phases[3].at, phases[4].at):.2%}"
    in_vain = calls_within(watch, phases[1].at + SETTLE_S, phases[2].at)
    yield f"calls to level 1 while it was down, after its first {SETTLE_S:.0f} s: {dict(in_vain)}"
    yield from calls_by_target(watch.spend)
    yield f"simulated cost that is known: {known_usd(watch.spend)} USD"
