#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The API of a real collector through its socket: files of a year, codings, pages, problems. No broker."""
import gzip
import http.client
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("LASTMILE_SOURCE", "."), "tests", "support"))
import chain as chains  # noqa: E402
import tap  # noqa: E402

YEAR = 2017


def ask(path, **headers):
    """(status, headers, body) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", CHAIN.http_port, timeout=60)
    connection.request("GET", path, headers={name.replace("_", "-"): value
                                             for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read()
    connection.close()
    return found


def lastmile(*words):
    return subprocess.run([chains.program("bin", "lastmile"), *words,
                           *([] if words[0] == "verify" else ["--config", CHAIN.path("collector.cfg")])],
                          capture_output=True, check=True).stdout


def exports_are_the_bytes_of_the_command_line():
    for form in ("csv", "json"):
        status, headers, body = ask(f"/api/v1/export?year={YEAR}&format={form}")
        assert status == 200, body
        assert headers["Content-Disposition"] == f'attachment; filename="lastmile-{YEAR}.{form}"'
        assert int(headers["Content-Length"]) == len(body)
        assert body == lastmile("export", "--year", str(YEAR), "--format", form)
    status, headers, body = ask(f"/api/v1/export?year={YEAR}&format=xlsx")
    assert status == 200 and body[:2] == b"PK", body[:200]


def a_package_over_http_verifies():
    status, headers, body = ask(f"/api/v1/export?year={YEAR}", Accept="application/gzip")
    assert status == 200 and headers["Content-Type"] == "application/gzip", body[:200]
    with tempfile.TemporaryDirectory(prefix="lastmile-api-") as folder:
        subprocess.run(["tar", "-xzf", "-", "-C", folder], input=body, check=True)
        lastmile("verify", os.path.join(folder, f"lastmile-{YEAR}"))


def an_answer_in_gzip_is_the_same_and_has_a_tag_of_its_own():
    _, plain, body = ask("/api/v1/indicators")
    _, coded, packed = ask("/api/v1/indicators", Accept_Encoding="gzip")
    assert coded["Content-Encoding"] == "gzip" and gzip.decompress(packed) == body
    assert "Accept-Encoding" in coded["Vary"] and coded["ETag"] != plain["ETag"]
    status, _, nothing = ask("/api/v1/indicators", Accept_Encoding="gzip",
                             If_None_Match=coded["ETag"])
    assert status == 304 and nothing == b""


def a_page_links_to_the_next_and_a_problem_names_its_address():
    status, headers, body = ask("/api/v1/areas?limit=2")
    assert status == 200 and len(json.loads(body)["areas"]) == 2
    following = headers["Link"].split(">")[0].lstrip("<")
    assert len(json.loads(ask(following)[2])["areas"]) == 2
    status, headers, body = ask("/api/v1/areas", Accept="image/webp")
    assert status == 406 and headers["Content-Type"] == "application/problem+json"
    assert json.loads(body)["instance"] == "/api/v1/areas"


FOLDER = tempfile.TemporaryDirectory(prefix="lastmile-api-")
CHAIN = chains.Chain(FOLDER.name)
try:
    CHAIN.write_collector_cfg()
    CHAIN.start_collector()
    tap.run([
        exports_are_the_bytes_of_the_command_line,
        a_package_over_http_verifies,
        an_answer_in_gzip_is_the_same_and_has_a_tag_of_its_own,
        a_page_links_to_the_next_and_a_problem_names_its_address,
    ])
finally:
    CHAIN.stop_all()
    FOLDER.cleanup()
