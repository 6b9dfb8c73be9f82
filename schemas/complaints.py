"""What is wrong with a record that msgspec refuses, in words that never quote a value of it."""

from collections.abc import Sequence
from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

import msgspec

_AT: Final = " - at `"


def complaint(error: Exception, kind: type[msgspec.Struct]) -> str:
    """Says which field is wrong, and which labels it may have where they are a closed set.

    Args:
        error: what decoding a `kind` raised; msgspec's own messages quote the labels that they refuse.
        kind: what the record was to be.
    """
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 at byte {error.start}"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    words, _, where = str(error).rpartition(_AT) if _AT in str(error) else (str(error), "", "")
    path = [name for name in where.strip("`$.").split(".") if name]
    if words.startswith("Object missing required field "):
        return f"{'.'.join([*path, words.split('`')[1]])} is missing"
    if known := _closed_set(kind, path):
        return f"{'.'.join(path)} is not one of {', '.join(known)}"
    said = "not one of the allowed values" if words.startswith("Invalid enum value") else words.replace("`", "")
    return f"{'.'.join(path)}: {said}" if path else said


def _closed_set(kind: Any, path: Sequence[str]) -> list[str]:
    """Returns what the field at the path may be, or nothing where that is no closed set."""
    for name in path:
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
            return []
        kind = next((one.type for one in msgspec.structs.fields(kind) if one.encode_name == name), None)
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    return [str(one.value) for one in kind] if isinstance(kind, type) and issubclass(kind, Enum) else []
