"""JSON Schemas (draft 2020-12) of the topics' value types, one file each that needs no other."""

import inspect
import json
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from schemas.topics import TOPICS

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def value_types() -> list[type[msgspec.Struct]]:
    """Returns the types that travel as values, each once, in the registry's order."""
    return list(dict.fromkeys(spec.value for spec in TOPICS.values() if spec.value is not None))


def components(kinds: Iterable[type[msgspec.Struct]], ref_template: str) -> dict[str, Schema]:
    """Returns the schema of each type and of all that they name, by the type's name.

    Args:
        kinds: the types to start from.
        ref_template: how one schema refers to another, with `{name}`.
    """
    _, found = msgspec.json.schema_components(kinds, ref_template=ref_template)
    return {name: _tidy(schema) for name, schema in sorted(found.items())}


def schema_of(kind: type[msgspec.Struct]) -> Schema:
    """Returns a type's schema with what it refers to under `$defs`."""
    definitions = components([kind], "#/$defs/{name}")
    root = definitions.pop(kind.__name__)
    return {"$schema": DIALECT, **root, **({"$defs": definitions} if definitions else {})}


def file_name(kind: type[msgspec.Struct]) -> str:
    """Returns the file's name: `Tweet.schema.json`."""
    return f"{kind.__name__}.schema.json"


def schema_files() -> dict[str, str]:
    """Returns the text of every schema file by its name."""
    return {file_name(kind): json.dumps(schema_of(kind), indent=2, ensure_ascii=False) + "\n" for kind in value_types()}


def _tidy(schema: Schema) -> Schema:
    """A docstring's later lines lose their indentation."""
    return schema | {"description": inspect.cleandoc(schema["description"])} if "description" in schema else schema
