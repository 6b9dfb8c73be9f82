"""Temperatures and figures of out-of-fold answers, on rows small enough to count."""

import json
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from models.calibration import calibrated, fit_temperature
from models.figures import figures_of_logits, figures_out_of_fold, same_class, threshold_of
from models.rows import Row, fold_of, read_invented, read_real, without_context
from streams.core.bert_heads import HEADS, softmax

SURE: Final = 4.0


def row(author: str, *labels: int) -> Row:
    return Row(f"le texte de {author}", None, author, labels, 1.0)


def one_hot(classes: list[int], n: int) -> np.ndarray:
    return SURE * np.eye(n)[classes]


def test_figures_count_what_is_right() -> None:
    rows = [row("a", 0, 2, 0), row("b", 0, 1, 0), row("c", 1, 0, 5), row("d", 2, 0, 5)]
    logits = {
        "sentiment": one_hot([0, 1, 1, 1], 3),
        "priority": one_hot([2, 1, 0, 0], 3),
        "main_topic": one_hot([0, 0, 0, 0], 6),
    }
    figures = figures_of_logits(rows, logits)
    assert figures.heads["sentiment"].accuracy == 0.5
    assert figures.heads["priority"].accuracy == 1.0
    assert figures.heads["main_topic"].macro_f1 == pytest.approx((2 / 3 + 0) / 2)
    assert figures.negative.accuracy == 0.75
    assert figures.negative.f1_of_others == pytest.approx(2 * 2 / (2 + 3))
    assert figures.heads["sentiment"].labels == HEADS["sentiment"]
    json.dumps(figures.as_dict())


def test_a_temperature_makes_confidence_the_share_that_is_right() -> None:
    truth = np.array([0] * 7 + [1] * 3)
    logits = np.tile([3.0, 0.0], (10, 1))
    temperature = fit_temperature(logits, truth)
    assert softmax(logits[:1] / temperature)[0, 0] == pytest.approx(0.7, abs=0.01)


def test_a_fold_s_temperature_comes_from_the_other_folds() -> None:
    truth = np.array([0] * 10 + [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    logits = np.tile([1.5, 0.0], (20, 1))
    folds = np.array([0] * 10 + [1] * 10)
    confidence = softmax(calibrated(logits, truth, folds)).max(axis=1)
    assert confidence[0] < 0.6, "fold 0 takes what fold 1 shows: sure half the time"
    assert confidence[-1] > 0.99, "fold 1 takes what fold 0 shows: always right"
    rows = [row(str(i), 0, 0, 0) for i in range(20)]
    assert figures_out_of_fold(rows, {head: one_hot([0] * 20, len(names)) for head, names in HEADS.items()}).heads


def test_the_share_of_the_same_class() -> None:
    one = {head: one_hot([0, 1], len(names)) for head, names in HEADS.items()}
    other = {head: one_hot([0, 2], len(names)) for head, names in HEADS.items()}
    assert same_class(one, other) == dict.fromkeys(HEADS, 0.5)


def test_a_threshold_parts_by_the_least_sure_label() -> None:
    rows = [row(str(i), 0, 0, 0) for i in range(40)]
    logits = {head: one_hot([0] * 40, len(names)) for head, names in HEADS.items()}
    for i in range(0, 40, 4):
        logits["main_topic"][i] = [0, 0, 0, 0, 0, 0.01]
    for i in range(1, 40, 8):
        logits["sentiment"][i] = [0.01, 0, 0]
    threshold = threshold_of(rows, logits, 0.5)
    assert (threshold.share_below, threshold.share_right_below, threshold.share_right_above) == (0.375, 1 / 3, 1.0)
    nothing = threshold_of(rows, logits, 0.0)
    assert (nothing.share_below, nothing.share_right_below, nothing.share_right_above) == (0.0, None, 0.75)


def test_rows_come_with_their_contexts(tmp_path: Path) -> None:
    tweets = [
        {"id": "1", "text": "Bonjour", "author": "a", "in_reply_to": None},
        {"id": "2", "text": "Toujours rien", "author": "b", "in_reply_to": "1"},
    ]
    labels = [{"id": "2", "sentiment": "negative", "priority": 2, "main_topic": "network"}]
    invented = [{"text": "Merci", "sentiment": "positive", "priority": 0, "main_topic": "other"}]
    for name, lines in (("tweets", tweets), ("labels", labels), ("invented", invented)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (real,) = read_real(tmp_path)
    assert (real.text, real.context, real.author, real.labels) == ("Toujours rien", "Bonjour", "b", (0, 2, 0))
    assert without_context([real])[0].context is None
    first, *own = read_invented(tmp_path, weight=0.5)
    assert (first.author, first.labels, first.weight) == ("", (2, 0, 5), 0.5)
    assert len(own) == 1_506
    assert any(one.context for one in own)
    assert {fold_of(one, 5) for one in own} == set(range(5))
