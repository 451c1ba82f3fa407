# SPDX-License-Identifier: GPL-2.0-or-later
"""The command bench: what it refuses, and that one round's counts are true. Not how fast it is."""
import json
import os
import resource
import secrets
import signal
import subprocess
import sys
import tempfile

PROGRAM = sys.argv[1]
STEPS = ("walk", "decode", "decode_flow", "decode_flow_line")


def bench(*arguments, **how):
    return subprocess.run([PROGRAM, "bench", *arguments], capture_output=True, text=True, check=False,
                          **how)


def refuses_what_it_does_not_know():
    for arguments in (["--profile", "W9"], ["--rounds", "0"], ["--rounds", "x"], ["more"], ["--none"]):
        assert bench(*arguments).returncode == 2, arguments


def wants_one_profile_for_a_file():
    assert bench("--write", "/nonexistent/file").returncode == 2
    assert bench("--write", "/nonexistent/file", "--profile", "W1,W2").returncode == 2
    assert bench("--write", "/nonexistent/file", "--profile", "W1").returncode == 1


def counts_every_packet_and_prints_each_step():
    done = bench("--profile", "W1", "--rounds", "1", "--json")
    assert done.returncode == 0, done.stderr  # 1 when a count differs from what was sent
    (profile,) = json.loads(done.stdout)["profiles"]
    assert profile["profile"] == "W1" and profile["packets"] == 1 << 22
    assert all(profile[step]["mpps"] > 0 for step in STEPS)


def run_cost(folder, more, **how):
    """bench --cost by settings with these further lines."""
    key = os.path.join(folder, "pseudonym.key")
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT, 0o600), "w") as out:
        out.write(secrets.token_hex(32))
    config = os.path.join(folder, "probe.cfg")
    with open(config, "w", encoding="utf-8") as out:
        out.write('operator = "cu"; probe = "one"; pseudonym_key_file = "pseudonym.key";\n'
                  'sources = ( { name = "up"; interface = "eth0"; } );\n' + more)
    return bench("--cost", "--config", config, "--json", **how)


def cost(folder, more):
    done = run_cost(folder, more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def states_what_a_probe_costs_by_its_settings():
    with tempfile.TemporaryDirectory() as folder:
        kept = cost(folder, 'outbox = { dir = "spool"; };')
        assert kept["cpu_ns_per_packet"] > 0 and kept["resident_bytes"] > 1 << 20, kept
        assert kept["binary_bytes"] == os.path.getsize(PROGRAM), kept
        assert kept["reports_per_day"] == 1440, kept
        assert kept["first_report_bytes"] > kept["later_report_bytes"] > 200, kept  # names of lines
        assert (kept["bytes_up_per_day"] - kept["first_report_bytes"]) // 1439 in \
            range(kept["later_report_bytes"] // 2, kept["later_report_bytes"] * 2), kept
        assert kept["flash_bytes_per_day"] == 0, kept
        assert kept["flash_bytes_per_hour_of_outage"] >= 50 * kept["later_report_bytes"], kept
        lost = cost(folder, "interval_ms = 300000; flow = { memory_bytes = 1048576; };")
        assert lost["reports_per_day"] == 288 and lost["flash_bytes_per_hour_of_outage"] == 0, lost
        assert lost["resident_bytes"] < kept["resident_bytes"], (lost, kept)
        assert not os.path.exists(os.path.join(folder, "spool"))


def a_disk_that_takes_nothing_gives_no_figure():
    """0 octets to flash would be a lie: what cannot be written cannot be counted."""
    def refuse_writes():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    with tempfile.TemporaryDirectory() as folder:
        done = run_cost(folder, 'outbox = { dir = "spool"; };', preexec_fn=refuse_writes)
        assert done.returncode == 1 and not done.stdout and "TMPDIR" in done.stderr, done


def cost_wants_settings_and_no_profile():
    assert bench("--cost", "--config", "/nonexistent/probe.cfg").returncode == 2
    assert bench("--cost", "--profile", "W1").returncode == 2


TESTS = (refuses_what_it_does_not_know, wants_one_profile_for_a_file, counts_every_packet_and_prints_each_step,
         states_what_a_probe_costs_by_its_settings,
         a_disk_that_takes_nothing_gives_no_figure, cost_wants_settings_and_no_profile)
print(f"1..{len(TESTS)}")
failed = 0
for number, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} - bench {test.__name__.replace('_', ' ')}")
    except AssertionError as fault:
        failed += 1
        print(f"not ok {number} - bench {test.__name__.replace('_', ' ')}\n# {fault}")
sys.exit(failed > 0)
