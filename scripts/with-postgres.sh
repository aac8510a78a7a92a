#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Runs a command beside a throw-away PostgreSQL server and names it in TEST_POSTGRES: scripts/with-postgres.sh go test ./internal/...
# The server listens on 127.0.0.1 only, keeps its files in a temporary folder and is stopped and removed whatever the command does.
# KUPFERFADEN_PG_BIN names the folder of initdb and pg_ctl when they are not where Debian or the path have them.
set -euo pipefail

if [ $# -eq 0 ]; then
  echo "usage: scripts/with-postgres.sh COMMAND [ARGUMENT...]" >&2
  exit 2
fi
if [ -n "${TEST_POSTGRES:-}" ]; then # somebody named a server already
  exec "$@"
fi

bin=${KUPFERFADEN_PG_BIN:-}
if [ -z "$bin" ]; then
  for d in $(ls -d /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin 2>/dev/null | sort -V) \
    "$(dirname "$(command -v initdb || echo /nonexistent/initdb)")"; do
    if [ -x "$d/initdb" ] && [ -x "$d/pg_ctl" ]; then bin=$d; fi
  done
fi
if [ -z "$bin" ]; then
  echo "with-postgres: no PostgreSQL server found; install the package postgresql (Debian, Ubuntu: apt-get install postgresql) or set TEST_POSTGRES to the address of a server for tests" >&2
  exit 1
fi

# PostgreSQL refuses to run as root.
as=()
owner=
if [ "$(id -u)" = 0 ]; then
  owner=nobody
  if getent passwd postgres >/dev/null; then owner=postgres; fi
  as=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups)
fi

# Memory is quicker than a disk for a database that lives for minutes; its fsync stays on, because the program refuses a server without.
base=${TMPDIR:-/tmp}
if [ -d /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR==2 {print $4}')" -gt 1500000 ]; then base=/dev/shm; fi
dir=$(mktemp -d "$base/kupferfaden-pg.XXXXXX")
child=
stop() {
  trap - EXIT INT TERM HUP
  if [ -n "$child" ]; then
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if [ -f "$dir/data/postmaster.pid" ]; then
    (cd "$dir" && "${as[@]}" "$bin/pg_ctl" -D "$dir/data" -m immediate -w stop >/dev/null 2>&1) || true
  fi
  rm -rf "$dir"
}
trap stop EXIT
trap 'stop; exit 130' INT
trap 'stop; exit 143' TERM HUP

password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
(umask 077 && printf '%s\n' "$password" >"$dir/password")
if [ -n "$owner" ]; then chown -R "$owner" "$dir"; fi
cd_run() { (cd "$dir" && "${as[@]}" "$@"); }
if ! cd_run "$bin/initdb" -D "$dir/data" -U kupferfaden -A scram-sha-256 --pwfile="$dir/password" -E UTF8 --locale=C -k -N >"$dir/initdb.log" 2>&1; then
  cat "$dir/initdb.log" >&2
  exit 1
fi

started=
for _ in 1 2 3 4 5 6 7 8; do
  port=$((20000 + $(od -An -N2 -tu2 /dev/urandom) % 12000))
  if cd_run "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -t 60 \
    -o "-h 127.0.0.1 -p $port -k $dir -c max_connections=200 -c shared_buffers=64MB -c max_wal_size=512MB -c log_min_messages=fatal" start >"$dir/start.log" 2>&1; then
    started=yes
    break
  fi
done
if [ -z "$started" ]; then
  cat "$dir/start.log" "$dir/server.log" >&2 || true
  exit 1
fi

export TEST_POSTGRES="postgres://kupferfaden:$password@127.0.0.1:$port/postgres?sslmode=disable"
"$@" <&0 &
child=$!
code=0
wait "$child" || code=$?
child=
exit "$code"
