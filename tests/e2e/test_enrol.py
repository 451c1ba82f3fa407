#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Identities and the hardened broker: who may come in, what each may say, and how that ends."""
import os
import re
import shutil
import socket
import sqlite3
import ssl
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import wait_for, which  # noqa: E402
from secured_chain import SecuredChain  # noqa: E402
from tap import Skip, run  # noqa: E402

BODY = """sources = ( { name = "tap"; file = "../../packets/a.pcap"; repeat = true; } );
access_nodes = ( { name = "olt"; area = "371002"; settlement = "urban";
  residence = "residential"; technology = "gpon"; } );"""


class Running:
    """Broker, collector, and two probes on the roll: cu/one (which runs, if wanted) and cm/other."""

    def __init__(self, start_probe=True):
        self.start_probe = start_probe

    def __enter__(self):
        if which("mosquitto_pub") is None:
            raise Skip("mosquitto_pub is not installed")
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-e2e-")
        self.chain = chain = SecuredChain(self.folder.name)
        chain.init_authority()
        chain.add_probe("cu", "one")
        chain.add_probe("cm", "other")
        chain.make_capture("a.pcap", "pppoe-qinq", 6, seconds=4, seed=1)
        chain.start_all()
        if self.start_probe:
            chain.install_probe("one", BODY)
            chain.start_probe("one")
            wait_for("reports", lambda: reports(chain, "one"))
        return chain

    def __exit__(self, *_):
        self.chain.stop_all()
        self.folder.cleanup()


def reports(chain, name):
    text = chain.get("/metrics") or ""
    found = re.search(rf'^lastmile_probe_reports_total\{{[^}}]*probe="{name}"\}} (\d+)', text, re.M)
    return int(found.group(1)) if found else 0


def reports_of_restarted_collector(chain, name):
    """With nothing on its way any more: a collector that ends stores what it has taken."""
    chain.stop("collector")
    chain.start_collector()
    chain.wait_until_connected()
    return reports(chain, name)


def quarantined(chain, fault="[^\"]*"):
    text = chain.get("/metrics") or ""
    found = re.findall(rf'^lastmile_reports_quarantined_total\{{fault="{fault}"\}} (\d+)', text, re.M)
    return sum(int(count) for count in found)


def goes_on(chain, name):
    before = reports(chain, name)
    wait_for(f"further reports of {name}", lambda: reports(chain, name) > before)


def publish(chain, name, topic, payload="x", **more):
    return chain.client("mosquitto_pub", name, "-q", "1", "-t", topic, "-m", payload, **more)


def refused_by_reason_135(done):
    return "ot authori" in done.stderr


def an_enrolled_probe_reports_with_its_certificate_or_its_password():
    with Running() as chain:
        goes_on(chain, "one")
        chain.add_probe("ct", "third", "--password")
        chain.reload_broker()
        chain.install_probe("third", BODY)
        chain.start_probe("third")
        wait_for("reports", lambda: reports(chain, "third"))
        log = chain.log_of("broker")
        assert "as cu/one " in log and "as ct/third " in log, log
        goes_on(chain, "one")


def foreign_topics_are_refused_with_reason_135():
    with Running(start_probe=False) as chain:
        own = chain.topic("other", "report")
        assert publish(chain, "other", own).returncode == 0
        for topic in (chain.topic("one", "report"), chain.topic("one", "backlog"),
                      chain.topic("one", "state"), chain.topic("one", "receipt"),
                      chain.topic("other", "receipt"), own + "/more", own[:-7],
                      own.replace("/cm/", "/cu/"), own.replace("lastmile/1", "lastmile/2"),
                      re.sub(r"/\d+/", "/63/", own), "a", "/", "$SYS/broker/uptime",
                      "$CONTROL/dynamic-security/v1"):
            done = publish(chain, "other", topic)
            # mosquitto takes what is sent to $SYS and drops it: nobody can subscribe to it there
            assert refused_by_reason_135(done) or topic.startswith("$"), (topic, done)
        alert = "lastmile/1/alert/cm/other/probe-silent"
        assert refused_by_reason_135(publish(chain, "other", alert))
        assert not refused_by_reason_135(publish(chain, "collector", alert))
        wait_for("quarantine of the one that came", lambda: quarantined(chain))
        assert reports(chain, "one") == 0 and quarantined(chain) == 1


