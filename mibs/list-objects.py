#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes the table of what the profiles read into mibs/README.md; with --check it only compares.

    mibs/list-objects.py [--check]      exit status 0: as it should be, 1: it was not

The profiles are the truth: every object identifier in them gives a row, with the object's name, what
it is read for, and how sure it is."""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PROFILES = os.path.join(os.path.dirname(HERE), "config", "profiles")
README = os.path.join(HERE, "README.md")
BEGIN, END = "<!-- by ./dev mibs: begin -->", "<!-- by ./dev mibs: end -->"
TOKEN = re.compile(r'\s+|#[^\n]*|//[^\n]*|/\*[\s\S]*?\*/|"((?:[^"\\]|\\.)*)"|([A-Za-z_][\w-]*|-?[\d.]+)|([=:;,(){}\[\]])')
OID = re.compile(r"^1(\.\d+){3,}$")


def tokens(text):
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise ValueError(f"no setting: {text[at:at + 20]!r}")
        at = match.end()
        if match.group(1) is not None:
            yield ("text", match.group(1))
        elif match.group(2):
            yield ("word", match.group(2))
        elif match.group(3):
            yield ("mark", match.group(3))


class Reader:
    """libconfig's syntax, as far as profiles use it: groups, lists, arrays, strings, words."""

    def __init__(self, text):
        self.tokens = list(tokens(text)) + [("end", "")]
        self.at = 0

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def mark(self, marks):
        kind, text = self.tokens[self.at]
        if kind == "mark" and text in marks:
            self.at += 1
            return True
        return False

    def group(self, end):
        found = {}
        while not (self.mark("}") if end else self.tokens[self.at][0] == "end"):
            name = self.take()[1]
            if not self.mark("=:"):
                raise ValueError(f"no value of {name}")
            found[name] = self.value()
            self.mark(";,")
        return found

    def value(self):
        if self.mark("{"):
            return self.group(True)
        if self.mark("(["):
            found = []
            while not self.mark(")]"):
                found.append(self.value())
                self.mark(",")
            return found
        text = self.take()[1]
        while self.tokens[self.at][0] == "text":  # strings side by side are one
            text += self.take()[1]
        return text


def purpose(group, where):
    """What the objects of a group are read for, in the profile's own words."""
    if where == "match":
        return "recognition", "", ""
    words = [group.get("quantity") or group.get("kind") or where]
    words += [group[key] for key in ("technology", "from") if key in group]
    return " ".join(words), group.get("label", ""), group.get("confidence", "")


def rows_of(value, where, found, group=None):
    if isinstance(value, dict):
        for key, inner in value.items():
            rows_of(inner, key if isinstance(inner, list) and inner and isinstance(inner[0], dict)
                    else where if group is None else where, found, value)
        return
    if isinstance(value, list):
        for inner in value:
            rows_of(inner, where, found, group)
        return
    if OID.match(value):
        found.append((value, *purpose(group, where)))


def order(oid):
    return [int(arc) for arc in oid.split(".")]


def table():
    lines = ["| profile | object | number | read for | sure |", "|---|---|---|---|---|"]
    for name in sorted(os.listdir(PROFILES)):
        if not name.endswith(".cfg"):
            continue
        with open(os.path.join(PROFILES, name), encoding="utf-8") as file:
            profile = Reader(file.read()).group(False)
        found = []
        rows_of(profile, "", found)
        merged = {}
        for oid, why, label, sure in found:
            merged.setdefault((oid, label, sure), []).append(why)
        for (oid, label, sure), whys in sorted(merged.items(), key=lambda row: order(row[0][0])):
            lines.append(f"| {profile['profile']} | {label} | {oid} | "
                         f"{', '.join(sorted(set(whys)))} | {sure} |")
    return "\n".join(lines)


def main():
    with open(README, encoding="utf-8") as file:
        old = file.read()
    before, rest = old.split(BEGIN)
    after = rest.split(END)[1]
    new = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if new == old:
        return 0
    if "--check" in sys.argv[1:]:
        print("mibs/README.md does not say what the profiles read: run ./dev mibs")
    else:
        with open(README, "w", encoding="utf-8") as file:
            file.write(new)
    return 1 if "--check" in sys.argv[1:] else 0


sys.exit(main())
