"""Fine-tuning on a processor: first on the invented tweets, then on the real ones with some of the invented.

The lower layers are frozen and what they say of a row is computed once. Batches hold rows of like length.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence, Sized
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from models.baseline import Probabilities
from models.network import N_FROZEN, ThreeHeads, encode, padded
from models.rows import Logits, Row, without_context
from streams.core.bert_heads import HEADS


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of a training; the defaults are those of the weights that `models.train` writes.

    `invented_share` is the part of the invented tweets that each epoch of the second stage holds, drawn anew.
    """

    seed: int = 7
    max_length: int = 96
    first_epochs: int = 2
    epochs: int = 4
    batch_size: int = 16
    lr: float = 2e-4
    head_lr: float = 1e-3
    lr_decay_per_layer: float = 0.9
    weight_decay: float = 0.01
    warmup: float = 0.1
    dropout: float = 0.15
    smoothing: float = 0.05
    teacher_share: float = 0.3
    teacher_folds: int = 5
    class_balance: float = 0.25
    invented_weight: float = 0.5
    invented_share: float = 0.33
    context_dropout: float = 0.15


@dataclass(frozen=True, slots=True)
class Seen:
    """What the frozen layers say of one row: (length, width) in float16, with its context and without."""

    whole: Tensor
    alone: Tensor


@dataclass(frozen=True, slots=True)
class Example:
    """A row, what the frozen layers say of it, and what the teacher says: one row of probabilities per head."""

    row: Row
    seen: Seen
    teacher: tuple[NDArray[np.float64], ...] | None = None


@torch.no_grad()
def look(network: ThreeHeads, tokens: Tokenizer, rows: Sequence[Row]) -> dict[Row, Seen]:
    """Runs the frozen layers once over every row."""
    network.eval()
    whole = _lower(network, encode(tokens, rows))
    with_context = [row for row in rows if row.context]
    alone = dict(zip(with_context, _lower(network, encode(tokens, without_context(with_context))), strict=True))
    return {row: Seen(one, alone.get(row, one)) for row, one in zip(rows, whole, strict=True)}


def examples_of(rows: Sequence[Row], seen: Mapping[Row, Seen], teacher: Probabilities | None = None) -> list[Example]:
    """Joins rows with what the frozen layers and the teacher say of them; `teacher` has a line for each row."""
    if teacher is None:
        return [Example(row, seen[row]) for row in rows]
    says = (tuple(teacher[head][i] for head in HEADS) for i in range(len(rows)))
    return [Example(row, seen[row], told) for row, told in zip(rows, says, strict=True)]


def pretrained(network: ThreeHeads, invented: Sequence[Example], recipe: Recipe) -> ThreeHeads:
    """Gives a copy after the first stage: the invented tweets alone, so that it serves every fold."""
    copy = deepcopy(network)
    _train(copy, [list(range(len(invented)))] * recipe.first_epochs, invented, recipe)
    return copy


def finetuned(network: ThreeHeads, real: Sequence[Example], invented: Sequence[Example], recipe: Recipe) -> ThreeHeads:
    """Gives a copy after the second stage: the real tweets, and each epoch another part of the invented ones."""
    copy = deepcopy(network)
    rng = random.Random(recipe.seed)
    n_invented = int(len(invented) * recipe.invented_share)
    first, last = len(real), len(real) + len(invented)
    epochs = [[*range(first), *rng.sample(range(first, last), n_invented)] for _ in range(recipe.epochs)]
    _train(copy, epochs, [*real, *invented], recipe)
    return copy


@torch.no_grad()
def logits_of(network: ThreeHeads, seen: Sequence[Tensor]) -> Logits:
    """Gives the logits of rows from what the frozen layers said of them."""
    network.eval()
    out = {head: np.zeros((len(seen), len(names))) for head, names in HEADS.items()}
    for batch in _like_lengths(seen):
        for head, answers in zip(HEADS, network.upper(*_stacked([seen[i] for i in batch])), strict=True):
            out[head][batch] = answers.numpy()
    return out


