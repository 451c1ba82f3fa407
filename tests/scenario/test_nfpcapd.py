# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay --flows` beside an independent meter, nfpcapd of Debian's nfdump, on every shared capture
that nfpcapd can read. Both are brought to sets of bidirectional 5-tuples (ICMP without its type,
which nfpcapd keeps in a port); where the sets, or the numbers of flows, differ, nfpcapd.tsv says by
how much and why, file by file. A difference that is not in the table fails, and so does a row of
the table that has become untrue.

    test_nfpcapd.py PROBE [--print]    --print: the rows as they are now, without reasons
"""
import ipaddress
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "pcap")
PORTLESS = (1, 58)  # ICMP, ICMPv6

REASONS = {
    "tags": "access tags are part of our key: one 5-tuple in two VLANs is two flows",
    "tunnel": "we name the innermost flow; nfpcapd names the tunnel's, or leaves the packet out",
    "gre": "GRE around something other than IP: we count the tunnel's flow, nfpcapd none",
    "fragments": "nfpcapd counts what it can reassemble, and names IPv6's fragment header as the "
                 "protocol; we count each fragment, later ones without ports",
    "extension": "nfpcapd names an IPv6 extension header as the protocol; we name what follows it",
    "ports": "nfpcapd reads no ports of SCTP and DCCP",
    "ppp": "nfpcapd calls whole PPP frames of serial links too short",
    "cut": "the capture ends inside the transport header: four bytes of ports are enough for us",
    "lengths": "an IP header that contradicts itself or the wire: malformed to us, believed there",
    "offload": "a length of 0, as segmentation offload leaves it: nfpcapd leaves the packet out, or "
               "counts 0 octets, or its header alone",
}


def flow_key(protocol, address, port, other_address, other_port):
    if protocol in PORTLESS:
        port = other_port = 0
    ends = sorted([(ipaddress.ip_address(address), port),
                   (ipaddress.ip_address(other_address), other_port)],
                  key=lambda end: (end[0].version, end))
    return (protocol, *ends)


def add(flows, key, packets, octets):
    before = flows.get(key, (0, 0))
    flows[key] = (before[0] + packets, before[1] + octets)


def by_replay(path):
    """Number of biflows, and the 5-tuples with their packets and octets; None: unreadable."""
    done = subprocess.run([PROBE, "replay", "--json", "--flows", path], capture_output=True,
                          text=True, timeout=60, check=False)
    if not done.stdout:
        return None
    *records, totals = [json.loads(line) for line in done.stdout.splitlines()]
    flows = {}
    for r in records:
        key = flow_key(r["protocolIdentifier"],
                       r.get("sourceIPv4Address") or r["sourceIPv6Address"],
                       r["sourceTransportPort"],
                       r.get("destinationIPv4Address") or r["destinationIPv6Address"],
                       r["destinationTransportPort"])
        add(flows, key, r["packetDeltaCount"] + r["reversePacketDeltaCount"],
            r["octetDeltaCount"] + r["reverseOctetDeltaCount"])
    return totals["flows"]["biflows"], flows


def read_json_rows(text):
    """nfdump parts its objects by commas, and writes labels that are not JSON."""
    text = re.sub(r'"label" : .*', '"label" : ""', text)
    decoder, at = json.JSONDecoder(), text.find("{")
    while at >= 0:
        row, end = decoder.raw_decode(text, at)
        yield row
        at = text.find("{", end)


def by_nfpcapd(path):
    """The same of nfpcapd; None where it does not know the link type."""
    folder = tempfile.mkdtemp(prefix="lastmile-nfpcapd-")
    try:
        subprocess.run(["nfpcapd", "-r", path, "-w", folder, "-e", "3600,3600", "-t", "3600",
                        "-s", "65535", "-B", "8192"], capture_output=True, timeout=60, check=False)
        if not os.listdir(folder):
            return None
        told = subprocess.run(["nfdump", "-R", folder, "-q", "-N", "-o", "json"],
                              capture_output=True, text=True, timeout=60, check=True).stdout
        flows = {}
        for r in read_json_rows(told):
            key = flow_key(r["proto"], r.get("src4_addr") or r["src6_addr"], r.get("src_port", 0),
                           r.get("dst4_addr") or r["dst6_addr"], r.get("dst_port", 0))
            add(flows, key, r["in_packets"], r["in_bytes"])
        return flows
    finally:
        shutil.rmtree(folder)


def compare(name):
    """The figures of a row: flows of both, 5-tuples of each alone, shared ones that differ in
    packets or octets. None where one of both cannot read the file."""
    path = os.path.join(SHARED, name)
    replay, nfpcapd = by_replay(path), by_nfpcapd(path)
    if replay is None or nfpcapd is None:
        return None
    biflows, flows = replay
    unequal = sum(flows[key] != nfpcapd[key] for key in flows.keys() & nfpcapd.keys())
    return (len(nfpcapd), biflows, len(nfpcapd.keys() - flows.keys()),
            len(flows.keys() - nfpcapd.keys()), unequal)


def is_equal(row):
    return row[0] == row[1] and row[2:] == (0, 0, 0)


def read_table():
    with open(os.path.join(HERE, "nfpcapd.tsv"), encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if not line.startswith("#")]
    return {row[0]: (tuple(int(cell) for cell in row[1:6]), row[6].split("+")) for row in rows}


def captures():
    if shutil.which("nfpcapd") is None or shutil.which("nfdump") is None:
        raise tap.Skip("nfpcapd is not installed: apt-get install nfdump")
    if not os.path.isdir(SHARED):
        raise tap.Skip("no shared captures here")
    return sorted(name for name in os.listdir(SHARED) if "cap" in name.rpartition(".")[2])


def replay_finds_the_flows_that_nfpcapd_finds_or_the_table_says_why_not():
    table, equal, explained, unread, wrong = read_table(), 0, 0, 0, []
    for name in captures():
        row = compare(name)
        expected = table.pop(name, None)
        if row is None:
            unread += 1
        elif expected is None and is_equal(row):
            equal += 1
        elif expected is not None and row == expected[0]:
            explained += 1
        else:
            wrong.append((name, row, expected))
    print(f"# {equal} captures equal, {explained} differ as the table says, {unread} not for both")
    assert not wrong, "\n".join(f"{name}: {row}, the table says {said}" for name, row, said in wrong)
    assert not table, f"no such captures any more: {sorted(table)}"
    assert equal >= 250, equal


def the_table_gives_known_reasons_for_true_differences_only():
    for name, (row, reasons) in read_table().items():
        assert not is_equal(row), name
        assert reasons and all(reason in REASONS for reason in reasons), (name, reasons)


if __name__ == "__main__":
    if sys.argv[2:] == ["--print"]:
        for file in captures():
            found = compare(file)
            if found and not is_equal(found):
                print(file, *found, sep="\t")
        sys.exit()
    tap.run([replay_finds_the_flows_that_nfpcapd_finds_or_the_table_says_why_not,
             the_table_gives_known_reasons_for_true_differences_only])
