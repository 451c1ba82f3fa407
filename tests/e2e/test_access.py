#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may see what, asked of a real collector through its socket. No broker: the pages need none."""
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import warnings

sys.path.insert(0, os.path.join(os.environ.get("LASTMILE_SOURCE", "."), "tests", "support"))
import chain as chains  # noqa: E402
import tap  # noqa: E402

PASSWORD = "four words 光纤到户"
ACCOUNTS = {"clerk": ("public", None), "engineer": ("operator", "cu"), "wang": ("commission", None),
            "root": ("admin", None), "prometheus": ("metrics", None)}

# Status without an account where the public is let in, then by the accounts above in their order.
ROUTES = {
    "/": (200, 200, 200, 200, 200, 403),
    "/plain": (200, 200, 200, 200, 200, 403),
    "/method": (200, 200, 200, 200, 200, 403),
    "/login": (200, 200, 200, 200, 200, 200),
    "/api/v1/viewer": (200, 200, 200, 200, 200, 200),
    "/healthz": (200, 200, 200, 200, 200, 200),
    "/openapi.json": (200, 200, 200, 200, 200, 200),
    "/api/v1/figures": (200, 200, 200, 200, 200, 403),
    "/api/v1/export?format=csv": (200, 200, 200, 200, 200, 403),
    "/api/v1/plan": (200, 200, 200, 200, 200, 403),
    "/api/v1/indicators": (200, 200, 200, 200, 200, 403),
    "/api/v1/areas": (200, 200, 200, 200, 200, 403),
    "/api/v1/operators": (200, 200, 200, 200, 200, 403),
    "/api/v1/trends": (200, 200, 200, 200, 200, 403),
    "/api/v1/nodes": (401, 403, 200, 200, 200, 403),
    "/api/v1/series": (401, 403, 200, 200, 200, 403),
    "/api/v1/series/1/graph": (401, 403, 404, 404, 404, 403),
    "/api/v1/probes": (401, 403, 200, 200, 200, 403),
    "/api/v1/completeness": (401, 403, 200, 200, 200, 403),
    "/api/v1/alerts": (401, 403, 200, 200, 200, 403),
    "/api/v1/quarantine": (401, 403, 403, 403, 200, 403),
    "/metrics": (401, 403, 403, 403, 200, 200),
    "/nothing/here": (401, 403, 403, 403, 404, 403),
}
LOGIN = 'access = "login"; public_access = true; proxies = "127.0.0.9";'


def user(chain, *words, text=PASSWORD):
    done = subprocess.run([chains.program("bin", "lastmile"), "--config",
                           chain.path("collector.cfg"), "user", *words], input=text,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}: {done.stderr}"
    return done.stdout.strip()


