# SPDX-License-Identifier: GPL-2.0-or-later
"""The workbook, opened by openpyxl (and by LibreOffice where it is installed), compared with the CSV
files of the same source. usage: test_workbook.py MAKE_BUNDLE"""
import csv
import functools
import datetime
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("LASTMILE_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

MAKE_BUNDLE = sys.argv[1]
CHINESE = ["封面", "结论", "目标", "分母", "线路", "覆盖情况", "方法"]
ENGLISH = ["Cover", "Verdicts", "Targets", "Denominators", "Lines", "Coverage", "Method"]
FILES = {"Verdicts": "verdicts", "Targets": "targets", "Denominators": "denominators",
         "Lines": "lines", "Coverage": "coverage"}


class Bundle:
    """The files of a year in a folder, and the open workbook."""

    def __init__(self, year):
        self.folder = tempfile.TemporaryDirectory(prefix="lastmile-workbook-")
        subprocess.run([MAKE_BUNDLE, year, self.folder.name], check=True,
                       env=dict(os.environ, LASTMILE_SOURCE=SOURCE))
        self.path = os.path.join(self.folder.name, "workbook.xlsx")

    @functools.cached_property
    def book(self):
        try:
            import openpyxl
        except ImportError as missing:
            raise tap.Skip("python3-openpyxl is not installed") from missing
        return openpyxl.load_workbook(self.path)

    def rows(self, name):
        path = os.path.join(self.folder.name, name + ".csv")
        with open(path, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def columns(self, name, without):
        path = os.path.join(self.folder.name, name + ".csv")
        with open(path, encoding="utf-8", newline="") as file:
            return [c for c in next(csv.reader(file)) if not c.endswith(without)]


@functools.cache
def made(year):
    """Made and opened once; only read from then on."""
    return Bundle(year)


def chinese_sheets_come_first():
    for year in ("2017", "2020"):
        assert made(year).book.sheetnames == CHINESE + ENGLISH


def same(cell, text):
    """Whether a cell says what the CSV says; there text may have a guard before it."""
    value = cell.value
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, (int, float)):
        return abs(float(text) - value) <= 1e-9 * max(1, abs(value))
    if isinstance(value, datetime.datetime):
        return text == value.date().isoformat()
    return text in (value, "'" + value) or "\r" in text


def every_cell_is_the_csv_s():
    bundle = made("2017")
    book = bundle.book
    for sheet, name in FILES.items():
        for title, without in ((sheet, "_zh"), (CHINESE[ENGLISH.index(sheet)], "_en")):
            columns = bundle.columns(name, without)
            header, *body = book[title].iter_rows()
            assert len(header) == len(columns), (title, len(header), columns)
            told = bundle.rows(name)
            assert len(body) == len(told), title
            for cells, row in zip(body, told, strict=True):
                for cell, column in zip(cells, columns, strict=True):
                    assert same(cell, row[column]), (title, column, cell.value, row[column])


def no_cell_is_a_formula():
    book = made("2017").book
    hostile = 0
    for sheet in book:
        for cells in sheet.iter_rows():
            for cell in cells:
                assert cell.data_type != "f", (sheet.title, cell.coordinate, cell.value)
                hostile += isinstance(cell.value, str) and cell.value.startswith(("=", "+", "@"))
    assert hostile >= 6, hostile


def headers_stay_and_columns_are_wide_enough():
    book = made("2020").book
    for title in CHINESE[1:] + ENGLISH[1:]:
        wide = book[title].max_column > 13
        assert book[title].freeze_panes == ("C2" if wide else "A2"), title
    width = book["结论"].column_dimensions["B"].width
    longest = max(len(c.value) for c in book["结论"]["B"][1:])
    assert width >= min(60, 2 * longest - 6), (width, longest)


def numbers_have_the_format_of_their_unit():
    bundle = made("2017")
    book = bundle.book
    formats = {}
    header, *body = book["Verdicts"].iter_rows()
    names = bundle.columns("verdicts", "_zh")
    for cells in body:
        row = dict(zip(names, cells, strict=True))
        if row["value"].value is not None:
            formats[row["unit"].value] = row["value"].number_format
        if row["coverage"].value is not None:
            assert row["coverage"].number_format == "0.0%"
        if row["numerator"].value is not None:
            assert row["numerator"].number_format == "#,##0"
    assert formats["%"] == '#,##0.00" %"', formats
    assert formats["Mbit/s"] == '#,##0" Mbit/s"', formats
    date = names.index("target_date")
    dated = [cells[date] for cells in body if cells[date].value]
    assert dated and all(c.number_format == "yyyy-mm-dd" and c.is_date for c in dated)


def the_cover_says_plan_instant_version_and_what_was_withheld():
    bundle = made("2017")
    cover = bundle.book["Cover"]
    told = {row[0].value: row[1].value for row in cover.iter_rows(min_row=3)}
    assert told["As at"] == "2017-12-31T24:00:00+08:00"
    assert told["Method version"] and told["Use"] == "public"
    assert told["Figures withheld"] == sum(r["withheld"] == "true" for r in bundle.rows("verdicts"))
    assert told["Counts of lines withheld: too small"] > 0


def the_cover_shows_the_target_in_force_of_each_indicator():
    for year, number in (("2017", "2017"), ("2020", "2020")):
        bundle = made(year)
        rows = [r for r in bundle.rows("verdicts") if r["area"] == "371000" and not r["operator"]
                and r["alternative"] == "false" and r["target_value"] and r["target_date"] >= year]
        nearest = {}
        for row in rows:
            known = nearest.setdefault(row["label_zh"], row)
            if row["target_date"] < known["target_date"]:
                nearest[row["label_zh"]] = row
        cover = bundle.book["封面"]
        shown = [r for r in cover.iter_rows(min_row=3) if r[0].value in nearest]
        assert len(nearest) > 5, nearest
        for cells in shown:
            row = nearest[cells[0].value]
            value = float(row["value"]) if row["value"] else None
            assert cells[1].value == value or abs(cells[1].value - value) < 1e-9, row
            assert cells[5].value == float(row["target_value"]), row
            assert str(cells[6].value)[:10] == row["target_date"], row
            assert cells[8].value == row["verdict_zh"], row
        assert {r[0].value for r in shown} >= set(nearest), set(nearest) - {r[0].value for r in shown}
        year_cell = next(r[1] for r in cover.iter_rows() if r[0].value == "年度")
        assert year_cell.value == int(number) and year_cell.number_format == "0"


def tables_print_on_pages_that_can_be_read():
    for sheet in made("2017").book:
        assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9
        narrow = sheet.max_column <= 13
        assert bool(sheet.sheet_properties.pageSetUpPr and
                    sheet.sheet_properties.pageSetUpPr.fitToPage) == narrow, sheet.title
        if sheet.title not in ("封面", "Cover"):
            assert sheet.print_title_rows == "$1:$1", sheet.print_title_rows


def equal_sources_give_equal_bytes():
    first, second = Bundle("2020"), Bundle("2020")
    with open(first.path, "rb") as one, open(second.path, "rb") as other:
        assert one.read() == other.read()


def libreoffice_opens_it():
    if not shutil.which("soffice"):
        raise tap.Skip("LibreOffice is not installed")
    bundle = made("2017")
    subprocess.run(["soffice", "--headless", "--convert-to", "csv", "--outdir",
                    bundle.folder.name, bundle.path], check=True, timeout=100,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=dict(os.environ, HOME=bundle.folder.name))
    with open(os.path.join(bundle.folder.name, "workbook.csv"), encoding="utf-8") as file:
        assert "2017-12-31T24:00:00+08:00" in file.read()


tap.run([chinese_sheets_come_first, every_cell_is_the_csv_s, no_cell_is_a_formula,
         headers_stay_and_columns_are_wide_enough, numbers_have_the_format_of_their_unit,
         the_cover_says_plan_instant_version_and_what_was_withheld,
         the_cover_shows_the_target_in_force_of_each_indicator,
         tables_print_on_pages_that_can_be_read, equal_sources_give_equal_bytes, libreoffice_opens_it])
