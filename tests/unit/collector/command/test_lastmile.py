#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The program lastmile as its users meet it: words, files, exit statuses.

usage: test_lastmile.py PROGRAM
"""
import csv
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile

PROGRAM = sys.argv[1]
SOURCE = os.environ.get("LASTMILE_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix="lastmile-command-")
CONFIG = os.path.join(FOLDER.name, "collector.cfg")
HOUSEHOLDS = "area,variable,value,unit,reference_date,source\n"


def path(*parts):
    return os.path.join(FOLDER.name, *parts)


def write(name, text):
    with open(path(name), "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path(name)


def call(*words, config=True, environment=None, text=""):
    """Runs the program; (status, stdout, stderr)."""
    line = [PROGRAM] + (["--config", CONFIG] if config else []) + list(words)
    done = subprocess.run(line, input=text, capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})}, timeout=60)
    return done.returncode, done.stdout, done.stderr


def expect(status, words, *arguments, **options):
    """The exit status, and words that one of both outputs must hold."""
    found, out, error = call(*arguments, **options)
    assert found == status, f"{arguments}: status {found}, {error}"
    assert words in out + error, f"{arguments}: {out}{error}"
    return out


def set_up():
    os.mkdir(path("data"))
    for kind in ("plans/weihai-2015.cfg", "areas/weihai.cfg"):
        assert os.path.exists(os.path.join(SOURCE, "config", kind))
    write("collector.cfg", f'data_dir = "data";\n'
          f'plan_file = "{SOURCE}/config/plans/weihai-2015.cfg";\n'
          f'areas_file = "{SOURCE}/config/areas/weihai.cfg";\n')


def help_names_every_command_and_each_explains_itself():
    out = expect(0, "usage: lastmile", "--help", config=False)
    for name in ("export", "verify", "import", "decode", "status", "enrol", "user"):
        assert f"  {name} " in out
        expect(0, f"usage: lastmile {name}", name, "--help", config=False)
    expect(0, "lastmile ", "--version", config=False)


def a_wrong_word_is_answered_with_the_nearest_known_one():
    expect(2, "did you mean 'export'?", "exprt", config=False)
    expect(2, "did you mean '--year'?", "export", "--yera", "2017")
    expect(2, "did you mean '--dry-run'?", "import", "--dryrun", "x.csv")
    expect(2, "FILE.csv is missing", "import")
    expect(2, "one argument too many", "import", "a.csv", "b.csv")
    expect(2, "needs a value", "export", "--year")
    expect(2, "takes no value", "export", "--bom=1")
    expect(2, "--year is given twice", "export", "--year", "2017", "--year", "2020")
    expect(2, "--config needs a value: FILE", "--config", config=False)
    expect(0, "lastmile ", "export", "--version", config=False)
    expect(2, "usage: lastmile", config=False)


def wrong_settings_are_named_with_file_and_line():
    wrong = write("wrong.cfg", 'data_dir = "data";\nplan_fiel = "x";\n')
    found, _, error = call("--config", wrong, "status", config=False)
    assert found == 2 and "wrong.cfg:2:" in error and "did you mean 'plan_file'" in error, error
    expect(2, "absent.cfg", "--config", path("absent.cfg"), "status", config=False)


def without_a_registry_reading_fails_and_says_why():
    expect(1, "has lastmile-collector run", "export", "--year", "2017")
    expect(1, "registry.db", "status")


def import_is_whole_or_not_at_all():
    good = write("good.csv", HOUSEHOLDS + "371000,resident-households,1000,households,2017-12-31,y\n")
    bad = write("bad.csv", HOUSEHOLDS + "371000,resident-households,1000,households,2017-12-31,y\n"
                "371000,population,x,persons,2017-12-31,y\n")
    expect(1, "bad.csv:3:3: value: 'x' is no number", "import", bad)
    expect(0, "1 would be new, 0 revised, 0 known already (dry run", "import", "--dry-run", good)
    expect(0, "1 rows of denominators, 1 new, 0 revised, 0 known already", "import", good)
    expect(0, "0 new, 0 revised, 1 known already", "import", good)
    expect(2, "denominators, declared, nodes, villages, venues, contracts or remarks", "import", "--kind", "nodse", good)
    expect(1, "unknown column", "import", "--kind", "nodes", good)


def export_writes_a_row_for_every_target_of_the_plan():
    out = expect(0, "access-capability-urban", "export", "--year", "2017", "--format", "csv",
                 "--all-targets", "--area", "371000")
    rows = [r for r in csv.DictReader(io.StringIO(out))
            if not r["operator"] and r["alternative"] == "false"]
    targets = {(r["indicator"], r["target_date"]): r for r in rows}
    assert len(targets) == len(rows), len(rows)
    tasks = [r for r in rows if not r["target_operator"]]
    assert len(tasks) == 17 and len(rows) - len(tasks) == 42, (len(tasks), len(rows))
    urban = targets[("access-capability-urban", "2020-12-31")]
    assert urban["target_value"] == "" and urban["verdict"] == "NOT_SET", urban
    assert urban["target_status"] == "not-stated" and urban["value"] == ""
    for row in rows:
        assert row["verdict"] in ("MET", "NOT_MET", "INSUFFICIENT_EVIDENCE", "NOT_SET"), row


def alternatives_stand_beside_the_default_where_they_are_asked_for():
    def rows(*options):
        out = expect(0, "", "export", "--year", "2017", "--format", "csv", "--area", "371000",
                     *options)
        return [(r["indicator"], r["definition"], r["verdict"])
                for r in csv.DictReader(io.StringIO(out)) if not r["operator"]]
    shown = rows()
    assert ("ftth-share", "ports", "NOT_SET") in shown  # marked `beside` in the table
    assert ("cloud-user-share", "network-proxy-strict", "NOT_SET") in shown
    assert not [r for r in shown if r[1] == "with-fttb"], shown
    more = rows("--definition", "ftth-share=with-fttb,wlan-hotspots=venues")
    assert set(more) - set(shown) == {("ftth-share", "with-fttb", "NOT_SET"),
                                      ("wlan-hotspots", "venues", "NOT_SET")}, more
    assert [r for r in more if r[0] == "ftth-share"][0][1] == "strict", more
    expect(2, "did you mean 'with-fttb'", "export", "--definition", "ftth-share=with-ftb")
    expect(2, "did you mean 'ftth-share'", "export", "--definition", "fthh-share=strict")
    expect(2, "write INDICATOR=DEFINITION", "export", "--definition", "ftth-share")
    table = expect(0, "ftth-share=with-fttb", "export", "--year", "2017", "--format", "table",
                   "--definition", "ftth-share=with-fttb")
    assert "ftth-share=ports" not in table, table


def method_prints_the_document_in_both_languages_and_forms():
    zh = expect(0, "# 数据口径与方法", "method")
    en = expect(0, "# How the figures are made", "method", "--lang", "en")
    html = expect(0, "<html lang=\"en\">", "method", "--lang", "en", "--format", "html")
    for text in (zh, en, html):
        assert "ftth-share" in text and "65.3061" in text
    expect(2, "zh or en", "method", "--lang", "fr")
    expect(2, "markdown or html", "method", "--format", "pdf")


def a_declared_figure_changes_the_verdict():
    declared = write("declared.csv", "indicator,area,value,unit,reference_date,source\n"
                     "mobile-3g4g-penetration,371000,76.5,%,2017-12-31,synthetic\n")
    expect(0, "1 new", "import", declared)
    figures = json.loads(expect(0, "figures", "export", "--year", "2017", "--format", "json"))
    mobile = next(f for f in figures["figures"] if f["indicator"] == "mobile-3g4g-penetration")
    assert mobile["value"] == 76.5 and mobile["verdict"] == "MET", mobile
    assert mobile["evidence"] == "declared" and mobile["basis"] == "declared"
    assert figures["year"] == 2017 and figures["provisional"] is False
    expect(0, "declared: MET", "export", "--year", "2017", "--format", "table")
    expect(0, "INSUFFICIENT_EVIDENCE", "export", "--year", "2017", "--as-known", "2018-01-01")


def export_gives_the_same_bytes_twice_and_a_file_whole():
    _, first, _ = call("export", "--year", "2017", "--format", "json")
    _, second, _ = call("export", "--year", "2017", "--format", "json")
    assert first == second
    expect(0, "", "export", "--year", "2017", "--format", "csv", "--bom", "--out", path("x.csv"))
    with open(path("x.csv"), "rb") as file:
        content = file.read()
    assert content.startswith(b"\xef\xbb\xbfindicator,label_zh,") and content.endswith(b"\r\n")
    expect(1, "absent/x.csv", "export", "--year", "2017", "--out", path("absent/x.csv"))
    assert not [name for name in os.listdir(FOLDER.name) if name.endswith(".part")]


def export_refuses_what_it_cannot_do():
    expect(2, "is no format", "export", "--format", "xml")
    expect(2, "a year from", "export", "--year", "2999")
    expect(2, "a year from", "export", "--year", "2017x")
    expect(2, "no area", "export", "--area", "371009")
    expect(2, "write 2018-03-01", "export", "--as-known", "yesterday")


def a_full_disk_is_told_in_one_line():
    if not os.path.exists("/dev/full"):
        raise tap.Skip("no /dev/full here")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "--config", CONFIG, "export", "--year", "2017"],
                              stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1 and "No space left" in done.stderr, done.stderr


def status_counts_nothing_where_nothing_came():
    answer = json.loads(expect(0, "probes", "status", "--json"))
    assert answer["reports"] == 0 and answer["probes"] == [], answer
    expect(0, "0 probes", "status")


def decode_names_what_is_wrong_with_bytes():
    junk = write("junk", "junk")
    expect(1, "no report", "decode", junk, config=False)
    expect(1, "no report", "decode", config=False, text="\x01\x02")
    expect(1, "absent", "decode", path("absent"), config=False)


def enrol(*arguments):
    return json.loads(expect(0, '"entries"', "enrol", "--dir", path("enrol"), "--json", *arguments))


def snapshot(folder):
    """Every file below: its mode, time and bytes."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            file = os.path.join(root, name)
            with open(file, "rb") as content:
                status = os.stat(file)
                found[file] = (status.st_mode, status.st_mtime_ns, content.read())
    return found


