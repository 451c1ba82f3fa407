#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""lastmile user as an administrator meets it: words, exit statuses, the terminal, the file.

usage: test_user.py PROGRAM
"""
import json
import os
import pty
import select
import sqlite3
import stat
import subprocess
import sys
import tempfile
import termios

PROGRAM = sys.argv[1]
SOURCE = os.path.abspath(os.environ.get("LASTMILE_SOURCE", "."))
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="lastmile-user-")
CONFIG = os.path.join(FOLDER.name, "collector.cfg")
DATABASE = os.path.join(FOLDER.name, "data", "access.db")
PASSWORD = "four words 光纤到户"


def user(*words, text=""):
    done = subprocess.run([PROGRAM, "--config", CONFIG, "user", *words], input=text,
                          capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout, done.stderr


def expect(status, words, *arguments, **options):
    found, out, error = user(*arguments, **options)
    assert found == status, f"{arguments}: status {found}, {out}{error}"
    assert words in out + error, f"{arguments}: {out}{error}"
    return out


def accounts():
    return {account["name"]: account
            for account in json.loads(expect(0, "accounts", "list", "--json"))["accounts"]}


def bytes_of_the_database():
    files = [DATABASE + end for end in ("", "-wal")]
    return b"".join(open(name, "rb").read() for name in files if os.path.exists(name))


def set_up():
    os.mkdir(os.path.join(FOLDER.name, "data"))
    with open(CONFIG, "w", encoding="utf-8") as file:
        file.write(f'data_dir = "data";\nplan_file = "{SOURCE}/config/plans/weihai-2015.cfg";\n'
                   f'areas_file = "{SOURCE}/config/areas/weihai.cfg";\n')


def an_account_is_added_once_and_only_its_hash_is_kept():
    os.umask(0)  # the mode is the program's own care
    expect(0, "may log in as commission", "add", "wang", "--role", "commission", text=PASSWORD)
    expect(1, "this account exists", "add", "wang", "--role", "admin", text=PASSWORD)
    expect(0, "operator", "add", "cu-engineer", "--role", "operator", "--operator", "cu",
           text=PASSWORD + "\n")
    assert accounts()["wang"]["role"] == "commission"
    assert accounts()["cu-engineer"]["operator"] == "cu"
    assert stat.S_IMODE(os.stat(DATABASE).st_mode) == 0o600
    kept = bytes_of_the_database()
    assert b"$argon2id$v=19$m=65536,t=2,p=1$" in kept
    assert PASSWORD.encode() not in kept


def what_cannot_be_meant_is_refused_with_its_remedy():
    expect(2, "did you mean 'add'?", "ad", "x")
    expect(2, "ACTION [NAME] is missing")
    expect(2, "takes the NAME", "add", "--role", "admin")
    expect(2, "takes no name", "list", "x")
    expect(2, "begins with a letter", "add", "0x", "--role", "admin", text=PASSWORD)
    expect(2, "begins with a letter", "add", "A B", "--role", "admin", text=PASSWORD)
    expect(2, "--role is public", "add", "x", text=PASSWORD)
    expect(2, "--role is public", "add", "x", "--role", "root", text=PASSWORD)
    expect(2, "needs --operator", "add", "x", "--role", "operator", text=PASSWORD)
    expect(2, "goes with --role operator", "add", "x", "--role", "admin", "--operator", "cu",
           text=PASSWORD)
    expect(2, "no operator of", "add", "x", "--role", "operator", "--operator", "zz", text=PASSWORD)
    expect(2, "no password came", "add", "x", "--role", "admin")
    expect(2, "10 bytes at least", "add", "x", "--role", "admin", text="123456789")
    expect(2, "90 bytes at most", "add", "x", "--role", "admin", text="x" * 91)
    expect(2, "90 bytes at most", "add", "x", "--role", "admin", text="x" * 9000)
    expect(2, "control characters", "add", "x", "--role", "admin", text="tabs\tand more")
    expect(2, "--expires does not go with 'add'", "add", "x", "--role", "admin", "--expires", "3")
    expect(1, "no such account", "passwd", "x", text=PASSWORD)
    expect(1, "no such account", "token", "x")
    assert "x" not in accounts()


def a_token_is_shown_once_and_only_its_digest_is_kept():
    token = expect(0, "not shown again", "token", "wang", "--expires", "30").strip()
    assert len(token) == 43, token
    endless = expect(0, "", "token", "wang", "--expires", "0").strip()
    assert token != endless
    assert token.encode() not in bytes_of_the_database()
    listed = accounts()["wang"]["tokens"]
    assert sorted(bool(each["expires"]) for each in listed) == [False, True], listed
    expect(2, "--expires is a number", "token", "wang", "--expires", "soon")
    expect(1, "no such token", "revoke", "wang", "--token", "00000000")
    expect(0, "1 taken back", "revoke", "wang", "--token", listed[0]["id"])
    assert [each["id"] for each in accounts()["wang"]["tokens"]] == [listed[1]["id"]]
    expect(0, "1 taken back", "revoke", "wang")
    assert accounts()["wang"]["tokens"] == []


def each_change_raises_the_revision_that_logins_are_held_against():
    def revision():
        with sqlite3.connect(DATABASE) as database:
            return database.execute("SELECT revision FROM account WHERE name='wang'").fetchone()[0]
    seen = [revision()]
    expect(0, "new password", "passwd", "wang", text="another pass phrase")
    seen.append(revision())
    expect(0, "admin", "role", "wang", "--role", "admin")
    seen.append(revision())
    expect(0, "0 taken back", "revoke", "wang")
    seen.append(revision())
    assert seen == sorted(set(seen)), seen


def an_account_that_is_removed_takes_its_tokens_along():
    expect(0, "", "token", "wang")
    expect(0, "removed", "remove", "wang")
    with sqlite3.connect(DATABASE) as database:
        assert database.execute("SELECT count(*) FROM token").fetchone()[0] == 0
    expect(1, "no such account", "remove", "wang")


def others_may_not_read_the_file():
    os.chmod(DATABASE, 0o640)
    expect(1, "chmod 600", "list")
    os.chmod(DATABASE, 0o600)
    expect(0, "cu-engineer", "list")


def converse(lines):
    """The program on a terminal of its own; answers each prompt. (status, all that it showed)."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(PROGRAM, [PROGRAM, "--config", CONFIG, "user", "passwd", "cu-engineer"])
    shown, waiting = b"", list(lines)
    while select.select([terminal], [], [], 20)[0]:
        try:
            got = os.read(terminal, 4096)
        except OSError:
            break
        if not got:
            break
        shown += got
        if waiting and shown.endswith((b"Password: ", b"Once more: ")):
            assert not termios.tcgetattr(terminal)[3] & termios.ECHO, "the terminal echoes"
            os.write(terminal, waiting.pop(0).encode() + b"\n")
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()


def a_terminal_is_asked_twice_and_shows_nothing():
    status, shown = converse(["typed by hand", "typed by hand"])
    assert status == 0 and "new password" in shown, shown
    assert "typed" not in shown, shown
    status, shown = converse(["typed by hand", "typed by hnad"])
    assert status == 2 and "not the same" in shown, shown


set_up()
tap.run([
    an_account_is_added_once_and_only_its_hash_is_kept,
    what_cannot_be_meant_is_refused_with_its_remedy,
    a_token_is_shown_once_and_only_its_digest_is_kept,
    each_change_raises_the_revision_that_logins_are_held_against,
    an_account_that_is_removed_takes_its_tokens_along,
    others_may_not_read_the_file,
    a_terminal_is_asked_twice_and_shows_nothing,
])
