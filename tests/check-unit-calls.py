#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The probe's systemd unit leaves it every system call that it makes: those of its own table
(probe/confine), and those that it confines itself with. Without them it would run less confined, and
would not know whether a time server disciplines its clock; it says so in its log, and goes on.

    check-unit-calls.py SOURCE
"""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from tap import Skip, run  # noqa: E402

SOURCE = sys.argv[1]
UNIT = os.path.join(SOURCE, "packaging", "systemd", "lastmile-probe.service")
TABLE = os.path.join(SOURCE, "probe", "confine", "system_calls.c")
BEFORE_THE_FILTER = {"seccomp", "setitimer", "capset"}


def sets_of_systemd():
    """Each of systemd's sets of calls: what is in it, other sets included."""
    if shutil.which("systemd-analyze") is None:
        raise Skip("systemd-analyze is not installed")
    found, name = {}, None
    told = subprocess.run(["systemd-analyze", "--no-pager", "syscall-filter"], capture_output=True,
                          text=True, check=True).stdout
    for line in told.splitlines():
        if line.startswith("@"):
            name = line.strip()
            found[name] = []
        elif name and line.strip() and not line.strip().startswith("#"):
            found[name].append(line.strip())
    return found


def expand(sets, name):
    calls = set()
    for member in sets.get(name, [name]):
        calls |= expand(sets, member) if member.startswith("@") else {member}
    return calls


def allowed_by_the_unit(sets):
    """systemd.exec(5): the first line says what the others add to or take from."""
    calls = expand(sets, "@default")
    with open(UNIT, encoding="utf-8") as unit:
        for line in unit:
            if not line.startswith("SystemCallFilter="):
                continue
            words = line.strip().partition("=")[2]
            named = {call for word in words.lstrip("~").split() for call in expand(sets, word)}
            calls = calls - named if words.startswith("~") else calls | named
    return calls


def the_unit_leaves_the_probe_what_its_own_table_allows():
    with open(TABLE, encoding="utf-8") as table:
        wanted = set(re.findall(r'"(\w+)\\0"', table.read()))
    assert len(wanted) > 100, wanted
    sets = sets_of_systemd()
    missing = (wanted | BEFORE_THE_FILTER) - allowed_by_the_unit(sets)
    assert not missing, sorted(missing)
    assert "mount" not in allowed_by_the_unit(sets)  # what else it forbids is read, too


def the_unit_lets_the_probe_ask_for_the_state_of_the_clock():
    with open(UNIT, encoding="utf-8") as unit:
        assert "ProtectClock=yes" not in unit.read(), "its filter blocks adjtimex(2), which only asks"


run([the_unit_leaves_the_probe_what_its_own_table_allows,
     the_unit_lets_the_probe_ask_for_the_state_of_the_clock])
