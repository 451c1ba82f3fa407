#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# check-rooms: fails when a layer or a library leaves its room. The two tables are the architecture.
#   check-rooms.sh [ROOT]      prints TAP
set -u
root=${1:-${LASTMILE_SOURCE:-.}}
cd "$root" || exit 1

# Which room may include which others of ours (besides itself). common/ is open to all.
layers='
common                :
probe/frame           : common
probe/settings        : common probe/capture probe/line probe/snmp probe/outbox
probe/capture         : common probe/frame
probe/decode          : common probe/frame
probe/flow            : common probe/decode
probe/line            : common probe/decode probe/flow
probe/snmp            : common
probe/outbox          : common
probe/subagent        : common
probe/confine         : common
probe/netlink         : common
probe/station         : common probe/netlink
probe/conntrack       : common probe/flow probe/netlink
probe                 : common probe/frame probe/settings probe/capture probe/decode probe/flow probe/line probe/snmp probe/outbox probe/subagent probe/confine probe/station probe/conntrack
collector/settings.h  : common
collector/plan        : common
collector/registry    : common
collector/series      : common collector/registry collector/settings.h
collector/alert       : common collector/registry
collector/access      : common collector/registry
collector/estimate    : common
collector/intake      : common collector/registry collector/series collector/settings.h
collector/indicator   : common collector/plan collector/registry collector/estimate collector/settings.h
collector/method      : common collector/plan collector/registry collector/estimate collector/indicator collector/settings.h
collector/export      : common collector/plan collector/registry collector/estimate collector/indicator collector/settings.h
collector/import      : common collector/plan collector/registry
collector/archive     : common collector/registry collector/indicator collector/import collector/settings.h
collector/package     : common collector/plan collector/registry collector/indicator collector/export collector/archive collector/settings.h
collector/chronicle   : common collector/plan collector/registry collector/estimate collector/indicator collector/archive collector/package collector/settings.h
collector/enrol       : common
collector/http        : common collector/access collector/plan collector/alert collector/registry collector/indicator collector/method collector/export collector/series collector/settings.h
collector/command     : common collector/access collector/plan collector/registry collector/indicator collector/method collector/export collector/archive collector/package collector/chronicle collector/import collector/enrol collector/settings.h
collector             : common collector/settings.h collector/access collector/alert collector/plan collector/registry collector/series collector/estimate collector/intake collector/indicator collector/method collector/export collector/import collector/http collector/command collector/chronicle
'

# Which header of a library may stand where: header pattern, then the only files or folders.
libraries='
pcap(/|\.h)                     : probe/capture tests/support
net-snmp/                       : probe/snmp probe/subagent/main.c tests/support
libconfig\.h                    : common/conf.c
(mosquitto|mqtt_protocol)\.h    : common/bus.c
cbor(/|\.h)                     : common/cbor.c tests/support/deadly_decoder.c
jansson\.h                      : common/json_writer.c tests/unit
seccomp\.h                      : probe/confine/system_calls.c tests/unit
sys/capability\.h               : probe/confine/capabilities.c
openssl/                        : probe/line/pseudonym.c common/bus_tls.c collector/enrol/authority.c collector/enrol/secret.c collector/package/digest.c
sqlite3\.h                      : collector/registry
sodium\.h                       : collector/access/crypto.c
rrd\.h                          : collector/series tests/bench/bench_series_others.c
microhttpd\.h                   : collector/http
zlib\.h                         : collector/http/gzip.c tests/unit/collector/http
csv\.h                          : collector/import
iconv\.h                        : collector/import/csv_text.c
curl/                           : collector/alert/webhook.c
gsl/                            : tests/unit/collector/estimate
xlsxwriter\.h                   : collector/export/workbook.c
glpk\.h                         : tests/unit/collector/export
malloc\.h                       : probe/memory.c tests/unit/probe/snmp
'

# Rooms that are pure: no files, sockets, threads or clocks. time.h is for struct timespec nowhere.
pure='probe/decode probe/flow probe/netlink/message probe/station/hostapd_answers probe/station/nl80211_answers
probe/conntrack/conntrack_answers probe/conntrack/conntrack_meter collector/estimate common/histogram common/distinct common/report
common/report_encode common/report_decode common/cbor common/cursor common/buffer common/topic
common/access collector/export/disclosure collector/export/disclosure_moves'
impure='fcntl\.h|unistd\.h|sys/|netinet/|arpa/|netdb\.h|pthread\.h|time\.h|poll\.h|signal\.h|dirent\.h'

