"""Small model folders for the tests of level 3: a hand-made vocabulary and the graphs of tests/data/bert."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any, Final

from tokenizers import Tokenizer, pre_tokenizers
from tokenizers.models import Unigram
from tokenizers.processors import TemplateProcessing

GRAPHS: Final = Path(__file__).parent / "data" / "bert"
VOCABULARY: Final = ("<s>", "<pad>", "</s>", "<unk>", "▁panne", "▁facture", "▁merci", "▁nan", "▁", "e")
OWN: Final[dict[str, Any]] = {
    "version": "bert-test",
    "max_length": 24,
    "heads": {
        "sentiment": {"id2label": ["negative", "neutral", "positive"], "temperature": 1.0},
        "priority": {"id2label": ["0", "1", "2"], "temperature": 2.0},
        "main_topic": {
            "id2label": ["network", "equipment", "billing", "subscription", "customer_service", "other"],
            "temperature": 1.0,
        },
    },
}
JOINT: Final = (
    "negative|2|network", "negative|1|billing", "positive|0|other", "neutral|1|equipment", "neutral|0|subscription",
    "negative|1|customer_service", "negative|2|billing", "neutral|0|other",
)  # fmt: skip
HUGGING_FACE: Final[dict[str, Any]] = {
    "architectures": ["CamembertForSequenceClassification"],
    "model_type": "camembert",
    "pad_token_id": 1,
    "max_position_embeddings": 42,
    "id2label": {str(i): name for i, name in enumerate(JOINT)},
    "label2id": {name: i for i, name in enumerate(JOINT)},
}


def own_folder(folder: Path, **changes: Any) -> Path:
    """Makes a folder in our own form, three outputs, the pad id 1 known to the tokenizer alone."""
    _fill(folder, "three_heads.onnx", "model.onnx")
    write_config(folder, OWN | changes)
    return folder


def hugging_face_folder(folder: Path, *, onnx: str = "model.onnx", **changes: Any) -> Path:
    """Makes a folder as optimum writes it: one output `logits`, int32 here, 40 tokens at most, no digests."""
    _fill(folder, "logits.onnx", onnx)
    (folder / "config.json").write_text(json.dumps(HUGGING_FACE | changes))
    return folder


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Writes `config.json` with the digests of the files that are there, unless it brings its own."""
    names = [path.name for path in folder.iterdir() if path.name != "config.json"]
    digests = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}
    (folder / "config.json").write_text(json.dumps({"sha256": digests} | config))


def xlmr_tokenizer() -> Tokenizer:
    """A Unigram tokenizer with XLM-R's special tokens: `<s> a </s></s> b </s>`."""
    tokenizer = Tokenizer(Unigram([(token, -float(i)) for i, token in enumerate(VOCABULARY)], unk_id=3))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


def _fill(folder: Path, graph: str, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(GRAPHS / graph, folder / name)
    xlmr_tokenizer().save(str(folder / "tokenizer.json"))
