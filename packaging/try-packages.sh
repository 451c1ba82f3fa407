#!/bin/sh
# try-packages.sh: installs build/package/*.deb on a bare Debian 12 in a folder, as a new user would,
# looks whether they work, removes them again, and looks whether anything is left. Needs root.
set -eu
cd "$(dirname "$0")/.."
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | head -n 1)
cat >"$here/inside" <<'INSIDE'
set -eux
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq --no-install-recommends /packages/*.deb >/dev/null
for program in lastmile-probe lastmile-collector lastmile; do
  $program --version
  $program --help >/dev/null
  test -s "/usr/share/man/man1/$program.1.gz" || test -e /etc/dpkg/dpkg.cfg.d/excludes
  bash -n "/usr/share/bash-completion/completions/$program"
done
getent passwd lastmile-probe lastmile-collector
lastmile-collector check --config /etc/lastmile/collector.cfg
test -e /lib/systemd/system/lastmile-probe.service
ls /usr/share/lastmile/profiles/*.cfg >/dev/null
lastmile-probe bench --profile W1 --rounds 1 >/dev/null
lastmile-probe check --config /usr/share/doc/lastmile-probe/examples/probe.cfg || echo "the example names secrets that are not there"
apt-get remove --purge -y -qq lastmile-probe lastmile-collector lastmile >/dev/null
! ls /etc/lastmile/*.cfg /usr/bin/lastmile* 2>/dev/null
echo "ok: installed, tried, removed"
INSIDE
mmdebstrap --quiet --variant=minbase --hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr \
  --customize-hook="mkdir \"\$1/packages\"; cp build/package/*_$(dpkg --print-architecture).deb \"\$1/packages\"" \
  --customize-hook="cp $here/inside \"\$1/inside\"; chroot \"\$1\" sh /inside" \
  bookworm "$here/root.tar" ${site:+"$site"}
