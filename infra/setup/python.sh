#!/usr/bin/env bash
# Prints the interpreter to build .venv with: the first of Python 3.11 to 3.13 that really runs ($PYTHON wins).
set -euo pipefail

for name in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3; do
    program=$(command -v "$name") || continue
    if "$program" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; then
        echo "$program"
        exit 0
    fi
done
echo "setup: Python 3.11, 3.12 or 3.13 is missing (tried python3.11, python3.12, python3.13, python3);" >&2
echo "       on Debian 12 or newer: apt-get install python3 python3-venv; or name one: make setup PYTHON=/path" >&2
exit 1