def enrol_makes_an_authority_once_and_an_identity_a_probe():
    expect(1, "--init-ca", "enrol", "--dir", path("enrol"), "--operator", "cu", "--probe", "olt-1")
    expect(1, "--host", "enrol", "--dir", path("enrol"), "--init-ca")
    assert enrol("--init-ca", "--host", "localhost,127.0.0.1,::1")["result"] == 1
    made = enrol("--operator", "cu", "--probe", "olt-1")
    assert made["result"] == 1 and made["user"] == "cu/olt-1", made
    acl = made["acl"].splitlines()
    assert acl[0] == "user cu/olt-1" and len(acl) == 5, acl
    for line, kind in zip(acl[1:], ("report", "backlog", "state", "receipt")):
        access = "read" if kind == "receipt" else "write"
        assert re.fullmatch(rf"topic {access} lastmile/1/\d+/cu/olt-1/{kind}", line), line
    for name, mode in (("probe.key", 0o600), ("probe.pem", 0o644), ("ca.pem", 0o644),
                       ("probe.cfg", 0o644), ("README", 0o644)):
        assert stat.S_IMODE(os.stat(os.path.join(made["bundle"], name)).st_mode) == mode, name
    for name in ("ca.key", "roll.tsv", "broker/server.key", "broker/acl", "collector/collector.key"):
        assert stat.S_IMODE(os.stat(path("enrol", name)).st_mode) == 0o600, name


