"""Who runs a command, for the record of what operators do."""

import getpass
import os


def who() -> str:
    """Names the operator; a container's user may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
