# SPDX-License-Identifier: GPL-2.0-or-later
"""LASTMILE-MIB: it is valid SMIv2, and what snmpwalk reads of a running probe through a real snmpd is
what the probe's own reports have said; before and after the probe, and the master, have restarted."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap
from chain import Chain, SOURCE, program, wait_for, which
from ports import free_port

MIB = os.path.join(SOURCE, "mibs", "LASTMILE-MIB.txt")
BASE = os.path.join(SOURCE, "tests", "support", "mibs")
SYSTEM = "/usr/share/snmp/mibs"
SETTINGS = """
flow = { idle_timeout_s = 2; };
sources = ( { name = "uplink"; file = "../packets/traffic.pcap"; } );
access_nodes = ( { name = "olt"; source = "uplink"; area = "371002"; } );
snmp = { interval_ms = 1000; secrets_file = "snmp.secrets"; devices = (
  { name = "olt"; address = "udp:127.0.0.1:@OLT@"; credentials = "demo"; area = "371002"; },
  { name = "dead"; address = "udp:127.0.0.1:@DEAD@"; credentials = "demo"; area = "371002";
    timeout_ms = 100; retries = 0; } ); };
agentx = { socket = "@SOCKET@"; };
"""
STATES = {"complete": 2, "partial": 3, "failed": 4}


def the_mib_is_valid_at_the_strictest_level():
    if which("smilint") is None:
        raise tap.Skip("smilint is not installed")
    preload = [os.path.join(BASE, name) for name in sorted(os.listdir(BASE))]
    preload.sort(key=lambda path: "SMI" not in path)
    arguments = [word for path in [*preload, SYSTEM + "/NET-SNMP-MIB.txt"] for word in ("-p", path)]
    done = subprocess.run(["smilint", "-l", "6", *arguments, MIB], capture_output=True, text=True,
                          check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines()
            if not line.startswith((BASE, SYSTEM))]
    assert not said, said
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as broken:  # a checker that sees nothing?
        with open(MIB, encoding="ascii") as text:
            broken.write(text.read().replace("lmSourceOctets,", "lmSourceOktets,"))
        broken.flush()
        done = subprocess.run(["smilint", "-l", "6", *arguments, broken.name], capture_output=True,
                              text=True, check=False)
        assert "lmSourceOktets" in done.stdout + done.stderr


class Watched:
    """A broker whose messages are recorded, a replay agent, a probe, and snmpd as the master."""

    def __init__(self):
        if which("mosquitto") is None or which("mosquitto_sub") is None:
            raise tap.Skip("mosquitto and its clients are not installed")
        if which("snmpd") is None or which("snmpwalk") is None:
            raise tap.Skip("snmpd and snmpwalk are not installed")
        program("probe", "lastmile-subagent")
        self.decoded = {}
        self.folder = tempfile.mkdtemp(prefix="lastmile-agentx-")
        self.chain = chain = Chain(self.folder)
        chain.make_capture("traffic.pcap", "mixed", 20, 10, 7)
        chain.write_secret("probes/snmp.secrets", 'credentials = ( { name = "demo"; version = "2c"; '
                           'community = "demo"; } );')
        dead_port = free_port(socket.SOCK_DGRAM)
        olt = chain.start_replay_agent(
            "olt", os.path.join(SOURCE, "tests", "support", "snmprec", "olt-huawei.snmprec"))
        chain.add_probe("cu", "one")
        chain.start_broker()
        self.start_recorder()
        self.socket = chain.path("agentx.sock")
        self.port = free_port(socket.SOCK_DGRAM)
        text = SETTINGS.replace("@OLT@", str(olt)).replace("@DEAD@", str(dead_port))
        chain.write_probe_cfg("one", 1000, text.replace("@SOCKET@", self.socket))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.chain.stop_all()
        shutil.rmtree(self.folder)

    def start_recorder(self):
        self.chain.start("recorder", [which("mosquitto_sub"), "-V", "5", "-h", "127.0.0.1", "-p",
                                      str(self.chain.broker_port), "-u", "collector", "-P",
                                      self.chain.collector_password, "-t", "lastmile/#", "-F",
                                      "%t %x"])

    def start_master(self):
        conf = self.chain.write("agents/master.conf", f"""agentaddress udp:127.0.0.1:{self.port}
