#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""run --dry-run --once: one interval, the report that would be sent, its size; nothing sent or written."""
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chain import Chain, program, wait_for  # noqa: E402
from report_writer import Reporter, encode  # noqa: E402
from tap import Skip, run  # noqa: E402

BODY = """sources = ( { name = "tap"; file = "../packets/a.pcap"; speed = 10.0; } );
access_nodes = ( { name = "olt"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; } );"""


class Probe:
    """Settings that name a capture, an outbox, and a listener in the broker's place."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-dry-")
        self.chain = chain = Chain(self.folder.name)
        self.broker = socket.create_server(("127.0.0.1", 0))
        self.broker.setblocking(False)
        chain.broker_port = self.broker.getsockname()[1]
        chain.add_probe("cu", "one")
        self.truth = chain.make_capture("a.pcap", "pppoe-qinq", 6, seconds=4, seed=1)
        self.words = [program("bin", "lastmile-probe"), "run", "--config",
                      chain.write_probe_cfg("one", 1000, BODY)]
        return self

    def __exit__(self, *_):
        self.broker.close()
        self.folder.cleanup()

    def run(self, *options, **how):
        return subprocess.run([*self.words, *options], capture_output=True, text=True, check=False,
                              timeout=60, **how)

    def was_called(self):
        try:
            self.broker.accept()[0].close()
            return True
        except BlockingIOError:
            return False

    def files(self):
        return {(path, name, os.path.getmtime(os.path.join(path, name)))
                for path, folders, names in os.walk(self.folder.name) for name in folders + names}


def one_interval_is_printed_with_its_size_and_nothing_is_sent_or_written():
    with Probe() as probe:
        before = probe.files()
        begun = time.time()
        done = probe.run("--dry-run", "--once")
        assert done.returncode == 0, done
        said = json.loads(done.stdout)
        report = said["report"]
        assert report["sequence"] == 1 and report["probe_name"] == "one", report
        assert report["interval_ms"] >= 1000 and report["schedule_ms"] == 1000, report
        assert report["interval_start_unix_ns"] / 1e9 >= begun - 1, report
        observation = report["observations"][0]
        assert 0 < observation["packet_delta_count"] <= probe.truth["packets"], observation
        assert report["cells"][0]["lines_active"] > 0, report["cells"]
        assert 200 < said["bytes"] < 1 << 20
        assert said["reports_per_day"] == 86400 and said["bytes_per_day"] == 86400 * said["bytes"]
        assert names_of(report) == names_of(decoded(Reporter("cu", "one").report()))
        assert not probe.was_called() and probe.files() == before
        with subprocess.Popen([*probe.words, "--once"], stderr=subprocess.DEVNULL) as in_earnest:
            wait_for("a call of the broker", probe.was_called)  # that is seen, then
            wait_for("files", lambda: probe.files() != before)
            in_earnest.kill()


def names_of(report):
    """Members of the report and of its observation, which the tests' own writer fills."""
    return sorted(report) + sorted(report["observations"][0])


def decoded(report):
    done = subprocess.run([program("bin", "lastmile"), "decode"], input=encode(report),
                          capture_output=True, check=True)
    return json.loads(done.stdout)


class AccessPoint:
    """hostapd's control socket of one network with two stations, of which one has not associated yet."""

    ANSWERS = {b"STATUS": b"bss[0]=wlan0\nssid[0]=weihai-free\nnum_sta[0]=2\n",
               b"STA-FIRST": b"02:5e:c3:e7:00:01\nflags=[AUTH][ASSOC][AUTHORIZED]\n",
               b"STA-NEXT 02:5e:c3:e7:00:01": b"02:5e:c3:e7:00:02\nflags=[AUTH]\n",
               b"STA-NEXT 02:5e:c3:e7:00:02": b"FAIL\n"}

    def __init__(self, folder):
        os.makedirs(folder)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(os.path.join(folder, "wlan0"))
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            question, peer = self.socket.recvfrom(100)
            self.socket.sendto(self.ANSWERS[question], peer)


def the_stations_of_the_access_point_are_counted_by_a_confined_probe():
    with Probe() as probe:
        AccessPoint(probe.chain.path("hostapd"))
        probe.words[-1] = probe.chain.write_probe_cfg("one", 1000, """
            stations = { name = "ap-lobby"; area = "371002"; source = "hostapd";
                         socket_dir = "../hostapd"; };
            public_ssids = [ "weihai-free" ];""")
        done = probe.run("--dry-run", "--once")
        assert done.returncode == 0 and "cannot be counted" not in done.stderr, done
        (inventory,) = json.loads(done.stdout)["report"]["inventories"]
        assert inventory["access_node"] == "ap-lobby" and inventory["profile"] == "hostapd", inventory
        assert inventory["stations_associated"] == 1 and inventory["wtp_run"] is None, inventory
        (network,) = inventory["networks"]
        assert network == {"ssid": "weihai-free", "networks": 1, "stations": 1}, network
        assert "5ec3e7" not in done.stdout.replace(":", "").lower(), done.stdout  # of no MAC


def tables_that_a_limit_has_no_room_for_are_warned_of_at_the_start():
    if os.environ.get("LASTMILE_SANITIZED") == "1" or os.environ.get("LASTMILE_EMULATED"):
        raise Skip("a sanitizer, and an emulator, want memory of their own")
    with Probe() as probe:
        def limit(mebibytes):
            return lambda: resource.setrlimit(resource.RLIMIT_DATA, 2 * (mebibytes << 20,))
        tight = probe.run("--dry-run", "--once", preexec_fn=limit(100))
        assert "88 MiB of the 100" in tight.stderr and "MemoryMax=" in tight.stderr, tight
        roomy = probe.run("--dry-run", "--once", preexec_fn=limit(400))
        assert roomy.returncode == 0 and "MemoryMax=" not in roomy.stderr, roomy


def a_report_that_cannot_be_printed_is_a_failure():
    with Probe() as probe, open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([*probe.words, "--dry-run", "--once"], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        assert done.returncode == 1 and "No space left" in done.stderr, done


def check_takes_neither_option():
    for option in ("--dry-run", "--once"):
        done = subprocess.run([program("bin", "lastmile-probe"), "check", option],
                              capture_output=True, text=True, check=False)
        assert done.returncode == 2, done


if __name__ == "__main__":
    run([one_interval_is_printed_with_its_size_and_nothing_is_sent_or_written,
         the_stations_of_the_access_point_are_counted_by_a_confined_probe,
         tables_that_a_limit_has_no_room_for_are_warned_of_at_the_start,
         a_report_that_cannot_be_printed_is_a_failure, check_takes_neither_option])
