#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lastmile demo: ends by itself, judges every target, and follows its inputs."""
import datetime
import json
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                                "support"))
from chain import SOURCE, program  # noqa: E402
from tap import run  # noqa: E402

VERDICTS = {"MET", "NOT_MET", "INSUFFICIENT_EVIDENCE", "NOT_SET"}
CITY = "371000"


# Indexes, what no report carries, and what the demo's inputs do not show.
WITHOUT_VALUE = ("broadband-china-pilot", "cloud-monitoring-survey", "triple-play",
                 "free-basic-internet")


def demo(folder, env=None):
    """Runs the demo once; returns what it printed and the figures of its export."""
    done = subprocess.run([program("bin", "lastmile"), "demo", "--once", "--keep", folder],
                          capture_output=True, text=True, check=False, timeout=400,
                          env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stdout + done.stderr
    year = str(datetime.date.today().year)
    export = subprocess.run([program("bin", "lastmile"), "--config",
                             os.path.join(folder, "collector.cfg"), "export", "--year", year,
                             "--format", "json", "--all-targets"],
                            capture_output=True, text=True, check=True)
    return done.stdout, json.loads(export.stdout)["figures"]


def city_value(figures, indicator):
    return next(f["value"] for f in figures
                if f["indicator"] == indicator and f["area"] == CITY and not f["operator"])


def demo_once_judges_every_target_of_the_plan():
    with tempfile.TemporaryDirectory(prefix="lastmile-demo-") as folder:
        printed, figures = demo(folder)
        city = [f for f in figures
                if f["area"] == CITY and not f["operator"] and not f["alternative"]]
        indicators = {f["indicator"] for f in city}
        assert len(indicators) >= 41, sorted(indicators)
        for figure in city:
            assert figure["value"] is not None or figure["indicator"] in WITHOUT_VALUE, figure
            assert not (figure["target"] and figure["value"] is None), figure["indicator"]
            assert figure["verdict"] in VERDICTS, figure
            assert figure["indicator"] in printed, figure["indicator"]
        assert any(f["verdict"] == "NOT_SET" and f["indicator"] == "access-capability-urban"
                   and f["target"]["date"] == "2020-12-31" for f in city)
        assert os.path.exists(os.path.join(folder, "collector.cfg"))


def a_changed_recording_and_a_changed_capture_change_the_figures():
    with tempfile.TemporaryDirectory(prefix="lastmile-demo-") as folder:
        _, before = demo(os.path.join(folder, "before"))
        _, after = demo(os.path.join(folder, "after"),
                        {"LASTMILE_DEMO_VARIANT": os.path.join(SOURCE, "tests", "demo",
                                                               "variant.json")})
        for indicator in ("ftth-share", "wlan-hotspots", "fixed-broadband-penetration",
                          "egress-bandwidth"):
            assert city_value(before, indicator) != city_value(after, indicator), indicator


def running_with(word):
    """Processes whose command line holds a word."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if word.encode() in line.read() and int(pid) != os.getpid():
                    found.append(pid)
        except OSError:
            pass  # it has ended meanwhile
    return found


def ctrl_c_ends_the_demo_cleanly_and_leaves_nothing_running():
    with tempfile.TemporaryDirectory(prefix="lastmile-demo-") as folder:
        demo_process = subprocess.Popen(
            [program("bin", "lastmile"), "demo", "--keep", folder], stdout=subprocess.PIPE,
            text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
        for line in demo_process.stdout:
            if line.startswith("Ctrl-C"):
                break
        assert len(running_with(folder)) >= 5
        demo_process.send_signal(signal.SIGINT)
        rest = demo_process.stdout.read()
        assert demo_process.wait(timeout=120) == 0 and "stopping" in rest, rest
        assert not running_with(folder), running_with(folder)


if __name__ == "__main__":
    run([demo_once_judges_every_target_of_the_plan,
         ctrl_c_ends_the_demo_cleanly_and_leaves_nothing_running,
         a_changed_recording_and_a_changed_capture_change_the_figures])
