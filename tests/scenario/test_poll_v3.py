# SPDX-License-Identifier: GPL-2.0-or-later
"""SNMPv3 against Debian's own agent: every pair of authentication and privacy that it offers."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import tap
from ports import free_port

PROBE = sys.argv[1]
AUTHENTICATIONS = ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512")
PRIVACIES = ("none", "AES", "AES-192", "AES-256")
PASS = {"auth": "authentic-1", "priv": "private-22"}


def user_of(authentication, privacy):
    return f"u-{authentication}-{privacy}"


def configuration(port):
    lines = [f"agentaddress udp:127.0.0.1:{port}", "sysName tested", "createUser open",
             "rouser open noauth"]
    for authentication in AUTHENTICATIONS:
        for privacy in PRIVACIES:
            name = user_of(authentication, privacy)
            secret = "" if privacy == "none" else f" {privacy} \"{PASS['priv']}\""
            lines.append(f"createUser {name} {authentication} \"{PASS['auth']}\"{secret}")
            lines.append(f"rouser {name} {'auth' if privacy == 'none' else 'priv'}")
    return "\n".join(lines) + "\n"


class Snmpd:
    def __enter__(self):
        program = shutil.which("snmpd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        assert program, "snmpd is not installed: ./dev test installs it"
        self.port = free_port(socket.SOCK_DGRAM)
        self.folder = tempfile.mkdtemp(prefix="lastmile-v3-")
        for name, text in (("conf", configuration(self.port)), *PASS.items()):
            with open(self.path(name), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        self.process = subprocess.Popen(
            [program, "-f", "-Lf", self.path("log"), "-C", "-c", self.path("conf"), "-p",
             self.path("pid")], env={**os.environ, "SNMP_PERSISTENT_DIR": self.path("state")},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while self.poll("--v3-user", "open", "--timeout", "1").returncode != 0:
            assert time.monotonic() < deadline, "snmpd does not start"
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def poll(self, *arguments):
        return subprocess.run(
            [PROBE, "poll", "--target", f"udp:127.0.0.1:{self.port}", "--json", *arguments],
            capture_output=True, text=True, timeout=60, check=False)

    def poll_as(self, authentication, privacy):
        arguments = ["--v3-user", user_of(authentication, privacy), "--v3-auth", authentication,
                     "--v3-auth-pass-file", self.path("auth")]
        if privacy != "none":
            arguments += ["--v3-priv", privacy, "--v3-priv-pass-file", self.path("priv")]
        return self.poll(*arguments)


def is_whole(done):
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["device"]["sys_name"] == "tested"
    assert answer["interfaces"]["count"] >= 1 and answer["interfaces"]["counter64"] >= 1
    for secret in PASS.values():
        assert secret not in done.stdout + done.stderr


def an_agent_is_polled_without_authentication():
    with Snmpd() as agent:
        is_whole(agent.poll("--v3-user", "open"))


def every_authentication_works_with_every_privacy():
    with Snmpd() as agent:
        pairs = [(a, p) for a in AUTHENTICATIONS for p in PRIVACIES]
        for pair in pairs:
            is_whole(agent.poll_as(*pair))
        print(f"# {len(pairs)} of {len(pairs)} pairs")


def a_user_of_one_privacy_is_refused_another():
    with Snmpd() as agent:
        done = agent.poll("--v3-user", user_of("SHA-256", "AES-256"), "--v3-auth", "SHA-256",
                          "--v3-auth-pass-file", agent.path("auth"), "--v3-priv", "AES",
                          "--v3-priv-pass-file", agent.path("priv"), "--timeout", "10")
        assert done.returncode == 1, done.stdout
        assert len(done.stdout) == 0


tap.run([an_agent_is_polled_without_authentication,
         every_authentication_works_with_every_privacy,
         a_user_of_one_privacy_is_refused_another])
