#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""doctor of probe and collector: each thing that is not there is named, with a remedy in two languages."""
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chain import Chain, SOURCE, program, wait_for  # noqa: E402
from tap import Skip, run  # noqa: E402

LEVELS = {"OK", "WARN", "FAIL"}


def consult(name, config):
    done = subprocess.run([program("bin", name), "doctor", "--config", config, "--json"],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done
    said = json.loads(done.stdout)
    for finding in said["findings"]:
        assert finding["level"] in LEVELS and finding["en"] and finding["zh"], finding
        assert (finding["remedy_en"] is None) == (finding["remedy_zh"] is None), finding
        assert any(ord(character) > 0x2e80 for character in finding["zh"]), finding
        if finding["level"] == "FAIL":
            assert finding["remedy_en"], finding
    assert done.returncode == (said["worst"] == "FAIL"), done
    return said["findings"]


def of(findings, check, subject=""):
    return [f for f in findings if f["check"] == check and subject in f["subject"]]


class Doctors:
    """A broker, a collector's settings and a probe's, with a recorded WLAN controller."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-doctor-")
        self.chain = chain = Chain(self.folder.name)
        chain.add_probe("cu", "one")
        chain.start_broker()
        chain.write_collector_cfg()
        chain.write_secret("probes/snmp.secrets",
                           'credentials = ( { name = "demo"; version = "2c"; community = "demo"; } );')
        return self

    def __exit__(self, *_):
        self.chain.stop_all()
        self.folder.cleanup()

    def probe(self, body):
        return consult("lastmile-probe", self.chain.write_probe_cfg("one", 60000, body))

    def collector(self):
        return consult("lastmile-collector", self.chain.path("collector.cfg"))


LOOPBACK = 'sources = ( { name = "up"; interface = "lo"; } );'


def device(port):
    return f"""snmp = {{ profiles = "{SOURCE}/config/profiles"; secrets_file = "snmp.secrets";
  devices = ( {{ name = "this"; address = "udp:127.0.0.1:{port}"; credentials = "demo";
                 area = "371002"; deadline_ms = 3000; timeout_ms = 500; retries = 0; }} ); }};"""


def a_probe_that_has_all_it_needs_is_told_so():
    with Doctors() as doctors:
        port = doctors.chain.start_snmpd()
        findings = doctors.probe(device(port))
        assert of(findings, "settings")[0]["level"] == "OK", findings
        assert of(findings, "broker")[0]["level"] == "WARN", findings  # no TLS
        assert wait_for("the agent", lambda: of(doctors.probe(device(port)), "snmp", "this")[0]
                        ["level"] != "FAIL", seconds=60)


def an_interface_that_is_not_there_and_a_silent_device_fail():
    with Doctors() as doctors:
        findings = doctors.probe('sources = ( { name = "up"; interface = "nowhere0"; } );'
                                 + device(9))
        assert of(findings, "capture", "up")[0]["level"] == "FAIL", findings
        assert of(findings, "snmp", "this")[0]["level"] == "FAIL", findings


def what_the_machine_counts_by_itself_is_looked_at():
    with Doctors() as doctors:
        own = """stations = { name = "ap"; area = "371002"; source = "hostapd"; socket_dir = "%s"; };
connections = { name = "nat"; };"""
        acct = "/proc/sys/net/netfilter/nf_conntrack_acct"
        counts = os.path.exists(acct) and open(acct, encoding="ascii").read().strip() == "1"
        findings = doctors.probe(LOOPBACK + own % doctors.folder.name)
        assert of(findings, "connections", "nat")[0]["level"] == ("OK" if counts else "FAIL"), findings
        assert of(findings, "stations", "ap")[0]["level"] == "OK", findings
        findings = doctors.probe(LOOPBACK + own % "/nonexistent")
        assert of(findings, "stations", "ap")[0]["level"] == "FAIL", findings
        assert not of(doctors.probe(LOOPBACK), "stations") + of(doctors.probe(LOOPBACK), "connections")


def each_fault_of_the_broker_has_its_name():
    with Doctors() as doctors:
        doctors.chain.write_secret("probes/one.password", "wrong")
        assert "login-refused" in of(doctors.probe(LOOPBACK), "broker")[0]["en"]
        doctors.chain.stop("broker")
        broker = of(doctors.probe(LOOPBACK), "broker")[0]
        assert broker["level"] == "FAIL" and "connection-refused" in broker["en"], broker
        assert "connection-refused" in of(doctors.collector(), "broker")[0]["en"]


def no_password_is_printed():
    with Doctors() as doctors:
        text = json.dumps(doctors.probe(LOOPBACK)) + json.dumps(doctors.collector())
        for secret in (doctors.chain.probes["one"][1], doctors.chain.collector_password):
            assert secret not in text


def a_collector_is_told_who_may_log_in():
    with Doctors() as doctors:
        chain = doctors.chain
        assert "open" in of(doctors.collector(), "access")[0]["en"]
        chain.write_collector_cfg(http='access = "login";')
        found = of(doctors.collector(), "access")[0]
        assert found["level"] == "WARN" and "user add" in found["remedy_en"], found
        assert not os.path.exists(chain.path("data", "access.db")), "a doctor makes nothing"
        done = subprocess.run([program("bin", "lastmile"), "--config", chain.path("collector.cfg"),
                               "user", "add", "wang", "--role", "admin"],
                              input="four words on a line", text=True, check=False,
                              capture_output=True)
        assert done.returncode == 0
        assert "1 accounts" in of(doctors.collector(), "access")[0]["en"]
        os.chmod(chain.path("data", "access.db"), 0o644)
        found = of(doctors.collector(), "access")[0]
        assert found["level"] == "FAIL" and "others can read" in found["en"], found


def a_collector_is_told_whether_it_can_draw():
    with Doctors() as doctors:
        path = os.environ["PATH"]
        try:
            os.environ["PATH"] = "/nowhere"
            found = of(doctors.collector(), "graphs")[0]
        finally:
            os.environ["PATH"] = path
        assert found["level"] == "WARN" and "rrdtool" in found["zh"], found


def a_collector_is_told_of_its_data_and_its_port():
    with Doctors() as doctors:
        findings = doctors.collector()
        assert of(findings, "registry")[0]["level"] == "OK", findings
        assert of(findings, "http")[0]["level"] == "OK", findings
        doctors.chain.start_collector()
        findings = doctors.collector()
        assert of(findings, "http")[0]["level"] == "WARN", findings  # it runs
        assert of(findings, "registry")[0]["level"] == "OK", findings
        doctors.chain.stop("collector")
        with open(doctors.chain.path("data", "registry.db"), "r+b") as registry:
            registry.write(b"\xff" * 4096)
        assert of(doctors.collector(), "registry")[0]["level"] == "FAIL"


def an_interface_that_is_down_is_told_apart_from_one_that_is_not_there():
    with Doctors() as doctors:
        config = doctors.chain.write_probe_cfg("one", 60000, LOOPBACK)
        words = ["unshare", "--net", "--map-root-user", program("bin", "lastmile-probe")]
        done = subprocess.run([*words, "doctor", "--config", config, "--json"], capture_output=True,
                              text=True, check=False, timeout=60)
        if not done.stdout or os.environ.get("LASTMILE_EMULATED"):
            raise Skip("no network namespace, or no packet socket, can be had here")
        found = of(json.loads(done.stdout)["findings"], "capture")[0]
        assert found["level"] == "FAIL" and "set INTERFACE up" in found["remedy_en"], found
        assert of(doctors.probe(LOOPBACK), "areas")[0]["level"] == "WARN"


def settings_that_are_not_there_or_not_ours_come_with_a_remedy():
    with Doctors() as doctors:
        config = doctors.chain.write_probe_cfg("one", 60000, LOOPBACK)
        os.unlink(doctors.chain.path("probes", "one.key"))
        for path, said in ((config, "one.key: No such file or directory: lastmile-probe setup makes it"),
                           (config + ".other", "setup makes settings")):
            for command in ("doctor", "run", "check"):
                done = subprocess.run([program("bin", "lastmile-probe"), command, "--config", path],
                                      capture_output=True, text=True, check=False, timeout=60)
                assert done.returncode == 2 and said in done.stderr, done


def wrong_settings_are_a_usage_error():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.cfg")
        with open(path, "w", encoding="utf-8") as out:
            out.write('operater = "cu";\n')
        for name in ("lastmile-probe", "lastmile-collector"):
            done = subprocess.run([program("bin", name), "doctor", "--config", path],
                                  capture_output=True, text=True, check=False)
            assert done.returncode == 2 and "x.cfg:1" in done.stderr, done


if __name__ == "__main__":
    run([a_probe_that_has_all_it_needs_is_told_so, what_the_machine_counts_by_itself_is_looked_at,
         an_interface_that_is_not_there_and_a_silent_device_fail,
         each_fault_of_the_broker_has_its_name, no_password_is_printed,
         a_collector_is_told_who_may_log_in,
         a_collector_is_told_whether_it_can_draw, a_collector_is_told_of_its_data_and_its_port,
         an_interface_that_is_down_is_told_apart_from_one_that_is_not_there,
         settings_that_are_not_there_or_not_ours_come_with_a_remedy, wrong_settings_are_a_usage_error])
