# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay --json` on random TCP connections, whole ones and those of which one way is seen, whose
handshakes and repetitions are known from how they were made.

    test_tcp.py PROBE
"""
import math
import os
import random
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import frames
import tap
from frames import ACK, RST, SYN

PROBE = sys.argv[1]
SEEDS, CONNECTIONS = 10, 60
START_US = 1700000000 * 1000000
R = random.Random()


class Connection:
    """Between a subscriber and a server; times in microseconds, at the probe between them."""

    def __init__(self, number, ways):
        self.frames, self.ways = [], ways
        self.up_key = (bytes((10, 0, number >> 8, number & 255)), R.randrange(20000, 60000))
        self.down_key = (bytes((198, 51, 100, R.randrange(1, 255))), 443)
        self.time = START_US + number * 1000
        self.external, self.internal = R.randrange(3000, 80000), R.randrange(300, 20000)
        self.handshake, self.halves, self.repeated = [], ([], []), 0
        # Where the next octet stands; the numbers wrap in one of three.
        self.next = [R.choice((R.randrange(1 << 32), 5000, -R.randrange(1, 5000))) for _ in "du"]

    def sees(self, up):
        return self.ways == "both" or (self.ways == "up") == up

    def send(self, time, up, sequence, flags=ACK, payload=0, acknowledgement=None, window=64000):
        if not self.sees(up):
            return
        ends = (self.up_key, self.down_key) if up else (self.down_key, self.up_key)
        other = self.next[not up] if acknowledgement is None else acknowledgement
        segment = frames.tcp(ends[0][1], ends[1][1], sequence, other, flags, bytes(payload), window)
        macs = (b"\2\0\0\0\0\1", b"\2\0\0\0\0\2")
        self.frames.append((time, frames.ethernet(macs[not up], macs[up], 0x0800, frames.ipv4(
            ends[0][0], ends[1][0], 6, segment))))

    # ---- handshakes: the next numbers stand at those of the SYNs when one begins ----

    def open(self, syns=1, answers=1, data=0, taken=True):
        """SYN, SYN/ACK, ACK; some sent again, a second later; data behind the SYN, taken or not."""
        client, server = self.next[1], self.next[0]
        behind = client + 1 + (data if taken else 0)
        for i in range(syns):
            self.send(self.time + i * 1000000, True, client, SYN, data if i == 0 else 0, 0)
        began = self.time
        self.time += (syns - 1) * 1000000 + self.external
        for i in range(answers):
            self.send(self.time + i * 1000000, False, server, SYN | ACK, 0, behind)
        self.time += (answers - 1) * 1000000 + self.internal
        rest = 0 if taken else data
        self.send(self.time, True, behind, ACK, rest, server + 1)
        self.next = [server + 1, behind + rest]
        self.repeated += (syns - 1 + (rest > 0)) * self.sees(True) + (answers - 1) * self.sees(False)
        if syns == 1 and self.sees(True) and (answers == 1 or not self.sees(False)):
            self.handshake.append(self.time - began)
        if self.ways == "both" and syns == 1:
            self.halves[0].append(self.external)
        if self.ways == "both" and answers == 1:
            self.halves[1].append(self.internal)

    def open_both(self):
        """Each sends its SYN before it has the other's: SYN/ACKs are no first answers then."""
        client, server = self.next[1], self.next[0]
        self.send(self.time, True, client, SYN, 0, 0)
        self.send(self.time + 100, False, server, SYN, 0, 0)
        self.send(self.time + 100 + self.internal, True, client, SYN | ACK, 0, server + 1)
        self.send(self.time + self.external, False, server, SYN | ACK, 0, client + 1)
        self.time += self.external + self.internal
        self.repeated += self.sees(True) + self.sees(False)
        if self.ways == "both":
            self.halves[0].append(self.external)
        self.next = [server + 1, client + 1]

    def begin_in_the_middle(self):
        for up in (True, False):
            self.send(self.time, up, self.next[up] - 10, ACK, 10)

    def be_refused(self):
        self.send(self.time, True, self.next[1], SYN, 0, 0)
        self.time += self.external
        self.send(self.time, False, 0, RST | ACK, 0, self.next[1] + 1)

    # ---- what comes then ----

    def go_on(self, up):
        self.send(self.time, up, self.next[up], ACK, 700)
        self.next[up] += 700

    def repeat(self, up):
        self.go_on(up)
        self.time += R.randrange(200, 300000)
        self.send(self.time, up, self.next[up] - 700, ACK, 700)
        self.repeated += self.sees(up)

    def keep_alive(self, up):
        self.send(self.time, up, self.next[up] - 1, ACK, R.randrange(2))

    def probe_window(self, up):
        """An octet, again and again, until the window opens; then that octet and more."""
        for i in range(R.randrange(1, 4)):
            self.send(self.time, not up, self.next[not up], ACK, 0, None, 0)
            self.send(self.time + 1000, up, self.next[up], ACK, 1)
            self.time += 300000
        self.go_on(up)

    def overtake(self, up):
        order = R.choice(((1, 0), (1, 0, 3, 2), (1, 2, 3, 0), (3, 0, 1, 2), (0, 2, 1), (2, 1, 0)))
        for place in order:
            self.time += R.randrange(5, 120)
            self.send(self.time, up, self.next[up] + 500 * place, ACK, 500)
        self.next[up] += 500 * len(order)

    def lose_in_front(self, up):
        """The probe has not seen the segment before it is sent again."""
        self.send(self.time, up, self.next[up] + 500, ACK, 500)
        self.time += self.external + self.internal + R.randrange(4000, 50000)
        self.send(self.time, up, self.next[up], ACK, 500)
        self.next[up] += 1000
        self.repeated += self.sees(up)

    def talk(self):
        deeds = (self.go_on, self.repeat, self.keep_alive, self.probe_window, self.overtake,
                 self.lose_in_front)
        self.go_on(True)
        self.go_on(False)
        for _ in range(R.randrange(8)):
            self.time += R.randrange(1000, 60000)
            R.choice(deeds)(R.random() < 0.3)


