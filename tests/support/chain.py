# SPDX-License-Identifier: GPL-2.0-or-later
"""The whole chain on loopback: a private broker, the collector, SNMP agents, probes.

The demo and the end-to-end tests build it from the same parts, so that what is shown is what is
tested. Every process is started here, is ended here by its own id, and logs into the chain's folder.
"""
import ctypes
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

from ports import free_port

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("LASTMILE_BUILD", os.path.join(SOURCE, "build"))
SHARDS = 64


def end_with_parent():
    """Runs in a child: it gets SIGTERM when this process dies, however that comes (Linux)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class ChainError(Exception):
    """Something of the chain did not come up; the text says what and where its log is."""


def program(*path):
    """A file of the build, or a clear word that it is missing."""
    found = os.path.join(BUILD, *path)
    if not os.path.exists(found):
        raise ChainError(f"{found} is missing: run ./dev build first")
    return found


def which(name):
    """A system program, looked for where daemons live, too."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def shard_of(probe_name):
    """FNV-1a of the probe's name modulo 64, as common/topic.c has it."""
    value = 2166136261
    for byte in probe_name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value % SHARDS


def wait_for(what, condition, seconds=60.0, step=0.05):
    """Asks until the condition gives something true; never sleeps on a hope without a deadline.

    Where the time is not what is claimed, the deadline is a slow machine's."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise ChainError(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(step)


def any_of_sessions(sessions):
    """Whether a process of one of these sessions still runs."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        if fields[0] not in "ZX" and int(fields[3]) in sessions:
            return True
    return False


