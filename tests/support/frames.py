# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames and captures made by hand, for tests that know the truth about them."""
import json
import struct
import subprocess

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16


def ethernet(source, destination, ethertype, payload, tags=()):
    """MACs of six bytes; tags outermost first, each a VID or (TPID, VID)."""
    header = destination + source
    for tag in tags:
        tpid, vid = tag if isinstance(tag, tuple) else (0x8100, tag)
        header += struct.pack("!HH", tpid, vid)
    return header + struct.pack("!H", ethertype) + payload


def ipv4(source, destination, protocol, payload):
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, 64, protocol, 0) + \
        source + destination + payload


def ipv6(source, destination, following, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), following, 64) + source + destination + payload


def udp(source_port, destination_port, payload):
    return struct.pack("!HHHH", source_port, destination_port, 8 + len(payload), 0) + payload


def tcp(source_port, destination_port, sequence, acknowledgement, flags, payload=b"", window=64000):
    return struct.pack("!HHIIBBHHH", source_port, destination_port, sequence & 0xffffffff,
                       acknowledgement & 0xffffffff, 0x50, flags, window, 0, 0) + payload


def write_pcap(path, frames, link=1, snaplen=262144):
    """Frames as (microseconds, bytes), in the order of their times."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, snaplen, link))
        for time, frame in sorted(frames, key=lambda timed: timed[0]):
            out.write(struct.pack("<IIII", time // 1000000, time % 1000000,
                                  min(len(frame), snaplen), len(frame)))
            out.write(frame[:snaplen])


def replay(probe, path, *options):
    done = subprocess.run([probe, "replay", "--json", *options, path], capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
