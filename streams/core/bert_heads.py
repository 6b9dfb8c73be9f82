"""What the outputs of a small model mean: logits in, labels with calibrated confidences out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.classification import Labels
from schemas.taxonomy import PRIORITIES, Sentiment, Topic

Probabilities = NDArray[np.float64]

HEADS: Final[dict[str, tuple[str, ...]]] = {
    "sentiment": tuple(Sentiment),
    "priority": tuple(str(priority) for priority in PRIORITIES),
    "main_topic": tuple(Topic),
}
"""The three heads and the labels of each, as a model's configuration writes them."""

SEPARATOR: Final = "|"
"""Between the labels of a class that says all three: `negative|2|network`."""

_SENTIMENTS: Final = tuple(Sentiment)
_TOPICS: Final = tuple(Topic)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOutput:
    """One output of the graph, logits of shape (tweets, classes), and what its classes say.

    `labels` maps each head that the output tells of to the label of every class, in the order of the logits. Where
    several classes share a label, their probabilities add up. `name` None: the graph's only output, or `logits`.
    `temperature` is the divisor that makes the confidences honest.
    """

    name: str | None
    temperature: float
    labels: Mapping[str, tuple[str, ...]]

    @property
    def n_classes(self) -> int:
        """How many logits a tweet has here."""
        return len(next(iter(self.labels.values())))


def head_output(head: str, id2label: Sequence[str], temperature: float) -> ModelOutput:
    """Describes the output of one head, which has its name.

    Raises:
        ValueError: the head is none of ours, or its labels are not each of the head's, once.
    """
    if head not in HEADS:
        raise ValueError(f"the heads are {_listed(HEADS)}; {head!r} is none of them")
    if sorted(id2label) != sorted(HEADS[head]):
        raise ValueError(f"the labels of {head} are {_listed(HEADS[head])}, each once, not {_listed(id2label)}")
    return ModelOutput(name=head, temperature=temperature, labels={head: tuple(id2label)})


def joint_output(id2label: Sequence[str], temperature: float) -> ModelOutput:
    """Describes an output whose classes say all three labels, joined as sentiment|priority|main_topic.

    Raises:
        ValueError: a class is no such triple or stands twice, or some label of a head occurs in no class.
    """
    triples = [tuple(name.split(SEPARATOR)) for name in id2label]
    for name, triple in zip(id2label, triples, strict=True):
        wrong = len(triple) != len(HEADS) or any(
            label not in labels for label, labels in zip(triple, HEADS.values(), strict=True)
        )
        if wrong:
            raise ValueError(f"{name!r} is not sentiment|priority|main_topic, such as 'negative|2|network'")
    if len(set(triples)) != len(triples):
        raise ValueError("a class stands there twice")
    labels = {head: tuple(triple[k] for triple in triples) for k, head in enumerate(HEADS)}
    for head, known in HEADS.items():
        if missing := [label for label in known if label not in labels[head]]:
            raise ValueError(f"no class has the {head} {_listed(missing)}: the model could never answer it")
    return ModelOutput(name=None, temperature=temperature, labels=labels)


def probabilities(outputs: Sequence[ModelOutput], logits: Sequence[NDArray[np.floating]]) -> dict[str, Probabilities]:
    """Gives the probability of each label: head -> (tweets, labels of the head in the order of `HEADS`).

    Softmax of the logits over the temperature, summed over the classes that share a label. Worked number: logits
    (0, ln 3) at temperature 1 are the probabilities (0.25, 0.75).

    Raises:
        ValueError: a logit is no finite number, or an output has another number of classes than described.
    """
    found: dict[str, Probabilities] = {}
    for output, rows in zip(outputs, logits, strict=True):
        if rows.ndim != 2 or rows.shape[1] != output.n_classes:
            raise ValueError(f"logits of shape {rows.shape} for {output.n_classes} classes")
        scaled = rows.astype(np.float64) / output.temperature
        if not np.isfinite(scaled).all():
            raise ValueError("a logit is no finite number")
        shares = softmax(scaled)
        for head, names in output.labels.items():
            found[head] = shares @ _columns(names, HEADS[head])
    return found


def softmax(logits: NDArray[np.float64]) -> Probabilities:
    """Gives the probabilities of rows of logits, shape (tweets, classes)."""
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def most_probable(of_head: Mapping[str, Probabilities]) -> list[Labels]:
    """Gives each tweet's likeliest label per head, its probability as the confidence (4 decimals)."""
    best = {head: rows.argmax(axis=1).tolist() for head, rows in of_head.items()}
    sure = {head: rows.max(axis=1).clip(0.0, 1.0).round(4).tolist() for head, rows in of_head.items()}
    return [
        Labels(
            sentiment=_SENTIMENTS[best["sentiment"][i]],
            priority=PRIORITIES[best["priority"][i]],
            main_topic=_TOPICS[best["main_topic"][i]],
            confidence_sentiment=sure["sentiment"][i],
            confidence_priority=sure["priority"][i],
            confidence_main_topic=sure["main_topic"][i],
        )
        for i in range(len(best["sentiment"]))
    ]


def _columns(names: Sequence[str], known: Sequence[str]) -> NDArray[np.float64]:
    """A matrix (classes, labels) with a one where a class has a label."""
    return np.array([[float(name == label) for label in known] for name in names])


def _listed(names: Sequence[str] | Mapping[str, object]) -> str:
    return ", ".join(names) or "none"