def a_probe_under_anothers_name_is_refused_and_says_so():
    with Running(start_probe=False) as chain:
        chain.install_probe("one", BODY)
        for part in ("probe.pem", "probe.key"):  # a thief's own certificate, the other's name
            shutil.copy(chain.bundle("other", part), chain.path("probes", "one", part))
        chain.start_probe("one")
        wait_for("the line", lambda: "not-authorised" in chain.log_of("probe-one"))
        assert reports(chain, "one") == 0 and reports(chain, "other") == 0


def a_report_that_names_another_probe_than_its_topic_is_quarantined():
    with Running() as chain:
        chain.stop("probe-one")
        path = chain.path("stolen.cbor")
        with sqlite3.connect(f"file:{chain.path('data', 'registry.db')}?mode=ro", uri=True) as base:
            payload = base.execute("SELECT bytes FROM payload LIMIT 1").fetchone()[0]
        with open(path, "wb") as out:
            out.write(payload)
        done = chain.client("mosquitto_pub", "other", "-q", "1", "-t",
                            chain.topic("other", "report"), "-f", path)
        assert done.returncode == 0, done
        wait_for("quarantine", lambda: quarantined(chain, "wrong-identity") == 1)
        assert reports(chain, "other") == 0


def without_a_good_certificate_nobody_comes_in():
    with Running(start_probe=False) as chain:
        own = chain.topic("other", "report")
        assert publish(chain, None, own).returncode != 0  # none
        with tempfile.TemporaryDirectory(prefix="lastmile-e2e-") as elsewhere:
            foreign = SecuredChain(elsewhere)  # the same names of another authority
            foreign.init_authority()
            foreign.add_probe("cm", "other")
            shutil.copy(chain.path("enrol", "ca.pem"), foreign.path("enrol", "ca.pem"))
            assert publish(foreign, "other", own, port=chain.broker_port).returncode != 0
        kept = chain.bundle("other", "probe.pem"), chain.bundle("other", "probe.key")
        chain.add_probe("cm", "old", "--from", "2020-01-01", "--days", "1")  # over
        chain.add_probe("cm", "young", "--from", "2040-01-01", "--days", "1")  # not yet
        chain.reload_broker()
        for name in ("old", "young"):
            assert publish(chain, name, chain.topic(name, "report")).returncode != 0, name
        for path, part in zip(kept, ("server.pem", "server.key")):  # one made for a server
            shutil.copy(path, path + ".kept")
            shutil.copy(chain.path("enrol", "broker", part), path)
        assert publish(chain, "other", own).returncode != 0
        for path in kept:
            shutil.move(path + ".kept", path)
        assert publish(chain, "other", own).returncode == 0
        assert publish(chain, "other", own, port=chain.password_port).returncode != 0  # no password


