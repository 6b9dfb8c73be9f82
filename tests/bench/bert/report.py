"""The figures of `make bench-bert` side by side: ratios, goals, the labels that int8 and float32 share."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from streams.core.bert_heads import HEADS

Figures = dict[str, float]
"""`tweets_per_s`, `peak_mb`, and `cpu_ms` for a tweet, which the worker's process is not asked for."""

Answers = Sequence[Sequence[str]]
"""Sentiment, priority and main topic of each tweet."""

OURS: Final = "int8"
SHOWN: Final = {
    OURS: "our model as the worker calls it",
    "float32": "the same in float32, arrival order",
    "pipeline": "transformers pipeline",
    "encode": "sentence-transformers encode",
    "kafka": "the worker, Kafka to Kafka",
}
GOAL_TWEETS_PER_S: Final = 600
GOAL_PEAK_MB: Final = 400


def agreement(ours: Answers, other: Answers) -> Figures:
    """Returns for each head the share of tweets to which both give the same class."""
    pairs = list(zip(ours, other, strict=True))
    return {head: sum(one[k] == two[k] for one, two in pairs) / len(pairs) for k, head in enumerate(HEADS)}


def summary(
    figures: Mapping[str, Figures], agreed: Figures, machine: str, *, n_tweets: int, mean_tokens: float
) -> dict[str, Any]:
    """Returns all that is told; `ratios` are tweets/s of our model alone over those of each other one."""
    ours = figures[OURS]["tweets_per_s"]
    return {
        "machine": machine,
        "tweets": n_tweets,
        "mean_tokens": round(mean_tokens, 1),
        "contenders": {name: {key: round(value, 1) for key, value in row.items()} for name, row in figures.items()},
        "ratios": {name: round(ours / row["tweets_per_s"], 2) for name, row in figures.items() if name != OURS},
        "agreement": {head: round(share, 4) for head, share in agreed.items()},
        "goals_met": {
            "tweets_per_s": ours >= GOAL_TWEETS_PER_S,
            "peak_mb": figures["kafka"]["peak_mb"] <= GOAL_PEAK_MB,
        },
    }


def report(told: Mapping[str, Any], as_json: bool) -> None:
    """Prints a row a contender; with JSON the table goes to standard error and one object to standard output."""
    click.echo("\n".join(table(told)), err=as_json)
    if as_json:
        click.echo(json.dumps(told))


def table(told: Mapping[str, Any]) -> list[str]:
    """Returns the lines of the table."""
    lines = [f"{told['machine']}; {told['tweets']:,} tweets, {told['mean_tokens']} tokens in the mean"]
    lines.append(f"{'':36}{'tweets/s':>10}{'ours is':>10}{'CPU ms':>10}{'peak MB':>10}")
    for name, row in told["contenders"].items():
        ratio = f"{told['ratios'][name]:.1f} x" if name in told["ratios"] else ""
        cpu_ms = f"{row['cpu_ms']:.1f}" if "cpu_ms" in row else ""
        lines.append(f"{SHOWN[name]:36}{row['tweets_per_s']:10,.0f}{ratio:>10}{cpu_ms:>10}{row['peak_mb']:10,.0f}")
    agreed = ", ".join(f"{head} {share:.3f}" for head, share in told["agreement"].items())
    lines.append(f"int8 and float32 give the same class: {agreed}")
    met = {key: "met" if value else "missed" for key, value in told["goals_met"].items()}
    lines.append(
        f"goals: at least {GOAL_TWEETS_PER_S} tweets/s for the model alone: {met['tweets_per_s']}; "
        f"at most {GOAL_PEAK_MB} MB for the worker: {met['peak_mb']}"
    )
    return lines
