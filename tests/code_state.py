"""The state of the code that a result was shown with."""

import hashlib
import subprocess
from collections.abc import Sequence

from streams.settings import PROJECT_DIR


def digest(parts: Sequence[str]) -> str:
    """Returns 12 hexadecimal digits of every file that takes part, committed or not; "unknown" outside a checkout.

    Args:
        parts: files and folders, from the project's root.
    """
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *parts]
    told = subprocess.run(command, cwd=PROJECT_DIR, capture_output=True, check=False)
    if told.returncode:
        return "unknown"
    made = hashlib.sha256()
    for name in sorted(set(told.stdout.split(b"\0")) - {b""}):
        path = PROJECT_DIR / name.decode()
        made.update(name + b"\0" + (hashlib.sha256(path.read_bytes()).digest() if path.is_file() else b"gone"))
    return made.hexdigest()[:12]
