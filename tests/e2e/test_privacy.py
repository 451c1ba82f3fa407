#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Addresses, MACs, serial numbers and names never leave the probe: canaries of all kinds are put
into packets and SNMP rows, the whole chain runs on them, and nothing that it sent, stored, logged or
answered holds one of them, in no form. The same search finds them in the inputs."""
import datetime
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from canaries import Canaries, write_capture  # noqa: E402
from chain import SOURCE, Chain, program, wait_for, which  # noqa: E402
from tap import Skip, run  # noqa: E402

NODE = "allowed-olt-name"  # what may be known: the search must find it
REPORTS = 5
SUBSCRIBERS = 16
INPUTS = ("packets", "agents", "probes")  # of the chain's folder: what was planted
PAGES = ("/plain", "/plain?lang=zh", "/api/v1/nodes", "/api/v1/series", "/api/v1/trends",
         "/metrics", "/healthz", "/openapi.json", "/api/v1/figures",
         "/api/v1/figures?format=csv&area=all&operator=all&all_targets=true", "/api/v1/plan",
         "/api/v1/indicators", "/api/v1/areas", "/api/v1/operators", "/api/v1/probes",
         "/api/v1/quarantine", "/api/v1/nowhere")

SETTINGS = f"""log_level = "debug";
flow = {{ idle_timeout_s = 5; }};
sources = ( {{ name = "uplink"; file = "../packets/canaries.pcap"; repeat = true; snaplen = 1500; }} );
access_nodes = ( {{ name = "{NODE}"; source = "uplink"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; }} );
snmp = {{ profiles = "{SOURCE}/config/profiles"; interval_ms = 1000; secrets_file = "snmp.secrets";
  devices = ( {{ name = "ac"; address = "udp:127.0.0.1:@PORT@"; credentials = "demo";
    area = "371002"; }} ); }};
