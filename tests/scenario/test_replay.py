# SPDX-License-Identifier: GPL-2.0-or-later
"""`replay --json` on captures: made ones against the truth about them, real ones against their
index (packets as libpcap counts them, outcomes that add up), and what happens to broken files."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE, MAKE_CAPTURE = sys.argv[1:3]
SHARED = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "pcap")


def replay(*arguments):
    return subprocess.run([PROBE, "replay", *arguments], capture_output=True, text=True, timeout=60)


def figures(*arguments):
    done = replay("--json", *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def make(folder, kind, **options):
    path = os.path.join(folder, kind + ".pcap")
    extra = [word for name, value in options.items() for word in ("--" + name, str(value))]
    done = subprocess.run([MAKE_CAPTURE, "--kind", kind, "--out", path, *extra],
                          capture_output=True, text=True, check=True, timeout=60)
    return path, json.loads(done.stdout)


def replay_equals_the_truth_about_made_captures():
    for kind in ("pppoe-qinq", "dhcp", "wlan", "mixed", "dhcpv6", "radius"):
        with tempfile.TemporaryDirectory() as folder:
            path, truth = make(folder, kind, lines=30, seconds=5, seed=3)
            seen = figures(path)
            for name in ("packets", "wire_bytes", "ip_packets", "ip_bytes"):
                assert seen[name] == truth[name], (kind, name, seen[name], truth[name])
            assert seen["outcomes"]["decoded"] == truth["packets"]
            assert seen["flows"]["biflows"] == seen["flows"]["active"] == truth["biflows"]
            assert seen["lines"]["active"] == truth["lines"]
            assert seen["tcp"]["handshake_rtt_us"]["count"] == truth["handshakes"]
            assert seen["tcp"]["retransmitted_packets"] == truth["retransmitted"]
            assert 5000 < seen["tcp"]["handshake_external_us"]["p50"] < 42000
            assert 900 < seen["tcp"]["handshake_internal_us"]["p50"] < 5200


def replay_flows_add_up_to_the_totals():
    with tempfile.TemporaryDirectory() as folder:
        path, truth = make(folder, "mixed", lines=20, seconds=3)
        done = replay("--json", "--flows", path)
        *flows, totals = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(flows) == truth["biflows"] == totals["flows"]["biflows"]
        octets = sum(f["octetDeltaCount"] + f["reverseOctetDeltaCount"] for f in flows)
        assert octets == truth["ip_bytes"]
        assert sum(f["octetDeltaCount"] for f in flows) == truth["up_octets"]


def replay_is_deterministic_and_prints_no_address_unasked():
    with tempfile.TemporaryDirectory() as folder:
        path, _ = make(folder, "mixed", lines=10, seconds=2)
        first = replay("--json", path)
        assert first.stdout == replay("--json", path).stdout
        for text in (first.stdout, replay(path).stdout):
            assert "100.64." not in text and "198.51.100." not in text and ":" * 2 not in text


def replay_says_in_one_line_that_a_capture_is_cut_and_counts_what_was_there():
    with tempfile.TemporaryDirectory() as folder:
        path, truth = make(folder, "dhcp", lines=5, seconds=2)
        with open(path, "r+b") as capture:
            capture.truncate(os.path.getsize(path) - 7)
        done = replay("--json", path)
        assert done.returncode == 1
        assert json.loads(done.stdout)["packets"] == truth["packets"] - 1
        assert len(done.stderr.splitlines()) == 1 and path in done.stderr, done.stderr


def replay_refuses_what_is_no_capture_and_what_is_no_option():
    with tempfile.NamedTemporaryFile(suffix=".pcap") as junk:
        junk.write(b"this is not a capture at all")
        junk.flush()
        for arguments, status in (([junk.name], 1), (["/nonexistent.pcap"], 1), ([], 2),
                                  (["--nonsense", junk.name], 2), (["--memory", "-1", "x"], 2),
                                  (["--memory", "12X", "x"], 2), (["a", "b"], 2)):
            done = replay(*arguments)
            assert done.returncode == status, (arguments, done.returncode)
            assert done.stdout == "" and done.stderr != ""
    assert replay("--help").returncode == 0


def write_settings(folder, **flow):
    key = os.path.join(folder, "key")
    with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), "w") as out:
        out.write("ab" * 32)
    path = os.path.join(folder, "probe.cfg")
    with open(path, "w", encoding="utf-8") as out:
        out.write('operator = "cu"; probe = "p1"; pseudonym_key_file = "key";\n')
        out.write('sources = ( { name = "tap-1"; interface = "lo"; } );\n')
        out.write("flow = { " + " ".join(f"{k} = {v};" for k, v in flow.items()) + " };\n")
    return path


def replay_with_a_configuration_ends_flows_as_run_does():
    with tempfile.TemporaryDirectory() as folder:
        path, truth = make(folder, "pppoe-qinq", lines=10, seconds=20)
        config = write_settings(folder, idle_timeout_s=4, active_timeout_s=300)
        seen = figures("--config", config, path)
        ended = seen["flows"]["ended"]
        assert ended["idle_timeout"] > 0 and ended["end_of_flow"] > 0, ended
        assert seen["flows"]["biflows"] == seen["flows"]["active"] + sum(ended.values())
        assert seen["ip_bytes"] == truth["ip_bytes"]
        wrong = replay("--config", write_settings(folder, idel_timeout_s=4), path)
        assert wrong.returncode == 2 and "idle_timeout_s" in wrong.stderr, wrong.stderr


def read_index():
    """Rows of the index: file name, first tag, packets that libpcap reads."""
    index = os.path.join(SHARED, "INDEX.md")
    if not os.path.exists(index):
        return []
    with open(index, encoding="utf-8") as lines:
        cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return [(row[1], row[2].split()[0], row[5].split()[0]) for row in cells
            if len(row) > 8 and row[1][:3] in ("nd-", "td-")]


def check_capture(name, packets):
    done = replay("--json", os.path.join(SHARED, name))
    assert done.returncode in (0, 1), (name, done.returncode, done.stderr)
    if not done.stdout:
        assert packets in ("0", "-"), (name, packets, done.stderr)
        return
    seen = json.loads(done.stdout)
    assert str(seen["packets"]) == packets, (name, seen["packets"], packets)
    assert sum(seen["outcomes"].values()) == seen["packets"], (name, seen["outcomes"])
    assert seen["ip_packets"] == seen["ipv4_packets"] + seen["ipv6_packets"], name
    assert seen["ip_packets"] <= seen["outcomes"]["decoded"], name
    assert seen["outer_ip_bytes"] >= seen["ip_bytes"] or "malformed" in name, name


def case_of_captures(tag, rows):
    def case():
        for name, packets in rows:
            check_capture(name, packets)
    case.__name__ = f"replay_counts_what_libpcap_counts_in_{len(rows)}_captures_of_{tag}"
    return case


def cases_of_shared_captures():
    groups = {}
    for name, tag, packets in read_index():
        groups.setdefault(tag, []).append((name, packets))
    if not groups:
        def replay_counts_what_libpcap_counts_in_shared_captures():
            raise tap.Skip("no shared captures here")
        return [replay_counts_what_libpcap_counts_in_shared_captures]
    return [case_of_captures(tag, rows) for tag, rows in sorted(groups.items())]


tap.run([
    replay_equals_the_truth_about_made_captures,
    replay_flows_add_up_to_the_totals,
    replay_is_deterministic_and_prints_no_address_unasked,
    replay_says_in_one_line_that_a_capture_is_cut_and_counts_what_was_there,
    replay_refuses_what_is_no_capture_and_what_is_no_option,
    replay_with_a_configuration_ends_flows_as_run_does,
    *cases_of_shared_captures(),
])
