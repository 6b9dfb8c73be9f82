"""`python -m agents.tied PARENT_PID MODULE ARGUMENTS...` runs a module that cannot outlive its parent process.

The kernel kills it when the parent's thread that started it ends, however that ends (Linux).
"""

import ctypes
import os
import runpy
import signal
import sys
from typing import Final

PR_SET_PDEATHSIG: Final = 1


def tie_to(parent_pid: int) -> None:
    """Asks the kernel for SIGKILL at the parent's end; ends at once when the parent is gone already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent_pid:
        os._exit(1)


def main() -> None:
    """Ties this process, then becomes the module."""
    tie_to(int(sys.argv[1]))
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
