#!/bin/sh
# The init script of OpenWrt, with stubs of uci's and procd's functions: what it writes is what the probe
# takes, what is wrong is refused, and the probe gets its command. Arguments: the source, the probe.
set -u
init=$1/packaging/openwrt/lastmile-probe/files/lastmile-probe.init
probe=$2
profiles=$1/config/profiles
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
mkdir -p "$here/etc" "$here/run" "$here/bin"
printf '%064d\n' 7 >"$here/etc/pseudonym.key"; chmod 600 "$here/etc/pseudonym.key"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 2 \
  -keyout "$here/etc/probe.key" -out "$here/etc/probe.pem" 2>/dev/null
cp "$here/etc/probe.pem" "$here/etc/ca.pem"; chmod 600 "$here/etc/probe.key"
printf '#!/bin/sh\nexec %s "$@"\n' "$probe" >"$here/bin/probe"; chmod +x "$here/bin/probe"

# $1: lines "section=type" and "section.option=value", several of one option for a list; runs start_service, prints what procd was told.
start() {
  cat >"$here/case" <<CASE
uci='$1'
config_load() { :; }
config_get() {
  value=\$(printf '%s\n' "\$uci" | sed -n "s|^\$2\.\$3=||p" | head -n 1)
  eval "\$1=\\\${value:-\\\${4:-}}"
}
config_get_bool() { config_get "\$@"; }
config_foreach() { for found in \$(printf '%s\n' "\$uci" | sed -n "s/^\([a-z0-9]*\)=\$2\$/\1/p"); do "\$1" "\$found"; done; }
config_list_foreach() { printf '%s\n' "\$uci" | sed -n "s|^\$1\.\$2=||p" >"$here/list"; while IFS= read -r item; do "\$3" "\$item"; done <"$here/list"; }
logger() { shift 4; echo "log: \$*" >&2; }
procd_open_instance() { :; }
procd_close_instance() { :; }
procd_set_param() { echo "param: \$*"; }
procd_add_jail() { echo "jail: \$*"; }
procd_add_jail_mount() { for path in "\$@"; do echo "reads: \$path"; done; }
procd_add_jail_mount_rw() { for path in "\$@"; do echo "writes: \$path"; done; }
procd_add_reload_trigger() { :; }
. "$init"
PROGRAM=$here/bin/probe; SECRETS=$here/etc; RUN_DIR=$here/run; CONFIG=$here/run/probe.cfg
MORE=$here/etc/more.cfg; PROFILES=$profiles
start_service; echo "status: \$?"
CASE
  sh "$here/case" 2>&1
}

good="probe.enabled=1
probe.operator=cu
probe.name=huancui-1
probe.broker_host=broker.example.org
probe.spool=$here/flash/spool
wan=source
wan.interface=eth0
lan=source
lan.interface=br-lan"
edge="node1=access_node
node1.name=olt-huancui-01
node1.source=wan
node1.area=371002
node1.technology=gpon
node1.svlan_first=100
node1.svlan_last=199
node2=access_node
node2.name=ap-lobby
node2.source=lan
node2.area=371002
node2.wlan=1
node2.ssid=威海 free
stations=stations
stations.name=ap-lobby
stations.area=371002
stations.source=hostapd
stations.socket_dir=$here/hostapd
connections=connections
connections.name=nat
connections.beside=wan
probe.public_ssid=威海 free
probe.public_ssid=cafe"
number=0
judge() { # name, text, pattern that must be in it
  number=$((number + 1))
  if printf '%s' "$2" | grep -q "$3"; then echo "ok $number - $1"; else
    echo "not ok $number - $1"; printf '%s\n' "$2" | sed 's/^/# /'
  fi
}
echo 1..19
said=$(start "$good")
judge 'good settings start the probe' "$said" "param: command $here/bin/probe run --config $here/run/probe.cfg"
judge 'it is respawned and jailed' "$said" 'jail: lastmile-probe'
judge 'the kernel holds its memory to a limit' "$said" 'param: limits core=0 data=67108864'
judge 'which is a number' "$(start "$good
probe.memory_limit=lots")" "is no number"
said=$(start "$good")
judge 'every source is there' "$(grep -c interface "$here/run/probe.cfg")" '^2$'
judge 'the jail shows the octets of interfaces' "$said" 'jail: .*sysfs'
judge 'and the profiles of devices, where the package has them' "$said" "^reads: $profiles$"
judge 'the folder of unsent reports is made, and the jail shows it' \
  "$(printf '%s\n' "$said" | grep -c "^writes: $here/flash/spool$") $(ls -d "$here/flash/spool")" "^1 $here/flash/spool$"
said=$(start "$good
$edge")
judge 'access nodes, stations, connections and public names reach the settings' \
  "$said $(tr -d '\n' <"$here/run/probe.cfg")" 'status: 0.*svlan_last = 199.*wlan = true;ssid = "威海 free".*stations = {name = "ap-lobby".*connections = {name = "nat";beside = "wan".*"威海 free","cafe"'
judge 'the jail shows the sockets of hostapd' "$said" "^writes: $here/hostapd$"
echo 'demand = { busy_to_hour = 99; };' >"$here/etc/more.cfg"
judge 'what UCI has no option for is checked with the rest' "$(start "$good")" 'status: 1'
echo 'demand = { flow_octets = 20000000; };' >"$here/etc/more.cfg"
judge 'and reaches the settings' "$(start "$good") $(tail -n 1 "$here/run/probe.cfg")" 'status: 0.*demand = { flow_octets'
judge 'disabled, nothing is started' "$(start 'probe.enabled=0')" '^status: 0$'
judge 'a value that would end its string is refused' "$(start "$good
bad=source
bad.interface=eth0\"; x = \"1")" 'status: 1'
good_settings=$(cat "$here/run/probe.cfg")
bad="$good
wan.snaplen=many
probe.spool=$here/elsewhere"
said=$(start "$bad")
judge 'with the last good settings the probe goes on' "$said" 'param: command .*run --config'
judge 'which stay as they were, in the same jail' \
  "$([ "$(cat "$here/run/probe.cfg")" = "$good_settings" ] && printf '%s\n' "$said" | grep '^writes')" \
  "^writes: $here/flash/spool$"
rm "$here/run/probe.cfg"
judge 'where there are none, nothing is started' "$(start "$bad" | grep -c param) $(start "$bad")" '^0 .*'
judge 'nor does the name of a network end it' "$(start "$good
probe.public_ssid=x\"]; y = [\"")" "may not stand in 'x"
judge 'what is missing is named' "$(start "$(printf '%s\n' "$good" | grep -v operator)")" 'operator is not set'
