# SPDX-License-Identifier: GPL-2.0-or-later
"""poll --record and --replay: what is saved gives the same figures, says no secret, and can be made
anonymous; and recordings as they come by mail, odd ones too, give sane answers."""
import json
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap
from snmp_agents import Replay, Snmpd, SECRETS, OWN, poll_with

PROBE, AGENT = sys.argv[1:3]
SHARED = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "snmprec")
FIXED = ["device", "wtp", "stations", "lines", "sessions", "interfaces", "warnings", "varbinds",
         "requests", "seconds"]


def poll(*arguments, env=None):
    return poll_with(PROBE, *arguments, env=env)


def answer(*arguments, env=None):
    done = poll(*arguments, "--json", env=env)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def figures(answered):
    """All that a device says, without how it was asked."""
    return {key: value for key, value in answered.items()
            if key not in ("seconds", "varbinds", "requests")}


def nameless(answered):
    """The same without what --anonymize must change."""
    kept = figures(answered)
    kept["device"] = {key: value for key, value in kept["device"].items()
                      if key not in ("sys_name", "description")}
    kept["stations"] = dict(kept["stations"], by_ssid=sorted(
        row["stations"] for row in kept["stations"]["by_ssid"]))
    return kept


class Folder:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-record-")
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def path(self, name="device.snmprec"):
        return os.path.join(self.folder.name, name)

    def write(self, text, name="odd.snmprec"):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.path(name)

    def read(self, name="device.snmprec"):
        with open(self.path(name), encoding="ascii") as file:
            return file.read()

    def replay(self, text, *more):
        return answer("--replay", self.write(text), *more)


def what_is_recorded_of_an_agent_gives_the_same_figures():
    for name in sorted(os.listdir(OWN)):
        with Folder() as folder, Replay(AGENT, name) as agent:
            live = answer("--target", "udp:" + agent.address, "--record", folder.path())
            again = answer("--replay", folder.path())
            assert figures(live) == figures(again), name
            assert sorted(os.listdir(folder.folder.name)) == ["device.snmprec"]
            assert stat.S_IMODE(os.stat(folder.path()).st_mode) == 0o600


def what_is_recorded_of_snmpd_says_no_secret_and_gives_the_same_figures():
    with Snmpd(PROBE) as agent, Folder() as folder:
        for access in (agent.v2c(), agent.v3()):
            live = answer(*access, "--record", folder.path(), "--walk", "1.3.6.1.6.3")
            assert figures(answer("--replay", folder.path())) == figures(live)
            text = folder.read()
            assert "1.3.6.1.2.1.1.5.0|4|tested\n" in text
            assert "1.3.6.1.6.3.10.2.1.3.0|" in text
            assert "1.3.6.1.6.3.18." not in text and "1.3.6.1.6.3.15." not in text
            for secret in SECRETS:
                assert secret not in text
                assert secret.encode().hex() not in text
                assert ".".join(str(byte) for byte in secret.encode()) not in text


def secrets_are_taken_from_the_environment():
    with Snmpd(PROBE) as agent:
        env = {**os.environ, "LASTMILE_SNMP_COMMUNITY": SECRETS[0],
               "LASTMILE_SNMP_AUTH_PASS": SECRETS[1], "LASTMILE_SNMP_PRIV_PASS": SECRETS[2]}
        assert answer(*agent.target(), env=env)["device"]["sys_name"] == "tested"
        v3 = ["--v3-user", "probe", "--v3-auth", "SHA-256", "--v3-priv", "AES"]
        assert answer(*agent.target(), *v3, env=env)["device"]["sys_name"] == "tested"
        env["LASTMILE_SNMP_PRIV_PASS"] = "something-else"
        assert poll(*agent.target(), *v3, "--timeout", "5", env=env).returncode == 1


def a_walk_records_what_no_profile_reads():
    with Folder() as folder:
        source = folder.write("1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.64000.1\n" + "".join(
            f"1.3.6.1.4.1.64000.2.{i}.0|66|{i}\n" for i in range(1, 201)) +
            "".join(f"1.3.6.1.4.1.64001.{i}.0|66|18\n" for i in range(1, 201)))
        without = answer("--replay", source, "--record", folder.path())
        assert "64000.2.200.0" not in folder.read()
        answered = answer("--replay", source, "--record", folder.path(), "--walk", "1.3.6.1.4.1.64000")
        assert "1.3.6.1.4.1.64000.2.200.0|66|200\n" in folder.read()
        assert "64001.200" not in folder.read()
        assert nameless(answered) == nameless(without)


def an_anonymous_recording_keeps_the_figures_and_no_identity():
    for name in sorted(os.listdir(OWN)):
        with Folder() as folder:
            source = os.path.join(OWN, name)
            before = answer("--replay", source, "--record", folder.path(), "--anonymize", "--walk",
                            "1.3.6.1")
            assert nameless(answer("--replay", folder.path())) == nameless(before), name
            text = folder.read()
            if before["device"]["sys_name"]:
                assert before["device"]["sys_name"] not in text, name
            for row in before["stations"]["by_ssid"]:
                assert row["ssid"] not in text, name


