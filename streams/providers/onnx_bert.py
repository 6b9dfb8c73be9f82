"""Level 3: the ONNX model on the processor, from a folder that holds all it needs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tokenizers import Encoding

from schemas.classification import Labels
from streams.core.bert_heads import most_probable, probabilities
from streams.core.bert_text import MAX_CHARS, model_input
from streams.providers.bert_folder import MAX_ERROR_CHARS, ModelFolder, Problem, open_folder, refusal, unusable

RUN_TOKENS: Final = 256
"""Tokens of one run of the graph, padding included: tweets of like length, as many as fit, one at least."""

WINDOW_SIZE: Final = 256
"""Tweets sorted by length together; bounds the memory of a call, whatever its size."""

_WORDS: Final = "panne de fibre depuis hier, facture à 39,99 € ! "
_LONGEST: Final = (_WORDS * MAX_CHARS)[:MAX_CHARS]
"""Fills the longest input that a model takes."""


class OnnxBert:
    """Classifies tweets on the processor. Sync: an agent calls it in threads of its own, several at once if it likes.

    The weights are there once, however many threads call. Where the activations are quantised per batch, an answer
    depends a little on which tweets share the batch: with bert-v1, alone or in batches, 400 tweets kept their class in
    99.5 to 100 % and moved in confidence by 0.002 (median; 95th percentile 0.02). The same call with the same tweets
    gives the same answer.
    """

    def __init__(self, folder: ModelFolder) -> None:
        self.folder = folder
        self.model_id = folder.version
        self._output_names = [output.name for output in folder.outputs]

    @classmethod
    def load(cls, directory: Path, *, threads: int = 1) -> "OnnxBert":
        """Loads a model folder and lets it classify an empty and a very long tweet.

        Args:
            directory: the folder, e.g. models/bert-v1.
            threads: threads of one inference; several calls of one thread each are faster.

        Raises:
            MissingToolError: a file is missing or corrupt, is not the one that the configuration names by its SHA-256,
                or has other inputs, outputs or labels than ours. The message names the file and the remedy.
        """
        model, problems = cls.examine(directory, threads=threads)
        if model is None:
            raise refusal(directory, problems)
        return model

    @classmethod
    def examine(cls, directory: Path, *, threads: int = 1) -> "tuple[OnnxBert | None, list[Problem]]":
        """Loads a model folder; gives None and all its problems where it cannot be used."""
        folder, problems = open_folder(directory, threads=threads)
        if folder is None:
            return None, problems
        model = cls(folder)
        try:
            model.classify(["", _LONGEST], [None, _LONGEST])
        except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions have no common base of their own
            return None, [unusable(folder.onnx, f"it fails on a tweet: {str(error)[:MAX_ERROR_CHARS]}")]
        return model, []

    def classify(self, texts: Sequence[str], contexts: Sequence[str | None]) -> list[Labels]:
        """Gives the labels of each tweet, in the order of `texts`.

        Args:
            texts: tweets as written; any string is fine (empty, 10 kB, lone surrogates).
            contexts: for each tweet, the one that it replies to, or None.

        Raises:
            ValueError: the two sequences differ in length, or the model answers with what is no number.
            Exception: what onnxruntime and tokenizers raise, which have no common base.
        """
        if len(texts) != len(contexts):
            raise ValueError(f"{len(texts)} texts with {len(contexts)} contexts")
        labels: list[Labels] = []
        for start in range(0, len(texts), WINDOW_SIZE):
            end = start + WINDOW_SIZE
            labels += self._classify_window(texts[start:end], contexts[start:end])
        return labels

    def _classify_window(self, texts: Sequence[str], contexts: Sequence[str | None]) -> list[Labels]:
        encoded = [self.encode(text, context) for text, context in zip(texts, contexts, strict=True)]
        labels: dict[int, Labels] = {}
        for part in runs_of([len(one.ids) for one in encoded]):
            labels.update(zip(part, self.run([encoded[i] for i in part]), strict=True))
        return [labels[i] for i in range(len(encoded))]

    def encode(self, text: str, context: str | None) -> Encoding:
        """Prepares a tweet as in training and cuts it into `max_length` tokens at most."""
        return self.folder.tokenizer.encode(*model_input(text, context))

    def run(self, batch: Sequence[Encoding]) -> list[Labels]:
        """Runs the graph once, all rows padded to the longest, which has at least one token."""
        folder = self.folder
        shape = (len(batch), max(1, *(len(one.ids) for one in batch)))
        ids = np.full(shape, folder.pad_id, dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for i, one in enumerate(batch):
            n_tokens = len(one.ids)
            ids[i, :n_tokens] = one.ids
            types[i, :n_tokens] = one.type_ids
            mask[i, : max(1, n_tokens)] = 1
        rows = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        feeds = {name: rows[name].astype(dtype, copy=False) for name, dtype in folder.inputs.items()}
        logits = folder.session.run(self._output_names, feeds)
        return most_probable(probabilities(folder.outputs, logits))


def runs_of(lengths: Sequence[int]) -> list[list[int]]:
    """Parts tweets into runs of the graph, shortest first, each of `RUN_TOKENS` at most, its padding counted.

    Args:
        lengths: tokens of each tweet.

    Returns:
        Indices of the tweets of each run; a tweet that is longer than a run is alone.
    """
    runs: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        if runs and lengths[i] * (len(runs[-1]) + 1) <= RUN_TOKENS:
            runs[-1].append(i)
        else:
            runs.append([i])
    return runs
