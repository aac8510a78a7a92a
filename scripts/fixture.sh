#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Makes the fixture of an upgrade test from the current sources: a filled database of each engine, which every later program must be able to
# take over. scripts/fixture.sh 0003-trust writes internal/platform/db/testdata/fixtures/0003-trust/. What is committed once is never changed.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -ne 1 ] || ! [[ $1 =~ ^[0-9]{4}-[a-z-]+$ ]]; then
  echo "usage: scripts/fixture.sh NNNN-NAME" >&2
  exit 2
fi
to=internal/platform/db/testdata/fixtures/$1
if [ -e "$to" ]; then
  echo "fixture: $to is there already; a fixture is never changed" >&2
  exit 1
fi
mkdir -p .cache
go build -o .cache/fixture ./scripts/fixture
scripts/with-postgres.sh .cache/fixture "$to"
cat >"$to/README.md" <<EOF
# Fixture $1

A filled town of each engine as the program of $(git describe --tags --always) kept it ($(date -u +%Y-%m-%d)), made by \`scripts/fixture.sh $1\`: the example town with areas,
deliveries, a retracted correction, releases, index runs, a frozen report with its files, accounts, waiting files. Sign in as
\`planung@kupferstadt.example\` with \`Kupferfaden-Fixture-7431\`. The upgrade test (\`internal/app\`) takes it over; it is never changed.

- \`sqlite.tar.zst\`: the data directory.
- \`postgres.tar.zst\`: the data directory without a database, and \`dump.sql\` of the PostgreSQL database.
EOF
ls -l "$to"
