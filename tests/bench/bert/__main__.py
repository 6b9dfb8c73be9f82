"""`make bench-bert`: the BERT worker's model beside the same model in float32 and torch's, then Kafka to Kafka.

Speed on the tweets of a file (`FILE=tweets.jsonl`, JSON lines with `text`) or on the sample maker's, without contexts;
each contender in a process of its own on the same two cores, one after the other, the order turning by one each round,
medians of three. The float32 model is the shipped one with its quantisation undone (float32.py); the peers have its
sizes and random weights (torch_peer.py). On a machine of two cores the broker runs on them, too. Ratios are what
counts: absolute figures change with the machine.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import click
from tokenizers import Tokenizer

from streams.core.bert_text import model_text
from streams.kafka.embedded import EmbeddedKafka
from streams.kafka.embedded_config import KafkaConfig
from streams.providers.onnx_bert import WINDOW_SIZE
from streams.settings import PROJECT_DIR, Settings, load_settings
from tests.bench.bert import kafka
from tests.bench.bert.machine import machine
from tests.bench.bert.ours import scrubbed
from tests.bench.bert.report import Answers, Figures, agreement, report, summary
from tests.bench.load import texts_of

DEFAULT_ENVIRONMENT: Final = PROJECT_DIR / ".dallosh" / "bench-bert-env"
N_CORES: Final = 2
N_WARM: Final = 64
TIMEOUT_S: Final = 1_200.0


class Bench:
    """One run: its plan, its float32 model and its broker, in a folder that goes with it."""

    def __init__(self, texts: Sequence[str], settings: Settings, peer_python: Path, folder: Path) -> None:
        self.texts = texts
        self.answers: dict[str, Answers] = {}
        self._settings = settings
        self._python = peer_python
        self._folder = folder
        self._float32 = folder / "float32"
        self._plan = folder / "plan.json"
        allowed = os.sched_getaffinity(0)
        mine = sorted(allowed)[-N_CORES:]
        self._cores = ",".join(map(str, mine))
        self.n_cores = len(mine)
        os.sched_setaffinity(0, allowed - set(mine) or allowed)  # the broker, our child, keeps off where it can
        self._kafka = EmbeddedKafka(KafkaConfig(data_dir=folder, tied=True, optimising=True))

    def prepare(self) -> None:
        """Writes what the contenders read, the float32 model with it."""
        read = [model_text(text) for text in self.texts]
        plan = {"texts": self.texts, "read": read, "n_warm": N_WARM, "n_threads": self.n_cores}
        self._plan.write_text(json.dumps(plan))
        self._run([str(self._python), "tests/bench/bert/float32.py", str(self._settings.bert_dir), str(self._float32)])

    def contenders(self) -> dict[str, Callable[[], Figures]]:
        """Returns what measures each once."""
        peer = [str(self._python), "tests/bench/bert/torch_peer.py", str(self._plan), str(self._float32)]
        own = [sys.executable, "-m"]
        commands = {
            "int8": [*own, "tests.bench.bert.ours", str(self._plan)],
            "float32": [*own, "tests.bench.bert.in_order", str(self._plan), str(self._float32)],
            "pipeline": [*peer, "pipeline"],
            "encode": [*peer, "encode"],
        }
        alone = {
            name: lambda name=name, command=command: self._alone(name, command) for name, command in commands.items()
        }
        return {**alone, "kafka": self._kafka_to_kafka}

    def close(self) -> None:
        """Removes the broker's data."""
        self._kafka.wipe()

    def _alone(self, name: str, command: list[str]) -> Figures:
        answer = json.loads(self._run(["taskset", "-c", self._cores, *command]).splitlines()[-1])
        self.answers.setdefault(name, answer["answers"])
        return {figure: answer[figure] for figure in ("tweets_per_s", "cpu_ms", "peak_mb")}

    def _kafka_to_kafka(self) -> Figures:
        bootstrap = self._kafka.start()
        try:
            tweets = scrubbed(self.texts)
            return kafka.measure(bootstrap, tweets, self._settings, self._cores, self._folder / "worker")
        finally:
            self._kafka.stop()  # it takes nothing from the others

    def _run(self, command: list[str]) -> str:
        env = {**os.environ, "HF_HUB_OFFLINE": "1", "DALLOSH_BERT_DIR": str(self._settings.bert_dir)}
        done = subprocess.run(
            command, cwd=PROJECT_DIR, env=env, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_S, check=False
        )
        if done.returncode:
            raise click.ClickException(f"{' '.join(command)} ended with {done.returncode}; its error stands above")
        return done.stdout


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object as the last line.")
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Tweets, JSON lines.")
@click.option("--tweets", "n_tweets", default=2_048, show_default=True, help="So many of them.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Measurements of each contender.")
@click.option(
    "--environment", type=click.Path(path_type=Path), default=DEFAULT_ENVIRONMENT, help="The peers' environment."
)
def main(as_json: bool, file: Path | None, n_tweets: int, rounds: int, environment: Path) -> None:
    """Measures each contender and prints the figures side by side."""
    python = environment / "bin" / "python"
    if not python.is_file():
        raise click.ClickException(f"{environment} is no environment with torch; `make bench-bert` makes it")
    settings, texts = load_settings(), texts_of(file, n_tweets)
    if len(texts) < (least := 2 * WINDOW_SIZE * settings.bert_sessions):
        raise click.ClickException(f"{len(texts)} tweets are too few: a rate from Kafka to Kafka wants {least:,}")
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as folder:
        bench = Bench(texts, settings, python, Path(folder))
        try:
            bench.prepare()
            figures = measured(bench.contenders(), rounds)
        finally:
            bench.close()
    told = summary(
        figures, agreement(bench.answers["int8"], bench.answers["float32"]), machine(bench.n_cores),
        n_tweets=len(texts), mean_tokens=mean_tokens(texts, settings),
    )  # fmt: skip
    report(told, as_json)


def measured(contenders: dict[str, Callable[[], Figures]], rounds: int) -> dict[str, Figures]:
    """Measures every contender `rounds` times, the order turning by one each round; returns medians."""
    results: dict[str, list[Figures]] = {name: [] for name in contenders}
    names = list(contenders)
    for round_ in range(rounds):
        turn = round_ % len(names)
        for name in names[turn:] + names[:turn]:
            results[name].append(contenders[name]())
            click.echo(f"round {round_ + 1} {name}: {results[name][-1]['tweets_per_s']:,.0f} tweets/s", err=True)
    return {
        name: {figure: statistics.median(one[figure] for one in rows) for figure in rows[0]}
        for name, rows in results.items()
    }


def mean_tokens(texts: Sequence[str], settings: Settings) -> float:
    """Returns how many tokens our model reads of a tweet."""
    tokenizer: Any = Tokenizer.from_file(str(settings.bert_dir / "tokenizer.json"))
    return statistics.fmean(len(tokenizer.encode(model_text(text)).ids) for text in texts)


if __name__ == "__main__":
    main()
