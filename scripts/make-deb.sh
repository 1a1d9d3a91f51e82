#!/bin/sh
# Makes a Debian package with what every Debian has: make-deb.sh DIRECTORY-OF-THE-PROGRAMS OUTPUT-DIRECTORY [REVISION]
#
# Prints the path of the package. The same programs give the same package, byte for byte: its time is the last commit's, or
# SOURCE_DATE_EPOCH. Who makes it says so with DEBFULLNAME and DEBEMAIL.
set -eu

programs=$(cd "$1" && pwd)
mkdir -p "$2"
output=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
upstream=$(sed -n 's/.*static let current = "\(.*\)"/\1/p' Sources/Model/Version.swift)
version=$upstream-${3:-1}
maintainer="${DEBFULLNAME:-taskd maintainers} <${DEBEMAIL:-maintainers@localhost.localdomain}>"
architecture=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y CHANGELOG.md)}
export SOURCE_DATE_EPOCH

work=$(mktemp -d "${TMPDIR:-/tmp}/taskd-deb.XXXXXX")
trap 'rm -rf -- "$work"' EXIT
root=$work/root
umask 022
scripts/install.sh "$programs" "$root" /usr
documents=$root/usr/share/doc/taskd
strip --strip-unneeded "$root/usr/bin/taskd" "$root/usr/bin/taskctl" "$root/usr/libexec/taskd-shim"

# What Debian wants in its own way.
rm "$documents/LICENSE"
cp packaging/deb/copyright "$documents/copyright"
gzip -9n -c CHANGELOG.md >"$documents/changelog.gz"
rm "$documents/CHANGELOG.md"
{
    printf 'taskd (%s) unstable; urgency=medium\n\n  * What has changed is in changelog.gz.\n\n' "$version"
    printf ' -- %s  ' "$maintainer"
    LC_ALL=C date -u -R -d "@$SOURCE_DATE_EPOCH"
} | gzip -9n >"$documents/changelog.Debian.gz"
gzip -9n "$root"/usr/share/man/man?/*
install -D -m 644 packaging/deb/lintian-overrides "$root/usr/share/lintian/overrides/taskd"

mkdir "$root/DEBIAN" "$work/debian"
printf 'Source: taskd\n\nPackage: taskd\nArchitecture: any\n' >"$work/debian/control"
# A development build also needs the libraries of Swift's toolchain, which no package has.
unpackaged=""
case $(objdump -p "$programs/taskd") in *libswiftCore.so*) unpackaged=--ignore-missing-info ;; esac
depends=$(cd "$work" && dpkg-shlibdeps $unpackaged -O "$root/usr/bin/taskd" "$root/usr/bin/taskctl" 2>"$work/warnings") || {
    cat "$work/warnings" >&2
    exit 1
}
size=$(du -k -s --apparent-size --exclude=DEBIAN "$root" | cut -f 1)
sed -e "s|@VERSION@|$version|" -e "s|@MAINTAINER@|$maintainer|" -e "s|@ARCHITECTURE@|$architecture|" -e "s|@SIZE@|$size|" \
    -e "s|@DEPENDS@|${depends#shlibs:Depends=}|" packaging/deb/control.in >"$root/DEBIAN/control"
install -m 755 packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm "$root/DEBIAN"
echo /etc/taskd/taskd.yaml >"$root/DEBIAN/conffiles"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
package=$output/taskd_${version}_$architecture.deb
dpkg-deb --root-owner-group -Zxz -z"${DEB_COMPRESSION_LEVEL:-6}" --build "$root" "$package" >/dev/null
echo "$package"
