#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
# Builds the Debian package around a program: scripts/deb.sh PROGRAM VERSION ARCH OUTPUT-FOLDER. Needs dpkg-deb only. The same program gives the same
# package: times are those of SOURCE_DATE_EPOCH or of the last commit.
set -euo pipefail
if [ $# -ne 4 ]; then
  echo "usage: scripts/deb.sh PROGRAM VERSION ARCH OUTPUT-FOLDER" >&2
  exit 2
fi
program=$1 version=$2 arch=$3 out=$4
cd "$(dirname "$0")/.."
# A Debian version begins with a digit and knows no dash of ours: v1.2.0-3-gabc becomes 1.2.0+3.gabc, a bare commit 0+abc.
version=${version#v}
version=${version/-/+}
version=${version//-/.}
case $version in [0-9]*.*) ;; *) version=0+$version ;; esac
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
install -D -m 0755 "$program" "$root/usr/bin/kupferfaden"
install -D -m 0644 packaging/systemd/kupferfaden.service "$root/usr/lib/systemd/system/kupferfaden.service"
install -D -m 0644 packaging/systemd/kupferfaden.socket "$root/usr/lib/systemd/system/kupferfaden.socket"
install -D -m 0640 packaging/debian/kupferfaden.toml "$root/etc/kupferfaden/kupferfaden.toml"
doc=$root/usr/share/doc/kupferfaden
mkdir -p "$doc/betrieb"
cp docs/betrieb/*.md "$doc/betrieb/"
{
  echo "Upstream-Name: Kupferfaden"
  echo "Source: https://github.com/kupferfaden/kupferfaden"
  echo "License: EUPL-1.2"
  echo
  cat LICENSE
} >"$doc/copyright"
printf 'kupferfaden (%s) stable; urgency=medium\n\n  * See CHANGELOG.md of the project.\n\n -- Kupferfaden project <kupferfaden@example.org>  %s\n' \
  "$version" "$(LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9n >"$doc/changelog.gz"
mkdir -p "$root/DEBIAN"
sed -e "s/@VERSION@/$version/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$(du -sk "$root" | cut -f1)/" packaging/debian/control.in >"$root/DEBIAN/control"
echo /etc/kupferfaden/kupferfaden.toml >"$root/DEBIAN/conffiles"
for f in postinst prerm postrm; do install -m 0755 "packaging/debian/$f" "$root/DEBIAN/$f"; done
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
chmod 0644 "$root/DEBIAN/md5sums" "$root/DEBIAN/control" "$root/DEBIAN/conffiles"
find "$doc" -type f -exec chmod 0644 {} +
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
mkdir -p "$out"
file=$out/kupferfaden_${version}_${arch}.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$file" >/dev/null
echo "$file"
