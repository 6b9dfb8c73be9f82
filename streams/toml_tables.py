"""TOML files of tables that people write: read and checked whole, with errors that name file, table and key.

A key that nothing reads is refused. No message quotes a value: a secret may stand where none belongs.
"""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec

from streams.errors import SettingsError

T = TypeVar("T", bound=msgspec.Struct)

_AT: Final = re.compile(r"^(?P<words>.*?)(?: - at `\$\.(?P<table>\w+)\[(?P<index>\d+)\](?:\.(?P<key>\w+))?.*`)?$")
_UNKNOWN: Final = re.compile(r"unknown field (\w+)$")
_CHOICE: Final = re.compile(r"Invalid (?:enum )?value .*")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFile(Generic[T]):
    """The form of a file.

    `kind` is the struct that the whole file is; its fields are tuples of tables. `remedy` ends every message but those
    about a secret, which `env_remedy` ends: keys that end so and that the file does not have, and names of variables
    that are none. `names` are the keys that tell a table apart, the first found counts. `choices` returns what a key of
    a table may say, for keys that are a closed set.
    """

    kind: type[T]
    remedy: str
    env_remedy: str
    names: tuple[str, ...]
    choices: Callable[[str, str], tuple[str, ...]]
    secret_ends: tuple[str, ...] = ("key", "secret", "password")

    def read(self, path: Path) -> T:
        """Reads and checks a file.

        Raises:
            SettingsError: it is not there, is no TOML, or says something that nothing understands.
        """
        try:
            raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            return msgspec.convert(raw, self.kind)
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} cannot be read: {type(error).__name__}", remedy=self.remedy) from None
        except tomllib.TOMLDecodeError as error:
            raise SettingsError(f"{path} is no TOML: {_where(error)}", remedy=self.remedy) from None
        except msgspec.ValidationError as error:
            raise self._invalid(path, raw, str(error)) from None
        except (ValueError, RecursionError):  # a number of thousands of digits, brackets thousands deep
            raise SettingsError(f"{path} is no TOML: it cannot be parsed", remedy=self.remedy) from None

    def wrong(self, path: Path, table: str, index: int, name: str, words: str, remedy: str = "") -> SettingsError:
        """Returns the error about one table: the file, which of its tables, and what is wrong."""
        named = f" ({name})" if name else ""
        return SettingsError(f"{path}: [[{table}]] number {index + 1}{named}: {words}", remedy=remedy or self.remedy)

    def _invalid(self, path: Path, raw: dict[str, Any], complaint: str) -> SettingsError:
        found = _AT.match(complaint)
        if found is None or found["table"] is None:
            return SettingsError(f"{path}: {_plain(complaint, ())}", remedy=self.remedy)
        table, index, key = found["table"], int(found["index"]), found["key"]
        words = _plain(found["words"], self.choices(table, key) if key else ())
        unknown = _UNKNOWN.search(words)
        is_secret = (key or "").endswith("_env") or (unknown and unknown[1].endswith(self.secret_ends))
        words = f"key {key}: {words}" if key else words
        remedy = self.env_remedy if is_secret else ""
        return self.wrong(path, table, index, self._name(raw, table, index), words, remedy)

    def _name(self, raw: dict[str, Any], table: str, index: int) -> str:
        """What the file calls one of its tables, where that is a name and no address."""
        entry = raw[table][index]
        found = [entry[key] for key in self.names if key in entry] if isinstance(entry, dict) else []
        name = found[0] if found else ""
        return name if isinstance(name, str) and re.fullmatch(r"(?!.*//)[\w./:-]{1,60}", name) else ""


def _where(error: tomllib.TOMLDecodeError) -> str:
    """The parser's words about the place alone: what stands there may be a secret."""
    place = re.search(r"\(at (?:line \d+, column \d+|end of document)\)", str(error))
    return place[0].strip("()") if place else "it cannot be parsed"


def _plain(words: str, choices: tuple[str, ...]) -> str:
    """Without the regular expression and the value that msgspec quotes."""
    words = re.sub(r" matching regex .*", " of another form", words).replace("Object", "it").replace("`", "")
    return _CHOICE.sub(f"expected one of {', '.join(choices)}", words)
