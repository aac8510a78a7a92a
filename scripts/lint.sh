#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Looks over the sources: format, generated files, go vet, staticcheck. Says everything it finds before it ends with 1.
set -uo pipefail
cd "$(dirname "$0")/.."

tool() { go tool -modfile=tools/go.mod "$@"; }
bad=0

unformatted=$(git ls-files -co --exclude-standard '*.go' | grep -v '_templ\.go$' | xargs go tool -modfile=tools/go.mod gofumpt -l) || bad=1
if [ -n "$unformatted" ]; then
  printf 'lint: not formatted, run "make fmt":\n%s\n' "$unformatted" >&2
  bad=1
fi

# Each component's Go file must be what templ makes of it today; the file names in it depend on the folder templ was started in.
plain() { sed 's/FileName: `[^`]*`/FileName: ``/'; }
while read -r f; do
  if ! made=$(tool templ generate -stdout -f "$f" 2>/dev/null | plain; exit "${PIPESTATUS[0]}"); then
    echo "lint: $f cannot be generated" >&2
    bad=1
  elif [ -n "$made" ] && ! cmp -s <(printf '%s\n' "$made") <(plain <"${f%.templ}_templ.go"); then # nothing is printed for a file that is the same
    echo "lint: ${f%.templ}_templ.go is not up to date, run \"make generate\"" >&2
    bad=1
  fi
done < <(git ls-files -co --exclude-standard '*.templ')

go vet ./... || bad=1
tool staticcheck ./... || bad=1
exit $bad
