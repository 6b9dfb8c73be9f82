"""The peers of `make bench-bert`: torch in float32, as its libraries are used by default, 32 tweets a batch.

`python tests/bench/bert/torch_peer.py PLAN FOLDER pipeline|encode`, in an environment of its own. The encoder has the
sizes of ours and random weights, for the speed does not depend on their values; the tokenizer is ours. `pipeline` is
transformers' text classification, in arrival order; `encode` is sentence-transformers', which sorts by length.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    PreTrainedTokenizerFast,
    logging,
    pipeline,
)

from tests.bench.bert.task import play, read_plan

BATCH_SIZE = 32
N_CLASSES = 12
"""Of the three heads together."""

Classify = Callable[[Sequence[str]], list[None]]
"""Classifies texts; what it says of them is left out, for the weights are random."""


def tokenizer_of(folder: Path) -> PreTrainedTokenizerFast:
    """Reads our tokenizer."""
    raw = json.loads((folder / "tokenizer.json").read_text())
    known = {token["content"] for token in raw["added_tokens"]}
    pad = next(token for token in ("[PAD]", "<pad>") if token in known)
    max_length = json.loads((folder / "config.json").read_text())["max_length"]
    return PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), pad_token=pad, model_max_length=max_length
    )


def classifier(folder: Path, config: BertConfig) -> Classify:
    """Makes transformers' pipeline."""
    model = BertForSequenceClassification(config).float().eval()
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer_of(folder), device="cpu")

    def answer(texts: Sequence[str]) -> list[None]:
        return [None for _ in classify(list(texts), batch_size=BATCH_SIZE, truncation=True)]

    return answer


def encoder(folder: Path, config: BertConfig) -> Classify:
    """Makes sentence-transformers' encoder."""
    with tempfile.TemporaryDirectory(prefix="dallosh-bench-") as saved:
        BertModel(config).float().save_pretrained(saved)
        tokenizer_of(folder).save_pretrained(saved)
        words = Transformer(saved)
        model = SentenceTransformer(modules=[words, Pooling(config.hidden_size)], device="cpu")

    def encode(texts: Sequence[str]) -> list[None]:
        return [None for _ in model.encode(list(texts), batch_size=BATCH_SIZE, show_progress_bar=False)]

    return encode


def main() -> None:
    """Plays the plan."""
    plan, folder = read_plan(), Path(sys.argv[2])
    logging.disable_progress_bar()
    torch.manual_seed(0)
    torch.set_num_threads(plan.n_threads)
    sizes = json.loads((folder / "architecture.json").read_text())
    config = BertConfig(**sizes, num_labels=N_CLASSES)
    play(plan.read, plan.n_warm, {"pipeline": classifier, "encode": encoder}[sys.argv[3]](folder, config))


if __name__ == "__main__":
    main()