def enrol_twice_changes_not_a_byte():
    for name in ("roll.tsv", "broker/ca.crl"):  # written within one tick of the kernel's clock
        os.utime(path("enrol", name), ns=(10**18, 10**18))
    before = snapshot(path("enrol"))
    assert enrol("--init-ca", "--host", "localhost,127.0.0.1,::1")["result"] == 0
    assert enrol("--operator", "cu", "--probe", "olt-1")["result"] == 0
    assert enrol("--renew")["result"] == 0
    assert snapshot(path("enrol")) == before
    os.unlink(path("enrol", "broker", "acl"))  # as if a run had been killed
    enrol("--operator", "cu", "--probe", "olt-1")
    after = snapshot(path("enrol"))
    acl = path("enrol", "broker", "acl")
    assert after[acl][2] == before[acl][2]
    crl = path("enrol", "broker", "ca.crl")
    write("enrol/broker/ca.crl", "")  # younger than the roll, and no list
    enrol("--operator", "cu", "--probe", "olt-1")
    with open(crl, encoding="ascii") as text:
        assert "BEGIN X509 CRL" in text.read()
    shutil.rmtree(path("enrol", "probes", "cu", "olt-1"))  # carried to the probe
    carried = enrol("--operator", "cu", "--probe", "olt-1")
    assert carried["result"] == 2 and carried["bundle"] is None, carried