def handshake(chain, version):
    """The version that the broker agrees to, from a client that offers one alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")  # else this client would not even offer it
    context.load_verify_locations(chain.path("enrol", "ca.pem"))
    context.load_cert_chain(chain.bundle("other", "probe.pem"), chain.bundle("other", "probe.key"))
    context.minimum_version = context.maximum_version = version
    with socket.create_connection(("127.0.0.1", chain.broker_port), 5) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            return secured.version()


def tls_before_1_2_is_refused():
    with Running(start_probe=False) as chain:
        assert handshake(chain, ssl.TLSVersion.TLSv1_3) == "TLSv1.3"
        assert handshake(chain, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        try:
            version = handshake(chain, ssl.TLSVersion.TLSv1_1)
        except (ssl.SSLError, OSError):
            version = None
        assert version is None, version


def a_revoked_probe_loses_its_rights_at_once_and_cannot_come_back():
    with Running() as chain:
        assert publish(chain, "other", chain.topic("other", "report")).returncode == 0
        shutil.copytree(chain.bundle("one"), chain.path("thief"))
        assert chain.enrol("--revoke", "--operator", "cu", "--probe", "one")["result"] == 1
        assert not os.path.exists(chain.bundle("one", "probe.key"))
        chain.reload_broker()
        wait_for("the connected probe's refusal",
                 lambda: "not-authorised" in chain.log_of("probe-one"))
        chain.stop("probe-one")
        stored = reports_of_restarted_collector(chain, "one")
        shutil.copytree(chain.path("thief"), chain.bundle("one"), dirs_exist_ok=True)
        assert publish(chain, "one", chain.topic("one", "report")).returncode != 0
        wait_for("the broker to say why", lambda: "certificate verify failed" in chain.log_of("broker"))
        assert publish(chain, "other", chain.topic("other", "report")).returncode == 0
        assert reports(chain, "one") == stored
        chain.add_probe("cu", "one")  # a new identity of the same name is a good one
        chain.reload_broker()
        chain.install_probe("one", BODY)
        chain.start_probe("one")
        wait_for("reports", lambda: reports(chain, "one") > stored)


def a_probe_reads_its_own_receipts_and_nobody_elses():
    with Running() as chain:
        goes_on(chain, "one")
        for name, expected in (("one", [chain.topic("one", "receipt")]), ("other", [])):
            done = chain.client("mosquitto_sub", name, "-i", "x", "-W", "2", "-F", "%t", "-q", "1",
                                "-t", chain.topic("one", "receipt"), "-t", "lastmile/#", "-t", "#",
                                "-t", chain.topic("one", "report"), "-t", chain.topic("one", "state"))
            assert sorted(set(done.stdout.split())) == expected, (name, done)


def nobody_throws_another_out_by_taking_its_client_id():
    with Running() as chain:
        for client_id in ("cu/one", "one"):
            done = publish(chain, "other", chain.topic("other", "report"), port=chain.broker_port)
            assert done.returncode == 0
            done = chain.client("mosquitto_pub", "other", "-i", client_id, "-q", "1", "-t",
                                chain.topic("other", "report"), "-m", "x")
            assert done.returncode == 0, done
        goes_on(chain, "one")
        assert "disconnected" not in chain.log_of("probe-one"), chain.log_of("probe-one")


def carry(chain, name):
    """What a person would copy to the probe's machine."""
    for part in ("probe.key", "probe.pem"):
        shutil.copy(chain.bundle(name, part), chain.path("probes", name, part))


def a_running_probe_comes_back_with_a_renewed_certificate_at_once():
    with Running(start_probe=False) as chain:
        chain.install_probe("one", BODY, reconnect_ms=(120000, 300000))  # by waiting: minutes
        chain.start_probe("one")
        wait_for("reports", lambda: reports(chain, "one"))
        process = chain.processes["probe-one"]
        chain.enrol("--renew", "--operator", "cu", "--probe", "one", "--from", "2020-01-01",
                    "--days", "1")  # the years go by
        chain.stop("broker")
        chain.start_broker()
        carry(chain, "one")
        wait_for("the named fault", lambda: "certificate-refused" in chain.log_of("probe-one"))
        stored = reports(chain, "one")
        renewed = chain.enrol("--renew", "--operator", "cu", "--probe", "one")
        assert [e["state"] for e in renewed["entries"]] == ["superseded", "expired", "valid"], renewed
        carry(chain, "one")
        wait_for("reports", lambda: reports(chain, "one") > stored + 1)
        assert process.poll() is None and chain.processes["probe-one"] is process


def what_ends_soon_is_renewed_all_at_once():
    with Running(start_probe=False) as chain:
        assert chain.enrol("--renew")["result"] == 0
        chain.add_probe("ct", "short", "--days", "10")
        chain.add_probe("ct", "secret", "--password")
        assert chain.enrol("--renew")["result"] == 1
        assert chain.enrol("--renew")["result"] == 0
        chain.reload_broker()
        assert publish(chain, "short", chain.topic("short", "report")).returncode == 0


if __name__ == "__main__":
    run([an_enrolled_probe_reports_with_its_certificate_or_its_password,
         foreign_topics_are_refused_with_reason_135,
         a_probe_under_anothers_name_is_refused_and_says_so,
         a_report_that_names_another_probe_than_its_topic_is_quarantined,
         without_a_good_certificate_nobody_comes_in,
         tls_before_1_2_is_refused,
         a_revoked_probe_loses_its_rights_at_once_and_cannot_come_back,
         a_probe_reads_its_own_receipts_and_nobody_elses,
         nobody_throws_another_out_by_taking_its_client_id,
         a_running_probe_comes_back_with_a_renewed_certificate_at_once,
         what_ends_soon_is_renewed_all_at_once])
