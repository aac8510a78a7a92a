#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Runs every test: unit, both databases, browser. PostgreSQL and the browser are required here, so nothing is skipped unseen.
# Arguments are packages, all when there are none.
set -uo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then set -- ./...; fi
export REQUIRE_POSTGRES=1 REQUIRE_BROWSER=1
mkdir -p .cache
go build -o .cache/testsum ./scripts/testsum || exit 1
scripts/with-postgres.sh go test -json -vet=off -timeout 40m "$@" | .cache/testsum
status=("${PIPESTATUS[@]}")
[ "${status[0]}" -eq 0 ] && [ "${status[1]}" -eq 0 ]