def _train(network: ThreeHeads, epochs: list[list[int]], rows: Sequence[Example], recipe: Recipe) -> None:
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    targets = _targets(rows, recipe)
    optimizer = torch.optim.AdamW(_groups(network, recipe))
    n_steps = sum(-(-len(epoch) // recipe.batch_size) for epoch in epochs)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step, n_steps, recipe.warmup))
    network.train()
    for number, epoch in enumerate(epochs, start=1):
        started, total = time.monotonic(), 0.0
        for batch in _batches(epoch, [len(one.seen.whole) for one in rows], recipe.batch_size, rng):
            loss = _loss(network, batch, rows, targets, recipe, rng)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            total += loss.item() * len(batch)
        print(f"  epoch {number}: loss {total / len(epoch):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    network.eval()


def _loss(
    network: ThreeHeads, batch: list[int], rows: Sequence[Example], targets: list[Tensor], recipe: Recipe,
    rng: random.Random,
) -> Tensor:  # fmt: skip
    """Gives the cross-entropy, summed over the heads; a row of `targets` sums to the row's weight, not to 1."""
    seen = [rows[i].seen for i in batch]
    inputs = [one.alone if rng.random() < recipe.context_dropout else one.whole for one in seen]
    answers = network.upper(*_stacked(inputs))
    losses = [
        -(target[batch] * logits.log_softmax(1)).sum(1).mean() for logits, target in zip(answers, targets, strict=True)
    ]
    return torch.stack(losses).sum()


def _targets(examples: Sequence[Example], recipe: Recipe) -> list[Tensor]:
    """Gives, per head, what each row should be answered with, times its weight and the weight of its class.

    That is its label, smoothed, and a share of what the teacher says of it: the two models err on different rows.
    """
    weight = torch.tensor([one.row.weight for one in examples])
    targets = []
    for k, names in enumerate(HEADS.values()):
        classes = torch.tensor([one.row.labels[k] for one in examples])
        hard = functional.one_hot(classes, len(names)).float()
        soft = (1 - recipe.smoothing) * hard + recipe.smoothing / len(names)
        for i, one in enumerate(examples):
            if one.teacher is not None:
                told = torch.tensor(one.teacher[k], dtype=torch.float32)
                soft[i] = (1 - recipe.teacher_share) * soft[i] + recipe.teacher_share * told
        balance = _class_weights(hard, weight, recipe.class_balance)
        targets.append(soft * (weight * balance[classes])[:, None])
    return targets


def _class_weights(hard: Tensor, weight: Tensor, power: float) -> Tensor:
    """Gives the weight of each class: (its share of the weighted rows) ** -power, of mean 1 over them."""
    share = (hard * weight[:, None]).sum(0) / weight.sum()
    raw = share.clamp(min=1e-3) ** -power
    return raw / (raw * share).sum()


def _groups(network: ThreeHeads, recipe: Recipe) -> list[dict[str, object]]:
    """Gives the parameter groups: the heads, and each layer at `lr_decay_per_layer` of the rate of the one above."""
    layers = network.encoder.encoder.layer
    groups: list[dict[str, object]] = [{"params": list(network.heads.parameters()), "lr": recipe.head_lr}]
    for depth, layer in enumerate(reversed(layers[N_FROZEN:])):
        rate = recipe.lr * recipe.lr_decay_per_layer**depth
        matrices = [parameter for parameter in layer.parameters() if parameter.ndim > 1]
        vectors = [parameter for parameter in layer.parameters() if parameter.ndim == 1]
        groups.append({"params": matrices, "lr": rate, "weight_decay": recipe.weight_decay})
        groups.append({"params": vectors, "lr": rate, "weight_decay": 0.0})
    return groups


def _slope(step: int, n_steps: int, warmup: float) -> float:
    n_warm = max(1, int(n_steps * warmup))
    return min((step + 1) / n_warm, max(0.0, (n_steps - step) / max(1, n_steps - n_warm)))


def _batches(epoch: Sequence[int], lengths: Sequence[int], size: int, rng: random.Random) -> Iterator[list[int]]:
    """Shuffles, sorts by length inside windows of 16 batches (little padding), and shuffles the batches."""
    order = list(epoch)
    rng.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 16):
        window = sorted(order[start : start + size * 16], key=lambda i: lengths[i])
        batches += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(batches)
    yield from batches


def _lower(network: ThreeHeads, ids: Sequence[list[int]]) -> list[Tensor]:
    out: dict[int, Tensor] = {}
    for batch in _like_lengths(ids):
        hidden = network.lower(*padded([ids[i] for i in batch]))
        out |= {i: hidden[k, : len(ids[i])].half() for k, i in enumerate(batch)}
    return [out[i] for i in range(len(ids))]


def _like_lengths(rows: Sequence[Sized], size: int = 32) -> Iterator[list[int]]:
    """Yields the indices of all rows, `size` of like length at a time, the shortest first."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _stacked(seen: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Gives rows of hidden states padded to the longest, and their mask."""
    longest = max(map(len, seen))
    hidden = torch.zeros(len(seen), longest, seen[0].shape[1])
    mask = torch.zeros(len(seen), longest, dtype=torch.long)
    for i, one in enumerate(seen):
        hidden[i, : len(one)] = one.float()
        mask[i, : len(one)] = 1
    return hidden, mask
