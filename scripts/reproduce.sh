#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Builds the program twice, from two folders and without the cache the second time, and compares: scripts/reproduce.sh LDFLAGS
set -euo pipefail
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CGO_ENABLED=0
go build -trimpath -buildvcs=false -ldflags "$1" -o "$dir/one" ./cmd/kupferfaden
mkdir "$dir/copy"
git ls-files -co --exclude-standard -z | xargs -0 cp -L --parents -t "$dir/copy"
for made in $(git ls-files -oi --exclude-standard --directory -- internal); do # the built scripts and style sheets are not in git
  mkdir -p "$dir/copy/$(dirname "$made")"
  cp -rL "$made" "$dir/copy/$(dirname "$made")/"
done
(cd "$dir/copy" && GOCACHE="$dir/cache" go build -trimpath -buildvcs=false -ldflags "$1" -o "$dir/two" ./cmd/kupferfaden)
a=$(sha256sum <"$dir/one") b=$(sha256sum <"$dir/two")
if [ "$a" != "$b" ]; then
  echo "reproduce: the two builds differ: $a $b" >&2
  exit 1
fi
echo "${a%% *}  both builds"