class Chain:
    """A folder, the processes that work in it, and the few files that tie them together."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)
        self.processes = {}
        self.sessions = set()  # of everything ever started
        self.broker_port = free_port()
        self.http_port = free_port()
        self.probes = {}  # name -> (operator, password)
        for part in ("log", "data", "probes", "packets", "agents"):
            os.makedirs(self.path(part), exist_ok=True)
        self.collector_password = secrets.token_hex(16)
        self.write_secret("collector.password", self.collector_password)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as out:
            out.write(text)
        return self.path(name)

    def write_secret(self, name, text):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(self.path(name), flags, 0o600), "w", encoding="utf-8") as out:
            out.write(text + "\n")
        return self.path(name)

    # Processes

    def start(self, name, arguments, env=None):
        """Starts a program of the chain; what it says goes to log/NAME.log."""
        with open(self.path("log", name + ".log"), "ab") as log:
            self.processes[name] = subprocess.Popen(
                arguments, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env={**os.environ, **(env or {})}, start_new_session=True,
                preexec_fn=end_with_parent)
        self.sessions.add(self.processes[name].pid)
        return self.processes[name]

    def log_of(self, name):
        try:
            with open(self.path("log", name + ".log"), encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def check_alive(self):
        """Raises with the last words of a process that ended by itself."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                last = "\n  ".join(self.log_of(name).splitlines()[-5:])
                raise ChainError(f"{name} ended with status {process.returncode}:\n  {last}")

    def stop(self, name, how=signal.SIGTERM):
        """Ends one process that this chain started."""
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop_all(self):
        """Probes first, the broker last, so that nobody complains of a missing neighbour. What they
        have started may take longer (a collector's series processes): the folder is in use till then."""
        for name in sorted(self.processes, key=lambda n: (n == "broker", n == "collector")):
            self.stop(name)
        wait_for("the last of their processes", lambda: not any_of_sessions(self.sessions))

    # Broker

    def add_probe(self, operator, name):
        """Makes a login for a probe; the broker lets it write under its own name only."""
        password = secrets.token_hex(16)
        self.probes[name] = (operator, password)
        self.write_secret(f"probes/{name}.password", password)
        return password

    def write_broker_files(self):
        acl = ["user collector", "topic read lastmile/1/+/+/+/report",
               "topic read lastmile/1/+/+/+/backlog", "topic read lastmile/1/+/+/+/state",
               "topic write lastmile/1/+/+/+/receipt", "topic write lastmile/1/alert/#", ""]
        logins = [("collector", self.collector_password)]
        for name, (operator, password) in self.probes.items():
            root = f"lastmile/1/{shard_of(name)}/{operator}/{name}"
            acl += [f"user {name}"]
            acl += [f"topic write {root}/{kind}" for kind in ("report", "backlog", "state")]
            acl += [f"topic read {root}/receipt", ""]
            logins.append((name, password))
        self.write("broker.acl", "\n".join(acl))
        passwords = self.path("broker.passwords")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(passwords, flags, 0o600), "w", encoding="utf-8") as out:
            out.writelines(f"{user}:{password}\n" for user, password in logins)
        self.hash_passwords(passwords)
        user = "user root\n" if os.geteuid() == 0 else ""
        self.write("broker.conf", f"""# a broker of its own for one run on loopback
listener {self.broker_port} 127.0.0.1
allow_anonymous false
password_file {passwords}
acl_file {self.path('broker.acl')}
persistence false
max_queued_messages 10000
max_inflight_messages 100
message_size_limit 1100000
{user}""")

    @staticmethod
    def hash_passwords(path):
        subprocess.run([which("mosquitto_passwd"), "-U", path], check=True,
                       stdout=subprocess.DEVNULL)

    def start_broker(self):
        if which("mosquitto") is None:
            raise ChainError("mosquitto is not installed: apt-get install mosquitto")
        self.write_broker_files()
        self.start("broker", [which("mosquitto"), "-c", self.path("broker.conf")])
        wait_for("the broker's port", lambda: self.check_alive() or self.port_open(self.broker_port))

    @staticmethod
    def port_open(port):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return True
        except OSError:
            return False

    # Collector

    def write_collector_cfg(self, rules="", http='access = "open";'):
        return self.write("collector.cfg", f"""data_dir = "data";
plan_file = "{SOURCE}/config/plans/weihai-2015.cfg";
areas_file = "{SOURCE}/config/areas/weihai.cfg";
receipt_interval_ms = 200;
broker = {{ host = "127.0.0.1"; port = {self.broker_port};
  username = "collector"; password_file = "collector.password"; }};
http = {{ address = "127.0.0.1"; port = {self.http_port}; {http} }};
rules = {{ {rules} }};
""")

    def start_collector(self, page="/healthz"):
        self.start("collector", [program("bin", "lastmile-collector"), "run", "--config",
                                 self.path("collector.cfg")])
        wait_for("the collector's page", lambda: self.check_alive() or self.get(page))

    def wait_until_connected(self):
        """The collector at the broker, since its last start."""
        wait_for("the collector at the broker", lambda: "connected to the broker" in
                 self.log_of("collector").rpartition("info collector: ready")[2])

    def get(self, path, kind="text"):
        """The body of a page, or None while nobody answers."""
        try:
            url = f"http://127.0.0.1:{self.http_port}{path}"
            with urllib.request.urlopen(url, timeout=20) as answer:
                body = answer.read().decode("utf-8")
                return json.loads(body) if kind == "json" else body
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
            return None

    def lastmile(self, *arguments, check=True):
        """Runs the tool against this chain's collector; returns what it printed."""
        done = subprocess.run([program("bin", "lastmile"), "--config", self.path("collector.cfg"),
                               *arguments], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise ChainError(f"lastmile {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    # SNMP agents

    def start_snmpd(self, name="snmpd"):
        """A real net-snmp agent that knows this machine's interfaces; returns its port."""
        if which("snmpd") is None:
            raise ChainError("snmpd is not installed: apt-get install snmpd")
        port = free_port(socket.SOCK_DGRAM)
        conf = self.write(f"agents/{name}.conf", f"""agentaddress udp:127.0.0.1:{port}
rocommunity demo 127.0.0.1
sysName {name}
""")
        state = self.path("agents", name + ".state")
        os.makedirs(state, exist_ok=True)
        self.start(name, [which("snmpd"), "-f", "-Lo", "-C", "-c", conf, "-p", state + "/pid"],
                   env={"SNMP_PERSISTENT_DIR": state, "MIBS": ""})
        return port

    def start_replay_agent(self, name, recording, *extra):
        """A recorded device, served from a copy that a test may change; returns its port."""
        port = free_port(socket.SOCK_DGRAM)
        copy = self.path("agents", name + ".snmprec")
        shutil.copyfile(recording, copy)
        self.start("agent-" + name, [program("tests", "support", "snmp_replay_agent"), "--listen",
                                     f"127.0.0.1:{port}", "--file", copy, "--community", "demo",
                                     *extra])
        return port

    # Probes

    def make_capture(self, name, kind, lines, seconds, seed):
        """Packets of the project's own generator; returns the truth that it printed."""
        done = subprocess.run(
            [program("tests", "support", "make_capture"), "--kind", kind, "--lines", str(lines),
             "--seconds", str(seconds), "--seed", str(seed), "--out", self.path("packets", name)],
            capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    def write_probe_cfg(self, name, interval_ms, body):
        """A probe's settings: who it is and where the broker is, then the body that it is given."""
        operator, _ = self.probes[name]
        if not os.path.exists(self.path(f"probes/{name}.key")):  # else a line would be another line
            self.write_secret(f"probes/{name}.key", secrets.token_hex(32))
        return self.write(f"probes/{name}.cfg", f"""operator = "{operator}";
probe = "{name}";
interval_ms = {interval_ms};
pseudonym_key_file = "{name}.key";
broker = {{ host = "127.0.0.1"; port = {self.broker_port};
  username = "{name}"; password_file = "{name}.password";
  reconnect_min_ms = 200; reconnect_max_ms = 2000; }};
outbox = {{ dir = "{name}.spool"; ram_dir = "{name}.ram"; resend_ms = 2000; }};
{body}
""")

    def start_probe(self, name, env=None):
        self.start("probe-" + name, [program("bin", "lastmile-probe"), "run", "--config",
                                     self.path("probes", name + ".cfg")], env)
