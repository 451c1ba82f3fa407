# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay --json --flows` on stacks of headers put together at random, from a seed, by code that
shares nothing with the probe's: each frame's flow, octets and encapsulations are known from how it
was built. And the words of the fixed outputs about files.

    test_stacks.py PROBE
"""
import collections
import gzip
import json
import os
import random
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE = sys.argv[1]
STACKS = 400
LAYERS_MAX = 16
ETHERNET, RAW, PPP, COOKED, WLAN, RADIOTAP, COOKED_2 = 1, 101, 9, 113, 105, 127, 276
IPV4, IPV6 = 0x0800, 0x86dd
R = random.Random()


class Stack:
    """A frame in the making, from the inside out, and what is true of it."""

    def __init__(self):
        self.version = R.choice((4, 6))
        self.names, self.layers = set(), 0
        self.tags, self.session = [], 0
        self.bytes = b""
        self.ip_bytes = self.outer_ip_bytes = 0
        self.key = None

    def ethertype(self):
        return IPV4 if self.bytes[0] >> 4 == 4 else IPV6

    def wrap(self, header, layers=1, name=None):
        self.bytes = header + self.bytes
        self.layers += layers
        if name:
            self.names.add(name)

    def flow(self):
        low, high = sorted(self.key[:2])
        tags = self.tags + [0, 0]
        return low, high, self.key[2], tags[0], tags[1], self.session


def noise(length):
    return bytes(R.randrange(256) for _ in range(length))


def address(version):
    if version == 4:
        return bytes((R.randrange(1, 224),)) + noise(3)
    return b"\x20\x01\x0d\xb8" + noise(12)


def ipv4(source, destination, protocol, payload, fragment=0):
    options = R.choice((b"", b"", b"\x94\x04\0\0", b"\x01" * 8))
    words, length = 5 + len(options) // 4, 20 + len(options) + len(payload)
    return struct.pack("!BBHHHBBH", 0x40 | words, R.randrange(256), length, R.randrange(65536),
                       fragment, 64, protocol, 0) + source + destination + options + payload


def ipv6(source, destination, following, payload):
    return struct.pack("!IHBB", 6 << 28 | R.randrange(1 << 28), len(payload), following, 64) + \
        source + destination + payload


def extensions(stack, protocol, payload, fragmented):
    """Hop-by-hop, routing, fragment, authentication, destination options; in their order."""
    chain = [kind for kind in (0, 43, 44, 51, 60)
             if (fragmented if kind == 44 else R.random() < 0.2)]
    for kind in reversed(chain):
        words = R.randrange(2)
        rest = {44: struct.pack("!BHI", 0, 1, R.randrange(1 << 32)),
                51: struct.pack("!BHII", 4, 0, 1, 2) + bytes(12)}.get(
                    kind, bytes((words, 1, 4 + 8 * words)) + bytes(4 + 8 * words))
        if kind == 43:
            rest = bytes((words,)) + bytes(6 + 8 * words)
        payload, protocol = bytes((protocol,)) + rest + payload, kind
    stack.layers += len(chain)
    return protocol, payload


def transport():
    """Protocol, ports and bytes."""
    protocol = R.choice((6, 6, 17, 17, 132, 136, 50, 103))
    ports = (R.randrange(20000, 60000), R.randrange(20000, 60000))
    payload = noise(R.choice((0, 1, 18, 200)))
    if protocol in (50, 103):
        return protocol, (0, 0), payload
    header = struct.pack("!HH", *ports)
    if protocol == 6:
        header += struct.pack("!IIBBHHH", R.randrange(1 << 32), 0, 0x50, 0x10, 512, 0, 0)
    else:
        header += struct.pack("!HH", 8 + len(payload), 0) + bytes(4 if protocol == 132 else 0)
    return protocol, ports, header + payload


def begin():
    """A packet that everything else is put around."""
    stack = Stack()
    protocol, ports, payload = transport()
    source, destination = address(stack.version), address(stack.version)
    fragmented = R.random() < 0.1
    stack.layers = 2
    if stack.version == 4:
        stack.bytes = ipv4(source, destination, protocol, payload, 0x2000 if fragmented else 0)
    else:
        following, payload = extensions(stack, protocol, payload, fragmented)
        stack.bytes = ipv6(source, destination, following, payload)
    stack.key = ((source, ports[0]), (destination, ports[1]), protocol)
    stack.ip_bytes = stack.outer_ip_bytes = len(stack.bytes)
    return stack


def put_ip(stack, protocol):
    version = R.choice((4, 6))
    put = ipv4 if version == 4 else ipv6
    stack.bytes = put(address(version), address(version), protocol, stack.bytes)
    stack.layers += 1
    stack.outer_ip_bytes = len(stack.bytes)


def put_udp(stack, port, both=False):
    source = port if both else R.randrange(20000, 60000)
    stack.wrap(struct.pack("!HHHH", source, port, 8 + len(stack.bytes), 0))
    put_ip(stack, 17)


def put_ethernet(stack, ethertype=None, limit=2):
    """Any address may come first: 0, 1, 4 and 6 mean something else below MPLS."""
    ethertype = ethertype or stack.ethertype()
    pad = R.random() < 0.3
    tags = [R.randrange(1, 4095) for _ in range(R.randrange(limit + 1))]
    header = bytes((R.choice((0x00, 0x10, 0x44, 0x6c, 0xa8)),)) + noise(5) + b"\2" + noise(5)
    for tag in tags:
        header += struct.pack("!HH", R.choice((0x8100, 0x88a8)), tag)
    stack.wrap(header + struct.pack("!H", ethertype), 1 + len(tags))
    stack.tags = tags + stack.tags
    if pad:
        stack.bytes += bytes(max(0, 60 - len(stack.bytes)))


def put_llc(stack):
    stack.wrap(b"\xaa\xaa\x03\0\0\0" + struct.pack("!H", stack.ethertype()), 1, "llc_snap")


def put_wlan(stack, padded=False):
    put_llc(stack)
    way, qos = R.randrange(4), R.random() < 0.6
    order, aggregate = qos and R.random() < 0.3, qos and R.random() < 0.3
    header = bytes((0x88 if qos else 0x08, way | (0x80 if order else 0))) + bytes(2) + noise(20)
    header += noise(6) if way == 3 else b""
    header += bytes((0x80 if aggregate else 0, 0)) if qos else b""
    header += bytes(4) if order else b""
    header += bytes(-len(header) % 4) if padded else b""
    if aggregate:
        header += noise(12) + struct.pack("!H", len(stack.bytes))
    stack.wrap(header, 1, "ieee802_11")


def put_mpls(stack):
    kind = R.choice(("ip", "control word", "frame"))
    if kind != "ip":
        put_ethernet(stack)
    if kind == "control word":
        stack.wrap(struct.pack("!HH", 0, R.randrange(65536)), 0)
    for bottom in [1] + [0] * R.randrange(3):
        label = R.randrange(16, 1 << 20) << 12 | bottom << 8 | 64
        stack.wrap(struct.pack("!I", label), 1, "mpls")


def put_ppp(stack, name="ppp"):
    protocol = 0x21 if stack.ethertype() == IPV4 else 0x57
    short = R.random() < 0.3
    header = bytes((protocol,)) if short else struct.pack("!H", protocol)
    if name:
        header = R.choice((b"", b"\xff\x03")) + header
    stack.wrap(header, 1, name)


def tunnel_vxlan(stack):
    put_ethernet(stack)
    flags = R.choice((0x08000000, 0x88000001, 0x0c000003))
    stack.wrap(struct.pack("!II", flags, R.randrange(1 << 24) << 8), 1, "vxlan")
    put_udp(stack, R.choice((4789, 8472)))


def tunnel_geneve(stack):
    words, ethertype = R.randrange(3), stack.ethertype()
    if R.random() < 0.6:
        put_ethernet(stack)
        ethertype = 0x6558
    stack.wrap(struct.pack("!BBHI", words, 0, ethertype, 256) + bytes(4 * words), 1, "geneve")
    put_udp(stack, 6081)


def tunnel_gtpu(stack):
    flags, optional = R.randrange(8), b""
    if flags:
        optional = bytes(3) + (b"\x85\x01\0\0\x40\x01\0\0\0" if flags & 4 else b"\0")
    header = struct.pack("!BBHI", 0x30 | flags, 255, len(optional) + len(stack.bytes), 7)
    stack.wrap(header + optional, 1, "gtpu")
    put_udp(stack, 2152, R.random() < 0.5)


def tunnel_l2tp(stack):
    put_ppp(stack)
    length, sequence, offset = (R.random() < 0.5 for _ in range(3))
    rest = b"\0\7\0\x09" + (bytes(4) if sequence else b"") + (b"\0\2\0\0" if offset else b"")
    flags = length << 14 | sequence << 11 | offset << 9 | 2
    total = struct.pack("!H", 4 + len(rest) + len(stack.bytes)) if length else b""
    stack.wrap(struct.pack("!H", flags) + total + rest, 1, "l2tp")
    put_udp(stack, 1701, R.random() < 0.5)


def tunnel_capwap(stack):
    native = R.random() < 0.6
    if native:
        put_wlan(stack)
    else:
        put_ethernet(stack)
    extra = R.choice((b"", b"\x06" + bytes(7)))
    bits = (8 + len(extra)) // 4 << 19 | 1 << 9 | native << 8 | bool(extra) << 4
    stack.wrap(struct.pack("!II", bits, 0) + extra, 1, "capwap")
    put_udp(stack, 5247)


def tunnel_gre(stack):
    protocol, kind = stack.ethertype(), R.choice(("ip", "frame", "mpls", "mirror"))
    if kind == "mpls":
        put_mpls(stack)
        protocol = 0x8847
    elif kind != "ip":
        put_ethernet(stack)
        protocol = 0x6558
    checksum, key, sequence = (R.random() < 0.4 for _ in range(3))
    header = b""
    if kind == "mirror":
        protocol, checksum, key, sequence = 0x22eb, False, False, True
        header = bytes(12)
        stack.layers += 1
    words = checksum + key + sequence
    flags = checksum << 15 | key << 13 | sequence << 12
    stack.wrap(struct.pack("!HH", flags, protocol) + bytes(4 * words) + header, 1, "gre")
    put_ip(stack, 47)


def tunnel_ip(stack):
    stack.names.add("ipip")
    put_ip(stack, 4 if stack.ethertype() == IPV4 else 41)


TUNNELS = (tunnel_vxlan, tunnel_geneve, tunnel_gtpu, tunnel_l2tp, tunnel_capwap, tunnel_gre,
           tunnel_gre, tunnel_ip)


def link_ethernet(stack):
    kind, ethertype = R.choice(("plain", "pppoe", "mpls", "llc")), None
    if kind == "pppoe":
        put_ppp(stack, None)
        stack.session, ethertype = R.randrange(1, 65535), 0x8864
        stack.wrap(struct.pack("!HHH", 0x1100, stack.session, len(stack.bytes)), 1, "pppoe")
    elif kind == "mpls":
        put_mpls(stack)
        ethertype = 0x8847
    elif kind == "llc" and len(stack.bytes) < 1400:
        put_llc(stack)
        ethertype = len(stack.bytes)
    put_ethernet(stack, ethertype, 4)


def link_radiotap(stack):
    padded, timed, words = R.random() < 0.5, R.random() < 0.5, R.randrange(1, 4)
    put_wlan(stack, padded)
    more = b"".join(struct.pack("<I", (1 << 31) if i < words - 1 else 0) for i in range(1, words))
    first = struct.pack("<I", 2 | timed | (1 << 31 if words > 1 else 0))
    header = bytes(4) + first + more
    header += bytes(-len(header) % 8 + 8) if timed else b""
    header += bytes((0x20 if padded else 0,))
    stack.wrap(struct.pack("<BBH", 0, 0, len(header)) + header[4:], 1)


def link_cooked(stack):
    stack.wrap(struct.pack("!HHH8sH", 0, 1, 6, noise(8), stack.ethertype()))


def link_cooked_2(stack):
    stack.wrap(struct.pack("!HHIHBB8s", stack.ethertype(), 0, 3, 1, 0, 6, noise(8)))


LINKS = {ETHERNET: link_ethernet, RAW: lambda stack: None, PPP: put_ppp, COOKED: link_cooked,
         COOKED_2: link_cooked_2, WLAN: put_wlan, RADIOTAP: link_radiotap}


def make(link, seed):
    """The first stack from this seed on that is not too deep. Tags inside a tunnel are no access
    tags, but they are tags."""
    R.seed(f"{link} {seed}")
    while True:
        stack = begin()
        inside = 0
        for tunnel in R.choices(TUNNELS, k=R.choice((0, 0, 1, 1, 2, 3))):
            tunnel(stack)
            inside += len(stack.tags)
            stack.tags = []
        LINKS[link](stack)
        inside += len(stack.tags)
        stack.names |= {"dot1q"} if inside > 0 else set()
        stack.names |= {"qinq"} if inside > 1 else set()
        if stack.layers <= LAYERS_MAX:
            return stack


def write(path, link, frames, order="<", nano=False, step=1000):
    with open(path, "wb") as out:
        magic = 0xa1b23c4d if nano else 0xa1b2c3d4
        out.write(struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262144, link))
        for number, (captured, wire) in enumerate(frames):
            time = 1600000000 * 1000000 + number * step
            out.write(struct.pack(order + "IIII", time // 1000000,
                                  time % 1000000 * (1000 if nano else 1), len(captured), wire))
            out.write(captured)


def replay(path, *options, **more):
    return subprocess.run([PROBE, "replay", "--json", *options, path], capture_output=True,
                          text=True, timeout=60, check=False, **more)


def flow_of(line):
    """The key of a line of --flows, as Stack.flow has it, and its octets."""
    version = "IPv4" if "sourceIPv4Address" in line else "IPv6"
    family = socket.AF_INET if version == "IPv4" else socket.AF_INET6
    ends = sorted((socket.inet_pton(family, line[f"{end}{version}Address"]),
                   line[f"{end}TransportPort"]) for end in ("source", "destination"))
    key = (*ends, line["protocolIdentifier"], line.get("dot1qVlanId", 0),
           line.get("dot1qCustomerVlanId", 0), line.get("pppoeSessionId", 0))
    return key, line["octetDeltaCount"] + line["reverseOctetDeltaCount"]


def replay_stacks(path):
    lines = [json.loads(line) for line in replay(path, "--flows").stdout.splitlines()]
    return lines[-1], dict(flow_of(line) for line in lines[:-1])


def check_stacks(link):
    stacks = [make(link, seed) for seed in range(STACKS)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        write(path, link, [(stack.bytes, len(stack.bytes)) for stack in stacks])
        totals, flows = replay_stacks(path)
    wrong = [seed for seed, stack in enumerate(stacks) if flows.get(stack.flow()) != stack.ip_bytes]
    assert not wrong, f"stacks of these seeds: {wrong}"
    assert totals["outcomes"]["decoded"] == totals["flows"]["biflows"] == STACKS, totals
    for name in ("ip_bytes", "outer_ip_bytes"):
        assert totals[name] == sum(getattr(stack, name) for stack in stacks), name
    names = collections.Counter(name for stack in stacks for name in stack.names)
    seen = {name: count for name, count in totals["encapsulations"].items() if count}
    assert seen == names, (seen, names)


def check_cuts(link):
    """Cut anywhere, a stack has its flow and its octets, or is truncated; never another flow."""
    stacks = [make(link, seed) for seed in range(STACKS)]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "cut.pcap")
        write(path, link, [(stack.bytes[:R.randrange(1, len(stack.bytes))], len(stack.bytes))
                           for stack in stacks])
        totals, flows = replay_stacks(path)
    truth = {stack.flow(): stack.ip_bytes for stack in stacks}
    assert not flows.items() - truth.items(), "an invented flow"
    outcomes = totals["outcomes"]
    assert outcomes["decoded"] + outcomes["truncated"] == STACKS, outcomes
    assert outcomes["decoded"] == len(flows) > STACKS // 10, outcomes


def case_of(check, name, link):
    def case():
        check(link)
    case.__name__ = name
    return case


def the_same_frames_give_the_same_figures_in_every_kind_of_file():
    frames = [(stack.bytes, len(stack.bytes))
              for stack in (make(ETHERNET, seed) for seed in range(50))]
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        for order in "<>":
            for nano in (False, True):
                write(path, ETHERNET, frames, order, nano)
                seen.append(replay(path).stdout)
        with open(path, "rb") as file:
            seen.append(replay("-", stdin=file).stdout)
    assert seen[0] and seen == seen[:1] * 5


def seconds_reach_from_the_earliest_frame_to_the_latest():
    plain = bytes(12) + b"\x08\0" + ipv4(bytes(4), bytes(4), 17, bytes(26))
    frames = [(plain, len(plain))] * 5
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        for step in (2000000, -2000000):
            write(path, ETHERNET, frames, step=step)
            assert json.loads(replay(path).stdout)["seconds"] == 8, step


def a_table_that_is_full_says_what_it_could_not_store():
    frames = []
    for number in range(8000):
        packet = bytes(12) + b"\x08\0" + ipv4(struct.pack("!I", number), bytes(4), 17, bytes(8))
        frames.append((packet, len(packet)))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        write(path, ETHERNET, frames)
        small = replay(path, "--flows", "--memory", "1M")
        large = replay(path)
    *flows, totals = [json.loads(line) for line in small.stdout.splitlines()]
    lost = totals["flows"]["not_stored_packets"]
    assert 0 < lost == 8000 - len(flows) and f"{lost} packets" in small.stderr, small.stderr
    assert sum(flow_of(line)[1] for line in flows) + totals["flows"]["not_stored_octets"] == \
        totals["ip_bytes"]
    assert json.loads(large.stdout)["flows"]["biflows"] == 8000 and large.stderr == ""


def seconds_of_a_classic_file_have_no_sign():
    """They end in 2106, in a file of either byte order."""
    packet = bytes(12) + b"\x08\0" + ipv4(bytes(4), bytes(4), 17, bytes(8))
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        for order in "<>":
            with open(path, "wb") as out:
                out.write(struct.pack(order + "IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, ETHERNET))
                for second in (1, 0xfffffffe):
                    out.write(struct.pack(order + "IIII", second, 0, len(packet), len(packet)) + packet)
            assert json.loads(replay(path).stdout)["seconds"] == 0xfffffffd, order


def block(kind, body):
    length = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + length + body + length


def interfaces_that_libpcap_does_not_join_are_refused_with_what_helps():
    packet = bytes(12) + b"\x08\0" + ipv4(bytes(4), bytes(4), 17, bytes(6))
    section = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    one = block(1, struct.pack("<HHI", ETHERNET, 0, 0))
    frame = block(6, struct.pack("<IIIII", 0, 0, 0, len(packet), len(packet)) + packet)
    more = {"editcap -F pcap": struct.pack("<HHI", ETHERNET, 0, 64),
            "a file of its own": struct.pack("<HHI", RAW, 0, 0)}
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcapng")
        for remedy, other in more.items():
            with open(path, "wb") as out:
                out.write(section + one + frame + block(1, other) + frame)
            done = replay(path)
            assert done.returncode == 1 and json.loads(done.stdout)["packets"] == 1, done.stdout
            assert remedy in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr


def what_is_no_file_with_frames_is_said_by_the_exit_status():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "made.pcap")
        write(path, ETHERNET, [])
        done = replay(path)
        assert done.returncode == 0 and json.loads(done.stdout)["packets"] == 0
        assert json.loads(done.stdout)["tcp"]["handshake_rtt_us"]["p50"] is None
        assert replay(folder).returncode == 1
        packed = os.path.join(folder, "made.pcap.gz")
        with gzip.open(packed, "wb") as out, open(path, "rb") as plain:
            out.write(plain.read())
        done = replay(packed)
        assert done.returncode == 1 and "zcat" in done.stderr and done.stdout == "", done
        write(path, 147, [(bytes(60), 60)])  # a link type of somebody's own
        assert json.loads(replay(path).stdout)["outcomes"]["unsupported"] == 1
        write(path, ETHERNET, [(bytes(60), 60)] * 2)
        os.truncate(path, os.path.getsize(path) - 1)
        done = replay(path)
        assert done.returncode == 1 and json.loads(done.stdout)["packets"] == 1


NAMES = {ETHERNET: "ethernet", RAW: "raw_ip", PPP: "ppp", COOKED: "linux_cooked",
         COOKED_2: "linux_cooked_v2", WLAN: "wlan", RADIOTAP: "radiotap"}

if __name__ == "__main__":
    tap.run([
        *(case_of(check_stacks, f"random_stacks_over_{name}_are_read_as_they_were_built", link)
          for link, name in NAMES.items()),
        *(case_of(check_cuts, f"random_stacks_over_{NAMES[link]}_are_never_misread_when_cut", link)
          for link in (ETHERNET, RADIOTAP)),
        the_same_frames_give_the_same_figures_in_every_kind_of_file,
        seconds_reach_from_the_earliest_frame_to_the_latest,
        a_table_that_is_full_says_what_it_could_not_store,
        seconds_of_a_classic_file_have_no_sign,
        interfaces_that_libpcap_does_not_join_are_refused_with_what_helps,
        what_is_no_file_with_frames_is_said_by_the_exit_status,
    ])
