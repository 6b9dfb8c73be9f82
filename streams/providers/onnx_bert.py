"""Level 3: the ONNX model on the processor, from a folder that holds all it needs."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from schemas.classification import Labels
from schemas.taxonomy import PRIORITIES, Priority, Sentiment, Topic
from streams.core.bert_text import model_input
from streams.errors import MissingToolError

BATCH_SIZE: Final = 16
"""Tweets in one run of the model; of like length, so that little of it is padding."""

WINDOW_SIZE: Final = 256
"""Tweets sorted by length together; bounds the memory of a call, whatever its size."""

REMEDY: Final = "Restore the folder from the repository (git checkout -- models/bert-v1) or train it: models/README.md"

_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")
_PRIORITY_OF: Final[dict[str, Priority]] = {str(priority): priority for priority in PRIORITIES}


class BertHead(msgspec.Struct, frozen=True, kw_only=True):
    """One head: its classes in the order of the logits, and the divisor that makes its confidence honest."""

    id2label: list[str]
    temperature: float


class BertConfig(msgspec.Struct, frozen=True, kw_only=True):
    """`config.json` of a model folder; `sha256` maps the names of the other files to their digests."""

    version: str
    max_length: int
    heads: dict[str, BertHead]
    sha256: dict[str, str]


class OnnxBert:
    """Classifies tweets on one or more threads of the processor. Sync: an agent calls it in a thread of its own.

    The activations are quantised per batch, so an answer depends a little on which tweets share the batch: alone or in
    batches, 200 tweets kept their class in 97 to 99 % and moved in confidence by 0.02 (median; 95th percentile 0.10).
    The same call with the same tweets gives the same answer.
    """

    def __init__(self, config: BertConfig, tokenizer: Tokenizer, session: onnxruntime.InferenceSession) -> None:
        self.config = config
        self.model_id = config.version
        self._tokenizer = tokenizer
        self._session = session
        heads = config.heads
        self._sentiments = [Sentiment(name) for name in heads["sentiment"].id2label]
        self._priorities = [_PRIORITY_OF[name] for name in heads["priority"].id2label]
        self._topics = [Topic(name) for name in heads["main_topic"].id2label]

    @classmethod
    def load(cls, directory: Path, *, threads: int = 1) -> "OnnxBert":
        """Loads a model folder: `config.json`, `tokenizer.json`, `model.onnx`.

        Args:
            directory: the folder, e.g. models/bert-v1.
            threads: threads of one inference; the model is fastest with several sessions of one thread each.

        Raises:
            MissingToolError: a file is missing or corrupt, is not the one that the configuration names by its SHA-256,
                or has other inputs, outputs or labels than ours. The message names the file and the remedy.
        """
        config = _read_config(directory / "config.json")
        for name in ("tokenizer.json", "model.onnx"):
            _check_digest(directory / name, config.sha256.get(name))
        tokenizer = _read_tokenizer(directory / "tokenizer.json", config.max_length)
        return cls(config, tokenizer, _open_session(directory / "model.onnx", config, threads))

    def classify(self, texts: Sequence[str], contexts: Sequence[str | None]) -> list[Labels]:
        """Gives the labels of each tweet, in the order of `texts`.

        Args:
            texts: tweets as written; any string is fine (empty, 10 kB, lone surrogates).
            contexts: for each tweet, the one that it replies to, or None.

        Raises:
            ValueError: the two sequences differ in length.
        """
        if len(texts) != len(contexts):
            raise ValueError(f"{len(texts)} texts with {len(contexts)} contexts")
        labels: list[Labels] = []
        for start in range(0, len(texts), WINDOW_SIZE):
            end = start + WINDOW_SIZE
            labels += self._classify_window(texts[start:end], contexts[start:end])
        return labels

    def _classify_window(self, texts: Sequence[str], contexts: Sequence[str | None]) -> list[Labels]:
        pairs = (model_input(text, context) for text, context in zip(texts, contexts, strict=True))
        encoded = [self._tokenizer.encode(text, context) for text, context in pairs]
        order = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        labels: dict[int, Labels] = {}
        for start in range(0, len(order), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            answers = self._run([(encoded[i].ids, encoded[i].type_ids) for i in batch])
            labels.update(zip(batch, answers, strict=True))
        return [labels[i] for i in range(len(encoded))]

    def _run(self, batch: Sequence[tuple[list[int], list[int]]]) -> list[Labels]:
        ids = np.zeros((len(batch), max(len(row) for row, _ in batch)), dtype=np.int64)
        mask, types = np.zeros_like(ids), np.zeros_like(ids)
        for i, (row_ids, row_types) in enumerate(batch):
            ids[i, : len(row_ids)] = row_ids
            types[i, : len(row_types)] = row_types
            mask[i, : len(row_ids)] = 1
        names = list(self.config.heads)
        logits = self._session.run(names, dict(zip(_INPUTS, (ids, mask, types), strict=True)))
        best = {name: self._best(name, rows) for name, rows in zip(names, logits, strict=True)}
        return [self._labels(best, i) for i in range(len(batch))]

    def _best(self, head: str, logits: NDArray[np.float32]) -> tuple[list[int], list[float]]:
        """Gives the most probable class of each row and its calibrated probability."""
        scaled = logits.astype(np.float64) / self.config.heads[head].temperature
        exp = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        classes = exp.argmax(axis=1)
        confidence = exp.max(axis=1) / exp.sum(axis=1)
        return classes.tolist(), confidence.round(4).tolist()

    def _labels(self, best: dict[str, tuple[list[int], list[float]]], i: int) -> Labels:
        return Labels(
            sentiment=self._sentiments[best["sentiment"][0][i]],
            priority=self._priorities[best["priority"][0][i]],
            main_topic=self._topics[best["main_topic"][0][i]],
            confidence_sentiment=best["sentiment"][1][i],
            confidence_priority=best["priority"][1][i],
            confidence_main_topic=best["main_topic"][1][i],
        )


def _read_config(path: Path) -> BertConfig:
    try:
        config = msgspec.json.decode(_read_bytes(path), type=BertConfig)
    except msgspec.DecodeError as error:
        _corrupt(path, str(error))
    expected = {"sentiment": set(Sentiment), "priority": set(_PRIORITY_OF), "main_topic": set(Topic)}
    found = {name: set(head.id2label) for name, head in config.heads.items()}
    if found != expected or any(len(head.id2label) != len(set(head.id2label)) for head in config.heads.values()):
        _corrupt(path, "its heads are not sentiment, priority and main_topic with each of their labels once")
    if config.max_length < 8 or any(head.temperature <= 0 for head in config.heads.values()):
        _corrupt(path, "max_length or a temperature is out of range")
    return config


def _check_digest(path: Path, expected: str | None) -> None:
    found = hashlib.sha256(_read_bytes(path)).hexdigest()
    if found != expected:
        _corrupt(path, f"its SHA-256 {found[:12]}… is not the one in config.json")


def _read_tokenizer(path: Path, max_length: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # noqa: BLE001 - the Rust binding raises bare Exception
        _corrupt(path, str(error))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_length, strategy="longest_first")
    return tokenizer


def _open_session(path: Path, config: BertConfig, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - onnxruntime's exceptions have no common base of their own
        _corrupt(path, str(error)[:200])
    inputs = {node.name for node in session.get_inputs()}
    outputs = {node.name: node.shape[-1] for node in session.get_outputs()}
    if inputs != set(_INPUTS) or outputs != {name: len(head.id2label) for name, head in config.heads.items()}:
        _corrupt(path, f"it has the inputs {sorted(inputs)} and the outputs {outputs}")
    return session


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise MissingToolError(f"the model file {path} cannot be read: {error.strerror}", remedy=REMEDY) from error


def _corrupt(path: Path, why: str) -> NoReturn:
    raise MissingToolError(f"the model file {path} cannot be used: {why}", remedy=REMEDY)
