#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The collector's n-th system call kills it, or fails: nothing that was receipted is missing.

Every other round has a fresh database, so that small n fall into the making of it; the others go on
with what is there, so that they fall into commits. strace injects; what it counts, it counts in each
process. Memory is a heap that is preloaded and fails when it is told to, in all processes of the
collector. LASTMILE_NTH=100 tries n = 1..100 of every row; without it a few.
"""
import mmap
import os
import shutil
import signal
import struct
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import program, wait_for, which  # noqa: E402
from swarm import (SwarmChain, digest, generated, integrity, missing_acknowledged,  # noqa: E402
                   stored_reports)
from tap import Skip, run  # noqa: E402

LONG = int(os.environ.get("LASTMILE_NTH", "0"))
SANITIZED = os.environ.get("LASTMILE_SANITIZED") == "1"
PROBES, REPORTS = 5, 60

KILLS = {"pwrite64": (1, 4, 12, 20, 33, 100), "fdatasync": (1, 2, 5, 3), "fsync": (1, 2), "rename": (1, 3)}
# call and error, whether it stays, the n of a short run
ERRORS = (("pwrite64", "ENOSPC", "", (3, 4, 55, 21)), ("pwrite64", "ENOSPC", "+", (34, 12)),
          ("pwrite64", "EIO", "", (8, 9)), ("fdatasync", "EIO", "", (1, 2)),
          ("fdatasync", "EIO", "+", (4, 3)), ("pread64", "EIO", "", (2, 9)),
          ("brk,mmap", "ENOMEM", "+", (60, 130)))
# whether only our own allocations count, how many fail in a row, the n of a short run
SHORTAGES = ((True, 1, (1, 6, 17, 31)), (False, 1, ()), (False, 50, ()))  # libraries: long only


def numbers(short):
    return range(1, LONG + 1) if LONG else short


def build(folder):
    if which("strace") is None:
        raise Skip("strace is not installed")
    chain = SwarmChain(folder)
    chain.add_swarms(1)
    chain.start_broker()
    chain.write_collector_cfg()
    return chain


def start_traced(chain, injection):
    """The collector itself is our child; strace watches from beside it."""
    only = ["-P", chain.registry(), "-P", chain.registry() + "-wal"]  # not the loader's reads
    return chain.start("collector", [which("strace"), "-D", "-f", "-qq", "-o", "/dev/null",
                                     *(only if injection.startswith("pread64") else []),
                                     "-e", "inject=" + injection, *chain.collector_command()])


def settle(chain, swarm, collector):
    """Until the swarm is done, the collector dead, or nothing moves any more."""
    seen, since = -1, time.monotonic()
    while swarm.poll() is None and collector.poll() is None:
        now = sum(swarm.receipted().values())
        if now != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() - since > 3.0:
            break
        time.sleep(0.05)
    return chain


def check_disk(chain, swarm):
    """As it lies there, with nobody running."""
    if os.path.exists(chain.registry()) and os.path.getsize(chain.registry()) > 0:
        said = integrity(chain.registry())
        assert said == "ok", said
        missing = missing_acknowledged(chain.registry(), swarm) if swarm.receipted() else []
        assert not missing, f"receipted and not stored: {missing[:5]}"
    else:
        assert not swarm.receipted(), "receipts without a registry"


def round_of(chain, boot, injection, may_die_by):
    """One round: the fault, what is on disk then, and a whole collector that finishes the work."""
    if boot % 2 == 1:
        shutil.rmtree(chain.path("data"), ignore_errors=True)
        chain.generated = []
    for name in ("swarm0.made", "swarm0.receipts"):
        if os.path.exists(chain.path(name)):
            os.unlink(chain.path(name))
    swarm = chain.start_swarm(0, PROBES, REPORTS, window=20, resend_ms=500, boot=boot)
    collector = start_traced(chain, injection)
    settle(chain, swarm, collector)
    status = collector.poll()
    assert status is None or status in may_die_by, f"{injection}: ended with {status}: " + \
        chain.log_of("collector")[-400:]
    chain.stop("collector", signal.SIGKILL)
    check_disk(chain, swarm)
    hit = status is not None
    chain.processes.pop(swarm.operator)  # a last receipt may still reach it, and it may end
    chain.start_collector()
    swarm.wait(timeout=120)
    chain.stop("collector")
    assert integrity(chain.registry()) == "ok"
    chain.generated += generated(swarm)
    assert digest(stored_reports(chain.registry())) == digest(chain.generated), injection
    return hit


def a_collector_killed_at_its_nth_write_sync_or_rename_keeps_what_it_receipted():
    with tempfile.TemporaryDirectory(prefix="lastmile-nth-") as folder:
        chain = build(folder)
        died, boot = 0, 0
        try:
            for call, short in KILLS.items():
                for n in numbers(short):
                    boot = boot % 250 + 1
                    died += round_of(chain, boot, f"{call}:signal=KILL:when={n}", (-signal.SIGKILL,))
            print(f"# {died} times the collector itself died; a rename is its series process's")
            assert died >= 5, died
        finally:
            chain.stop_all()


def a_collector_whose_nth_call_fails_neither_crashes_nor_receipts_falsely():
    with tempfile.TemporaryDirectory(prefix="lastmile-nth-") as folder:
        chain = build(folder)
        boot, refused = 0, 0
        try:
            for call, error, stays, short in ERRORS:
                if SANITIZED and error == "ENOMEM":
                    continue  # the sanitizer itself ends the program then
                for n in numbers(short):
                    if error == "ENOMEM" and n == 1:
                        continue  # the loader's first: even /bin/true dies of it
                    boot = boot % 250 + 1
                    # 1: it says why and does not start (127: its loader does); a signal is a crash
                    refused += round_of(chain, boot, f"{call}:error={error}:when={n}{stays}",
                                        (0, 1, 2, 127))
            print(f"# {boot} rounds; {refused} times it refused to start, and said why")
            assert LONG or refused < boot, "none of the faults came while it ran"
        finally:
            chain.stop_all()


class Heap:
    """The numbers that tests/support/no_memory.c looks at."""

    def __init__(self, path):
        self.path = path
        with open(path, "w+b") as file:
            file.write(bytes(24))
            file.flush()
            self.numbers = mmap.mmap(file.fileno(), 24)

    def environment(self):
        return {"LD_PRELOAD": program("tests", "support", "no_memory.so"), "NO_MEMORY": self.path}

    def fail(self, n, count, own):
        self.numbers[:] = struct.pack("qqq", n - 1, count, own)

    def has_failed(self):
        return struct.unpack("qqq", self.numbers[:])[1] <= 0


def run_short(chain, heap, swarm, shortage):
    own, count, short = shortage
    for n in numbers(short):
        heap.fail(n, count, own)
        wait_for("memory to be short", lambda: chain.check_alive() or heap.has_failed())
        before = sum(swarm.receipted().values())
        wait_for("receipts to go on",
                 lambda: chain.check_alive() or sum(swarm.receipted().values()) > before)


def a_collector_whose_nth_allocation_fails_neither_crashes_nor_receipts_falsely():
    if SANITIZED:
        raise Skip("a sanitizer has a heap of its own")
    with tempfile.TemporaryDirectory(prefix="lastmile-nth-") as folder:
        chain = SwarmChain(folder)
        try:
            chain.add_swarms(1)
            chain.start_broker()
            chain.write_collector_cfg()
            heap = Heap(chain.path("heap"))
            chain.start("collector", chain.collector_command(), env=heap.environment())
            wait_for("the collector's page", lambda: chain.check_alive() or chain.get("/healthz"))
            swarm = chain.start_swarm(0, PROBES, 100000, window=20, rate=200, resend_ms=300)
            wait_for("the first receipts", lambda: len(swarm.receipted()) == PROBES)
            for shortage in SHORTAGES:
                run_short(chain, heap, swarm, shortage)
            swarm.send_signal(signal.SIGUSR1)
            swarm.wait(timeout=120)
            chain.processes.pop(swarm.operator)
            chain.check_alive()
            chain.stop("collector")
            said = chain.log_of("collector")
            print(f"# {len(generated(swarm))} reports; {said.count('memory')} lines tell of memory,"
                  f" {said.count('ended and is replaced')} of another series process")
            assert integrity(chain.registry()) == "ok"
            assert digest(stored_reports(chain.registry())) == digest(generated(swarm))
        finally:
            chain.stop_all()


def a_disk_that_lies_about_its_writes_is_found_out():
    """The bite: writes that never happened are believed, so that receipts are false."""
    with tempfile.TemporaryDirectory(prefix="lastmile-nth-") as folder:
        chain = build(folder)
        try:
            swarm = chain.start_swarm(0, PROBES, 2000, window=100, resend_ms=500)
            collector = start_traced(chain, "pwrite64:retval=4096:when=200+")
            settle(chain, swarm, collector)
            chain.stop("collector", signal.SIGKILL)
            try:
                check_disk(chain, swarm)
            except Exception as why:  # of the database's own, or ours
                print(f"# found out: {why}")
                return
            raise AssertionError("a lying disk went unseen")
        finally:
            chain.stop_all()


if __name__ == "__main__":
    run([a_collector_killed_at_its_nth_write_sync_or_rename_keeps_what_it_receipted,
         a_collector_whose_nth_call_fails_neither_crashes_nor_receipts_falsely,
         a_collector_whose_nth_allocation_fails_neither_crashes_nor_receipts_falsely,
         a_disk_that_lies_about_its_writes_is_found_out])
