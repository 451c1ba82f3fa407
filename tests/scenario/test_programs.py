#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The programs as a user meets them first: help, versions, exit codes, the sample settings."""
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import BUILD, SOURCE  # noqa: E402
from tap import run  # noqa: E402

PROGRAMS = {"lastmile-probe": "probe/lastmile-probe",
            "lastmile-collector": "collector/lastmile-collector", "lastmile": "collector/lastmile"}
COMMANDS = {"lastmile-probe": ("setup", "run", "check", "replay", "poll"),
            "lastmile-collector": ("run", "check", "rebuild"),
            "lastmile": ("export", "import", "status", "decode")}


def call(name, *arguments, stdin=None):
    return subprocess.run([os.path.join(BUILD, PROGRAMS[name]), *arguments], capture_output=True,
                          text=True, check=False, timeout=60, input=stdin)


def every_program_says_its_help_and_its_version():
    for name in PROGRAMS:
        done = call(name, "--help")
        assert done.returncode == 0 and f"usage: {name}" in done.stdout, (name, done)
        done = call(name, "--version")
        assert done.returncode == 0 and re.search(rf"{name} \d+\.\d+\.\d+", done.stdout), done
        assert call(name).returncode == 2, name


def every_command_says_its_help():
    for name, commands in COMMANDS.items():
        for command in commands:
            done = call(name, command, "--help")
            assert done.returncode == 0 and "usage:" in done.stdout, (name, command, done)
            assert len(done.stdout.splitlines()) >= 5, (name, command)
            for line in done.stdout.splitlines():
                assert len(line) <= 110, (name, command, line)


def an_unknown_command_or_option_ends_with_status_2():
    for name in PROGRAMS:
        assert call(name, "frobnicate").returncode == 2, name
    assert "did you mean 'check'" in call("lastmile-probe", "chek").stderr
    for name, commands in COMMANDS.items():
        for command in commands:
            assert call(name, command, "--frobnicate").returncode == 2, (name, command)


def the_sample_settings_of_the_probe_are_valid():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("pseudonym.key", secrets.token_hex(32)), ("broker.password", "x")):
            path = os.path.join(folder, name)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
                out.write(text + "\n")
        shutil.copy(os.path.join(SOURCE, "config", "probe.cfg"), folder)
        copy = os.path.join(folder, "snmp.secrets")
        shutil.copyfile(os.path.join(SOURCE, "config", "snmp.secrets.example"), copy)
        os.chmod(copy, 0o600)
        config = os.path.join(folder, "probe.cfg")
        done = call("lastmile-probe", "check", "--config", config)
        assert done.returncode == 0 and "all is well" in done.stdout, done
        os.chmod(copy, 0o644)
        done = call("lastmile-probe", "check", "--config", config)
        assert done.returncode == 2 and "chmod 600" in done.stderr, done


