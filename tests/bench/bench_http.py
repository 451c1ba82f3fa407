#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The API of a collector with a synthetic city, while reports come in: how long an answer takes.

  bench_http.py [--scale S] [--rate R] [--seconds T] [--reports R] [--slow N] [--keep FILE] [--paint]

Every address of openapi.json in turn at R requests a second, each timed from the moment that it was
due, so that a stalled server is not spared the requests that it held up. Prints p50, p99 and the worst
for each address and for all; then how long a healthy client waits while N slow ones (half send a byte
a second, half read one) hold their connections; then a year of 5-minute points. Files of a year
(/api/v1/export) are made by a program that takes as long as it takes, and are timed once, apart.
--paint opens the overview in Chromium, too. --keep takes the city's registry from a
file, or leaves it there. The load of the machine is printed beside it.
"""
import argparse
import gzip
import http.client
import json
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))

from chain import program, wait_for  # noqa: E402
from swarm import SwarmChain  # noqa: E402

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench_stream import cpu_seconds  # noqa: E402

CLIENTS = 24
OPEN = 'access = "open"; connections_max = 4000; connections_per_address_max = 4000;'


def quantile(times, share):
    """Of sorted milliseconds."""
    return times[min(len(times) - 1, int(share * len(times)))] if times else float("nan")


def words(times):
    times = sorted(times)
    return (f"p50 {quantile(times, .5):6.1f}  p99 {quantile(times, .99):6.1f}"
            f"  worst {times[-1]:7.1f} ms  of {len(times)}")


def make_city(chain, scale):
    """Two months of a city: its registry, and its registers."""
    done = subprocess.run(
        [program("tests", "city", "city"), "--scale", str(scale), "--line-days", "4",
         "--monthly-lists", "--from", "2020-11-01", "--to", "2020-12-31", "--folder", chain.folder,
         "--registry", chain.path("data", "registry.db")], capture_output=True, text=True, check=True)
    for name in ("denominators", "nodes", "declared"):
        chain.lastmile("import", chain.path(f"{name}.csv"))
    return done.stdout.strip().splitlines()[-1:]


def take_city(chain, wanted):
    """The one that was kept, or a new one."""
    registry = chain.path("data", "registry.db")
    if wanted.keep and os.path.exists(wanted.keep):
        shutil.copy(wanted.keep, registry)
        return
    begin = time.monotonic()
    for line in make_city(chain, wanted.scale):
        print(f"city: {line} ({time.monotonic() - begin:.0f} s)", flush=True)
    if wanted.keep:
        shutil.copy(registry, wanted.keep)


def ask(port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    begin = time.monotonic()
    connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    took = (time.monotonic() - begin) * 1000
    connection.close()
    return answer.status, gzip.decompress(body) if answer.getheader("Content-Encoding") else body, \
        took, len(body)


def targets_of(port):
    """Every address, with what it needs to answer with something."""
    paths = json.loads(ask(port, "/openapi.json")[1])["paths"]
    series = json.loads(ask(port, "/api/v1/series?kind=probe")[1])["series"]
    number = series[0]["series"] if series else 1
    found = []
    for path, about in paths.items():
        if path == "/api/v1/export":
            continue
        query = []
        names = {each.get("name") for each in about["get"].get("parameters", [])}
        if "year" in names:
            query.append("year=2020")
        if "series" in names:
            query.append(f"series={number}")
        found.append(path.replace("{id}", str(number)) + ("?" + "&".join(query) if query else ""))
    return found


class Load:
    """Requests at their due times from a few connections that are kept."""

    def __init__(self, port, targets, rate, seconds):
        self.port, self.targets, self.rate = port, targets, rate
        self.total = int(rate * seconds)
        self.next, self.lock = 0, threading.Lock()
        self.times = {target: [] for target in targets}
        self.wrong = 0

    def client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            with self.lock:
                turn, self.next = self.next, self.next + 1
            if turn >= self.total:
                connection.close()
                return
            due = self.begin + turn / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
            target = self.targets[turn % len(self.targets)]
            try:
                connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
                answer = connection.getresponse()
                answer.read()
                good = answer.status == 200
            except (OSError, http.client.HTTPException):
                connection.close()
                good = False
            took = (time.monotonic() - due) * 1000
            with self.lock:
                self.times[target].append(took)
                self.wrong += not good

    def run(self):
        self.begin = time.monotonic() + 0.2
        threads = [threading.Thread(target=self.client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [each for times in self.times.values() for each in times]


class Slow:
    """Clients that take their time; whoever is thrown out comes again. In a process of their own:
    the healthy ones, whose time is taken, share no interpreter with them."""

    def __init__(self, port, count):
        self.port, self.count, self.again = port, count, 0
        self.ended = multiprocessing.Event()
        self.told, tells = multiprocessing.Pipe(duplex=False)
        self.process = multiprocessing.Process(target=self.run, args=(tells,))
        self.process.start()

    def end(self):
        """How many came again."""
        self.ended.set()
        again = self.told.recv()
        self.process.join()
        return again

    def connect(self, reads):
        made = socket.socket()
        if reads:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        made.connect(("127.0.0.1", self.port))
        made.send(b"GET /api/v1/indicators HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if reads else b"X: "))
        made.setblocking(False)
        return made

    def turn(self, made, reads):
        """One byte; False when the server has ended it."""
        try:
            return bool(made.recv(1) if reads else made.send(b"a"))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def run(self, tells):
        clients = [self.connect(number % 2) for number in range(self.count)]
        while not self.ended.is_set():
            began = time.monotonic()
            for number, made in enumerate(clients):
                if not self.turn(made, number % 2):
                    made.close()
                    clients[number] = self.connect(number % 2)
                    self.again += 1
                if number % 50 == 0:
                    time.sleep(0.001)
            time.sleep(max(0.0, 1 - (time.monotonic() - began)))
        for made in clients:
            made.close()
        tells.send(self.again)


def year_of_points(port):
    """The slowest and the quickest of three, and its size on the way."""
    now = int(time.time())
    series = json.loads(ask(port, "/api/v1/series?kind=probe")[1])["series"]
    if not series:
        return None
    made = [ask(port, f"/api/v1/points?series={series[0]['series']}&from={now - 31536000 + turn}"
                      f"&to={now + turn}&step=300") for turn in range(3)]
    times = sorted(each[2] for each in made)
    return times[0], times[-1], made[0][3]


def first_paint(port):
    """The overview in Chromium, five times: milliseconds until figures are on the screen."""
    done = subprocess.run(["node", os.path.join(ROOT, "tests", "bench", "first_paint.mjs"),
                           f"http://127.0.0.1:{port}/?year=2020"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip() or done.stderr.strip()[-200:]


def measure(chain, wanted):
    port = chain.http_port
    targets = targets_of(port)
    ever = {target: ask(port, target)[2] for target in targets}
    print("http: answers never made before: " +
          ", ".join(f"{target.split('?')[0]} {took:.0f} ms" for target, took in
                    sorted(ever.items(), key=lambda each: -each[1])[:6]), flush=True)
    for target in targets:  # a series has no point before its second report, and no picture
        wait_for(f"an answer of {target}", lambda target=target: ask(port, target)[0] == 200)
    first = {target: ask(port, target)[2] for target in targets}
    print("http: slowest answers in turn, with nobody else asking: " +
          ", ".join(f"{target.split('?')[0]} {took:.0f} ms" for target, took in
                    sorted(first.items(), key=lambda each: -each[1])[:5]), flush=True)
    load = Load(port, targets, wanted.rate, wanted.seconds)
    before = cpu_seconds(chain.processes["collector"].pid)
    everything = load.run()
    spent = cpu_seconds(chain.processes["collector"].pid) - before
    for target in targets:
        print(f"  {target:<34} {words(load.times[target])}")
    print(f"http: {wanted.rate} requests/s for {wanted.seconds} s, {wanted.reports} reports/s coming in:"
          f" {words(everything)}; {load.wrong} wrong; the collector took {spent / wanted.seconds:.2f}"
          f" of a core; load {os.getloadavg()[0]:.1f} on"
          f" {os.cpu_count()} cores", flush=True)
    slow = Slow(port, wanted.slow)
    time.sleep(3)
    healthy = Load(port, [each for each in targets if "healthz" in each or "figures" in each], 50,
                   wanted.seconds / 2)
    times = healthy.run()
    again = slow.end()
    print(f"http: beside {wanted.slow} slow clients ({again} came again):"
          f" {words(times)}; {healthy.wrong} wrong; load {os.getloadavg()[0]:.1f}", flush=True)
    year = year_of_points(port)
    if year and year[2] < 1000:
        print("http: a year of 5-minute points: no series of this city has one, nothing was timed")
    elif year:
        print(f"http: a year of 5-minute points: {year[0]:.0f} to {year[1]:.0f} ms,"
              f" {year[2] / 1000:.0f} kB on the way")
    if wanted.paint:
        print(f"http: {first_paint(port)}; load {os.getloadavg()[0]:.1f}", flush=True)
    for form in ("csv", "xlsx"):
        status, _, took, size = ask(port, f"/api/v1/export?year=2020&format={form}")
        print(f"http: export as {form}: status {status}, {took / 1000:.1f} s, {size / 1000:.0f} kB")


def run(folder, wanted):
    chain = SwarmChain(folder)
    try:
        chain.add_swarms(1)
        chain.start_broker()
        chain.write_collector_cfg(http=OPEN)
        take_city(chain, wanted)
        chain.start_collector("/")
        seconds = int(wanted.seconds * 2 + 60)
        chain.start_swarm(0, 50, wanted.reports * seconds // 50, lines=1, rate=wanted.reports)
        time.sleep(2)
        measure(chain, wanted)
    finally:
        chain.stop_all()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=0.01)
    parser.add_argument("--rate", type=float, default=200)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--reports", type=int, default=100)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--keep")
    parser.add_argument("--paint", action="store_true")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lastmile-bench-") as folder:
        run(folder, wanted)


if __name__ == "__main__":
    main()