rocommunity health 127.0.0.1
master agentx
agentXSocket {self.socket}
""")
        state = self.chain.path("agents", "master.state")
        os.makedirs(state, exist_ok=True)
        self.chain.start("master", [which("snmpd"), "-f", "-Lo", "-C", "-c", conf, "-p",
                                    state + "/pid"], env={"SNMP_PERSISTENT_DIR": state, "MIBS": ""})

    def walk(self, tool="snmpwalk", more=()):
        """The module's instances, as snmpwalk names them; empty when it is not served."""
        done = subprocess.run(
            [tool, "-v2c", "-c", "health", "-t", "2", "-r", "1", *more, "-M",
             ":".join([SYSTEM, BASE, os.path.dirname(MIB)]), "-m", "LASTMILE-MIB", "-OQUe",
             f"127.0.0.1:{self.port}", "LASTMILE-MIB::lastmileMIB"],
            capture_output=True, text=True, check=False)
        rows = re.findall(r"^LASTMILE-MIB::(\S+) = (.*)$", done.stdout, re.MULTILINE)
        return dict(row for row in rows if not row[1].startswith("No "))

    def decode(self, payload):
        """A message told by the project's own decoder, once: what has no receipt comes again."""
        if payload not in self.decoded:
            told = subprocess.run([program("bin", "lastmile"), "decode"],
                                  input=bytes.fromhex(payload), capture_output=True, check=True)
            self.decoded[payload] = json.loads(told.stdout)
        return self.decoded[payload]

    def reports(self, boot):
        """What this start of the probe has reported so far, decoded, each sequence once."""
        found = {}
        for line in self.chain.log_of("recorder").splitlines():
            topic, _, payload = line.partition(" ")
            if topic.endswith(("/report", "/backlog")):
                report = self.decode(payload)
                if report["boot_id"] == boot:
                    found[report["sequence"]] = report
        return [found[key] for key in sorted(found)]

    def agreed(self):
        """A walk, and the reports that it must be the sum of; None when one is ahead, or when a
        report was made while it walked."""
        made_before = self.walk().get("lmReportsMade.0")
        walk = self.walk()
        if walk.get("lmReportsMade.0") != made_before:
            return None
        boot = re.sub(r"[^0-9a-f]", "", walk.get("lmBootId.0", "").lower())
        reports = self.reports(boot) if boot else []
        made = int(walk.get("lmReportsMade.0", 0))
        if made < 4 or [r["sequence"] for r in reports[:made]] != list(range(1, made + 1)):
            return None
        return walk, reports[:made]


def number(walk, name):
    return int(walk[name])


def compare(walk, reports):
    """Every object of the source, the outbox and the devices with the report's own word."""
    rows = [row for report in reports for row in report["observations"]]
    assert rows and {row["observation_point"] for row in rows} == {"uplink"}
    assert walk["lmProbeName.0"] == "one" and walk["lmOperatorName.0"] == "cu"
    assert walk["lmSourceName.1"] == "uplink"

    def total(key):
        return sum(row[key] for row in rows)

    for name, key in (("lmSourcePackets", "packet_delta_count"),
                      ("lmSourceOctets", "octet_delta_count"),
                      ("lmSourceDropped", "dropped_packet_delta_count"),
                      ("lmSourceFlowsStarted", "flows_started"),
                      ("lmSourceNotStoredOctets", "not_stored_octets")):
        assert number(walk, name + ".1") == total(key), (name, walk[name + ".1"], total(key))
    outcomes = [sum(column) for column in zip(*(row["outcomes"] for row in rows))]
    names = ("Decoded", "Truncated", "Malformed", "Unsupported", "TooDeep")
    assert [number(walk, f"lmSource{name}.1") for name in names] == outcomes
    assert sum(outcomes) == number(walk, "lmSourcePackets.1") > 0
    ended = [sum(column) for column in zip(*(row["flows_ended"] for row in rows))]
    names = ("Idle", "Long", "Finished", "Forced", "Evicted")
    assert [number(walk, f"lmSourceFlows{name}.1") for name in names] == ended
    assert number(walk, "lmSourceFlowsActive.1") == total("flows_started") - sum(ended)
    assert "lmSourceInterfaceOctets.1" not in walk and "lmSourceCoverage.1" not in walk  # a file
    assert number(walk, "lmSourceSampling.1") == 1 == number(walk, "lmSourceSamplingInterval.1")


def compare_devices(walk, reports):
    served = {name.split(".")[0] for name in walk}
    assert set(objects_of_the_module()) - served == {"lmSourceInterfaceOctets", "lmSourceCoverage"}
    assert walk["lmDeviceName.1"] == "olt" and walk["lmDeviceName.2"] == "dead"
    assert number(walk, "lmDeviceState.1") == STATES["complete"]
    assert number(walk, "lmDeviceState.2") == STATES["failed"]
    assert walk["lmDeviceProfile.1"] == "huawei-smartax" and "lmDeviceProfile.2" not in walk
    assert number(walk, "lmDeviceVarbinds.1") > 0 == number(walk, "lmDeviceVarbinds.2")
    assert number(walk, "lmDeviceTimeouts.1") == 0 < number(walk, "lmDeviceTimeouts.2")
    assert number(walk, "lmDeviceFailedPolls.1") == 0 < number(walk, "lmDeviceFailedPolls.2")
    polled = sum(row["access_node"] == "olt" for report in reports for row in report["inventories"])
    assert polled <= number(walk, "lmDevicePolls.1") <= polled + 3
    polls = number(walk, "lmDevicePolls.1") + number(walk, "lmDevicePolls.2")
    assert polls == number(walk, "lmPolls.0")


