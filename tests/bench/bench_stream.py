#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports a second the whole way: probes in C, TLS, a real broker, the collector, SQLite, receipts.

  bench_stream.py [--reports M] [--probes N] [--lines L] [--swarms K] [--rounds R]

Prints a line a round: reports/s, reports a CPU second of the collector, what broker and makers of the
load take beside it, how much of the machine others had meanwhile, and the collector's peak memory at
the begin and the end. What is in flight is bounded by receipts, so that
nothing is counted that was not committed; at the end the database is asked for its own count.
"""
import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from swarm import SwarmChain  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
RESEND_MS = 60000  # what a probe waits for its receipt; sooner, a slow machine drowns in repetitions

def family(pid):
    """A process and its children: the collector's series processes are part of it."""
    found = [pid]
    for parent in found:
        try:
            with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as children:
                found += [int(child) for child in children.read().split()]
        except FileNotFoundError:
            pass
    return found

def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS

def memory_kib(pid, field="VmHWM"):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(next(line for line in status if line.startswith(field)).split()[1])

def stored_count(chain):
    database = sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True)
    try:
        return database.execute("SELECT COUNT(*) FROM report").fetchone()[0]
    finally:
        database.close()

def series_cpu(collector):
    return sum(cpu_seconds(pid) for pid in family(collector)[1:])

def machine_seconds():
    """CPU seconds that the whole machine has worked, whoever asked for it."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _, _, irq, softirq = map(int, stat.readline().split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS

def spent(collector, broker, swarms):
    """CPU seconds so far, of each part and of the whole machine; a swarm's stay readable until it is
    waited for."""
    return {"collector": cpu_seconds(collector), "broker": cpu_seconds(broker),
            "series": series_cpu(collector), "load": sum(cpu_seconds(s.pid) for s in swarms),
            "machine": machine_seconds()}

def has_ended(swarm):
    """Without waiting for it."""
    return os.waitid(os.P_PID, swarm.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

def measure(folder, wanted):
    """One round on a fresh database; a dictionary of figures."""
    chain = SwarmChain(folder, tls=True)
    try:
        per_swarm = wanted.probes // wanted.swarms
        reports = wanted.reports // wanted.probes
        chain.add_swarms(wanted.swarms)
        chain.start_broker()
        chain.write_collector_cfg()
        chain.start_collector()
        swarms = [chain.start_swarm(number, per_swarm, reports, window=wanted.window,
                                    resend_ms=RESEND_MS, lines=wanted.lines, prepare=True)
                  for number in range(wanted.swarms)]
        for swarm in swarms:
            assert swarm.stdout.readline() == "ready\n", "a swarm is not ready"
        collector = chain.processes["collector"].pid
        broker = chain.processes["broker"].pid
        before = spent(collector, broker, swarms)
        peak = memory_kib(collector)
        begin = time.monotonic()
        for swarm in swarms:
            swarm.stdin.write("\n")
            swarm.stdin.flush()
        half = None
        while not all(has_ended(swarm) for swarm in swarms):
            time.sleep(0.05)
            if half is None and time.monotonic() - begin > wanted.warm_s:
                half = memory_kib(collector)
        took = time.monotonic() - begin
        after = spent(collector, broker, swarms)
        total = per_swarm * reports * wanted.swarms
        assert all(swarm.wait() == 0 for swarm in swarms), "not everything was receipted"
        assert stored_count(chain) == total, (stored_count(chain), total)
        resent = sum(swarm.result()["resent"] for swarm in swarms)
        return {"rate": total / took, "seconds": took, "total": total,
                "cpu": {part: after[part] - before[part] for part in after}, "resent": resent,
                "peak_begin": peak,
                "peak_warm": half, "peak_end": memory_kib(collector)}
    finally:
        chain.stop_all()

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--reports", type=int, default=400000)
    parser.add_argument("--swarms", type=int, default=4)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument("--lines", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--warm-s", type=float, default=5)
    wanted = parser.parse_args()
    rates = []
    for _ in range(wanted.rounds):
        with tempfile.TemporaryDirectory(prefix="lastmile-bench-") as folder:
            got = measure(folder, wanted)
        rates.append(got["rate"])
        cpu = got["cpu"]
        ours = cpu["collector"] + cpu["series"] + cpu["broker"] + cpu["load"]
        print(f"stream: {got['rate']:.0f} reports/s for {got['seconds']:.1f} s"
              f" ({wanted.probes} probes, {wanted.lines} new lines a report, TLS):"
              f" {got['total'] / cpu['collector']:.0f} a CPU second of the collector;"
              f" us a report: collector {cpu['collector'] / got['total'] * 1e6:.1f}, its series"
              f" processes {cpu['series'] / got['total'] * 1e6:.1f}, broker"
              f" {cpu['broker'] / got['total'] * 1e6:.1f}, makers of the load"
              f" {cpu['load'] / got['total'] * 1e6:.1f}; cores: ours {ours / got['seconds']:.2f},"
              f" others {max(0, cpu['machine'] - ours) / got['seconds']:.2f} of {os.cpu_count()};"
              f" resent {got['resent']}; VmHWM MiB {got['peak_begin'] / 1024:.0f} at the begin,"
              f" {(got['peak_warm'] or 0) / 1024:.0f} after {wanted.warm_s:.0f} s,"
              f" {got['peak_end'] / 1024:.0f} at the end", flush=True)
    print(f"stream: median of {len(rates)}: {statistics.median(rates):.0f} reports/s")

if __name__ == "__main__":
    main()
