# SPDX-License-Identifier: GPL-2.0-or-later
"""The command bench: what it refuses, and that one round's counts are true. Not how fast it is."""
import json
import subprocess
import sys

PROGRAM = sys.argv[1]
STEPS = ("walk", "decode", "decode_flow", "decode_flow_line")


def bench(*arguments):
    return subprocess.run([PROGRAM, "bench", *arguments], capture_output=True, text=True, check=False)


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


TESTS = (refuses_what_it_does_not_know, wants_one_profile_for_a_file, counts_every_packet_and_prints_each_step)
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
