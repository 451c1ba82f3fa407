# SPDX-License-Identifier: GPL-2.0-or-later
"""A new device is a new file: an invented OLT with a WLAN controller in it, which no code knows.

Its profile is added to a copy of the shipped ones, a recording of it is polled by the command, and
`check` refuses the profile with file and line when it is wrong."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap

PROBE = sys.argv[1]
SHIPPED = os.path.join(os.environ["LASTMILE_SOURCE"], "config", "profiles")
TREE = "1.3.6.1.4.1.99999"

PROFILE = """
profile = "yantai-olt";
title = "Yantai Y-3000, which does not exist";
kind = "access-node";
match = ( { object_id = "%(tree)s.1"; description = "Y-3000"; } );
technologies = [ "xgspon" ];
state_maps = (
  { name = "onu"; states = (
      { value = "working"; name = "working"; counts = true; },
      { value = "lost"; name = "lost"; } ); },
  { name = "ap"; states = (
      { value = "4"; name = "run"; counts = true; },
      { value = "9"; name = "peer"; element = "standby"; } ); } );
figures = (
  { quantity = "lines.provisioned"; technology = "xgspon"; from = "scalar"; label = "yOnuTotal";
    objects = [ "%(tree)s.2.1.0" ]; no_values = [ "-1" ]; confidence = "unconfirmed"; },
  { quantity = "lines.provisioned"; technology = "xgspon"; from = "count_rows"; label = "yOnuState";
    objects = [ "%(tree)s.3.1.4" ]; confidence = "seen"; },
  { quantity = "lines.active"; technology = "xgspon"; from = "count_rows"; label = "yOnuState";
    objects = [ "%(tree)s.3.1.4" ]; states = "onu"; confidence = "seen"; },
  { quantity = "wtp.run"; from = "count_rows"; label = "yApState"; objects = [ "%(tree)s.4.1.2" ];
    states = "ap"; key = "index-mac"; confidence = "mib"; },
  { quantity = "stations.by_ssid"; from = "by_name"; label = "yWlanUsers";
    objects = [ "%(tree)s.5.1.2" ]; key = "index-string"; index_skip = 1; confidence = "seen"; } );
models = ( { match = "BOX-*"; class = "mdu"; } );
elements = (
  { kind = "terminal"; technology = "xgspon"; label = "yOnuTable"; rows = "%(tree)s.3.1.4";
    states = "onu"; key = "object"; key_object = "%(tree)s.3.1.5"; confidence = "seen"; },
  { kind = "wtp"; label = "yApTable"; rows = "%(tree)s.4.1.2"; states = "ap"; key = "index-mac";
    confidence = "mib"; } );
""" % {"tree": TREE}

# Indexes: a port above 2^31 and the ONU's number; a MAC address; a slot and an SSID by its length.
RECORDING = f"""1.3.6.1.2.1.1.1.0|4|Y-3000 rev 2
1.3.6.1.2.1.1.2.0|6|{TREE}.1.7
1.3.6.1.2.1.1.3.0|67|360000
1.3.6.1.2.1.2.2.1.3.4194304000|2|250
1.3.6.1.2.1.2.2.1.8.4194304000|2|1
{TREE}.2.1.0|2|5
{TREE}.3.1.4.4194304000.0|4|working
{TREE}.3.1.4.4194304000.1|4|lost
{TREE}.3.1.4.4194304000.2|4|working
{TREE}.3.1.4.4194304000.3|4|melted
{TREE}.3.1.5.4194304000.0|4|YNTI00000001
{TREE}.3.1.5.4194304000.1|4|YNTI00000002
{TREE}.3.1.5.4194304000.2|4|YNTI00000003
{TREE}.4.1.2.2.0.94.16.0.1|2|4
{TREE}.4.1.2.2.0.94.16.0.2|2|9
{TREE}.5.1.2.1.4.102.114.101.101|66|7
{TREE}.5.1.2.2.4.102.114.101.101|66|2
"""

CONFIGURATION = """
operator = "cu";
probe = "p1";
pseudonym_key_file = "key";
broker = { host = "127.0.0.1"; };
snmp = { profiles = "profiles"; secrets_file = "secrets"; devices = (
  { name = "olt-1"; address = "udp:127.0.0.1:161"; area = "371002"; profile = "yantai-olt"; } ); };
