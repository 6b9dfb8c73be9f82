"""A model folder of level 3 put to the test: every file, a few invented tweets in every shape, its speed and memory."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from schemas.classification import Labels
from streams.core import sample
from streams.core.bert_heads import HEADS
from streams.providers.bert_config import CONFIG, TOKENIZER
from streams.providers.bert_folder import Problem, unusable
from streams.providers.onnx_bert import OnnxBert

SPEED_S: Final = 3.0
"""How long the speed is measured, at least one block of tweets."""
MAX_SPEED_TWEETS: Final = 2_048
SPEED_BLOCK: Final = 64

LEAST_SAME: Final = 0.8
MOST_MOVED: Final = 0.1
"""Alone and beside the longest tweet: share of labels that must be the same, mean move of a confidence that is allowed.

Activations that are quantised per run move bert-v1 by 0.004; a model that reads its padding moves by far more.
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """A tweet to try; `shown` stands for it where it is long or empty."""

    text: str
    context: str | None = None
    shown: str = ""


TRIALS: Final = (
    Trial("@Free_1337 plus d'internet depuis 4 jours, c'est urgent, je télétravaille"),
    Trial("Ma facture a augmenté de 10 euros sans explication @free"),
    Trial("Merci à la conseillère, problème réglé en 5 minutes, bravo !"),
    Trial("Le répéteur wifi ne se connecte plus à la box, que faire ?"),
    Trial("Bonjour, comment souscrire l'offre fibre avant un déménagement ?"),
    Trial("45 minutes d'attente et personne ne répond au service client"),
    Trial("mdr la pub avec le chat"),
    Trial("pareil pour moi", "Vous m'avez prélevé deux fois, remboursez-moi", "pareil pour moi (answers a tweet)"),
    Trial("", shown="(empty)"),
    Trial("😡" * 30, shown="(30 emoji)"),
    Trial("panne de fibre à Lyon depuis hier soir, " * 250, shown="(10 kB)"),
    Trial("panne " * 40, "facture " * 1_000, "(10 kB with its context)"),
)
"""Invented; the longest reach past what any model takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """What a usable model is, and what it made of the trials.

    `same` is the share of labels that are the same alone and beside the longest tweet, `moved` how far the confidence
    of a label moves between the two on average, `most_moved` at most. `memory_bytes` is resident, of the whole process.
    """

    model: OnnxBert
    file_bytes: dict[str, int]
    answers: tuple[Labels, ...]
    same: float
    moved: float
    most_moved: float
    n_tweets: int
    tweets_per_s: float
    memory_bytes: int


def check_model(directory: Path, *, speed_s: float = SPEED_S) -> tuple[ModelReport | None, list[Problem]]:
    """Examines a model folder; gives None and all problems where it cannot be used.

    Args:
        directory: the folder.
        speed_s: how long the speed is measured, on one thread.
    """
    model, problems = OnnxBert.examine(directory)
    if model is None:
        return None, problems
    try:
        encoded = [model.encode(one.text, one.context) for one in TRIALS]
        longest = max(encoded, key=len)
        alone = [model.run([one])[0] for one in encoded]
        padded = [model.run([one, longest])[0] for one in encoded]
        n_tweets, seconds = _speed(model, speed_s)
    except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions have no common base of their own
        return None, [unusable(model.folder.onnx, f"it fails on a tweet: {type(error).__name__}")]
    pairs = [
        (getattr(first, head) == getattr(second, head), _confidence(first, head) - _confidence(second, head))
        for first, second in zip(alone, padded, strict=True)
        for head in HEADS
    ]
    same = sum(is_same for is_same, _ in pairs) / len(pairs)
    moved = sum(abs(shift) for _, shift in pairs) / len(pairs)
    if same < LEAST_SAME or moved > MOST_MOVED:
        return None, [unusable(model.folder.onnx, _not_alone(same, moved))]
    report = ModelReport(
        model=model, file_bytes=dict(_sizes(model)), answers=tuple(alone), same=same, moved=moved,
        most_moved=max(abs(shift) for _, shift in pairs), n_tweets=n_tweets, tweets_per_s=n_tweets / seconds,
        memory_bytes=psutil.Process().memory_info().rss,
    )  # fmt: skip
    return report, []


def _not_alone(same: float, moved: float) -> str:
    return (
        f"tweets get other answers beside a long one than alone ({same:.0%} of the labels are the same, confidences "
        f"move by {moved:.2f}): it does not heed attention_mask, or the pad id is not the one that it learnt"
    )


def _confidence(labels: Labels, head: str) -> float:
    return float(getattr(labels, f"confidence_{head}"))


def _speed(model: OnnxBert, speed_s: float) -> tuple[int, float]:
    """Classifies invented tweets for so long; returns how many, and the seconds that they took."""
    texts = [tweet.text for tweet in sample.tweets(MAX_SPEED_TWEETS, seed=1)]
    n_tweets, started_s = 0, time.perf_counter()
    for start in range(0, len(texts), SPEED_BLOCK):
        block = texts[start : start + SPEED_BLOCK]
        model.classify(block, [None] * len(block))
        n_tweets += len(block)
        if time.perf_counter() - started_s >= speed_s:
            break
    return n_tweets, time.perf_counter() - started_s


def _sizes(model: OnnxBert) -> Iterator[tuple[str, int]]:
    for name in (CONFIG, TOKENIZER, model.folder.onnx.name):
        yield name, (model.folder.directory / name).stat().st_size
