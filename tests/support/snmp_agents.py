# SPDX-License-Identifier: GPL-2.0-or-later
"""SNMP agents on loopback for tests in Python: Debian's snmpd, and our own replay agent."""
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import tap
from ports import free_port

SOURCE = os.environ["LASTMILE_SOURCE"]
OWN = os.path.join(SOURCE, "tests", "support", "snmprec")
SECRETS = ["community-secret", "auth-secret-1", "priv-secret-1"]


def poll_with(probe, *arguments, timeout=60, env=None):
    return subprocess.run([probe, "poll", *arguments], capture_output=True, text=True,
                          timeout=timeout, check=False, env=env)


class Snmpd:
    """Debian's own agent, with a community and a v3 user, in a folder of its own."""

    def __init__(self, probe):
        self.probe = probe
        program = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not program:
            raise tap.Skip("no snmpd is installed")
        self.folder = tempfile.mkdtemp(prefix="lastmile-snmpd-")
        self.port = free_port(socket.SOCK_DGRAM)
        self.write("conf", f"agentaddress udp:127.0.0.1:{self.port}\n"
                           f"rocommunity {SECRETS[0]} 127.0.0.1\n"
                           f"createUser probe SHA-256 \"{SECRETS[1]}\" AES \"{SECRETS[2]}\"\n"
                           "rouser probe authpriv\nsysName tested\n")
        self.write("auth", SECRETS[1] + "\n")
        self.write("priv", SECRETS[2] + "\n")
        self.process = subprocess.Popen(
            [program, "-f", "-Lf", self.path("log"), "-C", "-c", self.path("conf"), "-p",
             self.path("pid")], env={**os.environ, "SNMP_PERSISTENT_DIR": self.path("state")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def __enter__(self):
        deadline = time.monotonic() + 20
        while poll_with(self.probe, *self.v2c(), "--timeout", "1").returncode != 0:
            assert time.monotonic() < deadline, "snmpd does not start"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def target(self):
        return ["--target", f"udp:127.0.0.1:{self.port}"]

    def v2c(self):
        return [*self.target(), "--community", SECRETS[0]]

    def v3(self, auth="auth", user="probe", protocol="SHA-256"):
        return [*self.target(), "--v3-user", user, "--v3-auth", protocol, "--v3-auth-pass-file",
                self.path(auth), "--v3-priv", "AES", "--v3-priv-pass-file", self.path("priv")]


class Replay:
    """Our replay agent on a copy of a recording."""

    def __init__(self, agent, recording, *extra):
        self.folder = tempfile.mkdtemp(prefix="lastmile-replay-")
        self.file = os.path.join(self.folder, "device.snmprec")
        shutil.copyfile(os.path.join(OWN, recording), self.file)
        self.process = subprocess.Popen([agent, *extra, "--device", "0:" + self.file],
                                        stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().split()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        assert self.process.wait() == 0
        shutil.rmtree(self.folder)
