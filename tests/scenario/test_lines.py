# SPDX-License-Identifier: GPL-2.0-or-later
"""The reports that are made of random captures of subscribers: lines, octets, devices and busiest seconds
of each access node and interval, against what is known from how the captures were made.

    test_lines.py PROBE REPLAY_REPORTS
"""
import collections
import json
import os
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import frames
import tap

PROBE, REPLAY_REPORTS = sys.argv[1:3]
SEEDS, LINES, INTERVAL_S, START_S = 2, 30, 10, 1700000000
R = random.Random()
BRAS, RELAY, SERVER, ALL = b"\2\0\0\0\xbb\1", b"\2\0\0\0\xbb\2", b"\2\0\0\0\xbb\3", b"\xff" * 6
EVERYONE, NOBODY = b"\xff" * 4, bytes(4)
SETTINGS = """operator = "cu"; probe = "p1"; pseudonym_key_file = "key";
flow = { devices_precision = 14; };
sources = ( { name = "tap-1"; interface = "lo"; } );
access_nodes = (
  { name = "pairs"; area = "371002"; svlan_first = 100; svlan_last = 109; cvlan_first = 1; },
  { name = "shared"; area = "371002"; svlan_first = 200; svlan_last = 209; },
  { name = "bras"; area = "371002"; svlan_last = 0; routed = true; } );
"""


def mac(number):
    return b"\2\x10" + struct.pack("!I", number)