def anonymous_recordings_of_real_devices_keep_the_figures():
    if not os.path.isdir(SHARED):
        raise tap.Skip("the shared recordings are absent")
    for name in sorted(os.listdir(SHARED)):
        if not name.endswith(".snmprec"):
            continue
        with Folder() as folder:
            source = os.path.join(SHARED, name)
            before = answer("--replay", source)
            answer("--replay", source, "--record", folder.path(), "--anonymize", "--walk", "1.3.6.1")
            assert nameless(answer("--replay", folder.path())) == nameless(before), name


def identities_of_every_kind_are_gone_and_stay_distinct():
    macs = [f"00a1b2c3d4{i:02x}" for i in range(16, 48)]
    rows = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.64000.1"]
    for i, mac in enumerate(macs):
        arcs = ".".join(str(byte) for byte in bytes.fromhex(mac))
        rows += [f"1.3.6.1.4.1.64000.3.1.2.{arcs}|66|{i}",
                 f"1.3.6.1.4.1.64000.4.1.2.{i + 1}|4x|{mac}",
                 f"1.3.6.1.4.1.64000.4.1.3.{i + 1}|64|198.51.100.{i + 1}",
                 f"1.3.6.1.4.1.64000.4.1.4.{i + 1}|4|HWTC1234{i:04d}",
                 f"1.3.6.1.4.1.64000.4.1.5.{i + 1}|4|li.wei{i}@isp",
                 f"1.3.6.1.2.1.4.22.1.2.1.10.0.0.{i + 1}|4x|{mac}"]
    with Folder() as folder:
        source = folder.write("\n".join(rows) + "\n")
        answer("--replay", source, "--record", folder.path(), "--anonymize", "--walk", "1.3.6.1")
        lines = [line.split("|", 2) for line in folder.read().splitlines()]
        text = folder.read()
        for canary in ("00a1b2c3", ".0.161.178.195.", "203.0.113", "HWTC1234", "li.wei",
                       "1.3.6.1.2.1.4.22"):
            assert canary not in text, canary
        index = [".".join(name.split(".")[-6:]) for name, _, _ in lines if ".64000.3.1.2." in name]
        values = [value for name, _, value in lines if ".64000.4.1.2." in name]
        assert len(set(index)) == 32 and len(set(values)) == 32
        assert sorted(index) == sorted(".".join(str(byte) for byte in bytes.fromhex(value))
                                       for value in values)
        for column in (3, 4, 5):
            assert len({value for name, _, value in lines
                        if f".64000.4.1.{column}." in name}) == 32, column


def the_same_key_gives_the_same_pseudonyms():
    with Folder() as folder:
        key = folder.write("0123456789abcdef-key\n", "key")
        source = os.path.join(OWN, "wlan-ruckus.snmprec")
        texts = []
        for more in (["--anonymize-key-file", key], ["--anonymize-key-file", key], []):
            answer("--replay", source, "--record", folder.path(), "--anonymize", *more)
            texts.append(folder.read())
        assert texts[0] == texts[1] != texts[2]


def recording_options_that_go_nowhere_are_usage_errors():
    source = os.path.join(OWN, "wlan-ruckus.snmprec")
    for arguments, reason in (
            (["--anonymize"], "--record"), (["--walk", "1.3.6.1"], "--record"),
            (["--record", "x", "--walk", "1.3.x"], "1.3.x"),
            (["--record", "x", "--anonymize-key-file", "k"], "--anonymize")):
        done = poll("--replay", source, *arguments)
        assert done.returncode == 2 and reason in done.stderr, (arguments, done.stderr)
    done = poll("--replay", source, "--record", "/nonexistent/x.snmprec")
    assert done.returncode == 1 and "/nonexistent/x.snmprec" in done.stderr


def unknown_stays_null_in_odd_recordings():
    system = "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.64000.1\n"
    odd = {
        "unknown device": system,
        "nothing but a name": "1.3.6.1.2.1.1.5.0|4|x\n",
        "CR LF": system.replace("\n", "\r\n") + "\r\n",
        "no last line end": system.rstrip(),
        "lines cut short": system + "1.3.6.1.2.1.1.3.0|67\n1.3.6.1.2.1.1.5.0\n1.3.6|\n|||\n",
        "counters beyond 64 bits": system + "1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551616\n",
        "numbers that are none": system + "1.3.6.1.2.1.1.3.0|67|soon\n",
        "bytes of no text": system.encode() + b"\xff\xfe\x00\x01|4|\x00\n",
        "unsorted": "1.3.6.1.2.1.1.5.0|4|b\n" + system,
    }
    with Folder() as folder:
        for name, text in odd.items():
            found = folder.replay(text)
            assert set(FIXED) <= set(found), name
            for path in (("wtp", "configured"), ("wtp", "run"), ("stations", "associated"),
                         ("sessions", "pppoe"), ("sessions", "ipoe"), ("sessions", "total"),
                         ("interfaces", "in_octets"), ("interfaces", "out_octets"),
                         ("device", "uptime_s")):
                assert found[path[0]][path[1]] is None, (name, path, found)
            assert found["lines"] == [] and found["warnings"], name
            assert poll("--replay", folder.path("odd.snmprec")).returncode == 0, name


