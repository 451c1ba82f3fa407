# SPDX-License-Identifier: GPL-2.0-or-later
"""Bundles of 2017 and 2020, looked at by tools that are not ours: Frictionless Data's reader (npm),
Python's csv, json and hashlib, and openpyxl. usage: test_bundle.py MAKE_BUNDLE"""
import atexit
import csv
import functools
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("LASTMILE_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

MAKE_BUNDLE = sys.argv[1]
CHECKER = os.path.join(SOURCE, "tests", "packages")
YEARS = ("2017", "2020")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def make(folder, year, *more):
    subprocess.run([MAKE_BUNDLE, year, folder, *more], check=True,
                   env=dict(os.environ, LASTMILE_SOURCE=SOURCE))


@functools.cache
def made(year):
    """The files of a year, made once and only read from then on."""
    folder = tempfile.mkdtemp(prefix="lastmile-bundle-")
    atexit.register(shutil.rmtree, folder)
    make(folder, year)
    return folder


def load(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, strict=True))


def tables(folder):
    return [name for name in sorted(os.listdir(folder)) if name.endswith(".csv")]


def frictionless(folder):
    if not os.path.isdir(os.path.join(CHECKER, "node_modules", "datapackage")):
        raise tap.Skip("tests/packages is not installed (./dev test does that)")
    return subprocess.run(["node", os.path.join(CHECKER, "check.cjs"), folder], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=100)


def frictionless_data_reads_every_cell_by_its_schema():
    for year in YEARS:
        folder = made(year)
        answer = frictionless(folder)
        assert answer.returncode == 0, answer.stdout
        assert answer.stdout.startswith("6 tables, "), answer.stdout
        print(f"# {year}: {answer.stdout.strip()}")


def frictionless_data_finds_what_is_wrong():
    spoilt = (("lines.csv", ",false\r\n", ",perhaps\r\n"), ("lines.csv", ",all,all,", ",all,,"),
              ("denominators.csv", "2017-12-31", "2017-13-31"),
              ("verdicts.csv", ",derived,", ",guessed,"),
              ("coverage.csv", ",200,", ",-200,"))
    for name, sound, wrong in spoilt:
        with tempfile.TemporaryDirectory(prefix="lastmile-bundle-") as folder:
            shutil.copytree(made("2017"), folder, dirs_exist_ok=True)
            path = os.path.join(folder, name)
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
            assert sound in text, (name, sound)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text.replace(sound, wrong, 1))
            answer = frictionless(folder)
            assert answer.returncode == 1, (name, wrong, answer.stdout)


def size_and_checksum_are_those_of_the_files():
    for year in YEARS:
        folder = made(year)
        package = load(folder, "datapackage.json")
        catalogue = load(folder, "dcat.json")
        told = {r["path"]: (r["bytes"], r["hash"]) for r in package["resources"]}
        for entry in catalogue["dcat:distribution"]:
            told.setdefault(entry["dcat:downloadURL"]["@id"],
                            (int(entry["dcat:byteSize"]["@value"]),
                             "sha256:" + entry["spdx:checksum"]["spdx:checksumValue"]["@value"]))
        assert set(tables(folder)) <= set(told) and "datapackage.json" in told, told.keys()
        for name, (size, digest) in told.items():
            with open(os.path.join(folder, name), "rb") as file:
                data = file.read()
            assert size == len(data), name
            assert digest == "sha256:" + hashlib.sha256(data).hexdigest(), name


def matches(value, column):
    """Whether a cell is of a CSVW datatype (Metadata Vocabulary for Tabular Data, 5.11)."""
    if value == "":
        return not column["required"]
    kind = column["datatype"]
    patterns = {"nonNegativeInteger": r"\d+", "double": r"-?\d+(\.\d+)?(e[-+]?\d+)?",
                "boolean": "true|false", "date": r"\d{4}-\d\d-\d\d"}
    if kind["base"] in patterns:
        return re.fullmatch(patterns[kind["base"]], value) is not None
    return "format" not in kind or re.search(kind["format"], value) is not None