# The includes of all files, "file:line", judged by the table. The room of a file is the longest row
# that it lies under.
layer_faults() {
  find common probe collector -name '*.[ch]' -exec grep -H '^# *include "' {} + | sort |
    layers=$layers awk '
      function room_of(path) {
        while (path != "" && !(path in allowed)) if (!sub("/[^/]*$", "", path)) path = ""
        return path == "" ? "unknown" : path
      }
      BEGIN {
        rows = split(ENVIRON["layers"], row, "\n")
        for (i = 1; i <= rows; i++) {
          at = index(row[i], ":"); name = substr(row[i], 1, at - 1); gsub(" ", "", name)
          if (at > 0) allowed[name] = substr(row[i], at + 1) " "
        }
      }
      {
        at = index($0, ":"); file = substr($0, 1, at - 1)
        include = substr($0, at + 1); gsub(/^# *include "|".*$/, "", include)
        room = room_of(file); to = room_of(include)
        if (to != room && !index(allowed[room], " " to " "))
          print file " includes " include ": " room " may not know " to
      }'
}

library_faults() {
  echo "$libraries" | while IFS=: read -r header places; do
    header=$(echo "$header" | tr -d ' ')
    [ -n "$header" ] || continue
    grep -rnE "^# *include <$header" --include='*.[ch]' common probe collector tests |
      while IFS=: read -r file line _; do
        inside=no
        for place in $places; do case $file in "$place"*) inside=yes ;; esac; done
        case $file in tests/support/*.h) ;; *.h) inside=no ;; esac
        [ $inside = yes ] || echo "$file:$line: <$header> belongs to$places only, and to no header"
      done
  done
}

pure_faults() {
  find common probe collector -name '*.[ch]' -exec grep -nHE "^# *include <($impure)" {} + |
    pure=$pure awk '
      BEGIN { count = split(ENVIRON["pure"], room, /[ \n]+/) }
      {
        file = substr($0, 1, index($0, ":") - 1)
        for (i = 1; i <= count; i++)
          if (room[i] != "" && (index(file, room[i] "/") == 1 || file == room[i] ".c" ||
                                file == room[i] ".h"))
            print
      }'
}

foreign_faults() { # a library that no row names
  grep -rnhoE '^# *include <[^>]+>' --include='*.[ch]' common probe collector |
    sed 's/.*<//; s/>//' | sort -u | while read -r header; do
    case $header in
    assert.h | ctype.h | errno.h | fcntl.h | fnmatch.h | float.h | getopt.h | ifaddrs.h | inttypes.h | limits.h | \
      math.h | poll.h | pwd.h | signal.h | spawn.h | stdarg.h | stdbool.h | stddef.h | stdint.h | stdio.h | stdlib.h | \
      string.h | strings.h | time.h | unistd.h | pthread.h | dirent.h | netdb.h | locale.h | \
      stdatomic.h | sys/*.h | net/*.h | netinet/*.h | arpa/*.h | linux/*.h | byteswap.h | endian.h | fnmatch.h | \
      termios.h | wchar.h | libgen.h | ftw.h) continue ;;
    esac
    echo "$libraries" | while IFS=: read -r pattern _; do
      pattern=$(echo "$pattern" | tr -d ' ')
      [ -n "$pattern" ] && echo "$header" | grep -qE "^$pattern" && echo found
    done | grep -q found || echo "<$header> is of no known library: give it a room in check-rooms.sh"
  done
}

number=0
failures=0
report() { # name, faults
  number=$((number + 1))
  if [ -z "$2" ]; then
    echo "ok $number - $1"
  else
    failures=$((failures + 1))
    echo "not ok $number - $1"
    echo "$2" | sed 's/^/# /'
  fi
}

echo 1..4
report 'a room includes only rooms below it' "$(layer_faults)"
report 'a library is known to its one room and to no header' "$(library_faults)"
report 'pure rooms include no file, socket, thread or clock' "$(pure_faults)"
report 'every library has a room' "$(foreign_faults)"
[ $failures = 0 ]
