"""The encoder with its three heads, and the tokenizer that feeds it."""

from collections.abc import Sequence
from typing import Final

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from models.packed import PackedModel, read_packed
from models.rows import Row
from streams.core.bert_heads import HEADS
from streams.core.bert_text import model_input

INPUTS: Final = ("input_ids", "attention_mask")

LAYERS: Final = tuple(range(8))
"""The layers of the base that stay, of its 12: the first ones, which learn faster than as many that lie apart."""

N_FROZEN: Final = 4
"""Lower layers that stay as they are: their output is computed once a row, and a training costs 12 parts of 24."""

PAD_ID: Final = 1

_MATRICES: Final = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
}  # fmt: skip
_NORMS: Final = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class ThreeHeads(nn.Module):
    """A BERT encoder, the mean of its last layer over the real tokens, and one linear head per label."""

    def __init__(self, config: BertConfig, *, dropout: float) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(dropout)
        self.heads = nn.ModuleDict({head: nn.Linear(config.hidden_size, len(names)) for head, names in HEADS.items()})

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Gives one tensor of logits per head, each (batch, classes)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        return self._answers(hidden, attention_mask)

    def lower(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Gives the output of the frozen layers, (batch, length, width)."""
        hidden = self.encoder.embeddings(input_ids=input_ids)
        return self._through(self.encoder.encoder.layer[:N_FROZEN], hidden, attention_mask)

    def upper(self, hidden: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        """Gives the logits from the output of the frozen layers."""
        hidden = self._through(self.encoder.encoder.layer[N_FROZEN:], hidden, attention_mask)
        return self._answers(hidden, attention_mask)

    def _through(self, layers: nn.ModuleList, hidden: Tensor, attention_mask: Tensor) -> Tensor:
        seen = attention_mask[:, None, None, :].bool()
        for layer in layers:
            hidden = layer(hidden, seen)
        return hidden

    def _answers(self, hidden: Tensor, attention_mask: Tensor) -> tuple[Tensor, ...]:
        mask = attention_mask[:, :, None].to(hidden.dtype)
        pooled = self.dropout((hidden * mask).sum(1) / mask.sum(1))
        return tuple(self.heads[head](pooled) for head in HEADS)


def base_network(kept: Sequence[int], *, dropout: float) -> ThreeHeads:
    """Gives the base with the words `kept` and the layers `LAYERS`, its heads new."""
    packed = read_packed()
    network = ThreeHeads(_config(packed, len(kept)), dropout=dropout)
    network.encoder.load_state_dict(_weights(packed, kept))
    return network


def with_attention(network: ThreeHeads, attention: str) -> ThreeHeads:
    """Gives a copy whose attention is computed in another way (`eager` is the one that the exporter can write)."""
    config = BertConfig.from_dict(network.encoder.config.to_dict(), attn_implementation=attention)
    copy = ThreeHeads(config, dropout=0.0)
    copy.load_state_dict(network.state_dict())
    return copy.eval()


def encode(tokens: Tokenizer, rows: Sequence[Row]) -> list[list[int]]:
    """Gives the ids of each row's text and context."""
    return [tokens.encode(*model_input(row.text, row.context)).ids for row in rows]


def padded(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Gives the two inputs of the model for rows of ids, padded to the longest of them."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), PAD_ID)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        mask[i, : len(row)] = 1
    return ids, mask


def _config(packed: PackedModel, n_words: int) -> BertConfig:
    sizes = packed.sizes
    return BertConfig(
        vocab_size=n_words, hidden_size=sizes.width, num_hidden_layers=len(LAYERS), num_attention_heads=sizes.n_heads,
        intermediate_size=sizes.feed_forward, max_position_embeddings=sizes.n_positions,
        type_vocab_size=sizes.n_types, layer_norm_eps=packed.layer_norm_eps, pad_token_id=PAD_ID,
        attn_implementation="sdpa",
    )  # fmt: skip


def _weights(packed: PackedModel, kept: Sequence[int]) -> dict[str, Tensor]:
    sizes = packed.sizes
    words = packed.tensor("emb.word", sizes.n_words, sizes.width)[list(kept)]
    weights = {
        "embeddings.word_embeddings.weight": torch.from_numpy(words),
        "embeddings.position_embeddings.weight": _tensor(packed, "emb.pos", sizes.n_positions, sizes.width),
        "embeddings.token_type_embeddings.weight": _tensor(packed, "emb.type", sizes.n_types, sizes.width),
        "embeddings.LayerNorm.weight": _tensor(packed, "emb.ln.w", sizes.width),
        "embeddings.LayerNorm.bias": _tensor(packed, "emb.ln.b", sizes.width),
    }
    for new, old in enumerate(LAYERS):
        weights |= {f"encoder.layer.{new}.{name}": value for name, value in _layer(packed, old).items()}
    return weights


def _layer(packed: PackedModel, number: int) -> dict[str, Tensor]:
    width, wide = packed.sizes.width, packed.sizes.feed_forward
    shapes = {"fi": (wide, width), "fo": (width, wide)}
    weights = {}
    for short, name in _MATRICES.items():
        rows, columns = shapes.get(short, (width, width))
        weights[f"{name}.weight"] = _tensor(packed, f"l{number}.{short}.w", rows, columns)
        weights[f"{name}.bias"] = _tensor(packed, f"l{number}.{short}.b", rows)
    for short, name in _NORMS.items():
        weights[f"{name}.weight"] = _tensor(packed, f"l{number}.{short}.w", width)
        weights[f"{name}.bias"] = _tensor(packed, f"l{number}.{short}.b", width)
    return weights


def _tensor(packed: PackedModel, name: str, *shape: int) -> Tensor:
    return torch.from_numpy(packed.tensor(name, *shape))
