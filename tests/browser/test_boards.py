#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The boards for Grafana ask for nothing that the collector does not serve.   test_boards.py SERVE_PAGE"""
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

ROOT = pathlib.Path(os.environ.get("LASTMILE_SOURCE", "."))
sys.path.insert(0, str(ROOT))
from tests.support import tap  # noqa: E402

BOARDS = ("fleet", "bandwidth", "indicators")
WORDS = {"time", "count", "sum", "max", "by", "or", "vector", "rate", "increase"}


def served():
    """{metric: its labels}, from the fake site."""
    server = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().strip()
        with urllib.request.urlopen(url + "metrics", timeout=20) as answer:
            text = answer.read().decode()
    finally:
        server.stdin.close()
        server.wait(20)
    found = {}
    for line in text.splitlines():
        sample = re.match(r"([a-z_]\w*)(?:\{(.*)\})? ", line)
        if sample and not line.startswith("#"):
            found.setdefault(sample[1], set()).update(re.findall(r"(\w+)=\"", sample[2] or ""))
    return found


METRICS = served()


def boards():
    for name in BOARDS:
        yield name, json.loads((ROOT / "dashboards/grafana" / f"{name}.json").read_text("utf-8"))


def expressions():
    for name, board in boards():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield name, target["expr"], target["legendFormat"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield name, re.sub(r"label_values\((\w+), (\w+)\)", r'\1{\2=""}', variable["definition"]), ""


def names_in(expression):
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)", " ", expression)
    return set(re.findall(r"[a-z_]\w*", bare)) - WORDS


def every_metric_that_a_board_names_is_served():
    for name, expression, _ in expressions():
        assert names_in(expression), expression
        unknown = names_in(expression) - METRICS.keys()
        assert not unknown, f"{name}: {unknown} in {expression}"


def every_label_that_a_board_names_is_there():
    for name, expression, legend in expressions():
        labels = set().union(*(METRICS[metric] for metric in names_in(expression)))
        asked = set(re.findall(r"(\w+)=~?\"", expression)) | set(re.findall(r"\{\{(\w+)\}\}", legend))
        for group in re.findall(r"by \(([^)]*)\)", expression):
            asked |= {label.strip() for label in group.split(",")}
        assert asked <= labels, f"{name}: {asked - labels} in {expression}"


def a_board_has_an_id_of_its_own_and_panels_that_do_not_overlap():
    assert len({board["uid"] for _, board in boards()}) == len(BOARDS)
    for name, board in boards():
        places = [panel["gridPos"] for panel in board["panels"]]
        assert len({panel["id"] for panel in board["panels"]}) == len(places), name
        cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
        assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24, name


def boards_name_no_host():
    for name, _ in boards():
        assert "://" not in (ROOT / "dashboards/grafana" / f"{name}.json").read_text("utf-8"), name


tap.run([every_metric_that_a_board_names_is_served, every_label_that_a_board_names_is_there,
         a_board_has_an_id_of_its_own_and_panels_that_do_not_overlap, boards_name_no_host])