def faulty_lines_are_counted_and_the_first_is_named():
    with Folder() as folder:
        found = folder.replay("1.3.6.1.2.1.1.5.0|4|x\n\nrubbish\n1.3.6.1.2.1.1.3.0|67\n")
        assert any("2 of 3 lines" in text and "line 3" in text for text in found["warnings"]), found


def strings_may_hold_anything():
    with Folder() as folder:
        found = folder.replay("1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.25053.3.1.11.1\n"
                              "1.3.6.1.2.1.1.1.0|4x|c3286e756c00746169" + "6c\n"
                              "1.3.6.1.2.1.1.5.0|4x|e5a881e6b5b7001b5b32" + "4a\n"
                              "1.3.6.1.4.1.25053.1.4.1.1.1.15.1.0|66|12\n")
        assert found["device"]["sys_name"].startswith("威海")
        assert found["device"]["profile"] == "ruckus-smartzone"
        done = poll("--replay", folder.path("odd.snmprec"))
        assert done.returncode == 0 and "威海" in done.stdout and "\x1b" not in done.stdout


def values_in_hexadecimal_and_large_counters_are_read_whole():
    rows = "".join(f"1.3.6.1.2.1.2.2.1.3.{i}|2|6\n1.3.6.1.2.1.2.2.1.8.{i}|2|1\n"
                   f"1.3.6.1.2.1.31.1.1.1.1.{i}|4x|{('if%d' % i).encode().hex().upper()}\n"
                   f"1.3.6.1.2.1.31.1.1.1.6.{i}|70|{2**62}\n" for i in (1, 2, 4294967295))
    with Folder() as folder:
        found = folder.replay("1.3.6.1.2.1.1.5.0|4|x\n" + rows)["interfaces"]
        assert (found["count"], found["up"], found["counter64"]) == (3, 3, 3)
        assert abs(found["in_octets"] - 3 * 2**62) < 2**40
        assert found["out_octets"] is None


def a_recording_of_a_hundred_thousand_rows_is_polled_in_seconds():
    rows = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.64000.1"]
    for i in range(1, 8001):
        rows += [f"1.3.6.1.2.1.2.2.1.3.{i}|2|6", f"1.3.6.1.2.1.2.2.1.8.{i}|2|{1 + i % 2}",
                 f"1.3.6.1.2.1.31.1.1.1.1.{i}|4|ge-{i}", f"1.3.6.1.2.1.31.1.1.1.6.{i}|70|{i}",
                 f"1.3.6.1.2.1.31.1.1.1.10.{i}|70|{i}"]
    rows += [f"1.3.6.1.4.1.64000.1.{i}|4|{'x' * 40}" for i in range(60000)]
    with Folder() as folder:
        found = folder.replay("\n".join(rows))
        assert found["interfaces"] == {"count": 8000, "up": 4000, "in_octets": 32004000,
                                       "out_octets": 32004000, "counter64": 8000}
        assert found["seconds"] < 30


def a_recording_that_is_none_says_what_one_is():
    with Folder() as folder:
        for text in ("", "\n\n\n", "hello\n", "\x00" * 5000, "1.3.6.1\n"):
            done = poll("--replay", folder.write(text), "--json")
            assert done.returncode == 1 and done.stdout == "", repr(text[:20])
            assert "OID|type|value" in done.stderr and len(done.stderr.splitlines()) == 1


tap.run([what_is_recorded_of_an_agent_gives_the_same_figures,
         what_is_recorded_of_snmpd_says_no_secret_and_gives_the_same_figures,
         secrets_are_taken_from_the_environment,
         a_walk_records_what_no_profile_reads,
         an_anonymous_recording_keeps_the_figures_and_no_identity,
         anonymous_recordings_of_real_devices_keep_the_figures,
         identities_of_every_kind_are_gone_and_stay_distinct,
         the_same_key_gives_the_same_pseudonyms,
         recording_options_that_go_nowhere_are_usage_errors,
         unknown_stays_null_in_odd_recordings,
         faulty_lines_are_counted_and_the_first_is_named,
         strings_may_hold_anything,
         values_in_hexadecimal_and_large_counters_are_read_whole,
         a_recording_of_a_hundred_thousand_rows_is_polled_in_seconds,
         a_recording_that_is_none_says_what_one_is])
