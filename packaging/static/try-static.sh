#!/bin/sh
# try-static.sh [amd64|arm64|armhf]: runs the static probe in a folder with nothing else in it (root's
# chroot; of another architecture: under qemu-user), and compares what it finds with the build of this
# machine (./dev build).
set -eu
cd "$(dirname "$0")/../.."
arch=${1:-$(dpkg --print-architecture)}
program=build/static/$arch/lastmile-probe
empty=$(mktemp -d)
trap 'rm -rf "$empty"' EXIT
cp "$program" "$empty/lastmile-probe"
build/tests/support/make_capture --kind mixed --lines 200 --out "$empty/made.pcap" >/dev/null

case $arch in
"$(dpkg --print-architecture)") run() { chroot "$empty" /lastmile-probe "$@"; } ;;
arm64) run() { (cd "$empty" && qemu-aarch64 ./lastmile-probe "$@"); } ;;
armhf) run() { (cd "$empty" && qemu-arm ./lastmile-probe "$@"); } ;;
esac

fail() { echo "not ok: $arch: $1" >&2; exit 1; }
plain() { sed 's/"seconds": *[0-9.e-]*//' "$1"; } # how long it took differs

! readelf -lW "$program" | grep -q INTERP || fail 'it asks for a loader'
run --version >/dev/null || fail 'it does not start'
run replay --json made.pcap >"$empty/static.json" || fail 'it does not replay'
build/probe/lastmile-probe replay --json "$empty/made.pcap" >"$empty/shared.json"
[ -s "$empty/static.json" ] && [ "$(plain "$empty/static.json")" = "$(plain "$empty/shared.json")" ] ||
  fail 'it counts otherwise'
run bench --profile W3 --rounds 1 >/dev/null || fail 'its counts are not the truth'
# TLS is in it: a broker that is not there is looked for, and the settings are read
head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$empty/key"
chmod 600 "$empty/key"
cat >"$empty/probe.cfg" <<CFG
operator = "cu"; probe = "static"; pseudonym_key_file = "key"; broker = { host = "127.0.0.1"; port = 1; };
sources = ( { name = "tap"; file = "made.pcap"; } );
CFG
run check --config probe.cfg >/dev/null || fail 'it does not read settings'
echo "ok: $arch: $(stat -c %s "$program") octets, runs alone, counts as the build of this machine"
