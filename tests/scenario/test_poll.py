# SPDX-License-Identifier: GPL-2.0-or-later
"""The command poll against agents that are not ours (snmpd, v3 included), ours, and none at all."""
import json
import os
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import snmp_agents
import tap
from ports import free_port
from snmp_agents import OWN, SECRETS

PROBE, AGENT = sys.argv[1:3]


def poll(*arguments):
    return snmp_agents.poll_with(PROBE, *arguments)


def Snmpd():
    return snmp_agents.Snmpd(PROBE)


class Replay(snmp_agents.Replay):
    def __init__(self, recording, *extra):
        super().__init__(AGENT, recording, *extra)

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
        wrong_ones = [
            (agent.v3(auth="priv"), "wrong authentication passphrase", "--v3-auth"),
            (agent.v3(user="nobody"), "does not know the user", "--v3-user"),
            (agent.v3(protocol="SHA"), "wrong authentication passphrase", "--v3-auth"),
            (agent.v3()[:-2] + ["--v3-priv-pass-file", agent.path("auth")], "no answer", "--v3-priv"),
        ]
        for wrong, reason, remedy in wrong_ones:
            done = poll(*wrong, "--timeout", "10")
            assert done.returncode == 1
            assert reason in done.stderr and remedy in done.stderr, done.stderr
            assert reason == "no answer" or "access refused" in done.stderr, done.stderr
            assert len(done.stderr.splitlines()) == 1
            says_no_secret(done)
        done = poll(*agent.target(), "--community", "wrong", "--timeout", "2")
        assert done.returncode == 1 and "no answer" in done.stderr
        assert "community" in done.stderr and "ACL" in done.stderr, done.stderr


def a_dead_agent_is_one_clear_line_and_exit_1():
    started = time.monotonic()
    nobody = f"udp:127.0.0.1:{free_port(socket.SOCK_DGRAM)}"
    done = poll("--target", nobody, "--timeout", "2", "--json")
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


def stations_of_several_radios_of_an_openwrt_are_summed():
    """Each radio has a script of its own; a live agent is asked as a recording is."""
    output = "1.3.6.1.4.1.8072.1.3.2.3.1.1.13." + ".".join(str(b) for b in b"clients-wlan")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "openwrt.snmprec")
        with open(path, "w", encoding="utf-8") as out:
            out.write("1.3.6.1.2.1.1.1.0|4|Linux OpenWrt\n"
                      "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10\n"
                      f"{output}.48|4|3\n{output}.49|4|4\n")
        with Replay(path) as agent:
            assert agent.poll()["stations"]["associated"] == 7
        done = poll("--replay", path, "--json")
        assert json.loads(done.stdout)["stations"]["associated"] == 7


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
                   "--json", "--record", "--anonymize", "--walk",
                   "LASTMILE_SNMP_COMMUNITY"):
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
         stations_of_several_radios_of_an_openwrt_are_summed,
         wrong_usage_is_exit_2_with_a_reason,
         a_recording_that_is_none_is_exit_1,
         help_names_every_option_and_exits_0,
         the_table_for_people_names_sources_and_what_is_not_said])