def each_fault_of_the_probes_settings_is_said_with_its_line():
    body = """operator = "cu";
probe = "p1";
pseudonym_key_file = "key";
@
"""
    source = 'sources = ( { name = "a"; interface = "lo"; } );'
    cases = (
        ('sources = ( { name = "a"; } );', 4, "either 'interface' or 'file'"),
        ('sources = ( { name = "a"; interface = "lo"; file = "x"; } );', 4, "either"),
        ('sources = ( { name = "a"; interface = "lo"; },\n{ name = "a"; file = "x"; } );', 5,
         "two sources are named 'a'"),
        (source + '\ninside_prefixes = [ "10.0.0.0/33" ];', 5, "'10.0.0.0/33' is no IP prefix"),
        (source + '\ninside_prefixes = [ "2001:db8::/x" ];', 5, "is no IP prefix"),
        (source + '\naccess_nodes = ( { name = "n"; area = "x"; svlan_first = 9; svlan_last = 8; } );',
         5, "ends before it begins"),
        (source + '\naccess_nodes = ( { name = "n"; area = "x"; source = "b"; } );', 5,
         "no source is named 'b'"),
        (source + '\naccess_nodes = ( { name = "n"; area = "x"; technology = "gpom"; } );', 5,
         "did you mean 'gpon'?"),
        (source + '\nsuppressed = ( { svlan_first = 5000; } );', 5, "outside 0 to 4095"),
        ('snmp = { devices = ( { name = "n"; address = "udp:192.0.2.1:161"; area = "x"; } ); };', 4,
         "no credentials named 'default'"),
        (source + '\nbroker = { reconnect_min_ms = 100; reconnect_max_ms = 60; };', 5, "below"),
        (source + '\nbroker = { password_file = "none"; };', 5, "No such file"),
        ("interval_ms = 500;", 4, "outside 1000 to 3600000 ms"),
        ("log_level = \"info\";", 1, "nothing to measure"),
    )
    with tempfile.TemporaryDirectory() as folder:
        key = os.path.join(folder, "key")
        config = os.path.join(folder, "probe.cfg")
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
            out.write(secrets.token_hex(32) + "\n")
        for text, line, says in cases:
            with open(config, "w", encoding="utf-8") as out:
                out.write(body.replace("@", text))
            done = call("lastmile-probe", "check", "--config", config)
            assert done.returncode == 2 and says in done.stderr, (text, done)
            assert line == 1 or f"{config}:{line}: " in done.stderr, (text, done)
        for content, says in (("zz" * 32, "hexadecimal"), ("ab", "openssl rand"), ("", "empty")):
            with open(key, "w", encoding="utf-8") as out:
                out.write(content)
            with open(config, "w", encoding="utf-8") as out:
                out.write(body.replace("@", source))
            done = call("lastmile-probe", "check", "--config", config)
            assert done.returncode == 2 and says in done.stderr, (content, done)


def the_sample_settings_of_the_collector_are_valid():
    done = call("lastmile-collector", "check", "--config",
                os.path.join(SOURCE, "config", "collector.cfg"))
    assert done.returncode == 0, done


def what_is_wrong_with_the_collectors_settings_can_be_had_as_json():
    with tempfile.TemporaryDirectory() as folder:
        config = os.path.join(folder, "collector.cfg")
        for plan, faults in ((f"{SOURCE}/config/plans/weihai-2015.cfg", 0), ("absent.cfg", 1)):
            with open(config, "w", encoding="utf-8") as out:
                out.write(f'data_dir = "data"; plan_file = "{plan}";\n'
                          f'areas_file = "{SOURCE}/config/areas/weihai.cfg";\n')
            done = call("lastmile-collector", "check", "--config", config, "--json")
            said = json.loads(done.stdout)
            assert done.returncode == (2 if faults else 0) and not done.stderr, done
            assert said["valid"] == (faults == 0) and len(said["faults"]) == faults, said


def help_config_lists_every_key_of_the_sample():
    for name in ("probe", "collector"):
        listed = call(f"lastmile-{name}", "run", "--help-config").stdout
        with open(os.path.join(SOURCE, "config", name + ".cfg"), encoding="utf-8") as sample:
            text = re.sub(r"(//|#).*", "", sample.read())
        for key in set(re.findall(r"\b([a-z_]+) *=", re.sub(r'"[^"]*"', '""', text))):
            assert re.search(rf"\b{key} =", listed), (name, key)


def a_capture_that_is_none_ends_with_status_1_and_one_line():
    with tempfile.NamedTemporaryFile(suffix=".pcap") as none:
        none.write(b"this is no capture")
        none.flush()
        for path in (none.name, "/nonexistent.pcap"):
            done = call("lastmile-probe", "replay", path, "--json")
            assert done.returncode == 1 and path in done.stderr, done
            assert len(done.stderr.strip().splitlines()) == 1, done


def an_unwritable_output_is_said():
    done = call("lastmile", "decode", "/dev/null")
    assert done.returncode == 1 and done.stderr, done


if __name__ == "__main__":
    run([every_program_says_its_help_and_its_version, every_command_says_its_help,
         an_unknown_command_or_option_ends_with_status_2,
         the_sample_settings_of_the_probe_are_valid,
         each_fault_of_the_probes_settings_is_said_with_its_line,
         the_sample_settings_of_the_collector_are_valid,
         what_is_wrong_with_the_collectors_settings_can_be_had_as_json,
         help_config_lists_every_key_of_the_sample,
         a_capture_that_is_none_ends_with_status_1_and_one_line, an_unwritable_output_is_said])
