#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Bad input from outside: one clear line, a counter, and the rest goes on."""
import contextlib
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import Chain, program, shard_of, wait_for, which  # noqa: E402
from ports import free_port  # noqa: E402
from report_writer import Reporter, encode  # noqa: E402
from tap import Skip, run  # noqa: E402

NODES = """access_nodes = ( { name = "olt"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; } );"""


class Running:
    """A chain with one probe on a played capture, ended when the case ends."""

    def __init__(self, extra="", sources=""):
        self.extra = extra
        self.sources = sources

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-e2e-")
        self.chain = chain = Chain(self.folder.name)
        chain.add_probe("cu", "one")
        chain.add_probe("cm", "other")
        chain.make_capture("a.pcap", "pppoe-qinq", 6, seconds=4, seed=1)
        chain.start_broker()
        chain.write_collector_cfg()
        chain.start_collector()
        chain.write_probe_cfg("one", 1000, f"""sources = (
  {{ name = "tap"; file = "../packets/a.pcap"; repeat = true; }}{self.sources} );
{NODES}
{self.extra}""")
        chain.start_probe("one")
        return chain

    def __exit__(self, *_):
        self.chain.stop_all()
        self.folder.cleanup()


def metric(chain, name, label=""):
    """The sum of a metric's samples whose labels hold a text."""
    text = chain.get("/metrics") or ""
    values = re.findall(rf"^{name}(?:\{{([^}}]*)\}})? ([0-9.e+]+)$", text, re.MULTILINE)
    return sum(float(value) for labels, value in values if label in labels)


def reports(chain):
    return metric(chain, "lastmile_reports_stored_total")


def publish(chain, user, topic, payload):
    """Sends one message as a probe would."""
    client = which("mosquitto_pub")
    if client is None:
        raise Skip("mosquitto_pub is not installed")
    _, password = chain.probes[user]
    body = ["-s"] if payload else ["-n"]
    return subprocess.run([client, "-V", "5", "-h", "127.0.0.1", "-p", str(chain.broker_port),
                           "-u", user, "-P", password, "-q", "1", "-t", topic, *body],
                          input=payload, capture_output=True, check=False)


def a_malformed_report_is_quarantined_and_nothing_else_touched():
    with Running() as chain:
        wait_for("reports", lambda: reports(chain) > 0)
        topic = f"lastmile/1/{shard_of('other')}/cm/other/report"
        for payload in (b"\xff\xff\xff", b"{}", b"", b"\xa1" * 5000):
            sent = publish(chain, "other", topic, payload)
            assert sent.returncode == 0, sent
        wait_for("quarantine", lambda: metric(chain, "lastmile_reports_quarantined_total") >= 3)
        before = reports(chain)
        wait_for("further reports", lambda: reports(chain) > before)
        assert chain.get("/healthz") is not None


def a_report_under_another_probes_name_is_refused_by_the_broker():
    with Running() as chain:
        wait_for("reports", lambda: reports(chain) > 0)
        before = metric(chain, "lastmile_reports_quarantined_total")
        sent = publish(chain, "other", f"lastmile/1/{shard_of('one')}/cu/one/report", b"\xff")
        assert b"ot authori" in sent.stderr, sent  # v5 reason 135
        count = reports(chain)
        wait_for("further reports", lambda: reports(chain) > count)
        assert metric(chain, "lastmile_reports_quarantined_total") == before


def a_refused_login_is_said_once_and_the_probe_goes_on():
    with Running() as chain:
        wait_for("reports", lambda: reports(chain) > 0)
        chain.stop("probe-one")
        right = chain.probes["one"][1]
        chain.write_secret("probes/one.password", "wrong")
        chain.start_probe("one")
        wait_for("the line", lambda: "password" in chain.log_of("probe-one"))
        log = chain.log_of("probe-one")
        assert right not in log and "wrong\n" not in log
        chain.check_alive()
        chain.stop("probe-one")
        chain.write_secret("probes/one.password", right)
        before = reports(chain)
        chain.start_probe("one")
        wait_for("what was kept meanwhile", lambda: reports(chain) > before)


