#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Power is cut: copies of a mounted ext4 image at random instants hold all that was receipted.

The collector is stopped for the moment of a copy, so that a copy is one instant of the disk; what
the kernel still held in memory is not in it. LASTMILE_CUTS=200 for a long run; needs root.
"""
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import wait_for, which  # noqa: E402
from swarm import SwarmChain, integrity, missing_acknowledged, stored_reports  # noqa: E402
from tap import Skip, run  # noqa: E402

CUTS = int(os.environ.get("LASTMILE_CUTS", "20"))
IMAGE_MIB = 128
RATE = 400
LOSS_S = 60
START_S = 5.0


def quietly(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


class Disk:
    """A file that is a disk, mounted as the collector's folder of data."""

    def __init__(self, folder, place):
        self.image, self.place = os.path.join(folder, "disk.img"), place
        try:
            quietly("truncate", "-s", f"{IMAGE_MIB}M", self.image)
            quietly("mkfs.ext4", "-q", "-F", self.image)
            quietly("mount", "-o", "loop", self.image, place)
            source = quietly("findmnt", "-n", "-o", "SOURCE", place)
        except (subprocess.CalledProcessError, FileNotFoundError) as why:
            raise Skip("loop mounts are not possible here") from why
        self.stat = f"/sys/block/{os.path.basename(source)}/stat"

    def writes(self):
        with open(self.stat, encoding="ascii") as stat:
            fields = stat.read().split()
        return fields[4], fields[8]  # writes done, and under way

    def copy(self, target):
        """One instant: again when a write got in between."""
        for _ in range(50):
            before = self.writes()
            quietly("cp", "--sparse=always", self.image, target)
            if before == self.writes() and before[1] == "0":
                return
        raise AssertionError("the disk was never still")

    def unmount(self):
        subprocess.run(["umount", "-l", self.place], check=False)


def cut(chain, disk, swarm, target):
    """The instant: what was receipted by then, and what had been made a minute before."""
    collector = chain.processes["collector"]
    collector.send_signal(signal.SIGSTOP)
    receipted = swarm.receipted()
    disk.copy(target)
    collector.send_signal(signal.SIGCONT)
    return receipted


def check_cut(chain, folder, target, swarm, receipted):
    """Mounted anew as after a cut: the database is whole, holds what was receipted, and starts."""
    place = os.path.join(folder, "cut")
    os.makedirs(place, exist_ok=True)
    quietly("mount", "-o", "loop", target, place)
    try:
        path = os.path.join(place, "registry.db")
        assert integrity(path) == "ok"
        missing = missing_acknowledged(path, swarm, receipted) if receipted else []
        assert not missing, f"receipted and lost: {len(missing)}, {missing[:3]}"
        begin = time.monotonic()
        second = start_beside(chain, place)
        wait_for("the start after the cut", lambda: page_of(chain, second), seconds=START_S)
        took = time.monotonic() - begin
        chain.stop("second")
        return took, len(stored_reports(path))
    finally:
        chain.stop("second")
        subprocess.run(["umount", "-l", place], check=False)
        os.unlink(target)


def start_beside(chain, place):
    """A collector on the copy that has no broker: its page tells that it stands."""
    with open(chain.path("collector.cfg"), encoding="utf-8") as cfg:
        text = cfg.read()
    second = SwarmChain(chain.path("second"))
    text = text.replace('data_dir = "data"', f'data_dir = "{place}"')
    text = text.replace(f"port = {chain.http_port}", f"port = {second.http_port}")
    text = text.replace(f"port = {chain.broker_port}", f"port = {second.broker_port}")
    path = chain.write("second.cfg", text)
    command = chain.collector_command()
    chain.start("second", command[:-1] + [path])
    return second


def page_of(chain, second):
    assert chain.processes["second"].poll() is None, chain.log_of("second")[-300:]
    return second.get("/healthz")


def with_disk(body, lying=False):
    with tempfile.TemporaryDirectory(prefix="lastmile-cut-") as folder:
        chain = SwarmChain(folder)
        disk = Disk(folder, chain.path("data"))
        try:
            chain.add_swarms(1)
            chain.start_broker()
            chain.write_collector_cfg()
            if lying:
                chain.start("collector", [which("strace"), "-D", "-f", "-qq", "-o", "/dev/null",
                                          "-e", "inject=fdatasync,fsync:retval=0",
                                          *chain.collector_command()])
            else:
                chain.start_collector()
            swarm = chain.start_swarm(0, 10, reports=50000, window=200, rate=RATE)
            wait_for("the first receipts", lambda: len(swarm.receipted()) == 10)
            return body(chain, disk, swarm, folder)
        finally:
            chain.stop_all()
            disk.unmount()


def twenty_cuts(chain, disk, swarm, folder):
    seed = int(os.environ.get("LASTMILE_SEED", random.randrange(1 << 30)))
    dice = random.Random(seed)
    starts, lost = [], []
    begin = time.monotonic()
    for number in range(CUTS):
        time.sleep(dice.uniform(0.05, 0.6))
        target = os.path.join(folder, f"cut-{number}.img")
        made = len(swarm.made())
        receipted = cut(chain, disk, swarm, target)
        took, stored = check_cut(chain, folder, target, swarm, receipted)
        starts.append(took)
        lost.append(max(0, made - stored) / RATE)
    print(f"# seed {seed}: {CUTS} cuts in {time.monotonic() - begin:.0f} s, slowest start"
          f" {max(starts):.2f} s, longest stretch not yet on disk {max(lost):.2f} s")
    assert max(starts) <= START_S
    assert max(lost) <= LOSS_S


def a_cut_of_power_loses_nothing_that_was_receipted():
    with_disk(twenty_cuts)


def a_disk_whose_syncs_do_nothing_is_found_out():
    """The bite: fsync and fdatasync are answered and not done, so that receipts are false."""
    def body(chain, disk, swarm, folder):
        for number in range(20):
            time.sleep(0.3)
            target = os.path.join(folder, f"lie-{number}.img")
            receipted = cut(chain, disk, swarm, target)
            try:
                check_cut(chain, folder, target, swarm, receipted)
            except Exception as why:  # of the database's own, or ours
                print(f"# found out at cut {number + 1}: {why}")
                return
        raise AssertionError("receipts of a disk without syncs went unseen")
    with_disk(body, lying=True)


if __name__ == "__main__":
    run([a_cut_of_power_loses_nothing_that_was_receipted,
         a_disk_whose_syncs_do_nothing_is_found_out])