def csvw_describes_every_column_and_every_cell():
    for year in YEARS:
        folder = made(year)
        metadata = load(folder, "csvw.json")
        assert metadata["@context"] == "http://www.w3.org/ns/csvw"
        assert [t["url"] for t in metadata["tables"]] == [
            r["path"] for r in load(folder, "datapackage.json")["resources"]]
        for table in metadata["tables"]:
            header, *body = rows(folder, table["url"])
            columns = table["tableSchema"]["columns"]
            assert header == [c["titles"] for c in columns], table["url"]
            for row in body:
                for value, column in zip(row, columns, strict=True):
                    assert matches(value, column), (table["url"], column["name"], value)
            key = [header.index(k) for k in table["tableSchema"].get("primaryKey", [])]
            if key:
                assert len({tuple(row[i] for i in key) for row in body}) == len(body)
            for column in columns:
                words = {w["@language"]: w["@value"] for w in column["dc:title"]}
                assert words["en"] and re.search(r"[\u4e00-\u9fff]", words["zh"]), column


def no_cell_is_a_formula():
    folder = made("2017")
    guarded = 0
    for name in tables(folder):
        header, *body = rows(folder, name)
        for row in body:
            for column, value in zip(header, row, strict=True):
                number = re.fullmatch(r"-?\d+(\.\d+)?(e[-+]?\d+)?", value)
                assert not value.startswith(FORMULA) or number, (name, column, value)
                guarded += value.startswith(tuple("'" + c for c in FORMULA))
    assert guarded >= 9, guarded


def the_mark_is_there_when_it_is_asked_for():
    plain = made("2020")
    with tempfile.TemporaryDirectory(prefix="lastmile-bundle-") as marked:
        make(marked, "2020", "bom")
        for name in tables(plain):
            with open(os.path.join(marked, name), "rb") as file:
                with_mark = file.read()
            with open(os.path.join(plain, name), "rb") as file:
                assert with_mark == b"\xef\xbb\xbf" + file.read(), name


def equal_sources_give_equal_bytes():
    one = made("2020")
    with tempfile.TemporaryDirectory(prefix="lastmile-bundle-") as other:
        make(other, "2020")
        for name in sorted(os.listdir(one)):
            with open(os.path.join(one, name), "rb") as file:
                first = file.read()
            with open(os.path.join(other, name), "rb") as file:
                assert first == file.read(), name


def the_definitions_say_what_was_withheld_and_by_which_rules():
    folder = made("2017")
    told = load(folder, "definitions.json")
    _, *lines = rows(folder, "lines.csv")
    hidden = sum(row[-1] == "true" for row in lines)
    header, *figures = rows(folder, "verdicts.csv")
    assert told["rules"]["publish_lines_min"] == 10 and told["rules"]["publish_nodes_min"] == 3
    disclosure = told["disclosure"]
    assert disclosure["use"] == "public"
    assert disclosure["figures_withheld"] == sum(
        row[header.index("withheld")] == "true" for row in figures)
    assert 0 < hidden <= (disclosure["line_counts_too_small"] +
                          disclosure["line_counts_withheld_for_others"])
    assert disclosure["line_counts_given_away_by_the_city_s_own"] == 0


def the_targets_hold_null_where_the_plan_sets_none():
    folder = made("2020")
    header, *body = rows(folder, "targets.csv")
    cell = header.index
    urban = [r for r in body if r[cell("indicator")] == "access-capability-urban"
             and r[cell("target_date")] == "2020-12-31"]
    assert len(urban) == 1
    assert urban[0][cell("target_value")] == ""
    assert urban[0][cell("target_status")] == "not-stated"
    assert all(r[cell("clause")] for r in body)


tap.run([frictionless_data_reads_every_cell_by_its_schema, frictionless_data_finds_what_is_wrong,
         size_and_checksum_are_those_of_the_files, csvw_describes_every_column_and_every_cell,
         no_cell_is_a_formula, the_mark_is_there_when_it_is_asked_for,
         equal_sources_give_equal_bytes, the_definitions_say_what_was_withheld_and_by_which_rules,
         the_targets_hold_null_where_the_plan_sets_none])