def a_dead_agent_delays_nothing_and_is_named():
    port = free_port(socket.SOCK_DGRAM)
    snmp = f"""snmp = {{ secrets_file = "snmp.secrets"; interval_ms = 1000;
  devices = ( {{ name = "dead-olt"; address = "udp:127.0.0.1:{port}"; credentials = "demo";
    area = "371002"; timeout_ms = 200; retries = 0; deadline_ms = 1000; }} ); }};"""
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        chain.write_secret("probes/snmp.secrets", 'credentials = ( { name = "demo"; } );')
        try:
            chain.add_probe("cu", "one")
            chain.make_capture("a.pcap", "dhcp", 4, seconds=4, seed=1)
            chain.start_broker()
            chain.write_collector_cfg()
            chain.start_collector()
            chain.write_probe_cfg("one", 1000, f"""sources = (
  {{ name = "tap"; file = "../packets/a.pcap"; repeat = true; }} );
{NODES}
{snmp}""")
            chain.start_probe("one")
            wait_for("the line", lambda: "dead-olt" in chain.log_of("probe-one"))
            wait_for("reports", lambda: reports(chain) >= 3)
        finally:
            chain.stop_all()


def a_clock_that_is_a_day_ahead_is_said_once_and_the_collector_places_the_reports():
    if os.environ.get("LASTMILE_SANITIZED") == "1":
        raise Skip("a sanitizer asks for the time by itself")
    with Running() as chain:
        chain.stop("probe-one")
        chain.start_probe("one", env={"LD_PRELOAD": program("tests", "support", "shifted_clock.so"),
                                      "CLOCK_SHIFT_S": "86400"})
        wait_for("the line", lambda: "ahead of the collector's" in chain.log_of("probe-one"))
        before = reports(chain)
        wait_for("further reports", lambda: reports(chain) > before + 2)
        said = re.findall(r"clock is (\d+) s ahead of", chain.log_of("probe-one"))
        assert len(said) == 1 and abs(int(said[0]) - 86400) < 60, said
        with sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True) as base:
            (latest,) = base.execute("SELECT max(start_ns) FROM report").fetchone()
        assert latest / 1e9 < time.time() + 60, latest


def an_unreadable_capture_is_named_and_the_others_go_on():
    broken = ', { name = "broken"; file = "../packets/none.pcap"; repeat = true; }'
    with Running(sources=broken) as chain:
        wait_for("the line", lambda: "none.pcap" in chain.log_of("probe-one"))
        wait_for("reports", lambda: reports(chain) >= 2)
        assert chain.log_of("probe-one").count("none.pcap") == 1


def a_wrong_key_ends_with_status_2_and_file_line_and_nearest_key():
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        chain.add_probe("cu", "one")
        path = chain.write_probe_cfg("one", 1000, 'sourcs = ( );')
        line = open(path, encoding="utf-8").read().splitlines().index("sourcs = ( );") + 1
        collector = chain.write_collector_cfg('presense_days = 1;')
        for tool, config, says in (("lastmile-probe", path, f"{path}:{line}: unknown key 'sourcs'; "
                                    "did you mean 'sources'?"),
                                   ("lastmile-collector", collector, "did you mean 'presence_days'?")):
            for command in ("check", "run"):
                done = subprocess.run([program("bin", tool), command, "--config", config],
                                      capture_output=True, text=True, check=False, timeout=120)
                assert done.returncode == 2, (tool, command, done)
                assert says in done.stderr, done.stderr


