#!/usr/bin/env bash
# Makes streams/data/gazetteer.json.gz again: installs the package that package-lock.json locks, and runs build.py in .venv.
# Needs npm. Write the checksum that it prints into streams/gazetteer.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
home=.dallosh/gazetteer
mkdir -p "$home"
cp infra/gazetteer/package.json infra/gazetteer/package-lock.json "$home"
npm --prefix "$home" ci --ignore-scripts --no-audit --no-fund
PYTHONPATH=. .venv/bin/python infra/gazetteer/build.py \
    "$home/node_modules/@etalab/decoupage-administratif/data" streams/data/gazetteer.json.gz
