#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Tracked connections as a source, in a network namespace of the test's own: every octet, once.

Called again by itself as `test_connections.py inside FOLDER CASE`, in that namespace.
"""
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chain import Chain, program  # noqa: E402
from tap import Skip, run  # noqa: E402

UDP_HEADERS = 28
PAYLOAD = 100
LIMIT = "connections = {{ name = \"nat\"; {more} }};\n{body}"


# In the namespace

def prepare(accounted):
    """Loopback with connection tracking; a rule that asks for a connection's state turns it on."""
    with open("/proc/sys/net/netfilter/nf_conntrack_acct", "w", encoding="ascii") as sysctl:
        sysctl.write("1" if accounted else "0")
    for words in (("ip", "link", "set", "lo", "up"), ("nft", "add table inet t"),
                  ("nft", "add chain inet t c { type filter hook output priority 0; }"),
                  ("nft", "add rule inet t c ct state established accept")):
        subprocess.run(words, check=True)


def send(datagrams):
    """So many to a receiver on loopback, from a port of their own: one connection."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        receiver.bind(("127.0.0.1", 0))
        sender.connect(receiver.getsockname())
        for _ in range(datagrams):
            sender.send(bytes(PAYLOAD))
            receiver.recv(200)


def end_all():
    """Has the kernel forget all connections (ctnetlink: delete without a tuple); each tells its end."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12) as kernel:
        kernel.send(struct.pack("=IHHII", 20, 1 << 8 | 2, 5, 1, 0) + bytes(4))
        assert struct.unpack("=i", kernel.recv(100)[16:20]) == (0,)


def measure(folder, *before):
    """The report of one interval, in which two connections carry 150 datagrams; one ends."""
    for action in before:
        action()
    words = [program("bin", "lastmile-probe"), "run", "--config",
             os.path.join(folder, "probes", "one.cfg"), "--dry-run"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as probe:
        said = ""
        while "running operator" not in said:
            line = probe.stderr.readline()
            assert line, said
            said += line
        send(100)
        end_all()
        send(50)
        probe.terminate()  # which ends the interval
        out, rest = probe.communicate(timeout=60)
    assert probe.returncode == 0, said + rest
    print(json.dumps({"report": json.loads(out)["report"], "log": said + rest}))


def inside(folder, case):
    prepare(case != "unaccounted")
    measure(folder, *([lambda: send(1000)] if case == "older" else []))


# Outside

def measured(case, more="", body=""):
    for tool in ("nft", "unshare", "ip"):
        if shutil.which(tool) is None:
            raise Skip(f"{tool} is not installed")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False,
                                           capture_output=True).returncode != 0:
        raise Skip("no network namespace may be made here")
    with tempfile.TemporaryDirectory(prefix="lastmile-ct-") as folder:
        chain = Chain(folder)
        chain.add_probe("cu", "one")
        chain.write_probe_cfg("one", 60000, LIMIT.format(more=more, body=body))
        done = subprocess.run(["unshare", "-n", sys.executable, os.path.abspath(__file__), "inside",
                               folder, case], capture_output=True, text=True, check=False, timeout=120)
        if "FileNotFoundError" in done.stderr or "Could not process rule" in done.stderr:
            raise Skip("this kernel has no connection tracking, or no nf_tables for it")
        assert done.returncode == 0, done
        return json.loads(done.stdout)


def of(said, name="nat"):
    return next(o for o in said["report"]["observations"] if o["observation_point"] == name)


NODE = """inside_prefixes = [ "10.0.0.0/8" ];
access_nodes = ( { name = "nat-1"; source = "nat"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; } );"""


def every_octet_counts_once_and_older_ones_do_not():
    said = measured("older", body=NODE)
    seen = of(said)
    assert "CAP_NET_ADMIN while connections" in said["log"] or \
        "Function not implemented" in said["log"], said["log"]  # built without confinement
    assert seen["octet_delta_count"] == 150 * (PAYLOAD + UDP_HEADERS), seen
    assert seen["packet_delta_count"] == 150 and not seen["failed"], seen
    assert seen["flows_started"] == 2 and seen["flows_ended"][0] >= 1, seen
    assert seen["method"] == "connections" and seen["beside"] is None, seen
    assert not said["report"]["cells"], said  # neither end is inside


def beside_a_capture_of_the_same_traffic_both_say_which_one_counts():
    said = measured("beside", 'beside = "up";', """sources = ( { name = "up"; interface = "lo"; } );
inside_prefixes = [ "127.0.0.0/8" ];""" + NODE.replace('inside_prefixes = [ "10.0.0.0/8" ];', ""))
    seen, captured = of(said), of(said, "up")
    assert seen["beside"] == "up" and seen["octet_delta_count"] == 150 * (PAYLOAD + UDP_HEADERS), seen
    assert captured["beside"] is None and captured["method"] == "packets", captured
    assert all(cell["access_node"] != "nat-1" for cell in said["report"]["cells"]), said


def without_the_kernels_accounting_the_source_says_so_instead_of_0():
    said = measured("unaccounted")
    assert of(said)["failed"] and "nf_conntrack_acct" in said["log"], said


if __name__ == "__main__":
    if sys.argv[1:2] == ["inside"]:
        inside(*sys.argv[2:4])
    else:
        run([every_octet_counts_once_and_older_ones_do_not,
             beside_a_capture_of_the_same_traffic_both_say_which_one_counts,
             without_the_kernels_accounting_the_source_says_so_instead_of_0])
