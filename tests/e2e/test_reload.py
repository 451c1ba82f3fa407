#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""SIGHUP: the probe goes on with the settings of its file as it is now, and no interval is lost."""
import os
import resource
import signal
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from chain import Chain, wait_for  # noqa: E402
from tap import Skip, run  # noqa: E402

SOURCE = 'sources = ( { name = "lo"; interface = "lo"; } );'


class Running:
    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-e2e-")
        self.chain = chain = Chain(self.folder.name)
        chain.add_probe("cu", "one")
        chain.start_broker()
        chain.write_collector_cfg()
        chain.start_collector()
        chain.write_probe_cfg("one", 1000, SOURCE)
        chain.start_probe("one")
        wait_for("reports", lambda: len(self.reports()) > 2, seconds=60)
        return self

    def __exit__(self, *_):
        self.chain.stop_all()
        self.folder.cleanup()

    def reports(self):
        """(boot, sequence, schedule or length in ms), in the order of arrival."""
        path = self.chain.path("data", "registry.db")
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as base:
            return base.execute("SELECT boot_id, sequence, start_ns, interval_ms FROM report "
                                "ORDER BY boot_id, sequence").fetchall()

    def hang_up(self):
        self.chain.processes["probe-one"].send_signal(signal.SIGHUP)

    def boots(self):
        return sorted({row[0] for row in self.reports()})


def each_boot_has_every_sequence(rows):
    for boot in {row[0] for row in rows}:
        sequences = [row[1] for row in rows if row[0] == boot]
        assert sequences == list(range(1, len(sequences) + 1)), rows


def new_settings_hold_from_then_on_and_every_interval_is_there():
    with Running() as running:
        running.chain.write_probe_cfg("one", 2000, SOURCE)
        running.hang_up()
        wait_for("reports of the new settings", lambda: len(running.boots()) == 2 and
                 sum(row[0] == running.boots()[1] for row in running.reports()) >= 3, seconds=60)
        rows = running.reports()
        each_boot_has_every_sequence(rows)
        first, second = running.boots()
        assert max(row[3] for row in rows if row[0] == second) >= 1900, rows
        last = max((row for row in rows if row[0] == first), key=lambda row: row[1])
        begun = min(row[2] for row in rows if row[0] == second)
        assert begun - (last[2] + last[3] * 10**6) < 5 * 10**9, rows  # and nearly no time between
        assert "read again" in running.chain.log_of("probe-one")


def settings_that_cannot_be_used_are_said_and_the_old_ones_stay():
    with Running() as running:
        with open(running.chain.path("probes", "one.cfg"), "a", encoding="utf-8") as cfg:
            cfg.write("intervall_ms = 5;\n")
        running.hang_up()
        wait_for("the line", lambda: "stay as they were" in running.chain.log_of("probe-one"))
        assert "one.cfg:" in running.chain.log_of("probe-one")
        wait_for("further reports", lambda: len(running.boots()) == 2, seconds=60)
        each_boot_has_every_sequence(running.reports())


def vm_size(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def settings_that_do_not_start_or_ask_for_a_right_given_up_leave_the_old_ones():
    """What only a try can tell, a table that there is no memory for; and a right that is gone."""
    if os.environ.get("LASTMILE_SANITIZED") == "1":
        raise Skip("built with a sanitizer, which wants all memory, and is not confined")
    with Running() as running:
        chain = running.chain
        with open(chain.path("probes", "one.cfg"), encoding="utf-8") as cfg:
            good = cfg.read()
        room = vm_size(chain.processes["probe-one"].pid) + (1 << 30)
        resource.prlimit(chain.processes["probe-one"].pid, resource.RLIMIT_AS, (room, room))
        for more, said in (('connections = { name = "nat"; };', "restart the probe"),
                           ("flow = { memory_bytes = 4000000000L; };", "back to the old ones")):
            chain.write("probes/one.cfg", good + more)
            boots = len(running.boots())
            running.hang_up()
            wait_for("the line", lambda s=said: s in chain.log_of("probe-one"))
            wait_for("further reports", lambda b=boots: len(running.boots()) > b, seconds=60)
        chain.check_alive()


def a_stop_beside_a_reload_is_a_stop():
    with Running() as running:
        process = running.chain.processes["probe-one"]
        running.hang_up()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        each_boot_has_every_sequence(running.reports())


if __name__ == "__main__":
    run([new_settings_hold_from_then_on_and_every_interval_is_there,
         settings_that_cannot_be_used_are_said_and_the_old_ones_stay,
         settings_that_do_not_start_or_ask_for_a_right_given_up_leave_the_old_ones,
         a_stop_beside_a_reload_is_a_stop])
