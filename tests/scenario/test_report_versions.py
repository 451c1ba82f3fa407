#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports of earlier and of later probes, as today's reader takes them (tests/data/reports/README.md)."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chain import SOURCE, program  # noqa: E402
from report_writer import Reporter, encode, interface, inventory  # noqa: E402
from tap import run  # noqa: E402

DATA = os.path.join(SOURCE, "tests", "data", "reports")
EARLIER = ("schedule", "sampling", "destinations")
UNSAID = (None, 0, [], "", "none", "unknown", "packets", False, {"count": 0, "p50": None, "p95": None,
                                                       "buckets": []})
FURTHER = {90: -1, 91: True, 92: b"bytes", 93: "text", 94: [1, [2]], 95: {1: {2: [3]}}}


def decode(payload):
    return subprocess.run([program("bin", "lastmile"), "decode"], input=payload,
                          capture_output=True, check=False, timeout=60)


def say_the_same(then, now, path="report"):
    """All that was read in it then is read now; what has no place in it is unknown, or none."""
    if isinstance(then, dict):
        assert set(then) <= set(now), (path, set(then) - set(now))
        for key, value in now.items():
            if key in then:
                say_the_same(then[key], value, f"{path}.{key}")
            else:
                assert value in UNSAID, (path, key, value)
    elif isinstance(then, list):
        assert len(then) == len(now), path
        for i, value in enumerate(then):
            say_the_same(value, now[i], f"{path}[{i}]")
    else:
        assert then == now, (path, then, now)


def reports_of_earlier_probes_say_today_what_they_said_then():
    for name in EARLIER:
        with open(os.path.join(DATA, name + ".cbor"), "rb") as payload:
            done = decode(payload.read())
        assert done.returncode == 0, (name, done.stderr)
        with open(os.path.join(DATA, name + ".json"), encoding="utf-8") as said:
            say_the_same(json.load(said), json.loads(done.stdout))


def something_told_otherwise_would_be_seen():
    with open(os.path.join(DATA, "schedule.json"), encoding="utf-8") as said:
        then = json.load(said)
    now = json.loads(json.dumps(then))
    now["cells"][0]["upstream_octets"] += 1
    for spoilt in (now, {**then, "new": 5}, {**then, "gaps": []}):
        try:
            say_the_same(then, spoilt)
        except AssertionError:
            continue
        raise AssertionError("the comparison does not bite")


def fixed(report):
    """Times apart, two reports of one Reporter are the same."""
    return {**report, 4: bytes(16), 6: 10**18, 7: 1}


def keys_that_are_not_known_yet_are_passed_over_everywhere():
    """A map of each kind, with values of all types behind what is known."""
    reporter = Reporter("cu", "one")
    plain = fixed(reporter.report([inventory("olt", [interface("eth0")], 10**18)]))
    plain[15] = [{1: bytes(16), 2: 1, 3: 2}]
    said = decode(encode(plain))
    assert said.returncode == 0, said
    later = {**plain, **FURTHER}
    later[12] = [{**record, **FURTHER} for record in plain[12]]
    later[14] = [{**record, 15: [{**port, **FURTHER} for port in record[15]], **FURTHER}
                 for record in plain[14]]
    later[15] = [{**record, **FURTHER} for record in plain[15]]
    done = decode(encode(later))
    assert done.returncode == 0 and done.stdout == said.stdout, done


def another_major_version_is_refused_by_name():
    report = fixed(Reporter("cu", "one").report())
    for version in (0, 2, 2**40):
        done = decode(encode({**report, 0: version}))
        assert done.returncode == 1 and b"wrong_version" in done.stderr, done


if __name__ == "__main__":
    run([reports_of_earlier_probes_say_today_what_they_said_then,
         something_told_otherwise_would_be_seen,
         keys_that_are_not_known_yet_are_passed_over_everywhere,
         another_major_version_is_refused_by_name])
