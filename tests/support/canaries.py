# SPDX-License-Identifier: GPL-2.0-or-later
"""Personal data made to be looked for: subscribers and access points whose addresses, names and
identifiers are random, the packets and SNMP rows that speak of them, and the search for any of them
in whatever form bytes may take."""
import ipaddress
import random
import struct

BRAS = bytes.fromhex("02000000feed")
SERVER = ipaddress.IPv4Address("198.51.100.80")
START_UNIX_S = 1700000000


class Subscriber:
    """One line: what of it must never leave the probe."""

    def __init__(self, number, dice):
        tag = f"{dice.getrandbits(40):010x}"
        self.number = number
        self.mac = bytes([2, *dice.randbytes(5)])
        self.ipv4 = ipaddress.IPv4Address(0x64400000 + dice.randrange(1 << 16, 1 << 22))
        self.ipv6 = ipaddress.IPv6Address(b"\x24\x0e" + dice.randbytes(14))
        self.circuit = f"secret-olt eth 0/{number}:{tag}"
        self.remote = f"remote-{tag[::-1]}"
        self.host = f"laptop-of-{tag[2:]}{number}"
        self.account = f"subscriber{tag[:7]}{number}@weihai"

    def names(self):
        return [self.circuit, self.remote, self.host, self.account]


class AccessPoint:
    def __init__(self, mac, dice):
        tag = f"{dice.getrandbits(40):010x}"
        self.mac = mac
        self.serial = f"21023{tag}".upper()
        self.name = f"ap-of-{tag}"


# Frames, from the inside out

def ethernet(destination, source, ethertype, payload):
    return destination + source + struct.pack("!H", ethertype) + payload


def tagged(subscriber, ethertype, payload):
    """802.1ad outside, 802.1Q inside."""
    return struct.pack("!HHHH", 100, 0x8100, 200 + subscriber.number, ethertype) + payload


def ipv4(source, destination, protocol, payload):
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol,
                       0) + source.packed + destination.packed + payload


def ipv6(source, destination, protocol, payload):
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source.packed + \
        destination.packed + payload


def udp(source, destination, payload):
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def tcp(source, destination, sequence, acknowledgement, flags, payload=b""):
    return struct.pack("!HHIIHHI", source, destination, sequence, acknowledgement, 0x5000 | flags,
                       65535, 0) + payload


def option(kind, value):
    value = value.encode() if isinstance(value, str) else value
    return bytes([kind, len(value)]) + value


def access_tag(subscriber):
    return option(1, subscriber.circuit) + option(2, subscriber.remote)


def session_frame(subscriber, ppp_protocol, payload, up):
    body = struct.pack("!HHHH", 0x1100, subscriber.number + 1, len(payload) + 2,
                       ppp_protocol) + payload
    ends = (BRAS, subscriber.mac) if up else (subscriber.mac, BRAS)
    return ethernet(*ends, 0x88a8, tagged(subscriber, 0x8864, body))


def discovery_frame(subscriber, code, session, up):
    vendor = struct.pack("!I", 0xde9) + access_tag(subscriber)
    tags = struct.pack("!HHHH", 0x0101, 0, 0x0105, len(vendor)) + vendor
    body = struct.pack("!HHH", 0x1100 | code, session, len(tags)) + tags
    ends = (BRAS, subscriber.mac) if up else (subscriber.mac, BRAS)
    return ethernet(*ends, 0x88a8, tagged(subscriber, 0x8863, body))


def password_frame(subscriber):
    """PAP, RFC 1334: who it is, in the clear."""
    body = option(0, subscriber.account)[1:] + option(0, "password")[1:]
    return session_frame(subscriber, 0xc023, struct.pack("!BBH", 1, 1, 4 + len(body)) + body, True)


def name_question(subscriber):
    labels = option(0, subscriber.host)[1:] + option(0, "example")[1:] + b"\0"
    return struct.pack("!HHHHHH", 7, 0x100, 1, 0, 0, 0) + labels + struct.pack("!HH", 1, 1)