def make(number):
    connection = Connection(number, R.choice(("both", "both", "both", "up", "down")))
    kind = R.choice(("plain", "plain", "repeated", "fast open", "both", "middle", "refused"))
    if kind == "plain":
        connection.open()
    elif kind == "repeated":
        connection.open(*R.choice(((2, 1), (1, 2), (3, 2))))
    elif kind == "fast open":
        connection.open(data=R.randrange(2, 1400), taken=R.random() < 0.5)
    elif kind == "both":
        connection.open_both()
    elif kind == "middle":
        connection.begin_in_the_middle()
    else:
        connection.be_refused()
        return connection
    connection.talk()
    return connection


def check_times(seen, times, what):
    assert seen["count"] == len(times), (what, seen, len(times))
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        wanted = sorted(times)[math.ceil(len(times) * share) - 1]
        assert abs(seen[name] - wanted) <= 0.02 * wanted, (what, name, seen, wanted)


def in_session(frame):
    """QinQ and PPPoE, in which a snaplen of 64 leaves TCP 14 bytes."""
    packet = struct.pack("!HHHH", 0x1100, 7, 2 + len(frame) - 14, 0x0021) + frame[14:]
    return frames.ethernet(frame[6:12], frame[:6], 0x8864, packet, ((0x88a8, 5), 9))


def check_connections(wrap, snaplen, seeds):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        for seed in seeds:
            R.seed(seed)
            made = [make(number) for number in range(CONNECTIONS)]
            frames.write_pcap(path, [(time, wrap(frame)) for connection in made
                                     for time, frame in connection.frames], snaplen=snaplen)
            seen = frames.replay(PROBE, path, "--memory", "64M")["tcp"]
            repeated = sum(connection.repeated for connection in made)
            assert seen["retransmitted_packets"] == repeated, (seed, seen, repeated)
            for name, times in (("handshake_rtt_us", [c.handshake for c in made]),
                                ("handshake_external_us", [c.halves[0] for c in made]),
                                ("handshake_internal_us", [c.halves[1] for c in made])):
                check_times(seen[name], [time for some in times for time in some], (seed, name))


def random_connections_have_their_handshakes_and_repetitions():
    check_connections(lambda frame: frame, 262144, range(SEEDS))


def a_snaplen_that_cuts_tcp_behind_its_flags_changes_nothing():
    check_connections(in_session, 64, range(SEEDS, SEEDS + 2))


if __name__ == "__main__":
    tap.run([random_connections_have_their_handshakes_and_repetitions,
             a_snaplen_that_cuts_tcp_behind_its_flags_changes_nothing])
