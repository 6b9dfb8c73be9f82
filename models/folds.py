"""Cross-validation by author: what the recipe and the baseline say of real tweets whose authors they never saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from tokenizers import Tokenizer

from models import baseline, export
from models.fit import Recipe, Seen, examples_of, finetuned, logits_of
from models.keeping import Workbench
from models.near import split_by_author, without_near
from models.network import ThreeHeads, encode
from models.rows import N_FOLDS, Logits, Row, fold_of, without_context
from streams.core.bert_heads import HEADS

KINDS: Final = ("int8", "int8_alone", "float32", "baseline")
"""The model as it ships, the same without contexts, before it was quantised, and the baseline's log-probabilities."""


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """Trains once for each fifth of the authors, without them and without texts like theirs.

    `start` is the network after its first stage, `seen` holds what its frozen layers say of every row, `probes` are the
    ids of tweets that show where int8 must not be, and `bench` keeps the networks.
    """

    start: ThreeHeads
    tokens: Tokenizer
    seen: Mapping[Row, Seen]
    probes: Sequence[list[int]]
    recipe: Recipe
    bench: Workbench

    def answers(self, real: Sequence[Row], invented: Sequence[Row]) -> dict[str, Logits]:
        """Gives, for each of `KINDS`, the logits of all real rows, in their order."""
        out = {kind: {head: np.zeros((len(real), len(names))) for head, names in HEADS.items()} for kind in KINDS}
        for fold in range(N_FOLDS):
            own = np.array([fold_of(row, N_FOLDS) == fold for row in real])
            for kind, logits in self._fold(fold, real, invented).items():
                for head, part in logits.items():
                    out[kind][head][own] = part
        return out

    def _fold(self, fold: int, real: Sequence[Row], invented: Sequence[Row]) -> dict[str, Logits]:
        train, test = split_by_author(real, fold=fold, n_folds=N_FOLDS)
        invented = without_near(invented, [row.text for row in test])
        print(f"fold {fold}: {len(train)} real and {len(invented)} invented rows, {len(test)} to test", flush=True)
        network = self.bench.network(
            f"fold-{fold}", self.start, lambda: taught(self.start, train, invented, self.seen, self.recipe)
        )
        small = self.bench.folder / "fold.onnx"
        export.to_int8(network, self.probes, small)
        rival = baseline.predict([*train, *invented], test, seed=self.recipe.seed)
        return {
            "int8": export.run_onnx(small, encode(self.tokens, test)),
            "int8_alone": export.run_onnx(small, encode(self.tokens, without_context(test))),
            "float32": logits_of(network, [self.seen[row].whole for row in test]),
            "baseline": {head: np.log(part + 1e-9) for head, part in rival.items()},
        }


def taught(
    start: ThreeHeads, real: Sequence[Row], invented: Sequence[Row], seen: Mapping[Row, Seen], recipe: Recipe
) -> ThreeHeads:
    """Runs the second stage with the baseline as the teacher, which never saw the row that it speaks of."""
    rows = [*real, *invented]
    teacher = baseline.out_of_fold(rows, n_folds=recipe.teacher_folds, seed=recipe.seed)
    examples = examples_of(rows, seen, teacher)
    return finetuned(start, examples[: len(real)], examples[len(real) :], recipe)
