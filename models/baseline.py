"""TF-IDF of words and characters with logistic regression: the baseline to beat, and the teacher of the small model."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion

from models.rows import Row, fold_of
from streams.core.bert_heads import HEADS
from streams.core.bert_text import model_text

Probabilities = dict[str, NDArray[np.float64]]
"""Head -> (rows, classes)."""


def predict(train: Sequence[Row], test: Sequence[Row], *, seed: int) -> Probabilities:
    """Trains one classifier per head on `train` and gives its probabilities on `test`."""
    features = _features()
    seen = features.fit_transform([model_text(row.text) for row in train])
    unseen = features.transform([model_text(row.text) for row in test])
    weights = [row.weight for row in train]
    out = {}
    for k, (head, names) in enumerate(HEADS.items()):
        model = LogisticRegression(C=4.0, max_iter=2_000, class_weight="balanced", random_state=seed)
        model.fit(seen, [row.labels[k] for row in train], sample_weight=weights)
        out[head] = np.zeros((len(test), len(names)))
        out[head][:, model.classes_] = model.predict_proba(unseen)
    return out


def out_of_fold(rows: Sequence[Row], *, n_folds: int, seed: int) -> Probabilities:
    """Gives the probabilities of each row by a classifier that was trained on the other folds only."""
    folds = np.array([fold_of(row, n_folds) for row in rows])
    out = {head: np.zeros((len(rows), len(names))) for head, names in HEADS.items()}
    for fold in range(n_folds):
        train = [row for row, other in zip(rows, folds, strict=True) if other != fold]
        test = [row for row, own in zip(rows, folds, strict=True) if own == fold]
        for head, part in predict(train, test, seed=seed).items():
            out[head][folds == fold] = part
    return out


def _features() -> FeatureUnion:
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, strip_accents="unicode")
    chars = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), min_df=3, sublinear_tf=True, strip_accents="unicode"
    )
    return FeatureUnion([("words", words), ("chars", chars)])