def first_life(chain):
    """The sequences that are stored of a probe's first boot."""
    path = chain.path("data", "registry.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
        return [row[0] for row in base.execute(
            "SELECT sequence FROM report WHERE boot_id = (SELECT MIN(boot_id) FROM report)"
            " ORDER BY sequence")]


def a_full_disk_holds_back_receipts_and_loses_nothing():
    if os.geteuid() != 0:
        raise Skip("a small tmpfs needs root")
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none",
                                  chain.path("data")], check=False, capture_output=True)
        if mounted.returncode != 0:
            raise Skip("tmpfs cannot be mounted here")
        try:
            chain.add_probe("cu", "one")
            chain.make_capture("a.pcap", "pppoe-qinq", 6, seconds=4, seed=1)
            chain.start_broker()
            chain.write_collector_cfg()
            chain.start_collector()
            chain.write_probe_cfg("one", 1000, f"""sources = (
  {{ name = "tap"; file = "../packets/a.pcap"; repeat = true; }} );
{NODES}""")
            chain.start_probe("one")
            wait_for("reports", lambda: reports(chain) >= 2)
            filler = chain.path("data", "filler")
            with open(filler, "wb", buffering=0) as out:
                try:
                    while True:
                        out.write(b"\0" * 4096)
                        out.flush()
                except OSError:
                    pass
            wait_for("the line", lambda: re.search(r"full|No space", chain.log_of("collector")))
            chain.check_alive()
            stuck = reports(chain)
            os.unlink(filler)
            wait_for("reports that waited", lambda: reports(chain) >= stuck + 3)
            chain.stop("probe-one")
            made = int(re.search(r"stopped after (\d+) reports",
                                 chain.log_of("probe-one")).group(1))
            chain.start_probe("one")  # what its goodbye of two seconds left behind comes now
            wait_for("every report", lambda: first_life(chain) == list(range(1, made + 1)))
        finally:
            chain.stop_all()
            subprocess.run(["umount", "-l", chain.path("data")], check=False)


def start_with_fault(chain):
    """A collector whose decoder dies over one text."""
    chain.start("collector", [program("bin", "lastmile-collector"), "run", "--config",
                              chain.path("collector.cfg")],
                env={"LD_PRELOAD": program("tests", "support", "deadly_decoder.so"),
                     "DEADLY_TEXT": "deadly-text"})
    wait_for("the collector's page", lambda: chain.check_alive() or chain.get("/healthz"))
    chain.wait_until_connected()


def a_message_that_kills_its_reader_is_left_unread_after_three_deaths():
    if os.environ.get("LASTMILE_SANITIZED") == "1":
        raise Skip("a sanitizer's library must be the first")
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        try:
            chain.add_probe("cm", "other")
            chain.start_broker()
            chain.write_collector_cfg()
            topic = f"lastmile/1/{shard_of('other')}/cm/other/report"
            deadly = Reporter("cm", "other").report()
            deadly[3] = "deadly-text"  # the agent's version
            good = Reporter("cm", "other")
            for death in range(3):
                start_with_fault(chain)
                publish(chain, "other", topic, encode(good.report()))
                wait_for("the good one", lambda n=death: len(first_life(chain)) == n + 1)
                publish(chain, "other", topic, encode(deadly))
                process = chain.processes.pop("collector")
                assert process.wait(timeout=60) == -signal.SIGABRT
            start_with_fault(chain)
            publish(chain, "other", topic, encode(deadly))
            publish(chain, "other", topic, encode(good.report()))
            wait_for("quarantine",
                     lambda: metric(chain, "lastmile_reports_quarantined_total", '"deadly"') == 1)
            wait_for("the other report", lambda: first_life(chain) == [1, 2, 3, 4])
            chain.check_alive()
            assert "died over messages" in chain.log_of("collector")
        finally:
            chain.stop_all()


if __name__ == "__main__":
    run([a_malformed_report_is_quarantined_and_nothing_else_touched,
         a_report_under_another_probes_name_is_refused_by_the_broker,
         a_refused_login_is_said_once_and_the_probe_goes_on,
         a_dead_agent_delays_nothing_and_is_named,
         a_clock_that_is_a_day_ahead_is_said_once_and_the_collector_places_the_reports,
         an_unreadable_capture_is_named_and_the_others_go_on,
         a_wrong_key_ends_with_status_2_and_file_line_and_nearest_key,
         a_full_disk_holds_back_receipts_and_loses_nothing,
         a_message_that_kills_its_reader_is_left_unread_after_three_deaths])
