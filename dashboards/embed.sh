#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Writes a C file that holds the static files of the site, so that the collector serves none from
# disk.   embed.sh OUT ADDRESS=FILE ...
set -eu
out=$1
shift

media_type() {
  case $1 in
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    *.json) echo 'application/json' ;;
    *.txt) echo 'text/plain; charset=utf-8' ;;
    *) echo "embed.sh: no media type is known for $1" >&2; return 1 ;;
  esac
}

{
  echo '/* Made by dashboards/embed.sh; not to be edited. */'
  echo '#include "collector/http/assets.h"'
  number=0
  for pair in "$@"; do
    echo "static const unsigned char bytes_$number[] = {"
    od -An -v -tx1 "${pair#*=}" | sed 's/ \([0-9a-f][0-9a-f]\)/0x\1,/g'
    echo '};'
    number=$((number + 1))
  done
  echo 'const struct asset assets[] = {'
  number=0
  for pair in "$@"; do
    type=$(media_type "${pair#*=}")
    echo "    {\"${pair%%=*}\", \"$type\", bytes_$number, sizeof bytes_$number},"
    number=$((number + 1))
  done
  echo '    {0, 0, 0, 0},'
  echo '};'
} >"$out.part"
mv "$out.part" "$out"
