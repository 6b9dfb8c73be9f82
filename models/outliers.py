"""Channels of the activations that dwarf the others are multiplied in float32, so that int8 fits the others.

One scale serves a whole tensor of activations: where one channel reaches 70 and the median one 2, the others are left
with a few of the 256 steps. As in LLM.int8() (Dettmers et al., 2022), but the channels are found once, before the
export, since in a trained encoder they are mostly the same for every text.
"""

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import Tensor, nn

from models.network import ThreeHeads, padded

N_OUTLIERS: Final = 8
"""Channels of each input that stay in float32; 4 and 16 kept as many labels, within the noise."""

EXACT: Final = "exact"
"""In the name of every multiplication that must not be quantised: the graph names them after `Parted.exact`."""

_BATCH: Final = 16

Reader = tuple[nn.Module, tuple[str, ...]]
"""A module and the names of its linear layers that read the same input."""


class Parted(nn.Module):
    """A linear layer in two parts that add up to it: the channels without outliers, and the outliers alone.

    `others` (channels,) is 0 where an outlier is and 1 elsewhere; `outliers` (N_OUTLIERS) holds their places.
    """

    def __init__(self, linear: nn.Linear, others: nn.Parameter, outliers: nn.Parameter) -> None:
        super().__init__()
        self.others = others
        self.outliers = outliers
        self.rounded = linear
        self.exact = nn.Linear(len(outliers), linear.out_features, bias=False)
        self.exact.weight.data = linear.weight.data[:, outliers]

    def forward(self, inputs: Tensor) -> Tensor:
        """Gives what the linear layer gives, (batch, length, outputs) of (batch, length, channels)."""
        rounded: Tensor = self.rounded(inputs * self.others)
        exact: Tensor = self.exact(inputs.index_select(2, self.outliers))
        return rounded + exact


@torch.no_grad()
def parted(network: ThreeHeads, probes: Sequence[list[int]]) -> ThreeHeads:
    """Parts the linear layers of the encoder, in place; `probes` are the ids of tweets that show where outliers are.

    Left whole: the layer after the attention, whose inputs have few, and the heads.
    """
    readers = [one for layer in network.encoder.encoder.layer for one in _readers(layer)]
    for (owner, names), largest in zip(readers, _largest(network, readers, probes), strict=True):
        places = largest.topk(N_OUTLIERS).indices.sort().values
        others = torch.ones_like(largest)
        others[places] = 0.0
        # Parameters, so that the exporter writes them once for all that read the same.
        shared = [nn.Parameter(one, requires_grad=False) for one in (others, places)]
        for name in names:
            setattr(owner, name, Parted(getattr(owner, name), *shared))
    return network


def _readers(layer: nn.Module) -> list[Reader]:
    return [
        (layer.attention.self, ("query", "key", "value")),
        (layer.intermediate, ("dense",)),
        (layer.output, ("dense",)),
    ]


def _largest(network: ThreeHeads, readers: Sequence[Reader], probes: Sequence[list[int]]) -> list[Tensor]:
    """Gives, for what each reads, the largest absolute value of every channel over all tokens, padding included."""
    seen: dict[int, Tensor] = {}

    def watch(i: int) -> Callable[[nn.Module, tuple[Tensor]], None]:
        def keep(_module: nn.Module, given: tuple[Tensor]) -> None:
            largest = given[0].abs().flatten(0, 1).amax(0)
            seen[i] = torch.maximum(seen.get(i, largest), largest)

        return keep

    hooks = [getattr(owner, names[0]).register_forward_pre_hook(watch(i)) for i, (owner, names) in enumerate(readers)]
    for start in range(0, len(probes), _BATCH):
        ids, mask = padded(probes[start : start + _BATCH])
        network(ids, mask)
    for hook in hooks:
        hook.remove()
    return [seen[i] for i in range(len(readers))]
