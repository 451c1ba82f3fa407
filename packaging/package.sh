#!/bin/sh
# package.sh: the Debian packages of the committed or uncommitted tree, for this machine's architecture
# and for arm64, in build/package/. The tree is copied first: what a package build leaves about stays
# out of it.
set -eu
cd "$(dirname "$0")/.."
out=$PWD/build/package
native=$(dpkg --print-architecture)
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l packaging/debian/changelog -S Timestamp)
export SOURCE_DATE_EPOCH

copy_tree() {
  rm -rf "$out/$1"
  mkdir -p "$out/$1/lastmile"
  git ls-files -z --cached --others --exclude-standard | tar -c --null -T - | tar -x -C "$out/$1/lastmile"
  cp -a packaging/debian "$out/$1/lastmile/debian"
}

build_package() { # ARCH, further arguments of dpkg-buildpackage
  arch=$1; shift
  echo "dev: packages for $arch" >&2
  (cd "$out/$arch/lastmile" && dpkg-buildpackage -us -uc -b -d "$@") >"$out/$arch.log" 2>&1 ||
    { tail -n 30 "$out/$arch.log" >&2; exit 1; }
  mv "$out/$arch"/*.deb "$out/"
}

mkdir -p "$out"
rm -f "$out"/*.deb
copy_tree "$native"
build_package "$native"
if [ "$native" = amd64 ]; then
  packaging/cross/cross.sh arm64 --prepare
  copy_tree arm64
  LASTMILE_CROSS=$PWD/build/cross/arm64/cross.ini
  LASTMILE_DEPENDS=$out/$native/lastmile/debian
  LASTMILE_NATIVE=$out/$native/lastmile/debian/tmp/usr/bin
  export LASTMILE_CROSS LASTMILE_DEPENDS LASTMILE_NATIVE
  build_package arm64 -aarm64
fi
lintian --fail-on error,warning "$out"/*.deb
ls -l "$out"/*.deb
