# SPDX-License-Identifier: GPL-2.0-or-later
"""A chain whose probes are report_swarm: hundreds of them, each with its receipts, at any rate.

For load, kills and faults. With TLS the broker has a certificate of an authority made for the run.
"""
import hashlib
import json
import os
import sqlite3
import subprocess

from chain import Chain, ChainError, end_with_parent, program, wait_for, which

OPENSSL = """
set -e
printf 'subjectAltName=IP:127.0.0.1\\n' >san
key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
openssl req -x509 $key -days 2 -subj /CN=test-ca -keyout ca.key -out ca.crt
openssl req $key -subj /CN=test-broker -keyout server.key -out server.csr
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile san \
  -out server.crt
"""


class Swarm(subprocess.Popen):
    """A running report_swarm; what it made and what it was receipted are in files."""

    operator = made_path = receipts_path = ""

    def result(self):
        """Its last word, once it has ended."""
        return json.loads(self.stdout.read().splitlines()[-1])

    def receipted(self):
        """{probe: highest sequence that a receipt covered so far}"""
        found = {}
        if not os.path.exists(self.receipts_path):
            return found
        with open(self.receipts_path, encoding="ascii") as lines:
            for line in lines:
                if line.endswith("\n"):
                    probe, sequence = line.split()
                    found[probe] = int(sequence)
        return found

    def made(self):
        """{(probe, sequence): payload}"""
        found = {}
        with open(self.made_path, encoding="ascii") as lines:
            for line in lines:
                if line.endswith("\n"):
                    probe, sequence, payload = line.split()
                    found[(probe, int(sequence))] = bytes.fromhex(payload)
        return found


def open_registry(path):
    """The database for reading; a log that a killed collector left is played back by it."""
    return sqlite3.connect(path, timeout=10)


def stored_reports(path):
    """[(operator, probe, sequence, payload), ...], as often as it is there."""
    database = open_registry(path)
    try:
        return database.execute(
            "SELECT operator.name, probe.name, report.sequence, payload.bytes FROM report"
            " JOIN payload ON payload.report_id = report.id JOIN probe ON probe.id = report.probe_id"
            " JOIN operator ON operator.id = probe.operator_id").fetchall()
    finally:
        database.close()


def digest(reports):
    """Of a multiset of reports: two of one kind are another digest than one."""
    whole = hashlib.sha256()
    for operator, probe, sequence, payload in sorted(reports):
        whole.update(f"{operator} {probe} {sequence} {len(payload)}\n".encode() + payload)
    return whole.hexdigest()


def generated(swarm):
    return [(swarm.operator, probe, sequence, payload)
            for (probe, sequence), payload in swarm.made().items()]


def missing_acknowledged(path, swarm, receipted=None):
    """[(probe, sequence), ...] that a receipt covered and the registry does not hold, to the byte."""
    held = {payload for _, _, _, payload in stored_reports(path)}
    made = swarm.made()
    return [(probe, sequence)
            for probe, until in (receipted or swarm.receipted()).items()
            for sequence in range(1, until + 1) if made[(probe, sequence)] not in held]


def integrity(path):
    """What SQLite says of the file: "ok"."""
    database = open_registry(path)
    try:
        return database.execute("PRAGMA integrity_check").fetchone()[0]
    finally:
        database.close()


class SwarmChain(Chain):
    """Broker, collector, swarms."""

    def __init__(self, folder, tls=False):
        super().__init__(folder)
        self.tls = tls
        self.swarm_operators = []
        if tls:
            subprocess.run(["sh", "-c", OPENSSL], cwd=self.folder, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def add_swarms(self, count):
        for number in range(count):
            self.swarm_operators.append(f"swarm{number}")

    def write_broker_files(self):
        super().write_broker_files()
        with open(self.path("broker.acl"), "a", encoding="utf-8") as acl:
            for operator in self.swarm_operators:
                acl.write(f"user {operator}\ntopic write lastmile/1/+/{operator}/+/report\n"
                          f"topic read lastmile/1/+/{operator}/+/receipt\n\n")
        lines = [f"{name}:{self.collector_password}\n" for name in self.swarm_operators]
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        plain = self.path("swarms.passwords")
        with os.fdopen(os.open(plain, flags, 0o600), "w", encoding="utf-8") as out:
            out.writelines(lines)
        self.hash_passwords(plain)
        with open(plain, encoding="utf-8") as hashed, \
                open(self.path("broker.passwords"), "a", encoding="utf-8") as out:
            out.write(hashed.read())
        with open(self.path("broker.conf"), encoding="utf-8") as conf:
            text = conf.read()
        text = text.replace("max_queued_messages 10000", "max_queued_messages 100000")
        text = text.replace("max_inflight_messages 100\n", "max_inflight_messages 1000\n")
        if self.tls:
            text += (f"certfile {self.path('server.crt')}\nkeyfile {self.path('server.key')}\n"
                     "tls_version tlsv1.2\n")
        self.write("broker.conf", text)

    def start_broker(self):
        """Its files are written once: a broker that was killed comes back with the same."""
        if not os.path.exists(self.path("broker.conf")):
            self.write_broker_files()
        self.start("broker", [which("mosquitto"), "-c", self.path("broker.conf")])
        wait_for("the broker's port", lambda: self.check_alive_broker())

    def check_alive_broker(self):
        if self.processes["broker"].poll() is not None:
            raise ChainError("the broker ended: " + self.log_of("broker")[-300:])
        return self.port_open(self.broker_port)

    def registry(self):
        return self.path("data", "registry.db")

    def collector_command(self):
        return [program("bin", "lastmile-collector"), "run", "--config",
                self.path("collector.cfg")]

    def write_collector_cfg(self, rules="", **more):
        path = super().write_collector_cfg(rules, **more)
        with open(path, encoding="utf-8") as cfg:
            text = cfg.read()
        text += "probe_reports_per_s_max = 100000;\nprobe_bytes_per_day_max = 100000000000;\n"
        self.write("collector.cfg", text)
        if self.tls:
            text = text.replace('username = "collector";',
                                'username = "collector"; ca_file = "ca.crt";')
            self.write("collector.cfg", text)
        return path

    def start_swarm(self, number, probes, reports, window=64, lines=0, prepare=False,
                    **more):
        """Starts one; keywords are its options (trust_puback=True, rate=1000, resend_ms=500)."""
        operator = self.swarm_operators[number]
        made, receipts = self.path(f"{operator}.made"), self.path(f"{operator}.receipts")
        arguments = [program("tests", "support", "report_swarm"), "--port", str(self.broker_port),
                     "--user", operator, "--password", self.collector_password, "--operator",
                     operator, "--probes", str(probes), "--reports", str(reports), "--window",
                     str(window), "--lines", str(lines)]
        if prepare:
            arguments += ["--prepare", "--wait"]
        else:
            arguments += ["--made", made, "--receipts", receipts]
        if self.tls:
            arguments += ["--ca", self.path("ca.crt")]
        for name, value in more.items():
            arguments += ["--" + name.replace("_", "-")] + ([] if value is True else [str(value)])
        swarm = Swarm(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                      preexec_fn=end_with_parent, start_new_session=True)
        swarm.operator, swarm.made_path, swarm.receipts_path = operator, made, receipts
        self.processes[operator] = swarm
        return swarm
