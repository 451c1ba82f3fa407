#!/bin/sh
# The systemd units leave their services little: exposure by systemd's own measure, offline.
set -u
cd "$1/packaging/systemd" || exit 1
echo 1..2
number=0
for limit in lastmile-probe:20 lastmile-collector:15; do
  unit=${limit%:*}; most=${limit#*:}; number=$((number + 1))
  if ! command -v systemd-analyze >/dev/null; then
    echo "ok $number - $unit # SKIP systemd-analyze is not installed"
  elif said=$(systemd-analyze security --offline=true --no-pager --threshold="$most" "$unit.service" 2>&1); then
    echo "ok $number - $unit exposes at most $most tenths"
  else
    echo "not ok $number - $unit exposes at most $most tenths"; echo "$said" | tail -n 1 | sed 's/^/# /'
  fi
done
