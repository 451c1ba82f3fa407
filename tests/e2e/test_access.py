#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may see what, asked of a real collector through its socket. No broker: the pages need none."""
import http.client
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ.get("LASTMILE_SOURCE", "."), "tests", "support"))
import chain as chains  # noqa: E402
import tap  # noqa: E402

PASSWORD = "four words 光纤到户"
ACCOUNTS = {"clerk": ("public", None), "engineer": ("operator", "cu"), "wang": ("commission", None),
            "root": ("admin", None)}

# Status without an account where the public is let in, then by the accounts above in their order.
ROUTES = {
    "/": (200, 200, 200, 200, 200),
    "/plain": (200, 200, 200, 200, 200),
    "/method": (200, 200, 200, 200, 200),
    "/healthz": (200, 200, 200, 200, 200),
    "/openapi.json": (200, 200, 200, 200, 200),
    "/api/v1/figures": (200, 200, 200, 200, 200),
    "/api/v1/export?format=csv": (200, 200, 200, 200, 200),
    "/api/v1/plan": (200, 200, 200, 200, 200),
    "/api/v1/indicators": (200, 200, 200, 200, 200),
    "/api/v1/areas": (200, 200, 200, 200, 200),
    "/api/v1/operators": (200, 200, 200, 200, 200),
    "/api/v1/trends": (200, 200, 200, 200, 200),
    "/api/v1/nodes": (401, 403, 200, 200, 200),
    "/api/v1/series": (401, 403, 200, 200, 200),
    "/api/v1/series/1/graph": (401, 403, 404, 404, 404),
    "/api/v1/probes": (401, 403, 200, 200, 200),
    "/api/v1/completeness": (401, 403, 200, 200, 200),
    "/api/v1/alerts": (401, 403, 200, 200, 200),
    "/api/v1/quarantine": (401, 403, 403, 403, 200),
    "/metrics": (401, 403, 403, 403, 200),
    "/nothing/here": (401, 403, 403, 403, 404),
}
LOGIN = 'access = "login"; public_access = true;'


def user(chain, *words, text=PASSWORD):
    done = subprocess.run([chains.program("bin", "lastmile"), "--config",
                           chain.path("collector.cfg"), "user", *words], input=text,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.strip()


def ask(chain, path, method="GET", body=None, **headers):
    """(status, headers, body) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", chain.http_port, timeout=20)
    connection.request(method, path, body, {name.replace("_", "-"): value
                                            for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read().decode()
    connection.close()
    return found


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class City:
    """A collector that asks for accounts, and a token of each."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-access-")
        self.chain = chains.Chain(self.folder.name)
        self.chain.write_collector_cfg(http=LOGIN)
        self.tokens = {}
        for name, (role, operator) in ACCOUNTS.items():
            user(self.chain, "add", name, "--role", role,
                 *(["--operator", operator] if operator else []))
            self.tokens[name] = user(self.chain, "token", name)
        self.chain.start_collector()

    def stop(self):
        self.chain.stop_all()
        self.folder.cleanup()


def each_role_gets_its_routes_and_no_other():
    for path, expected in ROUTES.items():
        got = [ask(CITY.chain, path)[0]]
        got += [ask(CITY.chain, path, **bearer(CITY.tokens[name]))[0] for name in ACCOUNTS]
        assert tuple(got) == expected, f"{path}: {got}, not {expected}"


def who_is_refused_is_told_how_to_come_in():
    status, headers, body = ask(CITY.chain, "/api/v1/nodes")
    assert status == 401 and headers["WWW-Authenticate"].startswith("Bearer"), headers
    assert headers["Content-Type"] == "application/problem+json" and "token" in body, body
    assert "private" in headers["Cache-Control"]
    assert "Authorization" in headers["Vary"] and "Cookie" in headers["Vary"]


def a_token_that_is_taken_back_is_refused_at_once():
    token = user(CITY.chain, "token", "wang")
    assert ask(CITY.chain, "/api/v1/nodes", **bearer(token))[0] == 200
    kept = [each["id"] for account in json.loads(user(CITY.chain, "list", "--json"))["accounts"]
            if account["name"] == "wang" for each in account["tokens"]]
    assert len(kept) == 2
    for each in kept:
        user(CITY.chain, "revoke", "wang", "--token", each)
    assert ask(CITY.chain, "/api/v1/figures", **bearer(token))[0] == 401
    assert ask(CITY.chain, "/api/v1/figures", **bearer(CITY.tokens["wang"]))[0] == 401
    CITY.tokens["wang"] = user(CITY.chain, "token", "wang")


def a_collector_for_others_wants_a_proxy_and_accounts():
    with tempfile.TemporaryDirectory(prefix="lastmile-access-") as folder:
        chain = chains.Chain(folder)
        path = chain.write_collector_cfg(http='access = "login"; proxies = "192.0.2.1";')
        with open(path, encoding="utf-8") as file:
            text = file.read()
        for change, words in ((("192.0.2.1", ""), "without TLS"), (("login", "open"), "everything"),
                              (("", ""), "nobody could log in")):
            chain.write("collector.cfg", text.replace('http = { address = "127.0.0.1"',
                                                      'http = { address = "0.0.0.0"')
                        .replace(*change))
            done = subprocess.run([chains.program("bin", "lastmile-collector"), "run", "--config",
                                   path], capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode != 0 and words in done.stderr, f"{words}: {done.stderr}"


CITY = City()
try:
    tap.run([
        each_role_gets_its_routes_and_no_other,
        who_is_refused_is_told_how_to_come_in,
        a_token_that_is_taken_back_is_refused_at_once,
        a_collector_for_others_wants_a_proxy_and_accounts,
    ])
finally:
    CITY.stop()
