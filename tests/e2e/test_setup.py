#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""setup: from the folder of lastmile enrol to a probe whose report is stored, and what stands in its way."""
import os
import pty
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import program, wait_for  # noqa: E402
from secured_chain import SecuredChain  # noqa: E402
from tap import Skip, run  # noqa: E402


class City:
    """An authority and two probes on its roll, one by certificate and one by password."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-e2e-")
        self.chain = chain = SecuredChain(self.folder.name)
        chain.init_authority()
        chain.add_probe("cu", "one")
        chain.add_probe("cu", "two", "--password")
        return self

    def __exit__(self, *_):
        self.chain.stop_all()
        self.folder.cleanup()

    def words(self, name, *options, port=None):
        return [program("bin", "lastmile-probe"), "setup", "--collector",
                f"127.0.0.1:{port or self.chain.broker_port}", "--bundle", self.chain.bundle(name),
                "--state", self.chain.path("state", name), "--config", self.config(name), *options]

    def set_up(self, name, *options, **more):
        return subprocess.run(self.words(name, *options, **more), capture_output=True, text=True,
                              check=False, timeout=120, stdin=subprocess.DEVNULL)

    def config(self, name):
        return self.chain.path("probes", name, "probe.cfg")

    def read(self, name, part="probe.cfg"):
        with open(self.chain.path("probes", name, part), encoding="utf-8") as text:
            return text.read()


def reports(chain, name):
    text = chain.get("/metrics") or ""
    found = re.search(rf'^lastmile_probe_reports_total\{{[^}}]*probe="{name}"\}} (\d+)', text, re.M)
    return int(found.group(1)) if found else 0


def may_capture():
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
        return True
    except PermissionError:
        return False


def a_probe_that_was_set_up_has_its_report_stored():
    if not may_capture():
        raise Skip("packet sockets are not allowed here")
    with City() as city:
        chain = city.chain
        chain.start_all()
        for name, port in (("one", chain.broker_port), ("two", chain.password_port)):
            done = city.set_up(name, "--interface", "lo", "--area", "371002", port=port)
            assert done.returncode == 0 and f"run --config {city.config(name)}" in done.stdout, done
            assert "FAIL" not in done.stdout and re.search(r"OK +broker", done.stdout), done.stdout
            for part in os.listdir(chain.path("probes", name)):
                secret = part in ("probe.key", "broker.password", "pseudonym.key")
                mode = os.stat(chain.path("probes", name, part)).st_mode
                assert stat.S_IMODE(mode) == (0o600 if secret else 0o644), part
            chain.start_probe(name)
        for name in ("one", "two"):
            wait_for("the broker", lambda log="probe-" + name: "connected" in chain.log_of(log))
            chain.stop("probe-" + name)  # which sends the interval that runs
        wait_for("their reports", lambda: reports(chain, "one") == reports(chain, "two") == 1)


def an_identity_that_is_not_whole_is_named_before_a_broker_is_asked():
    with City() as city:
        city.set_up("one", "--interface", "lo", "--area", "371002")
        words = [program("bin", "lastmile-probe"), "doctor", "--config", city.config("one")]
        os.chmod(city.chain.path("probes", "one", "probe.key"), 0o644)
        said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stdout
        assert re.search(r"WARN +identity .*probe\.key: the key can be read by others", said), said
        os.unlink(city.chain.path("probes", "one", "probe.pem"))
        said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60).stdout
        assert re.search(r"FAIL +identity .*probe\.pem: No such file", said), said
        done = subprocess.run([words[0], "check", *words[2:]], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 2 and "probe.pem" in done.stderr and "setup" in done.stderr, done


def what_is_there_is_replaced_on_request_alone_and_the_key_of_pseudonyms_never():
    with City() as city:
        city.set_up("one", "--interface", "lo")
        kept = city.read("one"), city.read("one", "pseudonym.key")
        done = city.set_up("one", "--interface", "lo", "--area", "371002")
        assert done.returncode == 1 and "--force" in done.stderr and "probe.cfg" in done.stderr, done
        assert (city.read("one"), city.read("one", "pseudonym.key")) == kept
        city.set_up("one", "--interface", "lo", "--area", "371002", "--force")
        assert '"371002"' in city.read("one") and city.read("one") != kept[0]
        assert city.read("one", "pseudonym.key") == kept[1]
        given = city.chain.write_secret("given.key", "5a" * 32)
        done = city.set_up("one", "--interface", "lo", "--pseudonym-key", city.chain.path("given.key"))
        assert done.returncode == 1 and "pseudonym.key" in done.stderr, (done, given)


def a_broker_that_is_not_there_fails_with_what_to_do_and_the_settings_stay():
    with City() as city:
        done = city.set_up("one", "--interface", "lo")
        assert done.returncode == 1 and "connection-refused" in done.stdout, done
        assert "mend what fails" in done.stdout and os.path.exists(city.config("one"))
        for secret in (city.read("one", "pseudonym.key").strip(), "PRIVATE KEY"):
            assert secret not in done.stdout + done.stderr


def without_its_bundle_or_with_a_spoilt_one_nothing_is_written():
    with City() as city:
        for part in ("probe.key", "ca.pem", "probe.cfg"):
            os.rename(city.chain.bundle("one", part), city.chain.bundle("one", part) + ".away")
            done = city.set_up("one", "--interface", "lo")
            assert done.returncode == 1 and "lastmile enrol" in done.stderr, done
            os.rename(city.chain.bundle("one", part) + ".away", city.chain.bundle("one", part))
        shutil.copy(city.chain.bundle("one", "probe.cfg"), city.chain.path("good.cfg"))
        with open(city.chain.bundle("one", "probe.cfg"), "a", encoding="utf-8") as cfg:
            cfg.write('interval = 1;\n')
        done = city.set_up("one", "--interface", "lo")
        assert done.returncode == 1 and "unknown key" in done.stderr, done
        shutil.copy(city.chain.path("good.cfg"), city.chain.bundle("one", "probe.cfg"))
        for wrong in (("--interface", "nowhere0"), ("--collector", "a\"b"), ("--collector", "x:0")):
            done = city.set_up("one", "--interface", "lo", *wrong)
            assert done.returncode in (1, 2) and done.stderr.count("\n") == 1, done
        assert not os.path.exists(city.config("one"))


def on_a_terminal_the_interface_is_asked_for():
    with City() as city:
        near, far = pty.openpty()
        with subprocess.Popen(city.words("one"), stdin=far, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as asked:
            os.write(near, b"nowhere0\nlo\n")
            _, said = asked.communicate(timeout=120)
        os.close(near)
        os.close(far)
        assert said.count("Which is to be captured?") == 2 and "'nowhere0'" in said, said
        assert 'interface = "lo"' in city.read("one")


if __name__ == "__main__":
    run([a_probe_that_was_set_up_has_its_report_stored,
         an_identity_that_is_not_whole_is_named_before_a_broker_is_asked,
         what_is_there_is_replaced_on_request_alone_and_the_key_of_pseudonyms_never,
         a_broker_that_is_not_there_fails_with_what_to_do_and_the_settings_stay,
         without_its_bundle_or_with_a_spoilt_one_nothing_is_written,
         on_a_terminal_the_interface_is_asked_for])
