"""What a figure in tweets per second depends on: the processor, its cores and its instruction sets."""

import os
from pathlib import Path
from typing import Final

CPUINFO: Final = Path("/proc/cpuinfo")
INSTRUCTION_SETS: Final = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8", "asimddp", "i8mm")
"""Those that decide how fast a processor multiplies integers of 8 bits."""


def processor(cpuinfo: str) -> str:
    """Returns the processor's name and those of `INSTRUCTION_SETS` that it has.

    >>> processor("model name : A chip\\nflags : fpu avx2 sse4_2")
    'A chip, avx2'
    """
    fields = dict(_field(line) for line in reversed(cpuinfo.splitlines()) if ":" in line)
    has = (fields.get("flags") or fields.get("Features") or "").split()
    known = " ".join(name for name in INSTRUCTION_SETS if name in has)
    return f"{fields.get('model name') or 'unknown processor'}, {known or 'no known instruction set'}"


def machine(n_cores: int) -> str:
    """Describes this machine."""
    cpuinfo = CPUINFO.read_text() if CPUINFO.is_file() else ""
    return f"{n_cores} of {os.cpu_count()} cores, {processor(cpuinfo)}"


def _field(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()
