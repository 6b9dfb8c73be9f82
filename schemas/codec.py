"""Bytes to struct and back; encoders and decoders are built once."""

from functools import lru_cache
from typing import TypeVar

import msgspec

from schemas.complaints import complaint

S = TypeVar("S", bound=msgspec.Struct)

_ENCODER = msgspec.json.Encoder()


class UndecodableError(ValueError):
    """The bytes are not a record of the type that this topic carries; the record belongs in the dead letters."""


@lru_cache(maxsize=64)
def _decoder(kind: type[S]) -> msgspec.json.Decoder[S]:
    return msgspec.json.Decoder(kind)


def encode(record: msgspec.Struct) -> bytes:
    """Encodes a struct as UTF-8 JSON.

    Lone surrogates cannot be written as UTF-8; the callers that read foreign text replace them first.
    """
    return _ENCODER.encode(record)


def decode(data: bytes | None, kind: type[S]) -> S:
    """Decodes one record; unknown fields are skipped.

    Raises:
        UndecodableError: the value is missing, is not JSON, or lacks or mistypes a field. The message names the field,
            never the content.
    """
    if data is None:
        raise UndecodableError(f"no {kind.__name__}: there is no value (a tombstone)")
    try:
        record: S = _decoder(kind).decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UndecodableError(f"no {kind.__name__}: {complaint(error, kind)}") from None
    return record
