# SPDX-License-Identifier: GPL-2.0-or-later
"""What `lastmile-probe run` keeps in memory on a small router: 8,192 flows within 8 MiB resident,
libraries and all, with no SNMP device; and more settings never take more than they say.

    test_memory.py PROBE MAKE_WRAPPED
"""
import ctypes
import json
import os
import secrets
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE, MAKE_WRAPPED = sys.argv[1:3]
MIB = 1024 * 1024
FLOWS = 8192
FLOW_BYTES = 1650000  # that hold so many
SECONDS = 3
PR_SET_THP_DISABLE = 41  # linux/prctl.h


def is_sanitized():
    with open(PROBE, "rb") as program:
        text = program.read()
    return b"__asan_init" in text or b"__tsan_init" in text


def write_settings(folder, flow_bytes, line_bytes=262144):
    with open(os.open(os.path.join(folder, "key"), os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        out.write(secrets.token_hex(32))
    path = os.path.join(folder, "probe.cfg")
    with open(path, "w", encoding="utf-8") as out:
        out.write(f"""operator = "cu"; probe = "small"; interval_ms = 1000;
pseudonym_key_file = "key";
broker = {{ host = "127.0.0.1"; port = 1; }};
outbox = {{ dir = ""; memory_bytes = 1048576; }};
flow = {{ memory_bytes = {flow_bytes}; line_memory_bytes = {line_bytes}; }};
sources = ( {{ name = "tap"; file = "made.pcap"; repeat = true; speed = 10.0; }} );
""")
    return path


def make(folder, flows):
    subprocess.run([MAKE_WRAPPED, "pppoe-qinq", os.path.join(folder, "made.pcap"), str(flows)],
                   check=True, capture_output=True, timeout=60)


def make_lines(folder, lines):
    """A datagram from each of so many subscribers, told apart by their MACs."""
    with open(os.path.join(folder, "made.pcap"), "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 128, 1))
        for i in range(lines):
            frame = struct.pack(">6sHIH", b"\x02\xff\0\0\0\1", 0x0200, i, 0x0800)
            frame += struct.pack(">BBHHHBBHII", 0x45, 0, 28, 0, 0, 64, 17, 0, 0x64400000 + i,
                                 0xc6336401)
            frame += struct.pack(">HHHH", 5000, 53, 8, 0)
            out.write(struct.pack("<IIII", 1700000000, i * 10, len(frame), len(frame)) + frame)


def snmp_bytes(pid):
    """Resident bytes of the SNMP library, which a probe built without SNMP has not."""
    resident, within = 0, False
    with open(f"/proc/{pid}/smaps", encoding="ascii") as rows:
        for row in rows:
            if "-" in row.split(" ", 1)[0]:
                within = "libnetsnmp" in row
            elif within and row.startswith("Rss:"):
                resident += int(row.split()[1]) * 1024
    return resident


def own_bytes(pid):
    """Resident bytes that no file backs. Counted page by page, and with no share of the libraries,
    of which the kernel maps a different part each time."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rows:
        return next(int(row.split()[1]) for row in rows if row.startswith("Anonymous:")) * 1024


def small_pages():
    """The kernel makes huge pages of this part or that of a large flow table, as it pleases."""
    ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0)


def resident(settings, before=None):
    """Peak resident bytes with the SNMP library left out, and those of its own at the end, of a
    probe that ran for some seconds; `before` is called in its process first. meson's
    MALLOC_PERTURB_ would touch memory that the probe leaves alone."""
    env = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    probe = subprocess.Popen([PROBE, "run", "--config", settings], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=env,
                             preexec_fn=before)
    try:
        time.sleep(SECONDS)
        assert probe.poll() is None, "the probe ended by itself"
        with open(f"/proc/{probe.pid}/status", encoding="ascii") as status:
            rows = dict(line.split(":", 1) for line in status)
        peak = int(rows["VmHWM"].split()[0]) * 1024 - snmp_bytes(probe.pid)
        return peak, own_bytes(probe.pid)
    finally:
        probe.terminate()
        probe.wait(timeout=20)


def need_plain_linux():
    if not os.path.exists("/proc/self/status"):
        raise tap.Skip("no /proc here")
    if is_sanitized():
        raise tap.Skip("a sanitizer keeps books of its own")


def a_probe_of_8192_flows_stays_within_8_MiB():
    need_plain_linux()
    with tempfile.TemporaryDirectory() as folder:
        make(folder, FLOWS)
        settings = write_settings(folder, FLOW_BYTES)
        held = json.loads(subprocess.run(
            [PROBE, "replay", "--json", "--config", settings, os.path.join(folder, "made.pcap")],
            capture_output=True, text=True, check=True, timeout=60).stdout)["flows"]
        assert held["active"] == FLOWS and held["not_stored_packets"] == 0, held
        peak, own = resident(settings)
        print(f"# peak {peak / MIB:.2f} MiB, of which {own / MIB:.2f} MiB are its own")
        assert peak <= 8 * MIB, peak


def flows_never_take_more_than_their_setting():
    need_plain_linux()
    with tempfile.TemporaryDirectory() as folder:
        make(folder, 60000)
        (_, base), taken = resident(write_settings(folder, 65536)), []
        for flow_bytes in (1 * MIB, 2 * MIB, 4 * MIB, 8 * MIB):
            _, own = resident(write_settings(folder, flow_bytes))
            taken.append((flow_bytes, own - base))
        print("# " + ", ".join(f"{said >> 10} KiB: +{more >> 10} KiB" for said, more in taken))
        for said, more in taken:
            assert more <= said + MIB // 4, (said, more)  # reports that wait, larger too
        assert taken[-1][1] > taken[0][1], taken


def lines_never_take_more_than_their_setting():
    need_plain_linux()
    with tempfile.TemporaryDirectory() as folder:
        make_lines(folder, 60000)
        (_, base), taken = resident(write_settings(folder, 16 * MIB, 65536), small_pages), []
        for line_bytes in (1 * MIB, 2 * MIB, 4 * MIB, 8 * MIB, 16 * MIB):
            _, own = resident(write_settings(folder, 16 * MIB, line_bytes), small_pages)
            taken.append((line_bytes, own - base))
        print("# " + ", ".join(f"{said >> 10} KiB: +{more >> 10} KiB" for said, more in taken))
        for said, more in taken:
            assert more <= said + MIB // 4, (said, more)
        assert taken[-1][1] > taken[0][1], taken


tap.run([a_probe_of_8192_flows_stays_within_8_MiB, flows_never_take_more_than_their_setting,
         lines_never_take_more_than_their_setting])