def dhcp_frame(subscriber, message, up):
    given = ipaddress.IPv4Address(0) if up else subscriber.ipv4
    body = struct.pack("!BBBBIHH", 1 if up else 2, 1, 6, 0, subscriber.number, 0, 0)
    body += bytes(4) + given.packed + bytes(8) + subscriber.mac + bytes(10 + 192)
    body += bytes.fromhex("63825363") + option(53, bytes([message])) + option(12, subscriber.host)
    body += option(82, access_tag(subscriber)) + b"\xff"
    ports = (68, 67) if up else (67, 68)
    ends = (ipaddress.IPv4Address(0), ipaddress.IPv4Address("255.255.255.255"))
    packet = ipv4(*ends, 17, udp(*ports, body))
    return ethernet(b"\xff" * 6, subscriber.mac if up else BRAS, 0x0800, packet)


def accounting_frame(subscriber):
    """RADIUS accounting of an access server, RFC 2866."""
    station = ":".join(f"{byte:02X}" for byte in subscriber.mac)
    body = bytes([40, 6, 0, 0, 0, 1])
    for kind, value in ((1, subscriber.account), (8, subscriber.ipv4.packed), (31, station),
                        (87, subscriber.circuit)):
        value = value.encode() if isinstance(value, str) else value
        body += bytes([kind, 2 + len(value)]) + value
    body = struct.pack("!BBH", 4, subscriber.number, 20 + len(body)) + bytes(16) + body
    ends = (ipaddress.IPv4Address("10.0.0.1"), ipaddress.IPv4Address("10.0.0.2"))
    return ethernet(BRAS, bytes.fromhex("020000000bad"), 0x0800,
                    ipv4(*ends, 17, udp(1813, 1813, body)))


def wlan_frame(subscriber):
    """A frame of a station, carried by CAPWAP to its controller."""
    inner = ethernet(BRAS, subscriber.mac, 0x0800,
                     ipv4(subscriber.ipv4, SERVER, 17, udp(5000, 443, bytes(600))))
    packet = ipv4(ipaddress.IPv4Address("10.1.0.1"), ipaddress.IPv4Address("10.1.0.2"), 17,
                  udp(49152, 5247, bytes.fromhex("0010020000000000") + inner))
    return ethernet(BRAS, bytes.fromhex("020000000ca9"), 0x0800, packet)


def session_packets(subscriber):
    """A handshake, a request that names its host, an answer, a DNS question, IPv6."""
    port, inside = 30000 + subscriber.number, subscriber.ipv4
    request = f"GET / HTTP/1.1\r\nHost: {subscriber.host}\r\n\r\n".encode()

    def up(payload):
        return session_frame(subscriber, 0x0021, ipv4(inside, SERVER, *payload), True)

    def down(payload):
        return session_frame(subscriber, 0x0021, ipv4(SERVER, inside, *payload), False)

    return [up((6, tcp(port, 80, 1, 0, 2))), down((6, tcp(80, port, 9, 2, 0x12))),
            up((6, tcp(port, 80, 2, 10, 0x10))), up((6, tcp(port, 80, 2, 10, 0x18, request))),
            *[down((6, tcp(80, port, 10 + 1000 * i, 2 + len(request), 0x10, bytes(1000))))
              for i in range(20)],
            up((17, udp(port, 53, name_question(subscriber)))),
            session_frame(subscriber, 0x0057, ipv6(subscriber.ipv6, ipaddress.IPv6Address(
                "2001:db8::53"), 17, udp(port, 53, name_question(subscriber))), True)]


def frames_of(subscriber):
    return [discovery_frame(subscriber, 0x19, 0, True),
            discovery_frame(subscriber, 0x65, subscriber.number + 1, False),
            password_frame(subscriber), *session_packets(subscriber),
            dhcp_frame(subscriber, 1, True), dhcp_frame(subscriber, 5, False),
            accounting_frame(subscriber), wlan_frame(subscriber)]


