# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports as common/report.cddl has them, and anything else that CBOR can say, from Python values.

int, float, bool, bytes, str, list, and dict with ascending uint keys. Raw puts bytes as they are.
"""
import os
import struct
import time


class Raw(bytes):
    """Bytes that are CBOR already."""


def head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for code, size, form in ((24, 1 << 8, "B"), (25, 1 << 16, ">H"), (26, 1 << 32, ">I")):
        if value < size:
            return bytes([major << 5 | code]) + struct.pack(form, value)
    return bytes([major << 5 | 27]) + struct.pack(">Q", value)


def encode(value):
    if isinstance(value, Raw):
        return bytes(value)
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        raw = value.encode()
        return head(3, len(raw)) + raw
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(encode(item) for item in value)
    return head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())


def interface(name):
    """One that is up, with octets of a minute."""
    return {1: name, 2: 1, 3: True, 4: 1000, 5: 1000, 6: 1000, 7: 60000}


def inventory(node, interfaces, now_ns):
    return {1: node, 2: "371002", 3: 1, 4: 1, 6: 1, 7: 0, 8: now_ns, 13: b"", 14: [],
            15: interfaces}


class Reporter:
    """A probe's life: boot, sequence, and reports one after the other."""

    def __init__(self, operator, probe, schedule_ms=60000):
        self.operator, self.probe = operator, probe
        self.boot = os.urandom(16)
        self.sequence = 0
        self.schedule_ms = schedule_ms

    def report(self, inventories=()):
        """The next one, as a dict to be encoded, or spoilt first."""
        self.sequence += 1
        now_ns = time.time_ns()
        return {0: 1, 1: self.operator, 2: self.probe, 3: "test", 4: self.boot, 5: self.sequence,
                6: now_ns - self.schedule_ms * 1000000, 7: self.sequence * 1000000000,
                8: self.schedule_ms, 9: True, 10: 1, 11: 0,
                12: [{1: "tap", 2: 10, 3: 1000, 4: 0, 5: [10, 0, 0, 0, 0], 7: 1, 8: 1,
                      9: [1, 0, 0, 0, 0], 10: 0, 11: False}],
                13: [], 14: list(inventories), 15: [], 16: self.schedule_ms}


def receipted(payload, boot):
    """The contiguous sequence that a receipt tells for a boot, or 0."""
    at = payload.find(b"\x50" + boot)
    if at < 0:
        return 0
    rest = payload[at + 17:]
    size = {24: 1, 25: 2, 26: 4, 27: 8}.get(rest[0] & 31, 0)
    return int.from_bytes(rest[1:1 + size], "big") if size else rest[0] & 31