def enrol_renews_and_takes_back():
    again = enrol("--renew", "--operator", "cu", "--probe", "olt-1")
    assert [entry["state"] for entry in again["entries"]] == ["superseded", "valid"], again
    secret = enrol("--operator", "cm", "--probe", "olt-1", "--password")
    with open(path("enrol", "broker", "passwords"), encoding="ascii") as passwords:
        assert re.fullmatch(r"cm/olt-1:\$7\$101\$[A-Za-z0-9+/]{16}\$[A-Za-z0-9+/]{86}==\n",
                            passwords.read())
    assert os.path.exists(os.path.join(secret["bundle"], "broker.password"))
    expect(1, "by a password", "enrol", "--dir", path("enrol"), "--operator", "cm", "--probe", "olt-1")
    assert enrol("--revoke", "--operator", "cu", "--probe", "olt-1")["result"] == 2
    assert enrol("--revoke", "--operator", "cu", "--probe", "olt-1")["result"] == 0
    with open(path("enrol", "broker", "acl"), encoding="ascii") as acl:
        assert "cu/olt-1" not in acl.read()
    expect(1, "not enrolled", "enrol", "--dir", path("enrol"), "--renew", "--operator", "cu",
           "--probe", "olt-1")
    listed = enrol("--list")
    assert [entry["state"] for entry in listed["entries"]] == [
        "valid", "valid", "revoked", "revoked", "valid"], listed
    expect(0, "revoked", "enrol", "--dir", path("enrol"), "--list")


def enrol_many(text, *arguments):
    listed = write("probes.csv", text)
    said = json.loads(expect(0, '"probes"', "enrol", "--dir", path("many"), "--json", "--probes", listed,
                             *arguments))
    return [(probe["user"], probe["result"], probe["bundle"]) for probe in said["probes"]]


def enrol_takes_many_probes_from_a_file():
    expect(0, "made", "enrol", "--dir", path("many"), "--init-ca", "--host", "broker")
    users = [f"{operator}/p-{i}" for operator in ("cu", "cm") for i in range(33)]
    rows = "remark,probe,operator\n" + "".join(
        f"在城里,{user.split('/')[1]},{user.split('/')[0]}\n" for user in users)
    made = enrol_many(rows.encode("gb18030"))
    assert made == [(user, 1, path("many", "probes", user)) for user in users], made[:3]
    for user in users:
        assert stat.S_IMODE(os.stat(path("many", "probes", user, "probe.key")).st_mode) == 0o600
        assert stat.S_IMODE(os.stat(path("many", "probes", user)).st_mode) == 0o700
    with open(path("many", "broker", "acl"), encoding="ascii") as acl:
        assert set(re.findall(r"(?m)^user (.*)$", acl.read())) == {*users, "collector"}
    before = snapshot(path("many"))
    assert [result for _, result, _ in enrol_many(rows)] == [0] * len(users)
    assert snapshot(path("many")) == before
    shutil.rmtree(path("many", "probes", "cu", "p-0"))
    again = enrol_many(rows + "x,new,cu\n")
    assert again[0] == ("cu/p-0", 2, None) and again[-1][:2] == ("cu/new", 1), again
    with open(path("many", "roll.tsv"), encoding="ascii") as roll:
        assert roll.read().count("\nprobe\t") == len(users) + 1
    assert [r for _, r, _ in enrol_many("operator,probe\ncu,by-word\n", "--password")] == [1]


