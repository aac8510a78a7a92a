#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Runs the benchmarks of all packages that have some, one package after the other so that they do not disturb each other.
# BENCH selects by name, BENCHTIME and COUNT are handed to go test.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=$(git ls-files -co --exclude-standard '*_test.go' | xargs grep -lE '^func Benchmark' | xargs -n1 dirname | sort -u | sed 's|^|./|')
if [ -z "$packages" ]; then
  echo "bench: there are no benchmarks" >&2
  exit 1
fi
# shellcheck disable=SC2086 # a list
exec go test -p 1 -run '^$' -bench "${BENCH:-.}" -benchmem -benchtime "${BENCHTIME:-1s}" -count "${COUNT:-1}" -timeout 60m $packages
