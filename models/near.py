"""Near-duplicates: a text that a model is tested on must have none among those that it learns from."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from models.rows import Row, fold_of
from streams.core.bert_text import model_text

NEAR: Final = 0.75
"""Cosine of the TF-IDF of two texts' groups of 3 to 5 characters from which they are near-duplicates."""


def split_by_author(rows: Sequence[Row], *, fold: int, n_folds: int) -> tuple[list[Row], list[Row]]:
    """Splits into (train, test): an author is wholly in one; train rows with a text near a test row are left out."""
    test = [row for row in rows if fold_of(row, n_folds) == fold]
    train = [row for row in rows if fold_of(row, n_folds) != fold]
    return without_near(train, [row.text for row in test]), test


def without_near(rows: Sequence[Row], texts: Sequence[str]) -> list[Row]:
    """Leaves out the rows whose text, or what it answers, is a near-duplicate of one of `texts`."""
    vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    others = vectorizer.fit_transform([model_text(text) for text in texts])

    def nearest(own: Sequence[str]) -> NDArray[np.float64]:
        return np.asarray((vectorizer.transform(own) @ others.T).max(axis=1).todense()).ravel()

    by_text = nearest([model_text(row.text) for row in rows])
    by_context = nearest([model_text(row.context or "") for row in rows])
    likeness = np.maximum(by_text, by_context)
    return [row for row, near in zip(rows, likeness, strict=True) if near < NEAR]