def enrol_makes_nothing_of_a_file_with_a_fault():
    before = snapshot(path("many"))
    header = "operator,probe\n"
    for says, text in (("probes.csv:4: stands twice: cu/b", header + "cu,b\ncu,c\ncu,b\n"),
                       ("probes.csv:3: operator and probe are", header + "cu,b\ncu,../b\n"),
                       ("probes.csv:2: operator and probe are", header + "cu\n"),
                       ("probes.csv:1: the first line", "name,probe\ncu,b\n"),
                       ("names no probe", header), ("more than 10000", header + "".join(
                           f"cu,n{i}\n" for i in range(10001)))):
        expect(1, says, "enrol", "--dir", path("many"), "--probes", write("probes.csv", text))
    expect(1, "by a certificate", "enrol", "--dir", path("many"), "--password", "--probes",
           write("probes.csv", header + "cu,b\ncu,p-1\n"))
    expect(2, "--probes goes with", "enrol", "--dir", path("many"), "--renew", "--probes", "x.csv")
    assert snapshot(path("many")) == before


def enrol_refuses_what_it_cannot_mean():
    long = "p" * 60
    for says, *arguments in (
            ("a name is", "--operator", "cu", "--probe", "a/b"),
            ("a name is", "--operator", "../x", "--probe", "a"),
            ("at most 62", "--operator", "cuc", "--probe", long),
            ("are needed", ), ("are needed", "--revoke"), ("both", "--operator", "cu"),
            ("at a time", "--list", "--revoke"), ("take no probe", "--list", "--operator", "cu",
                                                  "--probe", "a"),
            ("goes with --init-ca", "--host", "x", "--operator", "cu", "--probe", "a"),
            ("1 to 36500", "--days", "0", "--list"), ("YYYY-MM-DD", "--from", "now", "--list")):
        expect(2, says, "enrol", "--dir", path("enrol"), *arguments)
    for hosts in ("a b", "x,", ",x", "x\nDNS:y", "1.2.3.4:5", "*", ""):
        expect(1, "parted by commas", "enrol", "--dir", path("enrol"), "--init-ca", "--host", hosts)
    with open(path("enrol", "roll.tsv"), "a", encoding="ascii") as roll:
        roll.write("probe\tno\n")
    expect(1, "roll.tsv:", "enrol", "--dir", path("enrol"), "--list")


