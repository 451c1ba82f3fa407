# SPDX-License-Identifier: GPL-2.0-or-later
"""A well-behaved probe beside a hostile one: it knows what it sent, and when its receipts came."""
import ssl
import sqlite3
import threading
import time

from mqtt_client import MqttClient
from report_writer import Reporter, encode, receipted


def context_of(chain, name):
    """TLS with a probe's certificate; None: without one."""
    context = ssl.create_default_context(cafile=chain.path("enrol", "ca.pem"))
    if name:
        context.load_cert_chain(chain.bundle(name, "probe.pem"), chain.bundle(name, "probe.key"))
    return context


def stored(chain, probe):
    """{(boot, sequence): payload} of everything in the journal of a probe."""
    with sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True) as base:
        rows = base.execute("SELECT b.boot_id, r.sequence, p.bytes FROM report r"
                            " JOIN payload p ON p.report_id = r.id JOIN boot b ON b.id = r.boot_id"
                            " JOIN probe q ON q.id = r.probe_id WHERE q.name = ?", (probe,))
        return {(boot, sequence): payload for boot, sequence, payload in rows}


def count(chain, table):
    with sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True) as base:
        return base.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0]


class Honest(threading.Thread):
    """Sends a report every so often until stop(); remembers each and how late its receipt was."""

    def __init__(self, chain, name, every_s=0.1):
        super().__init__(daemon=True)
        self.chain, self.name_, self.every_s = chain, name, every_s
        self.reporter = Reporter(chain.probes[name][0], name)
        self.sent, self.sent_at, self.late_s = {}, {}, []
        self.done = 0
        self.ending = threading.Event()
        self.failure = None
        self.client = MqttClient(chain.broker_port, name, context_of(chain, name))
        self.client.subscribe(chain.topic(name, "receipt"))
        self.start()

    def send_one(self):
        payload = encode(self.reporter.report())
        self.sent[(self.reporter.boot, self.reporter.sequence)] = payload
        self.sent_at[self.reporter.sequence] = time.monotonic()
        self.client.publish(self.chain.topic(self.name_, "report"), payload)

    def take_receipts(self):
        self.client.serve(0.01)
        for _, payload in self.client.messages:
            upto = receipted(payload, self.reporter.boot)
            while self.done < upto:
                self.done += 1
                self.late_s.append(time.monotonic() - self.sent_at[self.done])
        self.client.messages.clear()

    def run(self):
        try:
            while not self.ending.is_set():
                self.send_one()
                until = time.monotonic() + self.every_s
                while time.monotonic() < until:
                    self.take_receipts()
            deadline = time.monotonic() + 60
            while self.done < self.reporter.sequence and time.monotonic() < deadline:
                self.take_receipts()
        except Exception as why:  # told by stop, in the thread that asks
            self.failure = why

    def stop(self):
        """Ends it; every report must have had its receipt, and be stored as it was sent."""
        self.ending.set()
        self.join()
        if self.failure:
            raise self.failure
        assert self.done == self.reporter.sequence > 0, (self.done, self.reporter.sequence)
        assert stored(self.chain, self.name_) == self.sent
        late = sorted(self.late_s)
        return late[len(late) // 2], late[len(late) * 99 // 100], late[-1]