"""


def with_profiles(profile, action):
    with tempfile.TemporaryDirectory() as folder:
        profiles = os.path.join(folder, "profiles")
        shutil.copytree(SHIPPED, profiles)
        with open(os.path.join(profiles, "yantai.cfg"), "w", encoding="utf-8") as file:
            file.write(profile)
        recording = os.path.join(folder, "device.snmprec")
        with open(recording, "w", encoding="utf-8") as file:
            file.write(RECORDING)
        return action(folder, profiles, recording)


def run(*arguments):
    return subprocess.run([PROBE, *arguments], capture_output=True, text=True, timeout=60,
                          check=False)


def poll(_folder, profiles, recording):
    done = run("poll", "--replay", recording, "--json", "--profiles", profiles)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def check(folder, _profiles, _recording):
    for name, text in (("probe.cfg", CONFIGURATION), ("key", "0" * 32),
                       ("secrets", 'credentials = ( { name = "default"; community = "x"; } );')):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
    return run("check", "--config", os.path.join(folder, "probe.cfg"))


def an_invented_device_is_read_by_a_file_alone():
    answer = with_profiles(PROFILE, poll)
    assert answer["device"]["profile"] == "yantai-olt", answer["device"]
    assert answer["lines"] == [{"technology": "xgspon", "provisioned": 5, "active": 2}], answer
    assert answer["wtp"]["run"] == 1, answer["wtp"]
    assert answer["stations"]["by_ssid"] == [{"ssid": "free", "stations": 9}], answer["stations"]
    assert answer["interfaces"]["up"] == 1


def what_disagrees_is_not_confirmed_or_not_known_is_said():
    warnings = " ".join(with_profiles(PROFILE, poll)["warnings"])
    for text in ("5 by yOnuTotal (published), 4 by yOnuState", "no device has confirmed",
                 "as its MIB says, not seen on a device", "1 rows are in a state",
                 "1 of 4 rows of yOnuTable have no key"):
        assert text in warnings, (text, warnings)


def without_the_file_it_is_a_stranger():
    answer = with_profiles('profile = "other"; title = "x"; kind = "router";', poll)
    assert answer["device"]["profile"] == "if-mib"
    assert answer["wtp"]["run"] is None


def check_takes_the_profile_and_names_file_and_line_of_a_wrong_one():
    done = with_profiles(PROFILE, check)
    assert done.returncode == 0, done.stderr
    wrong = {
        'key_object = "%s.3.1.5";' % TREE: ("", "key = object needs a 'key_object'"),
        'class = "mdu"': ('class = "mud"', "did you mean 'mdu'"),
        'element = "standby"': ('element = "stand-by"', "did you mean 'standby'"),
        'rows = "%s.4.1.2"' % TREE: ('rows = "1.3.six"', "'1.3.six' is no object identifier"),
        'kind = "wtp"': ('kind = "ap"', "'ap'"),
    }
    for right, (broken, text) in wrong.items():
        assert PROFILE.count(right) >= 1, right
        done = with_profiles(PROFILE.replace(right, broken), check)
        line = PROFILE[:PROFILE.index(right)].count("\n") + 1
        assert done.returncode == 2, (right, done.stderr)
        assert text in done.stderr, (text, done.stderr)
        assert any(f"yantai.cfg:{near}:" in done.stderr for near in (line - 1, line, line + 1)), \
            (line, done.stderr)


tap.run([an_invented_device_is_read_by_a_file_alone,
         what_disagrees_is_not_confirmed_or_not_known_is_said,
         without_the_file_it_is_a_stranger,
         check_takes_the_profile_and_names_file_and_line_of_a_wrong_one])
