#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Stored is what was made: through a relay that loses, repeats and shuffles, and past kill -9.

LASTMILE_LONG makes it long; LASTMILE_SEED repeats a run."""
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import Chain, program, wait_for, which  # noqa: E402
from relay import Relay  # noqa: E402
from tap import Skip, run  # noqa: E402

LONG = bool(os.environ.get("LASTMILE_LONG"))
KILLS = 500 if LONG else 20
REPORTS = 20000 if LONG else 1500  # of each probe
PROBES = (("cu", "one"), ("cm", "two"))
POLYNOMIAL = 0x82F63B78
TABLE = []
for number in range(256):
    for _ in range(8):
        number = number >> 1 ^ (POLYNOMIAL if number & 1 else 0)
    TABLE.append(number)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def dice_of_run():
    seed = int(os.environ.get("LASTMILE_SEED", random.randrange(1 << 30)))
    print(f"# seed {seed}")
    return random.Random(seed)


def query(chain, statement):
    database = sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True)
    try:
        return database.execute(statement).fetchall()
    finally:
        database.close()


def stored(chain):
    """[(boot, sequence, digest)] of everything in the journal; a repetition would stand twice."""
    return sorted((boot.hex(), sequence, f"{crc32c(payload):08x}") for boot, sequence, payload in
                  query(chain, "SELECT boot.boot_id, report.sequence, payload.bytes FROM report"
                               " JOIN boot ON boot.id = report.boot_id"
                               " JOIN payload ON payload.report_id = report.id"))


def count_stored(chain):
    return query(chain, "SELECT COUNT(*) FROM report")[0][0]


def made(chain):
    """The same, of what the probes wrote down."""
    found = []
    for _, name in PROBES:
        path = chain.path("load-" + name, "ledger")
        if os.path.exists(path):
            with open(path, encoding="ascii") as ledger:
                found += [(b, int(s), d) for b, s, d in map(str.split, ledger)]
    return sorted(found)


def start_load(chain, name, rate, count, *rest, port=None, env=None):
    operator, password = chain.probes[name]
    folder = chain.path("load-" + name)
    os.makedirs(folder, exist_ok=True)
    chain.start("load-" + name, [program("tests", "support", "outbox_load"),
                                 str(port or chain.broker_port), name, password, operator, name,
                                 folder, str(rate), str(count), *map(str, rest)], env=env)


def start_chain(folder):
    chain = Chain(folder)
    for operator, name in PROBES:
        chain.add_probe(operator, name)
    chain.start_broker()
    path = chain.write_collector_cfg()
    with open(path, "a", encoding="utf-8") as settings:
        settings.write("probe_reports_per_s_max = 10000;\n")
    chain.start_collector()
    chain.wait_until_connected()  # what is sent before is lost on whoever does not send it again
    return chain


def series(chain):
    """{(kind, names): file} of every series."""
    columns = [c[1] for c in query(chain, "PRAGMA table_info(series)")]
    names = [c for c in columns if c not in ("id", "dirty", "probe_id") and "node" not in c]
    rows = query(chain, f"SELECT series.id, probe.name, {', '.join('series.' + n for n in names)}"
                        " FROM series JOIN probe ON probe.id = series.probe_id")
    found = {}
    for row in rows:
        path = subprocess.run(["find", chain.path("data"), "-name", f"{row[0]}.rrd"],
                              capture_output=True, text=True, check=True).stdout.split()
        assert len(path) == 1, (row, path)
        found[row[1:]] = path[0]
    return found


def dumps(chain):
    """{series: its rrdtool dump}."""
    return {key: subprocess.run(["rrdtool", "dump", path], capture_output=True, check=True).stdout
            for key, path in series(chain).items()}


def travel(folder, start_s, seed, **faults):
    """All reports through a relay; what was made, stored and dumped, and what the relay did."""
    chain = start_chain(folder)
    relay = Relay(chain.broker_port, seed, **faults)
    try:
        for _, name in PROBES:
            start_load(chain, name, 400, REPORTS, start_s, port=relay.port)
        for _, name in PROBES:
            status = chain.processes["load-" + name].wait(timeout=1800 if LONG else 100)
            assert status == 0, chain.log_of("load-" + name)
            chain.processes.pop("load-" + name)
        wait_for("the feed", lambda: rrd_is_in_step(chain), seconds=120)
        return made(chain), stored(chain), dumps(chain), relay.counts
    finally:
        relay.close()
        chain.stop_all()


def rrd_is_in_step(chain):
    """Every series has been told of the last report, and none is to be made anew."""
    return query(chain, "SELECT (SELECT report_id FROM series_mark) = (SELECT MAX(id) FROM report)"
                        " AND NOT EXISTS (SELECT 1 FROM series WHERE dirty)")[0][0]


def a_relay_that_loses_repeats_and_shuffles_changes_nothing():
    if which("rrdtool") is None:
        raise Skip("rrdtool is not installed")
    seed = dice_of_run().randrange(1 << 30)
    start_s = (int(time.time()) - (REPORTS + 100) * 60) // 86400 * 86400
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        _, clean, clean_dumps, untouched = travel(os.path.join(folder, "a"), start_s, seed)
        assert untouched["lost"] == untouched["repeated"] == untouched["displaced"] == 0
        was_made, rough, rough_dumps, counts = travel(
            os.path.join(folder, "b"), start_s, seed, lose=0.1, repeat=0.2, window=500)
        print("#", counts)
        assert len(was_made) == REPORTS * len(PROBES)
        assert rough == was_made and clean == was_made
        assert counts["lost"] > REPORTS / 10 and counts["repeated"] > REPORTS / 5
        assert counts["displaced"] > REPORTS / 2
        assert len(clean_dumps) >= 2 * len(PROBES) and clean_dumps.keys() == rough_dumps.keys()
        assert all(dump.count(b"<v>") > dump.count(b"<v>NaN</v>") for dump in clean_dumps.values())
        for key, dump in clean_dumps.items():
            assert dump == rough_dumps[key], (key, len(dump), len(rough_dumps[key]))


def without_sending_again_what_the_relay_loses_is_lost():
    """Bite: the relay does lose, and only the outbox makes up for it."""
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = start_chain(folder)
        relay = Relay(chain.broker_port, 1, lose=0.1)
        try:
            start_load(chain, "one", 400, 400, port=relay.port, env={"NO_RESEND": "1"})
            wait_for("all to be sent", lambda: relay.counts["published"] >= 400)
            wait_for("what was not lost",
                     lambda: count_stored(chain) == 400 - relay.counts["lost"])
            assert relay.counts["lost"] > 10 and chain.processes["load-one"].poll() is None
        finally:
            relay.close()
            chain.stop_all()


def kill_again_and_again(chain, dice, kills, env=None):
    """Lives of both probes, each ended by SIGKILL; the last one has nothing to add."""
    for _ in range(kills // len(PROBES)):
        for _, name in PROBES:
            start_load(chain, name, 300, 0, env=env)
        time.sleep(dice.uniform(0.15, 0.7))
        for _, name in dice.sample(PROBES, len(PROBES)):
            chain.check_alive()
            chain.stop("load-" + name, signal.SIGKILL)
            time.sleep(dice.uniform(0, 0.1))
    for _, name in PROBES:  # whatever was left behind goes now
        start_load(chain, name, 300, 1, env=env)
        assert chain.processes["load-" + name].wait(timeout=100) == 0, chain.log_of("load-" + name)
        chain.processes.pop("load-" + name)


def differences(chain):
    """(made and not stored, stored and not written down, stored twice)."""
    was_made, is_stored = made(chain), stored(chain)
    twice = len(is_stored) - len(set(is_stored))
    return set(was_made) - set(is_stored), set(is_stored) - set(was_made), twice


def a_killed_probe_loses_nothing_that_it_had_made():
    dice = dice_of_run()
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = start_chain(folder)
        try:
            kill_again_and_again(chain, dice, KILLS)
            lost, unwritten, twice = differences(chain)
            print(f"# {KILLS} kills, {count_stored(chain)} reports stored")
            assert not lost and twice == 0, (len(lost), sorted(lost)[:5], twice)
            assert len(unwritten) <= KILLS  # killed between handing over and writing it down
            for boot, reports in itertools.groupby(stored(chain), lambda report: report[0]):
                sequences = [sequence for _, sequence, _ in reports]
                assert sequences == list(range(1, len(sequences) + 1)), boot
        finally:
            chain.stop_all()


def without_the_ram_disk_a_killed_probe_loses():
    """Bite: what is in memory alone dies with it; the broker is away, so that there is something."""
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = start_chain(folder)
        try:
            chain.stop("broker", signal.SIGKILL)
            start_load(chain, "one", 300, 0, env={"NO_RAM_DISK": "1"})
            wait_for("some reports", lambda: len(made(chain)) > 100)
            chain.stop("load-one", signal.SIGKILL)
            chain.start_broker()
            start_load(chain, "one", 300, 1)
            assert chain.processes.pop("load-one").wait(timeout=100) == 0
            lost, _, _ = differences(chain)
            assert len(lost) > 100, len(lost)
        finally:
            chain.stop_all()


if __name__ == "__main__":
    run([a_killed_probe_loses_nothing_that_it_had_made,
         without_the_ram_disk_a_killed_probe_loses,
         without_sending_again_what_the_relay_loses_is_lost,
         a_relay_that_loses_repeats_and_shuffles_changes_nothing])