def what_snmpwalk_reads_is_what_the_reports_say_before_and_after_restarts():
    with Watched() as watched:
        chain = watched.chain
        watched.start_master()
        chain.start_probe("one")
        walk, reports = wait_for("the first walk", watched.agreed, 60)
        compare(walk, reports)
        wait_for("both devices", lambda: watched.walk().get("lmDeviceState.2") == "4" and
                 watched.walk().get("lmDeviceState.1") == "2", 90)
        walk, reports = wait_for("a walk", watched.agreed, 60)
        compare_devices(walk, reports)
        assert number(walk, "lmBrokerState.0") == 3 and number(walk, "lmReportsReceipted.0") == 0
        assert number(walk, "lmSpoolRecords.0") in range(len(reports) - 1, len(reports) + 2)
        bulk = watched.walk("snmpbulkwalk", ["-Cr25"])
        assert list(bulk) == list(walk), set(bulk) ^ set(walk)

        chain.stop("probe-one")
        wait_for("the sub-agent's end", lambda: not watched.walk(), 20)
        chain.start_probe("one")
        again, reports = wait_for("a walk after the probe's restart", watched.agreed, 60)
        assert again["lmBootId.0"] != walk["lmBootId.0"]
        compare(again, reports)

        chain.stop("master")
        watched.start_master()
        after, reports = wait_for("a walk after the master's restart", watched.agreed, 60)
        assert after["lmBootId.0"] == again["lmBootId.0"]
        compare(after, reports)
        log = chain.log_of("probe-one")
        assert len([line for line in log.splitlines() if "agentx" in line]) < 12, log


def a_killed_or_hanging_sub_agent_never_touches_the_probe():
    with Watched() as watched:
        chain = watched.chain
        watched.start_master()
        chain.start_probe("one")
        walk, _ = wait_for("the first walk", watched.agreed, 60)
        probe = chain.processes["probe-one"].pid
        child = int(subprocess.run(["ps", "-o", "pid=", "--ppid", str(probe)], capture_output=True,
                                   text=True, check=True).stdout.split()[0])
        os.kill(child, signal.SIGKILL)
        wait_for("a new sub-agent", lambda: watched.walk(), 30)
        chain.processes["master"].send_signal(signal.SIGSTOP)
        made = len(watched.reports(re.sub(r"[^0-9a-f]", "", walk["lmBootId.0"].lower())))
        boot = re.sub(r"[^0-9a-f]", "", walk["lmBootId.0"].lower())
        wait_for("reports while the master hangs",
                 lambda: len(watched.reports(boot)) >= made + 4, 15)
        chain.processes["master"].send_signal(signal.SIGCONT)
        wait_for("the master", lambda: watched.walk(), 60)
        chain.stop("probe-one")
        wait_for("the end of the sub-agent", lambda: not os.path.exists(f"/proc/{child}"), 10)


def a_probe_without_a_master_measures_reads_its_settings_again_and_ends_in_good_time():
    with Watched() as watched:
        chain = watched.chain
        chain.start_probe("one")
        wait_for("reports", lambda: chain.log_of("recorder").count("/report ") >= 3, 30)
        process = chain.processes["probe-one"]
        process.send_signal(signal.SIGHUP)
        wait_for("the new beginning", lambda: chain.log_of("probe-one").count("running ") == 2, 30)
        assert "not served" not in chain.log_of("probe-one"), chain.log_of("probe-one")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=15) == 0


def objects_of_the_module():
    with open(MIB, encoding="ascii") as file:
        return re.findall(r"^(\w+) OBJECT-TYPE\n(?:(?!\n\n)[\s\S])*?MAX-ACCESS read-only", file.read(),
                          re.MULTILINE)


def no_object_of_the_mib_can_hold_an_address():
    with open(MIB, encoding="ascii") as file:
        syntaxes = set(re.findall(r"SYNTAX (\w+)", file.read()))
    assert syntaxes <= {"DisplayString", "OCTET", "DateAndTime", "TimeTicks", "Unsigned32",
                        "Counter64", "Gauge32", "INTEGER", "SEQUENCE", "LmSourceEntry",
                        "LmDeviceEntry"}, syntaxes


tap.run([the_mib_is_valid_at_the_strictest_level,
         what_snmpwalk_reads_is_what_the_reports_say_before_and_after_restarts,
         a_killed_or_hanging_sub_agent_never_touches_the_probe,
         a_probe_without_a_master_measures_reads_its_settings_again_and_ends_in_good_time,
         no_object_of_the_mib_can_hold_an_address])