class Seen:
    """Frames, and what is true of them: of each access node, line and second the octets down, of
    each interval those both ways, and who was there."""

    def __init__(self):
        self.frames = []
        self.octets = collections.Counter()   # (interval, node, line, down)
        self.seconds = collections.Counter()  # (interval, node, line, second): down
        self.accounted = collections.Counter()  # (interval, node, down)
        self.devices = collections.defaultdict(set)  # (interval, node): addresses
        self.lines = set()                    # (interval, node, line): with traffic or a session
        self.busy = set()                     # with traffic

    def put(self, time, frame):
        self.frames.append((time, frame))

    def session(self, time, node, line):
        self.lines.add((interval_of(time), node, line))

    def traffic(self, time, node, line, address, octets, down):
        key = (interval_of(time), node, line)
        self.lines.add(key)
        self.busy.add(key)
        self.devices[key[:2]].add(address)
        self.octets[(*key, down)] += octets
        self.seconds[(*key, time // 1000000)] += octets if down else 0


def interval_of(time):
    return time // 1000000 // INTERVAL_S * INTERVAL_S


def packet(address, down, port):
    """Of a subscriber's address and a server."""
    server = bytes((198, 51, 100, R.choice((7, 7, 7, 7, R.randrange(1, 50)))))
    if len(address) == 16:
        server = bytes.fromhex("20010db8ffff") + bytes(9) + server[3:]
    put = frames.ipv4 if len(address) == 4 else frames.ipv6
    ports = (443, port) if down else (port, 443)
    ends = (server, address) if down else (address, server)
    return put(*ends, 17, frames.udp(*ports, bytes(R.randrange(1300))))


def ethertype(ip):
    return 0x0800 if ip[0] >> 4 == 4 else 0x86dd


def named(circuit, remote, put):
    """Sub-options in any order, one or both of them; `put` writes one."""
    parts = R.choice(([(1, circuit)], [(2, remote)], [(1, circuit), (2, remote)],
                      [(2, remote), (1, circuit)]))
    return b"".join(put(kind, value) for kind, value in parts)


def sub_option(kind, value):
    return bytes((kind, len(value))) + value


class Line:
    """Bursts of traffic with pauses, and what its kind does in between."""
    node, peaks, settings, port, six = "shared", True, SETTINGS, 6000, 0.2

    def __init__(self, seen, number):
        self.seen, self.number, self.name = seen, number, (type(self).__name__, number)
        self.time = START_S * 1000000 + R.randrange(3000000)

    def session(self):
        self.seen.session(self.time, self.node, self.name)

    def count(self, address, ip, down):
        self.seen.traffic(self.time, self.node, self.name, address, len(ip), down)

    def live(self):
        for burst in range(R.randrange(1, 7)):
            for _ in range(R.randrange(1, 6)):
                self.time += R.choice((0, 1000, 100000, 400000, 999999))
                self.talk(R.random() < 0.7)
            self.time += R.randrange(4000000)
            self.go_on(burst)

    def go_on(self, burst):
        pass


class Session(Line):
    """PPPoE in a VLAN of its own or in a shared one: dials first, late or never, anew, with another
    session, with another modem behind the same circuit."""
    def __init__(self, seen, number):
        super().__init__(seen, number)
        own = number % 2
        self.node = "pairs" if own else "shared"
        self.tags = ((0x88a8, 100 + number % 5), 10 + number) if own else (200,)
        self.mac, self.session_id = mac(1000 + number), 1 + number
        self.story = R.choice(("first", "late", "never", "modem", "anew"))
        self.tag = self.make_tag()
        if self.story not in ("late", "never"):
            self.dial()

    def make_tag(self, circuit=None):
        name = circuit or named(b"OLT-1/0/%d" % self.number, b"SN%08d" % self.number, sub_option)
        tags = [struct.pack("!HHI", 0x0105, 4 + len(name), 3561) + name, b"\1\1\0\0",
                b"\1\3\0\4abcd", struct.pack("!HHI", 0x0105, 6, 9) + b"xy"]
        R.shuffle(tags)
        return b"".join(tags)

    def say(self, up, code, session, tags):
        body = struct.pack("!BBHH", 0x11, code, session, len(tags)) + tags
        ends = (self.mac, ALL if code == 9 else BRAS) if up else (BRAS, self.mac)
        self.seen.put(self.time, frames.ethernet(*ends, 0x8863, body, self.tags))
        self.time += 10

    def dial(self):
        self.say(True, 0x09, 0, self.tag)
        self.say(False, 0x07, 0, b"\1\2\0\3ac1")
        self.say(True, 0x19, 0, self.tag)
        self.session()
        self.say(False, 0x65, self.session_id, b"\1\1\0\0")

    def talk(self, down):
        address = bytes((100, 64, 0, self.number))
        if R.random() < self.six:
            address = bytes.fromhex("20010db80001") + struct.pack("!H", self.number) + bytes(8)
        ip = packet(address, down, self.port)
        self.count(address, ip, down)
        ppp = struct.pack("!HHH", 0x1100, self.session_id, 2 + len(ip)) + \
            (b"\0\x21" if len(address) == 4 else b"\0\x57") + ip
        ends = (BRAS, self.mac) if down else (self.mac, BRAS)
        self.seen.put(self.time, frames.ethernet(*ends, 0x8864, ppp, self.tags))

    def go_on(self, burst):
        if self.story == "late" and burst == 1:
            self.dial()
        elif self.story == "anew" and burst % 2 == 0:
            self.say(R.random() < 0.5, 0xa7, self.session_id, b"")
            self.session_id += 1000
            self.dial()
        elif self.story == "modem" and burst == 1:
            self.tag = self.make_tag(sub_option(1, b"OLT-1/0/%d" % self.number))
            self.dial()
            self.mac = mac(5000 + self.number)
            self.dial()


class Lease(Line):
    """Clients in a shared VLAN, named by option 82: seen where they are, or between relay and
    server; before their traffic, behind it, or again. What goes to all is nobody's traffic."""
    stories = ("first", "late", "again")

    def __init__(self, seen, number):
        super().__init__(seen, number)
        self.tags, self.relayed = (201 + number % 5,), number % 2
        self.clients = [(mac(9000 + number * 4 + i), bytes((100, 80, number, 1 + i)))
                        for i in range(R.choice((1, 1, 2, 3)))]
        self.option = named(b"eth 0/%d" % number, b"RID%06d" % number, sub_option)
        self.story = R.choice(self.stories)
        self.clients = self.clients[:1] if self.story == "late" else self.clients
        self.known = False
        if not self.story.startswith("late"):
            self.lease()

    def lease(self):
        for client in self.clients:
            for step in ((1, 1), (2, 2), (1, 3), (2, 5)):
                self.say(*client, *step)
        if self.known or not self.relayed:
            self.session()

    def say(self, client, address, operation, message):
        up = operation == 1
        relay = bytes((10, 254, 0, 1)) if self.relayed else NOBODY
        options = [sub_option(53, bytes((message,))), sub_option(61, b"\1" + client),
                   sub_option(82, self.option)]
        R.shuffle(options)
        body = struct.pack("!BBBBIHH", operation, 1, 6, 0, 1, 0, 0) + NOBODY + \
            (NOBODY if up else address) + NOBODY + relay + client + bytes(202) + \
            b"\x63\x82\x53\x63" + b"".join(options) + b"\xff"
        server = bytes((10, 255, 0, 1))
        if self.relayed:
            ip = frames.ipv4(*((relay, server) if up else (server, relay)), 17,
                             frames.udp(67, 67, body))
            frame = frames.ethernet(*((RELAY, SERVER) if up else (SERVER, RELAY)), 0x0800, ip, (999,))
        else:
            ip = frames.ipv4(*((NOBODY, EVERYONE) if up else (server, EVERYONE)), 17,
                             frames.udp(*((68, 67) if up else (67, 68)), body))
            frame = frames.ethernet(*((client, ALL) if up else (BRAS, client)), 0x0800, ip, self.tags)
        self.seen.put(self.time, frame)
        self.time += 10

    def talk(self, down):
        client, address = R.choice(self.clients)
        ip = packet(address, down, self.port)
        self.known = True
        self.count(address, ip, down)
        ends = (BRAS, client) if down else (client, BRAS)
        self.seen.put(self.time, frames.ethernet(*ends, 0x0800, ip, self.tags))

    def go_on(self, burst):
        if (self.story.startswith("late") and burst == 0) or (self.story == "again" and burst % 2):
            self.lease()


class Household(Lease):
    """Several clients have traffic before it shows that they are behind one circuit. Seconds that
    were over by then cannot be added any more."""
    stories = ("late for all",)
    peaks = False


class Bare(Line):
    """Nothing names it but its pair of tags, or its MAC; a channel of television comes, too."""

    def __init__(self, seen, number):
        super().__init__(seen, number)
        own = number % 2
        self.node = "pairs" if own else "shared"
        self.tags = (109, 100 + number) if own else (209,)
        self.macs = [mac(20000 + number * 4 + i) for i in range(R.choice((1, 2, 3)) if own else 1)]

    def talk(self, down):
        which = R.randrange(len(self.macs))
        address = bytes((100, 97, self.number, 1 + which))
        ip = packet(address, down, self.port)
        self.count(address, ip, down)
        ends = (BRAS, self.macs[which]) if down else (self.macs[which], BRAS)
        self.seen.put(self.time, frames.ethernet(*ends, 0x0800, ip, self.tags))
        if self.node == "shared":
            group = packet(bytes((239, 1, 1, self.number)), True, 5000)
            self.seen.put(self.time, frames.ethernet(BRAS, b"\1\0\x5e\1\1\1", 0x0800, group, self.tags))


class Dialled(Session):
    """RADIUS calls it by port and account; some dial without a name at all, and are the port then.
    Flows begin often enough to tell that both are one; seconds that were over by then cannot be
    added any more."""
    peaks = False
    settings = SETTINGS.replace(""",
  { name = "bras"; area = "371002"; svlan_last = 0; routed = true; }""", "")

    def __init__(self, seen, number):
        self.sessions = 0
        super().__init__(seen, number)
        if number % 3 == 0 and self.story == "modem":  # nothing tells until it has traffic
            self.story = "anew"

    def dial(self):
        super().dial()
        self.session_id += 1
        self.sessions += 1
        self.record(1)

    def say(self, up, code, session, tags):
        """Nothing names the session of every third line but RADIUS."""
        super().say(up, code, session, b"\1\1\0\0" if self.number % 3 == 0 else tags)

    def record(self, status):
        if self.story == "never":
            return
        values = [(40, struct.pack("!I", status)), (32, b"bras"), (44, b"%x-%x" % (self.number, self.sessions)),
                  (1, b"user%d" % self.number), (8, bytes((100, 64, 0, self.number))),
                  (87, b"slot 1 port %d" % self.number)]
        body = b"".join(bytes((kind, 2 + len(value))) + value for kind, value in values)
        ip = frames.ipv4(b"\n\0\0\1", b"\n\0\1\1", 17, frames.udp(
            1646, 1813, struct.pack("!BBH", 4, 1, 20 + len(body)) + bytes(16) + body))
        self.seen.put(self.time, frames.ethernet(RELAY, SERVER, 0x0800, ip, (997,)))
        self.time += 10

    def talk(self, down):
        self.port += 1
        super().talk(down)

    def live(self):
        super().live()
        self.six = 0  # RADIUS knows the other address
        self.talk(False)

    def go_on(self, burst):
        super().go_on(burst)
        if self.sessions and R.random() < 0.5:
            self.session()
            self.record(3)


class Accounts:
    """Beyond a router, by RADIUS: addresses go from one to another, stops are lost, octets are
    counted in Gigawords, records come twice, a NAS starts anew."""

    def __init__(self, seen):
        self.seen, self.time, self.serial = seen, START_S * 1000000 + 5000, 0
        self.owner, self.sessions, self.port = {}, {}, 1000

    def record(self, status, nas, name=None, session=None):
        attributes = [(40, struct.pack("!I", status)), (32, nas), (44, b"%x" % (session or {"id": 0})["id"])]
        if name is not None:
            attributes += [(1, b"user%d" % name), (8, bytes((203, 0, 113, session["address"])))]
            octets = session["octets"]
            attributes += [(42, octets[1] & 0xffffffff), (43, octets[0] & 0xffffffff),
                           (52, octets[1] >> 32), (53, octets[0] >> 32), (46, session["age"])]
            self.seen.session(self.time, "bras", name)
        R.shuffle(attributes)
        values = [(kind, struct.pack("!I", value) if isinstance(value, int) else value)
                  for kind, value in attributes]
        body = b"".join(bytes((kind, 2 + len(value))) + value for kind, value in values)
        ip = frames.ipv4(b"\n\0\0\1", b"\n\0\1\1", 17, frames.udp(
            1646, 1813, struct.pack("!BBH", 4, 1, 20 + len(body)) + bytes(16) + body))
        for _ in range(R.choice((1, 1, 1, 2))):
            self.seen.put(self.time, frames.ethernet(RELAY, SERVER, 0x0800, ip, (997,)))

    def start(self):
        name, address = R.randrange(20), R.randrange(12)
        if name in self.sessions or (address in self.owner and R.random() < 0.8):
            return
        lost = self.owner.get(address)
        self.sessions.pop(lost, None)
        self.serial += 1
        session = {"nas": R.choice((b"nas-a", b"nas-b")), "id": self.serial, "address": address,
                   "octets": [0, 0], "age": 0}
        self.sessions[name], self.owner[address] = session, name
        self.record(1, session["nas"], name, session)

    def go_on(self, status):
        if not self.sessions:
            return
        name = R.choice(list(self.sessions))
        session = self.sessions[name]
        for way in (0, 1):
            grown = R.randrange(1 << 34)
            session["octets"][way] += grown
            self.seen.accounted[interval_of(self.time), way] += grown
        session["age"] += 60
        self.record(status, session["nas"], name, session)
        if status == 2:
            del self.sessions[name], self.owner[session["address"]]

    def reboot(self):
        nas = R.choice((b"nas-a", b"nas-b"))
        self.record(R.choice((7, 8)), nas)
        for name, session in list(self.sessions.items()):
            if session["nas"] == nas:
                del self.sessions[name], self.owner[session["address"]]

    def talk(self):
        """To an address that somebody has, or nobody."""
        address, down = R.randrange(12), R.random() < 0.6
        self.port += 1
        ip = packet(bytes((203, 0, 113, address)), down, self.port)
        ends = (SERVER, BRAS) if down else (BRAS, SERVER)
        self.seen.put(self.time, frames.ethernet(*ends, 0x0800, ip))
        if address in self.owner:
            self.seen.traffic(self.time, "bras", self.owner[address], address, len(ip), down)

    def live(self):
        for _ in range(300):
            self.time += R.choice((100, 5000, 100000, 300000))
            R.choices((self.start, lambda: self.go_on(3), lambda: self.go_on(2), self.reboot,
                       self.talk), (20, 10, 8, 1, 60))[0]()


# ---- the comparison ----


def reports(folder, seen, settings):
    path, config = os.path.join(folder, "made.pcap"), os.path.join(folder, "probe.cfg")
    frames.write_pcap(path, seen.frames)
    with open(config, "w", encoding="ascii") as out:
        out.write(settings)
    with open(os.open(os.path.join(folder, "key"), os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        out.write("ab" * 32)
    done = subprocess.run([REPLAY_REPORTS, config, path, str(INTERVAL_S * 1000)],
                          capture_output=True, text=True, timeout=60, check=True)
    whole = frames.replay(PROBE, path, "--memory", "64M")
    return [json.loads(line) for line in done.stdout.splitlines()], whole


def check_cell(seen, interval, cell, exact):
    node = cell["access_node"]
    where = (interval, node)
    mine = {key for key in seen.lines if key[:2] == where}
    assert cell["lines_active"] == len(mine), (where, cell["lines_active"], len(mine))
    for name, down in (("downstream_octets", True), ("upstream_octets", False)):
        octets = sum(seen.octets[(*key, down)] for key in mine)
        assert cell[name] == octets, (where, name, cell[name], octets)
        if node == "bras":
            assert (cell["accounted_" + name] or 0) == seen.accounted[interval, not down], (where, name)
    devices = len(seen.devices[where])
    assert abs(cell["devices"] - devices) <= max(1, 0.03 * devices), (where, cell["devices"], devices)
    if exact:
        check_peaks(seen, where, mine & seen.busy, cell)


def check_peaks(seen, where, lines, cell):
    peaks = collections.defaultdict(int)
    for (*key, _), octets in seen.seconds.items():
        peaks[tuple(key)] = max(peaks[tuple(key)], octets * 8)
    wanted = sorted(peaks[key] for key in lines)
    got = [value for value, count in cell["peak_bits_per_s"]["buckets"] for _ in range(count)]
    assert len(got) == len(wanted), (where, "peaks", len(got), len(wanted))
    for peak, value in zip(wanted, got):
        assert abs(peak - value) <= 0.02 * peak, (where, "peak", peak, value)


def check(seen, exact=True, settings=SETTINGS):
    with tempfile.TemporaryDirectory() as folder:
        made, whole = reports(folder, seen, settings)
    cells = {(report["interval_start_unix_ns"] // 10**9, cell["access_node"]): cell
             for report in made for cell in report["cells"]}
    assert set(cells) == {key[:2] for key in seen.lines}, (cells.keys(), {k[:2] for k in seen.lines})
    for (interval, _), cell in cells.items():
        check_cell(seen, interval, cell, exact)
    return whole


def case_of(kind, name):
    def case():
        for seed in range(SEEDS):
            R.seed(f"{name} {seed}")
            seen = Seen()
            for line in [kind(seen, number) for number in range(LINES)]:
                line.live()
            active = check(seen, kind.peaks, kind.settings)["lines"]["active"]
            assert active == len({key[2] for key in seen.lines}), (seed, active)
    case.__name__ = name
    return case


def lines_of_accounts_follow_their_addresses():
    for seed in (*range(SEEDS), 85):  # 85: an old session ends after its address went to a new one
        R.seed(seed)
        accounts = Accounts(Seen())
        accounts.live()
        check(accounts.seen)


if __name__ == "__main__":
    tap.run([
        case_of(Session, "lines_of_pppoe_sessions_are_counted_once_whatever_they_are_known_by"),
        case_of(Dialled, "lines_that_the_access_node_and_radius_call_by_other_names_are_one"),
        case_of(Lease, "lines_of_leases_are_counted_once_whatever_they_are_known_by"),
        case_of(Household, "lines_of_several_clients_turn_out_to_be_one"),
        case_of(Bare, "lines_without_a_name_are_their_tags_or_their_mac"),
        lines_of_accounts_follow_their_addresses,
    ])
