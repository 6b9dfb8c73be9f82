#!/usr/bin/env bash
# Makes .venv hold exactly what infra/requirements/dev.txt locks, and this checkout. Prints to standard error only.
set -euo pipefail
exec 1>&2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_REQUIRE_VIRTUALENV=1 PIP_NO_INPUT=1

python=.venv/bin/python
stamp=.venv/.locked-packages
lock=infra/requirements/dev.txt
wanted=$(cat "$lock" pyproject.toml infra/setup/venv.sh | sha256sum)
if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
    touch "$stamp"
    exit 0
fi

# An environment that does not run (its interpreter is gone, or the checkout was moved) is made anew.
if ! "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then
    base=$(infra/setup/python.sh)
    echo "setup: making .venv with $("$base" --version)"
    rm -rf .venv
    "$base" -m venv .venv
fi
echo "setup: installing the locked packages into .venv (a minute or two, once)"
"$python" -m pip install --quiet --require-hashes -r "$lock" </dev/null
"$python" -m pip install --quiet --no-deps --no-build-isolation -e . </dev/null
echo "$wanted" >"$stamp"
