#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Loads the page that needs no script in headless Chromium with ordinary, hostile and no data: no script error, no
# complaint of the policy, nothing asked of another host, no element that a name from outside made.
#   check-page.sh SERVE_PAGE        prints TAP
set -u
serve_page=$1
chromium=$(command -v chromium || command -v chromium-browser || true)
echo 1..3
if [ -z "$chromium" ]; then
  for number in 1 2 3; do echo "ok $number # SKIP chromium is not installed"; done
  exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkfifo "$folder/hold"
status=0

look() { # number, mode, what is expected
  rm -f "$folder/address"
  "$serve_page" "$2" <"$folder/hold" >"$folder/address" &
  server=$!
  exec 3>"$folder/hold"
  tries=0
  until [ -s "$folder/address" ] || [ $tries -eq 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  # --host-resolver-rules: whatever is asked of another host fails and is logged
  timeout 60 "$chromium" --headless=new --no-sandbox --disable-gpu --enable-logging=stderr \
    --user-data-dir="$folder/profile" --host-resolver-rules='MAP * ~NOTFOUND , EXCLUDE 127.0.0.1' \
    --dump-dom "$(cat "$folder/address")plain" >"$folder/dom" 2>"$folder/log"
  exec 3>&-
  wait "$server"
  if grep -q '</html>' "$folder/dom" && grep -q 'ftth-share' "$folder/dom" &&
    ! grep -Eq '<img|<script>|onerror="' "$folder/dom" && ! grep -q 'CONSOLE' "$folder/log"; then
    echo "ok $1 - $3"
  else
    echo "not ok $1 - $3"
    grep -E 'CONSOLE' "$folder/log" | sed 's/^/# /'
    status=1
  fi
}

look 1 ordinary 'the page with figures loads without a complaint'
look 2 empty 'the page of the first day loads without a complaint'
look 3 hostile 'hostile names make no element and run nothing'
exit $status
