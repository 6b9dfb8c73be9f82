"""`config.json` of a model folder: our own form with three heads, or a Hugging Face one whose classes say all three."""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec

from streams.core.bert_heads import HEADS, ModelOutput, head_output, joint_output

CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.json"
MIN_LENGTH: Final = 8
"""Fewest tokens of an input that are of any use: two segments with their special tokens."""

_POSITIONS_BEHIND_PAD: Final = frozenset(
    {"roberta", "camembert", "xlm-roberta", "xlm-roberta-xl", "longformer", "mpnet", "data2vec-text", "xmod"}
)
"""Types of models, by the name that transformers writes, whose positions begin behind the pad id."""

FileName = Annotated[str, msgspec.Meta(pattern=r"^[\w-][\w.-]{0,99}$")]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Temperature = Annotated[float, msgspec.Meta(gt=0)]
TokenId = Annotated[int, msgspec.Meta(ge=0)]
Version = Annotated[str, msgspec.Meta(pattern=r"^[\w.:/ -]{1,100}$")]
MaxLength = Annotated[int, msgspec.Meta(ge=MIN_LENGTH)]


class _Head(msgspec.Struct, frozen=True, kw_only=True):
    """One head: its labels in the order of the logits, and the divisor that makes its confidence honest."""

    id2label: list[str]
    temperature: Temperature


class _OwnForm(msgspec.Struct, frozen=True, kw_only=True):
    """Our own form: an output per head, and the digest of every file."""

    version: Version
    max_length: MaxLength
    heads: dict[str, _Head]
    sha256: dict[FileName, Digest]
    onnx: FileName | None = None
    pad_id: TokenId | None = None


class _HuggingFaceForm(msgspec.Struct, frozen=True, kw_only=True):
    """What transformers writes beside a sequence classifier, and what may be added to it."""

    id2label: dict[str, str]
    temperature: Temperature = 1.0
    version: Version | None = None
    max_length: MaxLength | None = None
    max_position_embeddings: MaxLength | None = None
    pad_token_id: TokenId | None = None
    model_type: str = ""
    onnx: FileName | None = None
    sha256: dict[FileName, Digest] = {}


class _Form(msgspec.Struct, frozen=True):
    """Tells the forms apart."""

    heads: msgspec.Raw = msgspec.Raw()
    id2label: msgspec.Raw = msgspec.Raw()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """What a `config.json` says, whichever its form; None where it leaves something to the tokenizer or the folder.

    `n_positions` is how many tokens the network itself can take at most.
    """

    version: str | None
    max_length: int | None
    n_positions: int | None
    pad_id: int | None
    onnx: str | None
    outputs: tuple[ModelOutput, ...]
    sha256: dict[str, str]
    needs_digests: bool


def decode_config(raw: bytes) -> tuple[ModelConfig | None, list[str]]:
    """Reads a `config.json`; gives None and every complaint, each with its field, where it cannot be used."""
    try:
        form = msgspec.json.decode(raw, type=_Form)
        if form.heads and form.id2label:
            return None, ["it has both heads (our form) and id2label (Hugging Face's); keep one"]
        if form.heads:
            return _of_own(msgspec.json.decode(raw, type=_OwnForm))
        if form.id2label:
            return _of_hugging_face(msgspec.json.decode(raw, type=_HuggingFaceForm))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return None, [str(error)]
    return None, ["it has neither heads (our form) nor id2label (Hugging Face's)"]


def _of_own(form: _OwnForm) -> tuple[ModelConfig | None, list[str]]:
    complaints = [f"heads: {head} is missing" for head in HEADS if head not in form.heads]
    outputs: list[ModelOutput] = []
    for name, head in form.heads.items():
        try:
            outputs.append(head_output(name, head.id2label, head.temperature))
        except ValueError as error:
            complaints.append(f"heads.{name}: {error}")
    if complaints:
        return None, complaints
    config = ModelConfig(
        version=form.version, max_length=form.max_length, n_positions=None, pad_id=form.pad_id, onnx=form.onnx,
        outputs=tuple(outputs), sha256=form.sha256, needs_digests=True,
    )  # fmt: skip
    return config, []


def _of_hugging_face(form: _HuggingFaceForm) -> tuple[ModelConfig | None, list[str]]:
    wanted = [str(i) for i in range(len(form.id2label))]
    if not wanted or set(form.id2label) != set(wanted):
        return None, [f"id2label: its keys are not the numbers from 0 to {max(len(wanted) - 1, 0)}"]
    try:
        output = joint_output([form.id2label[i] for i in wanted], form.temperature)
    except ValueError as error:
        return None, [f"id2label: {error}"]
    config = ModelConfig(
        version=form.version, max_length=form.max_length, n_positions=_positions(form), pad_id=form.pad_token_id,
        onnx=form.onnx, outputs=(output,), sha256=form.sha256, needs_digests=False,
    )  # fmt: skip
    return config, []


def _positions(form: _HuggingFaceForm) -> int | None:
    """Tokens that fit: RoBERTa and its kin count positions from the one behind the pad id.

    Worked number: CamemBERT has 514 positions and the pad id 1, so 512 tokens fit.
    """
    if form.max_position_embeddings is None or form.model_type not in _POSITIONS_BEHIND_PAD:
        return form.max_position_embeddings
    return form.max_position_embeddings - ((form.pad_token_id or 0) + 1)