def write_capture(path, subscribers):
    """All their frames, a millisecond apart, for some seconds."""
    rounds, now_us = 4, START_UNIX_S * 1000000
    with open(path, "wb") as out:
        out.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for _ in range(rounds):
            for subscriber in subscribers:
                for frame in frames_of(subscriber):
                    now_us += 1000
                    out.write(struct.pack("=IIII", now_us // 1000000, now_us % 1000000, len(frame),
                                          len(frame)) + frame)


# SNMP rows

TABLE = "1.3.6.1.4.1.2011.6.139.13.3.3.1."  # hwWlanAp: the index is the MAC
SERIAL, NAME = "2", "4"                     # columns


def rewrite_recording(text, dice):
    """A Huawei controller's recording with canaries for its access points; and these."""
    def index_of(line):
        oid = line.split("|", 1)[0]
        return oid[len(TABLE):].split(".", 1) if oid.startswith(TABLE) else None

    lines = text.splitlines()
    known = sorted({tuple(int(n) for n in found[1].split("."))
                    for found in map(index_of, lines) if found})
    macs = sorted(bytes([2, *dice.randbytes(5)]) for _ in known)  # rows stay in order
    points = {old: AccessPoint(mac, dice) for old, mac in zip(known, macs)}
    out = []
    for line in lines:
        found = index_of(line)
        if found:
            column, point = found[0], points[tuple(int(n) for n in found[1].split("."))]
            _, kind, value = line.split("|", 2)
            value = {SERIAL: point.serial, NAME: point.name}.get(column, value)
            line = f"{TABLE}{column}.{'.'.join(str(b) for b in point.mac)}|{kind}|{value}"
        out.append(line)
    return "\n".join(out) + "\n", list(points.values())


# The search

def forms_of_mac(mac):
    pairs = [f"{byte:02x}" for byte in mac]
    words = ["".join(pairs[i:i + 2]) for i in (0, 2, 4)]
    texts = ["".join(pairs), ":".join(pairs), "-".join(pairs), ".".join(words), "-".join(words),
             ".".join(str(byte) for byte in mac)]
    return [mac, *[text.encode() for text in texts]]


def forms_of_address(address):
    hexadecimal = address.packed.hex().encode()
    texts = {str(address), getattr(address, "exploded", str(address))}
    return [address.packed, hexadecimal, *[text.encode() for text in texts]]


def forms_of_name(name):
    return [name.encode(), name.lower().encode(), name.encode().hex().encode()]


class Canaries:
    """Everything that was planted, and the search for it."""

    def __init__(self, seed, subscribers=16):
        self.dice = random.Random(seed)
        self.subscribers = [Subscriber(i, self.dice) for i in range(subscribers)]
        self.points = []

    def plant_recording(self, text):
        text, self.points = rewrite_recording(text, self.dice)
        return text

    def needles(self):
        """Canary -> its forms. Letters are compared without case."""
        found = {}
        for owner in (*self.subscribers, *self.points):
            found[f"mac {owner.mac.hex()}"] = forms_of_mac(owner.mac)
        for subscriber in self.subscribers:
            for address in (subscriber.ipv4, subscriber.ipv6):
                found[f"address {address}"] = forms_of_address(address)
            for name in subscriber.names():
                found[f"name {name}"] = forms_of_name(name)
        for point in self.points:
            for name in (point.serial, point.name):
                found[f"name {name}"] = forms_of_name(name)
        return found

    def search(self, data):
        """The canaries in these bytes. Four raw bytes may stand there by chance: an IPv4 address in
        this form counts where two of them do."""
        lower, hits, by_chance = data.lower(), [], []
        for canary, forms in self.needles().items():
            raw = forms[0]
            if any(form in lower for form in forms[1:]):
                hits.append(canary)
            elif raw in data:
                (by_chance if len(raw) == 4 else hits).append(canary)
        return hits + (by_chance if len(by_chance) > 1 else [])
