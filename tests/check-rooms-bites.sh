#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Proves that check-rooms bites: each planted fault in a copy of the tree must turn its line red.
set -u
source=${LASTMILE_SOURCE:-.}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
number=0
status=0

plant() { # name, file, line to add, case of check-rooms that must fail
  number=$((number + 1))
  rm -rf "${copy:?}"/*
  cp -r "$source/common" "$source/probe" "$source/collector" "$source/tests" "$copy/"
  printf '%s\n' "$3" >>"$copy/$2"
  if "$source/tests/check-rooms.sh" "$copy" | grep -q "^not ok $4 "; then
    echo "ok $number - check-rooms sees $1"
  else
    echo "not ok $number - check-rooms misses $1"
    status=1
  fi
}

echo 1..5
plant 'a layer turned over' common/topic.c '#include "probe/decode/packet.h"' 1
plant 'the probe reaching into the collector' common/clock.c '#include "collector/settings.h"' 1
plant 'a library in another room' common/log.c '#include <sqlite3.h>' 2
plant 'a clock in a pure room' common/topic.c '#include <time.h>' 3
plant 'a library without a room' common/log.c '#include <bzlib.h>' 4
exit $status
