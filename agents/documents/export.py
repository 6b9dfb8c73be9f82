"""All generated files of a checkout: what they should say, which are stale, and writing them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.documents.asyncapi import asyncapi_yaml
from agents.documents.env_example import env_example
from agents.documents.json_schemas import schema_files
from agents.documents.tables import MissingMarkerError, with_tables
from streams.disk import remedy_of, write_whole
from streams.errors import FatalError

GENERATED: Final = Path("schemas/generated")


@dataclass(frozen=True, slots=True)
class Stale:
    """A file that does not say what the code says; `why` is missing, changed, left over or without markers."""

    path: Path
    why: str


def generated_files(root: Path) -> dict[Path, str]:
    """Returns the text of every generated file, by its path in the checkout.

    The README is among them when it has anything to say, and then it must have the markers.

    Raises:
        MissingMarkerError: the README has text and lacks a marker.
    """
    files = {GENERATED / name: text for name, text in schema_files().items()}
    files[GENERATED / "asyncapi.yaml"] = asyncapi_yaml()
    files[Path(".env.example")] = env_example()
    readme = _text_of(root / "README.md")
    if readme and readme.strip():
        files[Path("README.md")] = with_tables(readme)
    return files


def stale_files(root: Path) -> list[Stale]:
    """Compares a checkout with the code; writes nothing."""
    try:
        files = generated_files(root)
    except MissingMarkerError as error:
        return [Stale(Path("README.md"), str(error))]
    found = {path: _text_of(root / path) for path in files}
    stale = [
        Stale(path, "is missing" if found[path] is None else "has changed")
        for path, text in files.items()
        if found[path] != text
    ]
    return stale + [Stale(path, "is left over") for path in _left_over(root, files)]


def write_files(root: Path) -> list[Path]:
    """Writes what is stale, removes what is left over, and returns the paths of both.

    Raises:
        FatalError: a file cannot be written, or the README lacks a marker; nothing is written then.
    """
    try:
        files = generated_files(root)
    except MissingMarkerError as error:
        raise FatalError(f"README.md has {error}", remedy="Put both markers where the table belongs") from None
    changed = [path for path, text in files.items() if _text_of(root / path) != text]
    left_over = _left_over(root, files)
    try:
        for path in changed:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(root / path, files[path].encode())
        for path in left_over:
            (root / path).unlink()
    except OSError as error:
        raise FatalError(f"cannot write under {root}: {error}", remedy=remedy_of(error)) from error
    return changed + left_over


def _left_over(root: Path, files: dict[Path, str]) -> list[Path]:
    """Files in the folder of the generated ones that no code makes any more."""
    present = sorted(path.relative_to(root) for path in (root / GENERATED).glob("*") if path.is_file())
    return [path for path in present if path not in files and not path.name.startswith(".")]


def _text_of(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return None
