# SPDX-License-Identifier: GPL-2.0-or-later
"""The chain as it is meant to stand: identities by lastmile enrol, the broker by the sample file.

config/mosquitto/lastmile.conf is used word for word, behind what Debian's own mosquitto.conf says
before it includes it; only folders, ports and the address differ, and the log says more.
"""
import json
import os
import re
import shutil
import signal
import subprocess

from chain import Chain, ChainError, SOURCE, program, shard_of, wait_for, which
from ports import free_port

SAMPLE = os.path.join(SOURCE, "config", "mosquitto", "lastmile.conf")
DEBIAN = """pid_file /run/mosquitto/mosquitto.pid
persistence true
persistence_location /var/lib/mosquitto/
log_dest stderr
"""  # of 2.0.11's mosquitto.conf; its log goes to a file


class SecuredChain(Chain):
    """Certificates for all; what a test wants to be wrong, it makes wrong itself."""

    def __init__(self, folder):
        super().__init__(folder)
        self.password_port = free_port()
        self.settings = ""  # further lines of collector.cfg

    # Identities

    def enrol(self, *arguments, check=True):
        """Runs lastmile enrol in this chain's folder; what it printed, as JSON."""
        done = subprocess.run([program("bin", "lastmile"), "enrol", "--dir", self.path("enrol"),
                               "--json", *arguments], capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise ChainError(f"lastmile enrol {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout) if done.returncode == 0 else done

    def init_authority(self):
        return self.enrol("--init-ca", "--host", "127.0.0.1,localhost")

    def add_probe(self, operator, name, *arguments):
        self.probes[name] = (operator, None)
        return self.enrol("--operator", operator, "--probe", name, *arguments)

    def bundle(self, name, *parts):
        return self.path("enrol", "probes", self.probes[name][0], name, *parts)

    def topic(self, name, kind):
        return f"lastmile/1/{shard_of(name)}/{self.probes[name][0]}/{name}/{kind}"

    def client(self, tool, name, *arguments, port=None, timeout=60):
        """Runs mosquitto_pub or _sub with a probe's certificate (None: with none)."""
        words = [which(tool), "-V", "5", "-h", "127.0.0.1", "-p", str(port or self.broker_port),
                 "--cafile", self.path("enrol", "ca.pem")]
        if name == "collector":
            words += ["--cert", self.path("enrol", "collector", "collector.pem"),
                      "--key", self.path("enrol", "collector", "collector.key")]
        elif name is not None:
            words += ["--cert", self.bundle(name, "probe.pem"),
                      "--key", self.bundle(name, "probe.key")]
        return subprocess.run([*words, *arguments], capture_output=True, text=True, check=False,
                              timeout=timeout, stdin=subprocess.DEVNULL)

    # Broker

    def write_broker_files(self):
        """What a person would carry to the broker's machine, and the sample settings."""
        shutil.copytree(self.path("enrol", "broker"), self.path("broker"), dirs_exist_ok=True)
        os.makedirs(self.path("broker.db"), exist_ok=True)
        with open(SAMPLE, encoding="utf-8") as sample:
            conf = DEBIAN + sample.read()
        for what, there in (("/run/mosquitto/mosquitto.pid", self.path("broker.pid")),
                            ("/etc/mosquitto/lastmile", self.path("broker")),
                            ("/var/lib/mosquitto/", self.path("broker.db") + "/"),
                            ("listener 8883", f"listener {self.broker_port} 127.0.0.1"),
                            ("listener 8884", f"listener {self.password_port} 127.0.0.1")):
            assert what in conf, what
            conf = conf.replace(what, there)
        conf += "log_type information\n"
        if os.geteuid() == 0:
            conf += "user root\n"
        self.write("broker.conf", conf)

    def reload_broker(self):
        """Carries the files over, and waits until the running broker has begun to read them: it then
        serves nobody before it is done."""
        self.write_broker_files()
        before = self.log_of("broker").count("Reloading config")
        self.processes["broker"].send_signal(signal.SIGHUP)
        wait_for("the broker to read its files",
                 lambda: self.log_of("broker").count("Reloading config") > before)

    # Collector and probes

    def write_collector_cfg(self, rules=""):
        path = super().write_collector_cfg(rules)
        with open(path, encoding="utf-8") as text:
            cfg = text.read()
        cfg, count = re.subn(r"broker = \{.*?\};", f"""broker = {{ host = "127.0.0.1";
  port = {self.broker_port}; ca_file = "enrol/collector/ca.pem";
  cert_file = "enrol/collector/collector.pem"; key_file = "enrol/collector/collector.key"; }};
{self.settings}""", cfg, flags=re.DOTALL)
        assert count == 1
        return self.write("collector.cfg", cfg)

    def install_probe(self, name, body, interval_ms=1000, reconnect_ms=(100, 500)):
        """A folder as on the probe's machine: the bundle, with settings of its own behind it."""
        folder = self.path("probes", name)
        shutil.copytree(self.bundle(name), folder, dirs_exist_ok=True)
        with open(os.path.join(folder, "probe.cfg"), encoding="utf-8") as text:
            cfg = text.read()
        for usual, port in ((8883, self.broker_port), (8884, self.password_port)):
            cfg = cfg.replace(f"port = {usual};", f"port = {port};")
        cfg = cfg.replace("broker = {", "broker = { reconnect_min_ms = %d; reconnect_max_ms = %d;"
                          % reconnect_ms)
        self.write_secret(os.path.join("probes", name, "pseudonym.key"), "5a" * 32)
        self.write(os.path.join("probes", name, "probe.cfg"), f"""{cfg}
interval_ms = {interval_ms};
pseudonym_key_file = "pseudonym.key";
outbox = {{ dir = "spool"; resend_ms = 2000; }};
{body}
""")

    def start_probe(self, name):
        self.start("probe-" + name, [program("bin", "lastmile-probe"), "run", "--config",
                                     self.path("probes", name, "probe.cfg")])

    def start_all(self):
        self.start_broker()
        self.write_collector_cfg()
        self.start_collector()
        self.wait_until_connected()
