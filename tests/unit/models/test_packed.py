"""The reader of the base model's file, on a small file that is written here."""

import struct

import numpy as np
import pytest

from models.packed import PackedModel

SCALE = 0.5
WEIGHTS = np.arange(64, dtype=np.int64) % 16
VECTOR = np.array([1.5, -2.0, 0.25], dtype=np.float32)


def packed_file() -> bytes:
    """Two tensors: a matrix of two blocks of 4-bit weights, and a float32 vector."""
    blocks = b""
    for block in WEIGHTS.reshape(2, 32):
        low, high = block[:16], block[16:]
        blocks += np.float16(SCALE).tobytes() + (low | high << 4).astype(np.uint8).tobytes()
    pieces = ["<s>", "é"]
    texts = [piece.encode() for piece in pieces]
    head = b"E5S1" + struct.pack("<I7IfI", 1, 8, 1, 2, 16, 4, 5, 2, 1e-12, 32)
    head += struct.pack("<5IQ", len(pieces), 0, 2, 1, 3, sum(map(len, texts)))
    head += struct.pack("<3I", 0, len(texts[0]), len(texts[0]) + len(texts[1])) + struct.pack("<2f", 0.0, -1.0)
    head += b"".join(texts) + struct.pack("<2I", 1, 9) + bytes(9)
    entries = [(b"emb.word", 1, 64, len(blocks)), (b"emb.ln.w", 0, 3, 12)]
    size = len(head) + 4 + sum(2 + len(name) + 1 + 4 + 8 + 8 for name, *_ in entries)
    directory, start = struct.pack("<I", len(entries)), size
    for name, kind, n, n_bytes in entries:
        directory += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, n, start, n_bytes)
        start += n_bytes
    return head + directory + blocks + VECTOR.tobytes()


def test_sizes_and_tensors_come_out_as_they_went_in() -> None:
    model = PackedModel(packed_file())
    assert (model.sizes.width, model.sizes.n_layers, model.sizes.n_types) == (8, 1, 2)
    assert model.layer_norm_eps == pytest.approx(1e-12)
    np.testing.assert_array_equal(model.tensor("emb.ln.w", 3), VECTOR)
    np.testing.assert_array_equal(model.tensor("emb.word", 8, 8), (WEIGHTS - 8).reshape(8, 8) * SCALE)


def test_another_file_is_refused() -> None:
    with pytest.raises(ValueError, match="not a packed model"):
        PackedModel(b"GGUF" + bytes(100))


def test_a_tensor_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        PackedModel(packed_file()).tensor("l0.q.w", 8, 8)
