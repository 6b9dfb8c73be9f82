"""Fine-tuning on a CPU: bfloat16 where the machine has it, batches of like length, a linear warm-up and decay."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.baseline import Probabilities
from models.labels import HEADS
from models.network import ThreeHeads, encode, tokenizer
from models.rows import Row


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of a training run; the defaults made the shipped artefact."""

    seed: int = 7
    max_length: int = 96
    epochs: int = 7
    batch_size: int = 32
    lr: float = 1.5e-4
    lr_decay_per_layer: float = 0.85
    weight_decay: float = 0.01
    warmup: float = 0.1
    dropout: float = 0.15
    teacher_share: float = 0.3
    teacher_folds: int = 5
    class_balance: float = 0.3
    invented_weight: float = 0.4
    context_dropout: float = 0.15


def train(rows: Sequence[Row], teacher: Probabilities, recipe: Recipe) -> ThreeHeads:
    """Fine-tunes the base model on `rows` and gives it back in evaluation mode.

    The target of a row is its label, mixed with `teacher_share` of what the out-of-fold baseline says of it: the two
    models err on different rows, and the mixture is a label smoothing that knows which classes are close.
    """
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)
    model = ThreeHeads(dropout=recipe.dropout)
    tokens = tokenizer(recipe.max_length)
    targets = _targets(rows, teacher, recipe)
    optimizer = torch.optim.AdamW(_groups(model, recipe), fused=True)
    n_steps = recipe.epochs * -(-len(rows) // recipe.batch_size)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _slope(step, n_steps, recipe.warmup))
    model.train()
    for epoch in range(recipe.epochs):
        started, total = time.monotonic(), 0.0
        for batch in _batches(rows, recipe.batch_size, rng):
            picked = [rows[i] for i in batch]
            pairs = [(row.text, None if rng.random() < recipe.context_dropout else row.context) for row in picked]
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(*encode(tokens, pairs))
            loss = _loss(logits, [target[batch] for target in targets])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            total += float(loss) * len(batch)
        print(f"epoch {epoch + 1}: loss {total / len(rows):.3f}, {time.monotonic() - started:.0f} s", flush=True)
    return model.eval()


def _loss(logits: tuple[Tensor, ...], targets: Sequence[Tensor]) -> Tensor:
    """Gives the cross-entropy, summed over the heads; a row of `targets` sums to the row's weight, not to 1."""
    losses = [
        -(target * scores.float().log_softmax(1)).sum(1).mean() for scores, target in zip(logits, targets, strict=True)
    ]
    return torch.stack(losses).sum()


def _targets(rows: Sequence[Row], teacher: Probabilities, recipe: Recipe) -> list[Tensor]:
    """Gives, per head, the target of each row times its weight and the weight of its class."""
    weight = torch.tensor([row.weight for row in rows])
    targets = []
    for k, (head, balance) in enumerate(zip(HEADS, _class_weights(rows, recipe.class_balance), strict=True)):
        classes = torch.tensor([row.labels[k] for row in rows])
        hard = functional.one_hot(classes, len(HEADS[head])).float()
        soft = torch.tensor(teacher[head], dtype=torch.float32)
        mixed = (1 - recipe.teacher_share) * hard + recipe.teacher_share * soft
        targets.append(mixed * (weight * balance[classes])[:, None])
    return targets


def _class_weights(rows: Sequence[Row], power: float) -> list[Tensor]:
    """Gives, per head, the weight of each class: (its share of the weighted rows) ** -power, of mean 1 over them."""
    weights = []
    for k, names in enumerate(HEADS.values()):
        share = np.zeros(len(names))
        for row in rows:
            share[row.labels[k]] += row.weight
        share /= share.sum()
        raw = np.maximum(share, 1e-3) ** -power
        weights.append(torch.tensor(raw / (raw * share).sum(), dtype=torch.float32))
    return weights


def _groups(model: ThreeHeads, recipe: Recipe) -> list[dict[str, object]]:
    """Gives the parameter groups: heads at the full rate, each layer below at `lr_decay_per_layer` of the one above."""
    n_layers = model.encoder.config.num_hidden_layers
    groups = []
    for name, parameter in model.named_parameters():
        depth = 0
        if name.startswith("encoder.embeddings"):
            depth = n_layers
        elif name.startswith("encoder.encoder.layer."):
            depth = n_layers - 1 - int(name.split(".")[3])
        rate = recipe.lr * recipe.lr_decay_per_layer**depth * (5 if name.startswith("heads") else 1)
        decay = 0.0 if parameter.ndim == 1 else recipe.weight_decay
        groups.append({"params": [parameter], "lr": rate, "weight_decay": decay})
    return groups


def _slope(step: int, n_steps: int, warmup: float) -> float:
    n_warm = max(1, int(n_steps * warmup))
    return min((step + 1) / n_warm, max(0.0, (n_steps - step) / max(1, n_steps - n_warm)))


def _batches(rows: Sequence[Row], size: int, rng: random.Random) -> list[list[int]]:
    """Shuffles, sorts by length inside windows of 16 batches (little padding), and shuffles the batches."""
    order = list(range(len(rows)))
    rng.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 16):
        window = sorted(order[start : start + size * 16], key=lambda i: len(rows[i].text) + len(rows[i].context or ""))
        batches += [window[i : i + size] for i in range(0, len(window), size)]
    rng.shuffle(batches)
    return batches
