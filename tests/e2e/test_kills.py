#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Broker and collector are killed under load, TLS on: what is stored is what was made, once.

LASTMILE_KILLS=500 for a long run (20 of each otherwise); LASTMILE_SEED repeats one.
"""
import os
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import wait_for  # noqa: E402
from swarm import SwarmChain, digest, generated, integrity, stored_reports  # noqa: E402
from tap import run  # noqa: E402

KILLS = int(os.environ.get("LASTMILE_KILLS", "20"))
START_S = 5.0
PROBES = 20
RATE = 1000


def build(folder, **swarm_options):
    chain = SwarmChain(folder, tls=True)
    chain.add_swarms(1)
    chain.start_broker()
    chain.write_collector_cfg()
    chain.start_collector()
    swarm = chain.start_swarm(0, PROBES, reports=50000, window=100, rate=RATE, resend_ms=500,
                              **swarm_options)
    wait_for("the first receipts", lambda: len(swarm.receipted()) == PROBES)
    return chain, swarm


def total(swarm):
    return sum(swarm.receipted().values())


def kill_and_start(chain, victim, swarm, dice):
    """One kill -9 under load, and up again; how long the start took."""
    time.sleep(dice.uniform(0.0, 0.3))
    before = total(swarm)
    chain.stop(victim, signal.SIGKILL)
    time.sleep(dice.uniform(0.0, 0.1))
    begin = time.monotonic()
    chain.start_broker() if victim == "broker" else chain.start_collector()
    took = time.monotonic() - begin
    wait_for("a receipt after the kill", lambda: total(swarm) > before)
    return took


def drain(swarm):
    swarm.send_signal(signal.SIGUSR1)
    swarm.wait(timeout=180)
    return swarm.result()


def killed(victim):
    seed = int(os.environ.get("LASTMILE_SEED", random.randrange(1 << 30)))
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="lastmile-kill-") as folder:
        chain, swarm = build(folder)
        try:
            starts = [kill_and_start(chain, victim, swarm, dice) for _ in range(KILLS)]
            said = drain(swarm)
            chain.stop("collector")
            reports = stored_reports(chain.registry())
            print(f"# seed {seed}: {KILLS} kills of the {victim}, {len(reports)} reports, resent"
                  f" {said['resent']}, slowest start {max(starts):.2f} s")
            assert integrity(chain.registry()) == "ok"
            assert max(starts) <= START_S, starts
            assert said["receipted"] == len(reports), (said, len(reports))
            assert digest(reports) == digest(generated(swarm)), "stored is not what was made"
        finally:
            chain.stop_all()


def all_is_stored_once_though_the_collector_is_killed_under_load():
    killed("collector")


def all_is_stored_once_though_the_broker_is_killed_under_load():
    killed("broker")


def a_probe_that_trusts_the_brokers_word_instead_of_receipts_loses_reports():
    """The bite: without receipts the same comparison fails."""
    dice = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="lastmile-kill-") as folder:
        chain = SwarmChain(folder, tls=True)
        try:
            chain.add_swarms(1)
            chain.start_broker()
            chain.write_collector_cfg()
            chain.start_collector()
            swarm = chain.start_swarm(0, PROBES, reports=50000, window=100, rate=RATE,
                                      resend_ms=500, trust_puback=True)
            for _ in range(5):
                time.sleep(dice.uniform(0.2, 0.5))
                chain.stop("collector", signal.SIGKILL)
                chain.start_collector()
            drain(swarm)
            time.sleep(1.0)
            chain.stop("collector")
            reports = stored_reports(chain.registry())
            print(f"# {len(generated(swarm)) - len(reports)} of {len(generated(swarm))} lost")
            assert digest(reports) != digest(generated(swarm)), "nothing was lost: no bite"
        finally:
            chain.stop_all()


def a_report_that_is_stored_twice_is_another_digest():
    reports = [("cu", "p1", 1, b"x"), ("cu", "p1", 2, b"y")]
    assert digest(reports) == digest(reversed(reports))
    assert digest(reports) != digest(reports + reports[:1])
    assert digest(reports) != digest(reports[:1])


if __name__ == "__main__":
    run([all_is_stored_once_though_the_collector_is_killed_under_load,
         all_is_stored_once_though_the_broker_is_killed_under_load,
         a_probe_that_trusts_the_brokers_word_instead_of_receipts_loses_reports,
         a_report_that_is_stored_twice_is_another_digest])
