#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a C file that holds the static files of the site, so that the collector serves none from
# disk.   embed.sh OUT PAGES ADDRESS=FILE ...
# PAGES is the folder of the built dashboards (`./dev build` makes it); where there is none, the
# collector serves the plain page alone. What vite has named by its contents never changes.
set -eu
out=$1
pages=$2
shift 2

media_type() {
  case $1 in
    *.html) echo 'text/html; charset=utf-8' ;;
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *.json) echo 'application/json' ;;
    *.txt) echo 'text/plain; charset=utf-8' ;;
    *) echo "embed.sh: no media type is known for $1" >&2; return 1 ;;
  esac
}

if [ -f "$pages/index.html" ]; then
  for file in $(cd "$pages" && find . -type f ! -name '*.gz' | LC_ALL=C sort); do
    address=${file#.}
    [ "$address" != /index.html ] || address=index.html # is what / answers, and no address itself
    set -- "$@" "$address=$pages/${file#./}"
  done
fi

# Nothing is written when nothing has changed: the compiler then has nothing to do.
stamp=$({ cat "$0"; for pair in "$@"; do echo "$pair"; cat "${pair#*=}"; done; } | cksum)
[ ! -f "$out" ] || [ "$(sed -n '1s/.* of \(.*\) \*\//\1/p' "$out")" != "$stamp" ] || exit 0

# "name", length: one array of C.
bytes() {
  echo "static const unsigned char $1[] = {"
  od -An -v -tx1 | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
  echo '};'
}

{
  echo "/* Made by dashboards/embed.sh of $stamp */"
  echo '#include "collector/http/assets.h"'
  number=0
  for pair in "$@"; do
    bytes "bytes_$number" <"${pair#*=}"
    gzip -9n <"${pair#*=}" | bytes "gzip_$number"
    number=$((number + 1))
  done
  echo 'const struct asset assets[] = {'
  number=0
  for pair in "$@"; do
    type=$(media_type "${pair#*=}")
    fixed=false
    case ${pair%%=*} in /assets/*-????????.*) fixed=true ;; esac
    echo "    {\"${pair%%=*}\", \"$type\", bytes_$number, sizeof bytes_$number, gzip_$number," \
      "sizeof gzip_$number, $fixed},"
    number=$((number + 1))
  done
  echo '    {0, 0, 0, 0, 0, 0, 0},'
  echo '};'
} >"$out.part"
mv "$out.part" "$out"
