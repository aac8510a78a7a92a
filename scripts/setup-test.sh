#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Sees to what the tests need beside Go and Node: a PostgreSQL server, Chromium, tools that look into PDF files, a font. What is missing is
# installed from Debian (or Ubuntu) when this runs as root there; elsewhere the packages are named and the script ends with 1.
set -euo pipefail

has() { command -v "$1" >/dev/null 2>&1; }
missing=()
need() { # need PACKAGE COMMAND...: the package is missing when the test command fails
  local package=$1
  shift
  if ! "$@" >/dev/null 2>&1; then missing+=("$package"); fi
}
browser() { [ -n "${CHROME_BIN:-}" ] || has chromium || has chromium-browser || has google-chrome || [ -d "/Applications/Google Chrome.app" ]; }
postgres() { [ -n "${TEST_POSTGRES:-}" ] || [ -n "${KUPFERFADEN_PG_BIN:-}" ] || ls -d /usr/lib/postgresql/*/bin/initdb || has initdb; }
pikepdf() { /usr/bin/python3 -c 'import pikepdf' || python3 -c 'import pikepdf'; }
font() { ls /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf || [ "$(uname)" = Darwin ]; }

need chromium browser
need postgresql postgres
need poppler-utils has pdftotext
need qpdf has qpdf
need python3-pikepdf pikepdf
need fonts-dejavu-core font
if [ ${#missing[@]} -eq 0 ]; then exit 0; fi

if [ "$(id -u)" = 0 ] && has apt-get; then
  echo "setup-test: installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  log=$(mktemp)
  if apt-get update -qq >"$log" 2>&1 </dev/null && apt-get install -y -qq --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -20 "$log" >&2
  rm -f "$log"
fi
echo "setup-test: the tests need these packages (names as in Debian), please install them: ${missing[*]}" >&2
echo "setup-test: for example: sudo apt-get install ${missing[*]}" >&2
exit 1
