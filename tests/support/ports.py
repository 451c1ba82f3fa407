# SPDX-License-Identifier: GPL-2.0-or-later
"""Ports for listeners that are started later, chosen so that nobody else takes them meanwhile."""
import random
import socket

TRIES = 1000
reserved = []  # sockets whose names say, until this process ends, which ports its tests have


def candidates():
    """Where the kernel takes no port for an outgoing connection, nor for a bind to port 0."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as text:
        low, high = map(int, text.read().split())
    return range(10000, low) if low >= 12000 else range(high + 1, 65536)


def reserve(port):
    """False when another test on this machine has it: its name is an abstract socket's (Linux)."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0lastmile-test-port-{port}")
    except OSError:
        claim.close()
        return False
    reserved.append(claim)
    return True


def free_port(kind=socket.SOCK_STREAM):
    """A loopback port that nobody listens on now, nor gets by chance until somebody here does."""
    ports = candidates()
    for _ in range(TRIES):
        port = random.choice(ports) if len(ports) > 1000 else 0
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            port = probe.getsockname()[1]
        if reserve(port):
            return port
    raise OSError("no free port on loopback")
