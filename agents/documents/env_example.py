"""`.env.example`: every setting commented out with its default, under its heading."""

from itertools import groupby
from typing import Final

from agents.documents.settings_rows import SettingRow, setting_rows

_HEAD: Final = """\
# Copy to .env and uncomment what you change. Variables of the environment win over this file.
# DALLOSH_ENV_FILE, in the environment, names another file than .env; empty, it turns the file off.
# Made by `dallosh schemas export`; what is in force, and why: `dallosh config show`.
"""


def env_example() -> str:
    """Returns the file's text."""
    parts = [_HEAD]
    for group, rows in groupby(setting_rows(), key=lambda row: row.group):
        parts.append(f"\n# ---- {group} ----\n")
        parts += [_entry(row) for row in rows]
    return "".join(parts)


def _entry(row: SettingRow) -> str:
    also = f" Also read from {', '.join(row.variables[1:])}." if row.variables[1:] else ""
    secret = " Secret." if row.secret else ""
    return f"# {row.description}{secret}{also}\n#{row.variables[0]}={row.default}\n"
