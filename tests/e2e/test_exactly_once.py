#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Broker and collector are killed while reports flow: every report is stored exactly once."""
import os
import random
import re
import signal
import sqlite3
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import Chain, wait_for  # noqa: E402
from tap import run  # noqa: E402

KILLS = 6
PROBE_KILLS = 500 if os.environ.get("LASTMILE_LONG") else 20
PROBES = (("cu", "one"), ("cm", "two"))


def stored(chain):
    """{(probe, boot): [sequence, ...]} of everything in the journal."""
    database = sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True)
    try:
        rows = database.execute(
            "SELECT probe.name, boot.boot_id, report.sequence FROM report"
            " JOIN boot ON boot.id = report.boot_id JOIN probe ON probe.id = boot.probe_id").fetchall()
    finally:
        database.close()
    found = {}
    for probe, boot, sequence in rows:
        found.setdefault((probe, boot), []).append(sequence)
    return found


def is_whole(chain):
    """No hole in any boot, and nothing twice."""
    return all(sorted(sequences) == list(range(1, len(sequences) + 1))
               for sequences in stored(chain).values())


def made(chain, name):
    """How many reports a probe says that it has made in its life."""
    said = re.findall(r"stopped after (\d+) reports", chain.log_of("probe-" + name))
    return [int(n) for n in said]


def end_and_collect(chain):
    """Ends both probes. What a goodbye of two seconds leaves behind comes with the next life, so that
    both live again until all of it has."""
    boots = set(stored(chain))
    expected = []
    for _, name in PROBES:
        chain.stop("probe-" + name, signal.SIGTERM)
        expected.append(made(chain, name)[-1])
        chain.start_probe(name)
    return boots, expected


def build(chain):
    for operator, name in PROBES:
        chain.add_probe(operator, name)
        chain.make_capture(name + ".pcap", "pppoe-qinq", 6, seconds=4, seed=len(name))
    chain.start_broker()
    chain.write_collector_cfg()
    chain.start_collector()
    for operator, name in PROBES:
        chain.write_probe_cfg(name, 1000, f"""
sources = ( {{ name = "tap"; file = "../packets/{name}.pcap"; repeat = true; }} );
access_nodes = ( {{ name = "{operator}-olt"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; }} );""")
        chain.start_probe(name)
    wait_for("the first reports", lambda: len(stored(chain)) == len(PROBES))


def kill_and_start_again(chain, dice):
    """One blow: broker, collector or both, by SIGKILL, and up again after a moment."""
    victims = dice.choice([["broker"], ["collector"], ["broker", "collector"]])
    for victim in victims:
        chain.stop(victim, signal.SIGKILL)
    time.sleep(dice.uniform(0.2, 1.5))  # reports go on being made meanwhile
    if "broker" in victims:
        chain.start_broker()
    if "collector" in victims:
        chain.start_collector()
    time.sleep(dice.uniform(0.2, 1.0))


def every_report_is_stored_exactly_once_though_broker_and_collector_are_killed():
    seed = int(os.environ.get("LASTMILE_SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        try:
            build(chain)
            for _ in range(KILLS):
                kill_and_start_again(chain, dice)
            wait_for("what went to a collector that died", lambda: is_whole(chain))
            chain.stop("probe-one")  # a graceful end and a new life: a second boot id
            chain.start_probe("one")
            wait_for("the second boot", lambda: len(stored(chain)) == len(PROBES) + 1)
            wait_for("what goes before it", lambda: is_whole(chain))
            boots, _ = end_and_collect(chain)
            expected = sorted(made(chain, "one") + made(chain, "two"))
            wait_for("the last reports",
                     lambda: sorted(len(stored(chain)[boot]) for boot in boots) == expected)
            for (probe, _), sequences in stored(chain).items():
                assert sorted(sequences) == list(range(1, len(sequences) + 1)), (probe, sequences)
            assert len(boots) == len(PROBES) + 1 and sum(expected) > 2 * KILLS, expected
        finally:
            chain.stop_all()


def what_a_killed_probe_had_on_disk_comes_with_its_next_life():
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        try:
            build(chain)
            chain.stop("broker", signal.SIGKILL)
            time.sleep(3.5)  # reports that nobody takes
            chain.stop("probe-two")  # flushes its outbox to disk
            count = made(chain, "two")[0]
            chain.start_broker()
            chain.start_probe("two")
            wait_for("the backlog of the first life", lambda: any(
                probe == "two" and sorted(sequences) == list(range(1, count + 1))
                for (probe, _), sequences in stored(chain).items()))
        finally:
            chain.stop_all()


def a_probe_that_is_killed_again_and_again_leaves_no_hole():
    """Each life is whole up to its last report, and nothing of it is stored twice."""
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Chain(folder)
        dice = random.Random(int(os.environ.get("LASTMILE_SEED", random.randrange(1 << 30))))
        try:
            build(chain)
            for _ in range(PROBE_KILLS // len(PROBES)):
                time.sleep(dice.uniform(0.9, 1.6))
                for _, name in PROBES:
                    chain.stop("probe-" + name, signal.SIGKILL)
                for _, name in PROBES:
                    chain.start_probe(name)
            for _, name in PROBES:
                chain.stop("probe-" + name, signal.SIGKILL)
                lives = chain.log_of("probe-" + name).count("running")
                chain.start_probe(name)
                wait_for("the last life", lambda n=name, before=lives:
                         chain.log_of("probe-" + n).count("running") > before)
            _, expected = end_and_collect(chain)
            wait_for("the last reports", lambda: all(
                any(probe == name and len(sequences) == count
                    for (probe, _), sequences in stored(chain).items())
                for (_, name), count in zip(PROBES, expected)))
            wait_for("no hole", lambda: is_whole(chain))
            boots = len(stored(chain))
            print(f"# {PROBE_KILLS} kills, {boots} lives that reported")
            assert boots > PROBE_KILLS / 4, boots
        finally:
            chain.stop_all()


if __name__ == "__main__":
    run([every_report_is_stored_exactly_once_though_broker_and_collector_are_killed,
         what_a_killed_probe_had_on_disk_comes_with_its_next_life,
         a_probe_that_is_killed_again_and_again_leaves_no_hole])