"""


def start(chain, canaries):
    """The chain on planted inputs, and a client that records every message as the collector may."""
    write_capture(chain.path("packets", "canaries.pcap"), canaries.subscribers)
    with open(os.path.join(SOURCE, "tests", "support", "snmprec", "wlan-huawei.snmprec"),
              encoding="utf-8") as text:
        recording = chain.write("agents/planted.snmprec", canaries.plant_recording(text.read()))
    chain.write_secret("probes/snmp.secrets",
                       'credentials = ( { name = "demo"; version = "2c"; community = "demo"; } );')
    port = chain.start_replay_agent("ac", recording)
    chain.add_probe("cu", "one")
    chain.start_broker()
    chain.start("recorder", [which("mosquitto_sub"), "-V", "5", "-h", "127.0.0.1", "-p",
                             str(chain.broker_port), "-u", "collector", "-P",
                             chain.collector_password, "-t", "lastmile/#", "-F", "%t %x"])
    chain.write_collector_cfg()
    chain.start_collector()
    chain.write_probe_cfg("one", 1000, SETTINGS.replace("@PORT@", str(port)))
    chain.start_probe("one")


def recorded(chain):
    """The messages as they were: topic and payload, back from hexadecimal."""
    rows = [line.split(" ") for line in chain.log_of("recorder").splitlines() if " " in line]
    return [topic.encode() + b" " + bytes.fromhex(payload) for topic, payload in rows]


def whole_report(chain):
    """A report in which every subscriber is a line and the access points are counted, or None."""
    for message in recorded(chain):
        if b"/report " not in message:
            continue
        told = subprocess.run([program("bin", "lastmile"), "decode"], check=False,
                              input=message.split(b" ", 1)[1], capture_output=True).stdout
        report = json.loads(told or "{}")
        lines = sum(cell["lines_active"] for cell in report.get("cells", []))
        points = sum(device["wtp_configured"] or 0 for device in report.get("inventories", []))
        if lines >= SUBSCRIBERS and points > 0:
            return report
    return None


def answers(chain):
    """What the collector tells whoever asks: name -> bytes."""
    year = str(datetime.date.today().year)
    told = {page: (chain.get(page) or "").encode() for page in PAGES}
    for arguments in (["export", "--year", year, "--format", "csv", "--all-targets"],
                      ["export", "--year", year, "--format", "json", "--all-targets"],
                      ["status"], ["status", "--json"]):
        told["lastmile " + " ".join(arguments)] = chain.lastmile(*arguments, check=False).encode()
    told["replay"] = subprocess.run(
        [program("bin", "lastmile-probe"), "replay", "--json",
         chain.path("packets", "canaries.pcap")], capture_output=True, check=True).stdout
    return told


def leave_a_spool(chain):
    """Reports that find no broker, and are written to disk when the probe ends."""
    chain.stop("broker")
    wait_for("the line", lambda: "connection-refused" in chain.log_of("probe-one") or
             "lost" in chain.log_of("probe-one"))
    time.sleep(2.5)  # reports that nobody takes
    chain.stop("probe-one")


def left_files(chain):
    """Every file that the chain wrote, but for its inputs: name -> bytes."""
    files = {}
    for folder, _, names in os.walk(chain.folder):
        part = os.path.relpath(folder, chain.folder).split(os.sep)
        if part[0] in INPUTS and "one.spool" not in part:
            continue
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                with open(path, "rb") as content:
                    files[os.path.relpath(path, chain.folder)] = content.read()
    return files


def observe(canaries):
    """Runs the chain; returns what came out of it and what went in."""
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        try:
            start(chain, canaries)
            wait_for("reports", lambda: len(recorded(chain)) > REPORTS)
            report = wait_for("a report of lines and access points", lambda: whole_report(chain))
            out = answers(chain)
            out["lastmile decode"] = json.dumps(report).encode()
            shutil.copytree(chain.path("data"), chain.path("data-while-running"),
                            ignore_dangling_symlinks=True)
            leave_a_spool(chain)
            chain.stop_all()
            out.update(left_files(chain))
            out["messages"] = b"\n".join(recorded(chain))
            inputs = b""
            for part in ("packets/canaries.pcap", "agents/planted.snmprec"):
                with open(chain.path(part), "rb") as content:
                    inputs += content.read()
            return out, inputs
        finally:
            chain.stop_all()


def nothing_planted_leaves_the_probe_in_any_form():
    if which("mosquitto_sub") is None:
        raise Skip("mosquitto_sub is not installed")
    seed = secrets.randbits(32)
    canaries = Canaries(seed, SUBSCRIBERS)
    out, inputs = observe(canaries)
    planted = canaries.needles()
    print(f"# seed {seed}: {len(planted)} canaries, {len(out)} places, "
          f"{sum(map(len, out.values())) >> 10} KiB")
    assert len(planted) >= 100
    assert set(canaries.search(inputs)) == set(planted), "the search does not find what is there"
    hits = {place: found for place, data in out.items() if (found := canaries.search(data))}
    assert not hits, hits
    places = [place for place, data in out.items() if NODE.encode() in data]
    assert "messages" in places, places
    assert any(place.startswith("data") for place in places), places
    for kind in (".rrd", "-wal", "one.spool", ".log"):
        assert any(kind in place for place in out), (kind, sorted(out))
    assert out["/metrics"] and out["/api/v1/probes"] and out["replay"]


def the_search_finds_each_form_of_a_planted_value():
    canaries = Canaries(7)
    one, other = canaries.subscribers[:2]
    mac = one.mac.hex()
    for text in (mac, mac.upper(), ":".join(f"{b:02X}" for b in one.mac), str(one.ipv4),
                 one.ipv4.packed.hex(), str(one.ipv6), one.ipv6.exploded, one.circuit,
                 one.account.upper(), one.host.encode().hex(), ".".join(str(b) for b in one.mac)):
        assert len(canaries.search(b"x" + text.encode() + b"y")) == 1, text
    assert canaries.search(b"\0" + one.mac + b"\0") and canaries.search(one.ipv6.packed)
    assert not canaries.search(one.ipv4.packed), "four bytes may be chance"
    assert len(canaries.search(one.ipv4.packed + other.ipv4.packed)) == 2
    assert not canaries.search(b"nothing of the kind")


if __name__ == "__main__":
    run([the_search_finds_each_form_of_a_planted_value,
         nothing_planted_leaves_the_probe_in_any_form])
