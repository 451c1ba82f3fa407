# SPDX-License-Identifier: GPL-2.0-or-later
"""The probe without SNMP, as -Dsnmp=disabled builds it for small routers: how large it is, and that it
says what it has not.

    test_lean.py LEAN PROBE MAKE_CAPTURE STRIP OPTIMIZATION
"""
import json
import os
import secrets
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

LEAN, PROBE, MAKE_CAPTURE, STRIP, OPTIMIZATION = sys.argv[1:6]
BYTES_MAX = 300000
SETTINGS = """operator = "cu"; probe = "small"; pseudonym_key_file = "key";
broker = {{ host = "127.0.0.1"; }};
sources = ( {{ name = "tap"; interface = "lo"; }} );
{more}
"""


def program(path):
    """The program itself, where an emulator's script stands in its place."""
    return path + ".elf" if os.path.exists(path + ".elf") else path


def call(*words):
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)


def check(more):
    with tempfile.TemporaryDirectory() as folder:
        key = os.open(os.path.join(folder, "key"), os.O_CREAT | os.O_WRONLY, 0o600)
        with open(key, "w", encoding="ascii") as out:
            out.write(secrets.token_hex(32))
        path = os.path.join(folder, "probe.cfg")
        with open(path, "w", encoding="utf-8") as out:
            out.write(SETTINGS.format(more=more))
        return call(LEAN, "check", "--config", path)


def stripped_it_takes_300_kB_at_most():
    if OPTIMIZATION != "3":
        raise tap.Skip("not the build that is installed")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "stripped")
        subprocess.run([STRIP, "-o", path, program(LEAN)], check=True, timeout=60)
        size = os.path.getsize(path)
    print(f"# {size} octets")
    assert size <= BYTES_MAX, size


def nothing_of_the_snmp_library_is_in_it():
    with open(program(LEAN), "rb") as file:
        assert b"netsnmp" not in file.read()
    with open(program(PROBE), "rb") as file:
        assert b"netsnmp" in file.read()


def it_replays_as_the_probe_with_snmp_does():
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "made.pcap")
        subprocess.run([MAKE_CAPTURE, "--kind", "mixed", "--out", capture], check=True, capture_output=True, timeout=60)
        said = []
        for name in (LEAN, PROBE):
            done = call(name, "replay", "--json", capture)
            assert done.returncode == 0, done
            said.append(json.loads(done.stdout))
            said[-1].pop("seconds")
        assert said[0]["packets"] > 0 and said[0] == said[1], said


def the_command_poll_says_that_it_is_not_there():
    done = call(LEAN, "poll", "--target", "127.0.0.1")
    assert done.returncode == 2 and "built without SNMP" in done.stderr, done
    assert done.stdout == "", done


def settings_that_ask_for_polls_are_refused_with_their_line():
    done = check("")
    assert done.returncode == 0, done
    done = check('snmp = { devices = ( { name = "olt"; address = "udp:192.0.2.1:161"; '
                 'area = "a"; } ); };')
    assert done.returncode == 2 and "probe.cfg:4: " in done.stderr, done
    assert "built without SNMP" in done.stderr, done


tap.run([stripped_it_takes_300_kB_at_most, nothing_of_the_snmp_library_is_in_it,
         it_replays_as_the_probe_with_snmp_does, the_command_poll_says_that_it_is_not_there,
         settings_that_ask_for_polls_are_refused_with_their_line])