def a_package_is_made_and_verified_without_settings():
    for out in ("package", "bom"):
        shutil.rmtree(path(out), ignore_errors=True)
    expect(2, "needs --out", "export", "--format", "package")
    expect(2, "is whole", "export", "--format", "package", "--out", path("package"), "--area", "371002")
    expect(0, "", "export", "--year", "2017", "--format", "package", "--out", path("package"))
    expect(1, "File exists", "export", "--year", "2017", "--format",
           "package", "--out", path("package"))
    expect(0, "what its archive makes of it", "verify", path("package"), config=False)
    sums = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=path("package"),
                          capture_output=True, text=True, check=False)
    assert sums.returncode == 0, sums.stderr
    with open(path("package", "verdicts.csv"), encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    mobile = [r for r in rows if r["indicator"] == "mobile-3g4g-penetration" and r["area"] == "371000"
              and not r["operator"] and r["target_date"] == "2017-12-31"]
    assert [r["verdict"] for r in mobile] == ["MET"], mobile
    expect(0, "", "export", "--year", "2017", "--format", "package", "--bom", "--full", "--out",
           path("bom"))
    expect(0, "what its archive makes of it", "verify", path("bom"), config=False)
    with open(path("bom", "verdicts.csv"), "rb") as file:
        assert file.read(3) == b"\xef\xbb\xbf"


def a_workbook_is_a_file_of_open_xml():
    expect(2, "is whole", "export", "--format", "xlsx", "--area", "371002", "--out", path("x.xlsx"))
    expect(0, "", "export", "--year", "2017", "--format", "xlsx", "--out", path("year.xlsx"))
    with zipfile.ZipFile(path("year.xlsx")) as book:
        assert book.testzip() is None
        names = book.read("xl/workbook.xml").decode()
    assert names.count("<sheet ") > 6, names


def verify_finds_what_was_changed():
    with open(path("package", "verdicts.csv"), "r+", encoding="utf-8", newline="") as file:
        text = file.read()
        file.seek(0)
        file.write(text.replace("76.5", "86.5", 1))
    expect(1, "verdicts.csv: changed", "verify", path("package"), config=False)
    digest = subprocess.run("sha256sum $(sed 's/^[^ ]*  //' SHA256SUMS) > NEW && mv NEW SHA256SUMS",
                            shell=True, cwd=path("package"), check=False)
    assert digest.returncode == 0
    expect(1, "should be", "verify", path("package"), config=False)
    expect(1, "absent", "verify", path("absent"), config=False)
    expect(1, "no package: it has no SHA256SUMS", "verify", path(), config=False)
    found = json.loads(expect(1, "", "verify", path("package"), "--json", config=False))
    assert not found["same_bytes"] and "should be" in found["difference"], found
    expect(2, "DIR is missing", "verify", config=False)


def a_check_answers_by_its_exit_status():
    expect(0, "target ≥ 75 → MET (declared", "export", "--year", "2017", "--check",
           "mobile-3g4g-penetration")
    expect(0, "→ 达到 (申报", "export", "--year", "2017", "--check", "mobile-3g4g-penetration",
           "--lang", "zh")
    declared = write("missed.csv", "indicator,area,value,unit,reference_date,source\n"
                     "mobile-3g4g-penetration,371000,92.9,%,2020-12-31,synthetic\n")
    expect(0, "1 new", "import", declared)
    expect(1, "NOT_MET", "export", "--year", "2020", "--check", "mobile-3g4g-penetration")
    expect(3, "INSUFFICIENT_EVIDENCE", "export", "--year", "2017", "--check", "ftth-share")
    expect(4, "NOT_SET", "export", "--year", "2020", "--check", "access-capability-urban")
    expect(4, "371082", "export", "--year", "2020", "--check", "ftth-share", "--area", "371082")
    expect(2, "did you mean 'ftth-share'?", "export", "--check", "ftth-shar")
    expect(2, "leave --format", "export", "--check", "ftth-share", "--format", "json")
    expect(2, "zh or en", "export", "--check", "ftth-share", "--lang", "de")
    expect(2, "absent.cfg", "--config", path("absent.cfg"), "export", "--check", "ftth-share",
           config=False)


def demo_hands_its_words_to_the_script():
    script = write("demo.sh", '#!/bin/sh\necho "got $*"\nexit 7\n')
    os.chmod(script, stat.S_IRWXU)
    environment = {"LASTMILE_DEMO": script}
    expect(7, "got --once --keep x", "demo", "--once", "--keep", "x", config=False,
           environment=environment)
    expect(1, "absent", "demo", config=False, environment={"LASTMILE_DEMO": path("absent")})


set_up()
tap.run([
    help_names_every_command_and_each_explains_itself,
    a_wrong_word_is_answered_with_the_nearest_known_one,
    wrong_settings_are_named_with_file_and_line,
    without_a_registry_reading_fails_and_says_why,
    import_is_whole_or_not_at_all,
    export_writes_a_row_for_every_target_of_the_plan,
    alternatives_stand_beside_the_default_where_they_are_asked_for,
    method_prints_the_document_in_both_languages_and_forms,
    a_declared_figure_changes_the_verdict,
    export_gives_the_same_bytes_twice_and_a_file_whole,
    export_refuses_what_it_cannot_do,
    a_full_disk_is_told_in_one_line,
    status_counts_nothing_where_nothing_came,
    decode_names_what_is_wrong_with_bytes,
    enrol_makes_an_authority_once_and_an_identity_a_probe,
    enrol_twice_changes_not_a_byte,
    enrol_renews_and_takes_back,
    enrol_takes_many_probes_from_a_file,
    enrol_makes_nothing_of_a_file_with_a_fault,
    enrol_refuses_what_it_cannot_mean,
    a_package_is_made_and_verified_without_settings,
    a_workbook_is_a_file_of_open_xml,
    verify_finds_what_was_changed,
    a_check_answers_by_its_exit_status,
    demo_hands_its_words_to_the_script,
])
