"""Whom alerts are told: the file of procedures, and what its channels need."""

from functools import partial

from agents.checks.check import Check, failed, of_error, ok
from agents.environment import secret_names
from streams.channels.opening import open_channels
from streams.channels.procedures_file import load_procedures
from streams.errors import SettingsError
from streams.settings import Settings


def channels_check(settings: Settings) -> Check:
    """Judges the file and the variables and programs that it names; connects to nobody."""
    try:
        found = load_procedures(settings.procedures_file)
    except SettingsError as error:
        return of_error("channels", error)
    opened = open_channels(found, partial(secret_names, settings, found))
    if opened.broken:
        said = "; ".join(str(error).removesuffix(f". {error.remedy}") for error in opened.broken.values())
        return failed("channels", said, "Set it, or take the channel out of DALLOSH_PROCEDURES_FILE")
    names = ", ".join(table.name for table in opened.channels)
    return ok("channels", f"ready: {names}" if names else "none: nobody is told of alerts")
