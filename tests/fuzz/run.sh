#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh [TARGET] [SECONDS]: libFuzzer on one reader of strangers' bytes, or on each in turn, from
# its seeds, with the address and undefined-behaviour sanitizers. What it finds stays in
# build/fuzz/found, what it learned in build/fuzz/corpus. Exits 1 when something was found.
set -eu
cd "$(dirname "$0")/../.."
target=${1:-all} seconds=${2:-60} build=build/fuzz
[ -f $build/build.ninja ] || CC=clang meson setup $build --buildtype=debug -Doptimization=1 \
  -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
found=0
for seeds in tests/fuzz/seeds/*/; do
  name=$(basename "$seeds")
  [ "$target" = all ] || [ "$target" = "$name" ] || continue
  found=1
  ninja -C $build "tests/fuzz/fuzz_$name" >/dev/null
  mkdir -p "$build/corpus/$name" "$build/found/$name"
  echo "fuzz: $name, $seconds s"
  "$build/tests/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=5 -print_final_stats=1 \
    -artifact_prefix="$build/found/$name/" "$build/corpus/$name" "$seeds" 2>"$build/$name.log" || {
    tail -n 40 "$build/$name.log" >&2
    exit 1
  }
  grep -E 'number_of_executed_units|average_exec_per_sec' "$build/$name.log"
done
[ $found = 1 ] || { echo "fuzz: no target '$target'; there are: $(ls tests/fuzz/seeds)" >&2; exit 2; }
