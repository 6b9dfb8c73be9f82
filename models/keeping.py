"""Networks of a long training are kept as they are done, so that a run that was stopped goes on where it was."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path

import torch

from models.fit import Recipe
from models.network import ThreeHeads


class Workbench:
    """The networks of one training; what was made of another recipe, base or data is not taken.

    Args:
        folder: of all trainings; this one has a folder of its own in it, named by what it is made of.
        recipe: of the training.
        made_of: the files that it learns from, and those of the code that teaches it.

    `seconds` counts what making the networks took, in this run or an earlier one.
    """

    def __init__(self, folder: Path, recipe: Recipe, made_of: Iterable[Path]) -> None:
        self.folder = folder / _digest(recipe, made_of)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seconds = 0.0

    def network(self, name: str, like: ThreeHeads, make: Callable[[], ThreeHeads]) -> ThreeHeads:
        """Gives the network of a name, made now if it is not there; `like` has its shape."""
        path = self.folder / f"{name}.pt"
        if not path.exists():
            started = time.monotonic()
            made = make().state_dict()
            draft = path.with_suffix(".draft")
            torch.save({"weights": made, "seconds": time.monotonic() - started}, draft)
            draft.replace(path)
        kept = torch.load(path)
        self.seconds += kept["seconds"]
        network = deepcopy(like)
        network.load_state_dict(kept["weights"])
        return network.eval()


def _digest(recipe: Recipe, files: Iterable[Path]) -> str:
    digest = hashlib.sha256(json.dumps(asdict(recipe)).encode())
    for path in files:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
