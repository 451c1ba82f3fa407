# SPDX-License-Identifier: GPL-2.0-or-later
"""The command poll against agents that are not ours (snmpd, v3 included), ours, and none at all."""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE, AGENT = sys.argv[1:3]
SOURCE = os.environ["LASTMILE_SOURCE"]
OWN = os.path.join(SOURCE, "tests", "support", "snmprec")
SECRETS = ["community-secret", "auth-secret-1", "priv-secret-1"]


def poll(*arguments, timeout=60):
    return subprocess.run([PROBE, "poll", *arguments], capture_output=True, text=True,
                          timeout=timeout, check=False)


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Snmpd:
    """Debian's own agent, with a community and a v3 user, in a folder of its own."""

    def __init__(self):
        program = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not program:
            raise tap.Skip("no snmpd is installed")
        self.folder = tempfile.mkdtemp(prefix="lastmile-snmpd-")
        self.port = free_port()
        self.write("conf", f"agentaddress udp:127.0.0.1:{self.port}\n"
                           f"rocommunity {SECRETS[0]} 127.0.0.1\n"
                           f"createUser probe SHA-256 \"{SECRETS[1]}\" AES \"{SECRETS[2]}\"\n"
                           "rouser probe authpriv\nsysName tested\n")
        self.write("auth", SECRETS[1] + "\n")
        self.write("priv", SECRETS[2] + "\n")
        self.process = subprocess.Popen(
            [program, "-f", "-Lf", self.path("log"), "-C", "-c", self.path("conf"), "-p",
             self.path("pid")], env={**os.environ, "SNMP_PERSISTENT_DIR": self.path("state")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def __enter__(self):
        deadline = time.monotonic() + 20
        while poll(*self.v2c(), "--timeout", "1").returncode != 0:
            assert time.monotonic() < deadline, "snmpd does not start"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def target(self):
        return ["--target", f"udp:127.0.0.1:{self.port}"]

    def v2c(self):
        return [*self.target(), "--community", SECRETS[0]]

    def v3(self, auth="auth", user="probe", protocol="SHA-256"):
        return [*self.target(), "--v3-user", user, "--v3-auth", protocol, "--v3-auth-pass-file",
                self.path(auth), "--v3-priv", "AES", "--v3-priv-pass-file", self.path("priv")]


class Replay:
    """Our replay agent on a copy of a recording."""

    def __init__(self, recording, *extra):
        self.folder = tempfile.mkdtemp(prefix="lastmile-replay-")
        self.file = os.path.join(self.folder, "device.snmprec")
        shutil.copyfile(os.path.join(OWN, recording), self.file)
        self.process = subprocess.Popen([AGENT, *extra, "--device", "0:" + self.file],
                                        stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        assert self.process.wait() == 0
        shutil.rmtree(self.folder)

    def poll(self, *arguments):
        done = poll("--target", "udp:" + self.address, "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def says_no_secret(done):
    for secret in SECRETS:
        assert secret not in done.stdout + done.stderr


def a_real_snmpd_is_polled_by_v2c_and_by_v1():
    with Snmpd() as agent:
        for version in ("2c", "1"):
            done = poll(*agent.v2c(), "--snmp-version", version, "--json")
            assert done.returncode == 0, done.stderr
            answer = json.loads(done.stdout)
            assert answer["device"]["sys_name"] == "tested"
            assert answer["device"]["profile"] == "net-snmp"
            assert answer["interfaces"]["count"] >= 1
            assert (answer["interfaces"]["counter64"] > 0) == (version == "2c")
            says_no_secret(done)


def a_real_snmpd_is_polled_by_v3_with_sha_256_and_aes():
    with Snmpd() as agent:
        done = poll(*agent.v3(), "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["device"]["sys_name"] == "tested"
        says_no_secret(done)


def a_wrong_passphrase_or_user_is_told_apart_from_silence():
    with Snmpd() as agent:
        for wrong in (agent.v3(auth="priv"), agent.v3(user="nobody"), agent.v3(protocol="SHA")):
            done = poll(*wrong, "--timeout", "10")
            assert done.returncode == 1
            assert "access refused" in done.stderr, done.stderr
            assert len(done.stderr.splitlines()) == 1
            says_no_secret(done)
        done = poll(*agent.target(), "--community", "wrong", "--timeout", "2")
        assert done.returncode == 1 and "no answer" in done.stderr


def a_dead_agent_is_one_clear_line_and_exit_1():
    started = time.monotonic()
    done = poll("--target", f"udp:127.0.0.1:{free_port()}", "--timeout", "2", "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "no answer" in done.stderr and len(done.stderr.splitlines()) == 1, done.stderr
    assert time.monotonic() - started < 6


def a_host_that_has_no_address_is_one_clear_line_and_exit_1():
    done = poll("--target", "udp:no-such-host.invalid:161", "--timeout", "5")
    assert done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr


def a_replayed_agent_gives_what_its_recording_gives():
    for name in sorted(os.listdir(OWN)):
        with Replay(name) as agent:
            live = agent.poll()
            slow = agent.poll("--snmp-version", "1")
        from_file = json.loads(poll("--replay", os.path.join(OWN, name), "--json").stdout)
        for part in ("wtp", "stations", "lines", "sessions"):
            assert live[part] == from_file[part], (name, part)
            assert slow[part] == from_file[part], (name, part)
        assert live["interfaces"] == from_file["interfaces"], name


def a_recording_that_changes_changes_the_figure():
    with Replay("wlan-ruckus.snmprec") as agent:
        assert agent.poll()["stations"]["associated"] == 40
        with open(agent.file, encoding="utf-8") as file:
            text = file.read()
        with open(agent.file, "w", encoding="utf-8") as file:
            file.write(text.replace(".15.2.0|66|40", ".15.2.0|66|41"))
        deadline = time.monotonic() + 10
        while agent.poll()["stations"]["associated"] != 41:
            assert time.monotonic() < deadline


def counters_grow_when_the_agent_is_told_so():
    with Replay("edge-router.snmprec", "--grow",
                "1.3.6.1.2.1.31.1.1.1.6=1000000") as agent:
        first = agent.poll()["interfaces"]
        time.sleep(0.2)
        second = agent.poll()["interfaces"]
        assert second["in_octets"] - first["in_octets"] >= 1000000
        assert second["out_octets"] == first["out_octets"]


def wrong_usage_is_exit_2_with_a_reason():
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as short:
        short.write("short\n")
        short.flush()
        for arguments, reason in (
                ([], "--target"), (["--target", "x", "--replay", "y"], "one of"),
                (["--target", "x", "--snmp-version", "4"], "SNMP version"),
                (["--target", "x", "--v3-user", "u", "--v3-auth", "SHA256"], "SHA-256"),
                (["--target", "x", "--timeout", "soon"], "not a number"),
                (["--target", "x", "--v3-user", "u", "--v3-auth", "SHA", "--v3-auth-pass-file",
                  short.name], "8 characters"),
                (["--target", "x", "--v3-user", "u", "--v3-auth-pass-file", "/nonexistent"],
                 "/nonexistent"),
                (["--target", "x", "--profiles", "/nonexistent"], "/nonexistent"),
                (["--target", "x", "--profile", "huawei"], "huawei"),
                (["--wrong"], "--wrong"), (["stray"], "stray")):
            done = poll(*arguments)
            assert done.returncode == 2, (arguments, done.returncode)
            assert reason in done.stderr, (arguments, done.stderr)


def a_recording_that_is_none_is_exit_1():
    with tempfile.NamedTemporaryFile("w", suffix=".snmprec") as file:
        for text in ("", "rubbish\n\n"):
            file.truncate(0)
            file.write(text)
            file.flush()
            done = poll("--replay", file.name)
            assert done.returncode == 1 and len(done.stderr.splitlines()) == 1
    assert poll("--replay", "/nonexistent.snmprec").returncode == 1


def help_names_every_option_and_exits_0():
    done = poll("--help")
    assert done.returncode == 0
    for option in ("--target", "--community", "--v3-user", "--replay", "--profiles", "--timeout",
                   "--json"):
        assert option in done.stdout


def the_table_for_people_names_sources_and_what_is_not_said():
    done = poll("--replay", os.path.join(OWN, "olt-huawei.snmprec"))
    assert done.returncode == 0
    assert "hwGponDeviceOntControlRunStatus" in done.stdout
    done = poll("--replay", os.path.join(OWN, "edge-router.snmprec"), "--profile", "if-mib")
    assert done.returncode == 0 and "no profile knows this device" in done.stdout


tap.run([a_real_snmpd_is_polled_by_v2c_and_by_v1,
         a_real_snmpd_is_polled_by_v3_with_sha_256_and_aes,
         a_wrong_passphrase_or_user_is_told_apart_from_silence,
         a_dead_agent_is_one_clear_line_and_exit_1,
         a_host_that_has_no_address_is_one_clear_line_and_exit_1,
         a_replayed_agent_gives_what_its_recording_gives,
         a_recording_that_changes_changes_the_figure,
         counters_grow_when_the_agent_is_told_so,
         wrong_usage_is_exit_2_with_a_reason,
         a_recording_that_is_none_is_exit_1,
         help_names_every_option_and_exits_0,
         the_table_for_people_names_sources_and_what_is_not_said])