def ask_by(connection, path, method="GET", body=None, headers=None):
    connection.request(method, path, body, headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.headers, answer.read().decode()
    connection.close()
    return found


def ask(chain, path, method="GET", body=None, host=1, **headers):
    """(status, headers, body) of one request on a connection of its own, from 127.0.0.HOST."""
    connection = http.client.HTTPConnection("127.0.0.1", chain.http_port, timeout=60,
                                            source_address=(f"127.0.0.{host}", 0))
    return ask_by(connection, path, method, body, {name.replace("_", "-"): value
                                                   for name, value in headers.items()})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


FORM = "application/x-www-form-urlencoded"


class Browser:
    """Keeps cookies, and sends the forms that it finds."""

    def __init__(self, chain, host=1):
        self.chain, self.host, self.cookies, self.fields = chain, host, {}, []

    def ask(self, path, method="GET", body=None, **headers):
        if self.cookies:
            headers["Cookie"] = "; ".join("=".join(pair) for pair in self.cookies.items())
        status, answer, text = ask(self.chain, path, method, body, self.host, **headers)
        self.fields = answer.get_all("Set-Cookie") or []
        for field in self.fields:
            name, _, value = field.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        return status, answer, text

    def post(self, path, fields, **headers):
        return self.ask(path, "POST", urllib.parse.urlencode(fields).encode(),
                        **{"Content-Type": FORM, **headers})

    def csrf(self, path="/login"):
        return re.search(r'name="csrf" value="([^"]+)"', self.ask(path)[2]).group(1)

    def log_in(self, name, password=PASSWORD, **headers):
        return self.post("/login", {"name": name, "password": password, "csrf": self.csrf()},
                         **headers)

    def viewer(self):
        return json.loads(self.ask("/api/v1/viewer")[2])


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


def a_package_with_its_inputs_is_not_for_the_public():
    path = "/api/v1/export?format=package"
    assert ask(CITY.chain, path)[0] == 403
    assert ask(CITY.chain, path, **bearer(CITY.tokens["engineer"]))[0] == 403


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


def the_login_page_needs_no_script_and_sets_a_cookie_that_no_script_reads():
    browser = Browser(CITY.chain, 2)
    status, headers, page = browser.ask("/login")
    assert status == 200 and "<script" not in page and headers["Cache-Control"] == "no-store"
    assert "密码" in page and "Password" in page
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    first = browser.fields[0].split("; ")
    assert first[0].startswith("lastmile-login="), first
    assert sorted(first[1:]) == ["HttpOnly", "Path=/", "SameSite=Strict"], first
    status, headers, _ = browser.log_in("wang")
    assert status == 303 and headers["Location"] == "/", (status, headers)
    session = next(field for field in browser.fields if field.startswith("lastmile=")).split("; ")
    assert sorted(session[1:]) == ["HttpOnly", "Path=/", "SameSite=Strict"], session
    assert list(browser.cookies) == ["lastmile"], browser.cookies
    seen = browser.viewer()
    assert (seen["account"], seen["role"], seen["login"]) == ("wang", "commission", True), seen
    assert "wang" in browser.ask("/plain")[2] and browser.ask("/api/v1/nodes")[0] == 200


def behind_a_proxy_the_cookie_is_for_encrypted_ways_and_this_host_alone():
    browser = Browser(CITY.chain, 9)  # 127.0.0.9 is the proxy of the settings
    status, _, _ = browser.log_in("wang", X_Forwarded_For="198.51.100.7")
    assert status == 403, "a form that came without the proxy is not the one that comes by it"
    browser.cookies = {}
    page = browser.ask("/login", X_Forwarded_For="198.51.100.7")[2]
    csrf = re.search(r'name="csrf" value="([^"]+)"', page).group(1)
    status, _, _ = browser.post("/login", {"name": "wang", "password": PASSWORD, "csrf": csrf},
                                X_Forwarded_For="198.51.100.7")
    assert status == 303, status
    session = next(each for each in browser.fields if each.startswith("__Host-lastmile="))
    assert session.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure"), session


def a_form_that_is_not_ours_changes_nothing():
    browser = Browser(CITY.chain, 3)
    good = {"name": "wang", "password": PASSWORD, "csrf": browser.csrf()}
    for change, headers in (({"csrf": "x" * 43}, {}), ({"csrf": ""}, {}),
                            ({}, {"Sec-Fetch-Site": "cross-site"}),
                            ({}, {"Sec-Fetch-Site": "same-site"}),
                            ({}, {"Origin": "https://evil.example"}), ({}, {"Origin": "null"})):
        assert browser.post("/login", {**good, **change}, **headers)[0] == 403, (change, headers)
    stranger = Browser(CITY.chain, 3)
    assert stranger.post("/login", good)[0] == 403, "a form without its cookie"
    assert browser.post("/login", {**good, "name": "x" * 2000})[0] == 413
    assert browser.ask("/login", "POST", b"{}", **{"Content-Type": "application/json"})[0] == 400
    assert browser.post("/login", {"csrf": good["csrf"]})[0] == 400
    assert browser.post("/login", good, **{"Sec-Fetch-Site": "same-origin"})[0] == 303
    assert browser.post("/logout", {"csrf": good["csrf"]})[0] == 403, "a token of another cookie"
    assert browser.ask("/logout")[0] == 403 and browser.viewer()["account"] == "wang"
    for method in ("POST", "PUT", "DELETE"):
        assert browser.ask("/api/v1/figures", method)[0] == 405


def a_login_ends_by_its_button_and_by_every_change_of_the_account():
    browser = Browser(CITY.chain, 4)
    assert browser.log_in("engineer")[0] == 303
    stolen = dict(browser.cookies)
    assert browser.post("/logout", {"csrf": browser.viewer()["csrf"]})[0] == 303
    assert not browser.cookies
    browser.cookies = stolen
    assert browser.viewer()["account"] is None, "the session outlived its logout"
    for change, text in ((("passwd", "engineer"), PASSWORD + "2"), (("revoke", "engineer"), ""),
                         (("role", "engineer", "--role", "public"), "")):
        browser.cookies = {}
        assert browser.log_in("engineer", PASSWORD if change[0] == "passwd" else PASSWORD + "2")[0] \
            == 303
        assert browser.viewer()["account"] == "engineer"
        user(CITY.chain, *change, text=text)
        assert browser.viewer()["account"] is None, change


def who_guesses_is_slowed_down_by_account_and_by_client():
    guesser = Browser(CITY.chain, 5)
    csrf = guesser.csrf()
    answers = [guesser.post("/login", {"name": "root", "password": f"guess {i}", "csrf": csrf})
               for i in range(11)]
    assert [status for status, _, _ in answers] == [401] * 10 + [429], answers
    assert "账户或密码不对" in answers[0][2] and PASSWORD not in answers[0][2]
    assert 1 <= int(answers[10][1]["Retry-After"]) <= 31
    assert guesser.post("/login", {"name": "wang", "password": PASSWORD, "csrf": csrf})[0] == 429
    assert Browser(CITY.chain, 6).log_in("root")[0] == 429, "the account is guarded, too"
    assert Browser(CITY.chain, 6).log_in("wang")[0] == 303
    assert ask(CITY.chain, "/metrics", **bearer(CITY.tokens["root"]))[0] == 200, "a token still works"
    unknown = Browser(CITY.chain, 7).log_in("nobody-here", "some password")
    assert unknown[0] == 401 and unknown[2].count("<") == answers[0][2].count("<")


def many_logins_at_once_are_all_answered_and_only_some_are_hashed():
    found = []

    def log_in(host):
        found.append(Browser(CITY.chain, host).log_in("wang")[0])

    threads = [threading.Thread(target=log_in, args=(20 + i,)) for i in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 8 and set(found) <= {303, 429} and 303 in found, found


def the_audit_log_says_who_did_what_and_names_no_address():
    before = Browser(CITY.chain, 11)
    assert before.log_in("wang", "wrong password")[0] == 401 and before.log_in("wang")[0] == 303
    before.ask("/api/v1/nodes")
    before.ask("/metrics")
    before.ask("/nowhere/<script>")
    ask(CITY.chain, "/api/v1/probes", host=12)
    text = user(CITY.chain, "audit")
    lines = [json.loads(line) for line in text.splitlines()]
    seen = {(each["account"], each["method"], each["route"], each["outcome"]) for each in lines}
    for wanted in (("wang", "POST", "/login", "401"), ("wang", "POST", "/login", "303"),
                   ("wang", "GET", "/api/v1/nodes", "admitted"), ("wang", "GET", "/metrics", "403"),
                   ("wang", "GET", "?", "403"), (None, "GET", "/api/v1/probes", "401"),
                   ("wang", "user", "add", "done"), ("wang", "user", "token", "done")):
        assert wanted in seen, f"{wanted} is not in {sorted(map(str, seen))}"
    for secret in ("127.0.0.", PASSWORD, "wrong password", CITY.tokens["wang"], "script"):
        assert secret not in text, secret
    assert len({each["client"] for each in lines if each["client"]}) > 2
    path = [name for name in os.listdir(CITY.chain.path("data")) if name.startswith("audit-")]
    assert len(path) == 1 and os.stat(CITY.chain.path("data", path[0])).st_mode & 0o777 == 0o600


def make_certificate(chain):
    """A new key and its certificate, each put in its place at once."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", chain.path("new.key"),
                    "-out", chain.path("new.pem")], check=True, capture_output=True)
    for kind in ("key", "pem"):
        os.chmod(chain.path(f"new.{kind}"), 0o600)
        os.replace(chain.path(f"new.{kind}"), chain.path(f"tls.{kind}"))


def trusts(chain, context):
    """Whether a new connection shows the certificate that the context trusts."""
    try:
        with socket.create_connection(("127.0.0.1", chain.http_port), 20) as plain, \
                context.wrap_socket(plain, server_hostname="127.0.0.1"):
            return True
    except ssl.SSLCertVerificationError:
        return False


def a_new_certificate_is_taken_without_a_restart_and_cuts_nobody_off():
    with tempfile.TemporaryDirectory(prefix="lastmile-access-") as folder:
        chain = chains.Chain(folder)
        chain.write_collector_cfg(http='access = "open"; cert_file = "tls.pem"; key_file = "tls.key";')
        make_certificate(chain)
        first = ssl.create_default_context(cafile=chain.path("tls.pem"))
        try:
            chain.start("collector", [chains.program("bin", "lastmile-collector"), "run", "--config",
                                      chain.path("collector.cfg")])
            chains.wait_for("the port", lambda: chain.check_alive() or
                            chain.port_open(chain.http_port))
            collector = chain.processes["collector"]
            old = http.client.HTTPSConnection("127.0.0.1", chain.http_port, timeout=60, context=first)
            old.connect()
            make_certificate(chain)
            second = ssl.create_default_context(cafile=chain.path("tls.pem"))
            collector.send_signal(signal.SIGHUP)
            chains.wait_for("the new certificate", lambda: trusts(chain, second))
            assert not trusts(chain, first)
            old.request("GET", "/healthz")  # on the connection that was there
            answer = old.getresponse()
            assert answer.status == 200 and answer.read()
            assert answer.headers["Connection"] == "close"
            with open(chain.path("tls.pem"), "w", encoding="ascii") as out:
                out.write("no certificate")
            collector.send_signal(signal.SIGHUP)
            chains.wait_for("the refusal", lambda: "not taken" in chain.log_of("collector"))
            assert trusts(chain, second)
            for _ in range(6):  # more than are kept beside each other
                make_certificate(chain)
                newest = ssl.create_default_context(cafile=chain.path("tls.pem"))
                collector.send_signal(signal.SIGHUP)
                chains.wait_for("the newest", lambda newest=newest: trusts(chain, newest))
        finally:
            chain.stop_all()


def the_server_speaks_tls_of_today_and_nothing_older():
    with tempfile.TemporaryDirectory(prefix="lastmile-access-") as folder:
        chain = chains.Chain(folder)
        chain.write_collector_cfg(http=LOGIN + ' cert_file = "tls.pem"; key_file = "tls.key";')
        make_certificate(chain)
        os.chmod(chain.path("tls.key"), 0o644)
        collector = [chains.program("bin", "lastmile-collector"), "run", "--config",
                     chain.path("collector.cfg")]
        done = subprocess.run(collector, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 1 and "chmod 600" in done.stderr, done.stderr
        os.chmod(chain.path("tls.key"), 0o600)
        user(chain, "add", "wang", "--role", "commission")
        try:
            chain.start("collector", collector)
            chains.wait_for("the port", lambda: chain.check_alive() or
                            chain.port_open(chain.http_port))
            trust = ssl.create_default_context(cafile=chain.path("tls.pem"))

            def https(path, *more):
                return ask_by(http.client.HTTPSConnection("127.0.0.1", chain.http_port, timeout=60,
                                                          context=trust), path, *more)

            status, headers, page = https("/login")
            assert status == 200 and headers["Strict-Transport-Security"] == "max-age=31536000"
            cookie = headers["Set-Cookie"]
            assert cookie.startswith("__Host-lastmile-login=") and cookie.endswith("; Secure"), cookie
            form = urllib.parse.urlencode({"name": "wang", "password": PASSWORD, "csrf": re.search(
                r'name="csrf" value="([^"]+)"', page).group(1)}).encode()
            status, headers, _ = https("/login", "POST", form,
                                       {"Content-Type": FORM, "Cookie": cookie.partition(";")[0]})
            assert status == 303 and "__Host-lastmile=" in headers["Set-Cookie"], headers
            for version, good in ((ssl.TLSVersion.TLSv1_3, True), (ssl.TLSVersion.TLSv1_2, True),
                                  (ssl.TLSVersion.TLSv1_1, False)):
                assert handshakes(chain, version) == good, version
        finally:
            chain.stop_all()


def handshakes(chain, version):
    """Whether the server takes a client of this version alone, who would take anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    try:
        with socket.create_connection(("127.0.0.1", chain.http_port), 20) as plain, \
                context.wrap_socket(plain) as tls:
            return tls.version() is not None
    except ConnectionResetError:
        return False
    except ssl.SSLError as error:
        assert "ALERT" in str(error) or "EOF" in str(error), f"the client itself refused: {error}"
        return False


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
        a_package_with_its_inputs_is_not_for_the_public,
        a_token_that_is_taken_back_is_refused_at_once,
        the_login_page_needs_no_script_and_sets_a_cookie_that_no_script_reads,
        behind_a_proxy_the_cookie_is_for_encrypted_ways_and_this_host_alone,
        a_form_that_is_not_ours_changes_nothing,
        a_login_ends_by_its_button_and_by_every_change_of_the_account,
        who_guesses_is_slowed_down_by_account_and_by_client,
        many_logins_at_once_are_all_answered_and_only_some_are_hashed,
        the_audit_log_says_who_did_what_and_names_no_address,
        the_server_speaks_tls_of_today_and_nothing_older,
        a_new_certificate_is_taken_without_a_restart_and_cuts_nobody_off,
        a_collector_for_others_wants_a_proxy_and_accounts,
    ])
finally:
    CITY.stop()
