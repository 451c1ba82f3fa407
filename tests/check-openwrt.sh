#!/bin/sh
# The init script of OpenWrt, with stubs of uci's and procd's functions: what it writes is what the probe
# takes, what is wrong is refused, and the probe gets its command. Arguments: the source, the probe.
set -u
init=$1/packaging/openwrt/lastmile-probe/files/lastmile-probe.init
probe=$2
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir -p "$here/etc" "$here/run" "$here/bin"
printf '%064d\n' 7 >"$here/etc/pseudonym.key"; chmod 600 "$here/etc/pseudonym.key"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 \
  -keyout "$here/etc/probe.key" -out "$here/etc/probe.pem" 2>/dev/null
cp "$here/etc/probe.pem" "$here/etc/ca.pem"; chmod 600 "$here/etc/probe.key"
printf '#!/bin/sh\nexec %s "$@"\n' "$probe" >"$here/bin/probe"; chmod +x "$here/bin/probe"

# $1: lines "section.option=value"; runs start_service, prints what procd was told.
start() {
  cat >"$here/case" <<CASE
uci='$1'
config_load() { :; }
config_get() {
  value=\$(printf '%s\n' "\$uci" | sed -n "s|^\$2\.\$3=||p" | head -n 1)
  eval "\$1=\\\${value:-\\\${4:-}}"
}
config_get_bool() { config_get "\$@"; }
config_foreach() { for section in \$(printf '%s\n' "\$uci" | sed -n 's/\.interface=.*//p'); do "\$1" "\$section"; done; }
logger() { shift 4; echo "log: \$*" >&2; }
procd_open_instance() { :; }
procd_close_instance() { :; }
procd_set_param() { echo "param: \$*"; }
procd_add_jail() { echo "jail: \$*"; }
procd_add_jail_mount() { :; }
procd_add_jail_mount_rw() { :; }
procd_add_reload_trigger() { :; }
. "$init"
PROGRAM=$here/bin/probe; SECRETS=$here/etc; RUN_DIR=$here/run; CONFIG=$here/run/probe.cfg
start_service; echo "status: \$?"
CASE
  sh "$here/case" 2>&1
}

good="probe.enabled=1
probe.operator=cu
probe.name=huancui-1
probe.broker_host=broker.example.org
wan.interface=eth0
lan.interface=br-lan"
number=0
judge() { # name, text, pattern that must be in it
  number=$((number + 1))
  if printf '%s' "$2" | grep -q "$3"; then echo "ok $number - $1"; else
    echo "not ok $number - $1"; printf '%s\n' "$2" | sed 's/^/# /'
  fi
}
echo 1..6
said=$(start "$good")
judge 'good settings start the probe' "$said" "param: command $here/bin/probe run --config $here/run/probe.cfg"
judge 'it is respawned and jailed' "$said" 'jail: lastmile-probe'
judge 'every source is there' "$(grep -c interface "$here/run/probe.cfg")" '^2$'
judge 'disabled, nothing is started' "$(start 'probe.enabled=0')" '^status: 0$'
judge 'a value that would end its string is refused' "$(start "$good
bad.interface=eth0\"; x = \"1")" 'status: 1'
judge 'what is missing is named' "$(start "$(printf '%s\n' "$good" | grep -v operator)")" 'operator is not set'
