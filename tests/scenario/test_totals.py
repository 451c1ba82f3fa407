# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay --json` to the byte: the same known flows in every encapsulation, and the wire lengths of
shared captures, those beyond 64 KiB among them.

    test_totals.py PROBE MAKE_WRAPPED
"""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE, MAKE_WRAPPED = sys.argv[1:3]
SHARED = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "pcap")
TOTALS = ("packets", "wire_bytes", "captured_bytes", "ip_packets", "ip_bytes", "outer_ip_bytes",
          "ipv4_packets", "ipv6_packets")


def run(*arguments):
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def replay(path):
    return json.loads(run(PROBE, "replay", "--json", path).stdout)


def check_wrapping(name):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        truth = json.loads(run(MAKE_WRAPPED, name, path).stdout)
        seen = replay(path)
    for total in TOTALS:
        assert seen[total] == truth[total], (total, seen[total], truth[total])
    assert seen["outcomes"]["decoded"] == truth["packets"], seen["outcomes"]
    assert seen["flows"]["biflows"] == seen["flows"]["active"] == truth["biflows"], seen["flows"]
    counted = {kind: truth["packets"] for kind in truth["encapsulations"].split()}
    assert {k: n for k, n in seen["encapsulations"].items() if n} == counted, seen


def case_of_wrapping(name):
    def case():
        check_wrapping(name)
    case.__name__ = f"totals_are_exact_in_{name}"
    return case


def read_index():
    """Rows of the index: name, tags, packets, packets that libpcap reads, bytes on the wire."""
    index = os.path.join(SHARED, "INDEX.md")
    if not os.path.exists(index):
        raise tap.Skip("no shared captures here")
    with open(index, encoding="utf-8") as lines:
        cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [(row[1], row[2].split(), row[4], row[5], row[6]) for row in cells
            if len(row) > 8 and row[1][:3] in ("nd-", "td-")]


def wire_bytes_equal_the_index_in_every_capture_that_libpcap_reads_whole():
    wrong, checked = [], 0
    for name, _, packets, lp, wire in read_index():
        if packets != lp or packets == "0":
            continue
        seen = replay(os.path.join(SHARED, name))["wire_bytes"]
        checked += 1
        if str(seen) != wire:
            wrong.append((name, seen, wire))
    print(f"# {checked} captures")
    assert checked > 300 and not wrong, wrong


def ip_bytes_of_giants_are_the_wire_less_what_stands_before_ip():
    """Segmentation offload: one IP packet a file, far over what 16 bits can say; the innermost
    packet begins behind the outer headers, the outermost behind 14 bytes of Ethernet."""
    rows = [row for row in read_index() if "gso-bigtcp" in row[1]]
    assert len(rows) >= 11, rows
    for name, _, _, _, wire in rows:
        seen = replay(os.path.join(SHARED, name))
        assert seen["outcomes"]["decoded"] == 1, name
        assert seen["outer_ip_bytes"] == int(wire) - 14, (name, seen["outer_ip_bytes"])
        outer = {True: 20, False: 40}["ipv4-" in name.partition("-")[2]] + 8 + 8 + 14
        tunnel = seen["outer_ip_bytes"] - seen["ip_bytes"]
        options = tunnel - outer
        expected = seen["encapsulations"]["vxlan"] or seen["encapsulations"]["geneve"]
        assert options in range(0, 64, 4) if expected else tunnel == 0, (name, tunnel)


tap.run([case_of_wrapping(name) for name in run(MAKE_WRAPPED).stdout.split()] + [
    wire_bytes_equal_the_index_in_every_capture_that_libpcap_reads_whole,
    ip_bytes_of_giants_are_the_wire_less_what_stands_before_ip,
])
