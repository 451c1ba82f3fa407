#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Thousands of probes connected at once, over TLS, at the hardened broker; the collector stays flat.

LASTMILE_LONG=1: 5,000 connections, else 500.
"""
import base64
import hashlib
import os
import re
import resource
import secrets
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import shard_of, wait_for  # noqa: E402
from honest import context_of, count  # noqa: E402
from mqtt_client import MqttClient  # noqa: E402
from report_writer import Reporter, encode, interface, inventory, receipted  # noqa: E402
from secured_chain import SecuredChain  # noqa: E402
from tap import Skip, run  # noqa: E402

PROBES = 5000 if os.environ.get("LASTMILE_LONG") == "1" else 500
ROUNDS = 8
WARM = 3  # rounds after which all that is kept for a probe is there
GROWTH_KB = 1024  # over the rounds after that


def hash_of(password):
    """As collector/enrol/secret.c and mosquitto_passwd make it; 5,000 runs of them take minutes."""
    salt = secrets.token_bytes(12)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


class Probe:
    """A connection, and what it has been receipted."""

    def __init__(self, number):
        self.name = f"p{number}"
        self.user = f"cu/{self.name}"
        self.root = f"lastmile/1/{shard_of(self.name)}/cu/{self.name}"
        self.password = secrets.token_hex(8)
        self.reporter = Reporter("cu", self.name)
        self.client = None

    def connect(self, port, context):
        self.client = MqttClient(port, self.name, context, self.user, self.password)
        assert self.client.subscribe(self.root + "/receipt") < 128
        self.client.publish(self.root + "/state", b"online")

    def send(self):
        poll = inventory(f"node-{self.name}", [interface("uplink")], time.time_ns())
        self.client.publish(self.root + "/report", encode(self.reporter.report([poll])))

    def has_receipt(self):
        self.client.serve(0)
        upto = max((receipted(payload, self.reporter.boot) for _, payload in self.client.messages),
                   default=0)
        del self.client.messages[:-1]
        return upto == self.reporter.sequence


class Crowd(SecuredChain):
    """The secured chain with thousands of passwords more."""

    def write_broker_files(self):
        super().write_broker_files()
        with open(self.path("broker", "acl"), "a", encoding="ascii") as acl, \
                open(self.path("broker", "passwords"), "a", encoding="ascii") as passwords:
            for probe in self.crowd:
                acl.write(f"\nuser {probe.user}\n")
                acl.writelines(f"topic write {probe.root}/{kind}\n"
                               for kind in ("report", "backlog", "state"))
                acl.write(f"topic read {probe.root}/receipt\n")
                passwords.write(f"{probe.user}:{hash_of(probe.password)}\n")


def memory_kb(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


def play_round(chain):
    """Everybody reports once, and has its receipt."""
    began = time.monotonic()
    for probe in chain.crowd:
        probe.send()
    waiting = list(chain.crowd)
    deadline = time.monotonic() + 120
    while waiting:
        waiting = [probe for probe in waiting if not probe.has_receipt()]
        assert time.monotonic() < deadline, f"{len(waiting)} without a receipt"
        time.sleep(0.05)
    return time.monotonic() - began


def fill_cache(chain):
    """The registry keeps 32 MiB of its pages in memory: first so much that these are full."""
    probe = chain.crowd[0]
    for _ in range(48):
        report = probe.reporter.report()
        report[99] = b"\0" * 900000  # what a younger probe might say
        probe.client.publish(probe.root + "/report", encode(report))
        wait_for("its receipt", probe.has_receipt)


def thousands_are_connected_each_has_its_receipt_and_memory_is_flat():
    if os.environ.get("LASTMILE_SANITIZED") == "1":
        raise Skip("memory is what is measured; a sanitizer has its own")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < PROBES + 200:
        raise Skip(f"only {hard} descriptors are allowed here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as folder:
        chain = Crowd(folder)
        try:
            chain.crowd = [Probe(number) for number in range(PROBES)]
            chain.init_authority()
            chain.start_all()
            context = context_of(chain, None)
            began = time.monotonic()
            for probe in chain.crowd:
                probe.connect(chain.password_port, context)
            print(f"# {PROBES} TLS connections in {time.monotonic() - began:.1f} s")
            fill_cache(chain)
            kept = []
            for _ in range(ROUNDS):
                seconds = play_round(chain)
                kept.append(memory_kb(chain.processes["collector"]))
                print(f"# a report and a receipt each in {seconds:.1f} s; collector {kept[-1]} kB, "
                      f"broker {memory_kb(chain.processes['broker'])} kB", flush=True)
            assert count(chain, "report") == PROBES * ROUNDS + 48
            assert count(chain, "probe") == PROBES
            wait_for("all to be told online", lambda: chain.lastmile("status", "--json").count(
                '"state": "online"') == PROBES)
            assert max(kept[WARM:]) - kept[WARM - 1] <= GROWTH_KB, kept
        finally:
            for probe in chain.crowd:
                if probe.client:
                    probe.client.close()
            chain.stop_all()


if __name__ == "__main__":
    run([thousands_are_connected_each_has_its_receipt_and_memory_is_flat])
