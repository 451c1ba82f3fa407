#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The clauses of the plan file against the document itself, where it is at hand."""
import os
import re
import sys

SOURCE = os.environ.get("LASTMILE_SOURCE", ".")
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import tap  # noqa: E402

DOCUMENT = os.path.join(os.environ.get("LASTMILE_SHARED_DATA", ""), "plan", "weihai-2015-15.zh.txt")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def text_of_plan():
    return read(os.path.join(SOURCE, "config", "plans", "weihai-2015.cfg"))


def clauses():
    return re.findall(r'clause = "(.*?)";', text_of_plan())


def every_target_has_a_clause_and_all_but_the_absent_one_quote():
    quoting = [clause for clause in clauses() if re.search("“.+”", clause)]
    targets = len(re.findall(r"operator = ", text_of_plan()))
    tasks = len(re.findall(r"^        clause = ", text_of_plan(), re.M))
    assert targets == 42 and len(clauses()) == targets + tasks, (targets, tasks, len(clauses()))
    assert len(quoting) == len(clauses()) - 1, (len(clauses()), len(quoting))


def every_clause_quotes_the_document_to_the_letter():
    if not os.path.exists(DOCUMENT):
        raise tap.Skip("the document is not at hand (LASTMILE_SHARED_DATA)")
    document = read(DOCUMENT)
    for clause in clauses():
        quote = re.search("“(.+)”", clause)
        for part in quote.group(1).split("…") if quote else []:
            assert part in document, clause


tap.run([
    every_target_has_a_clause_and_all_but_the_absent_one_quote,
    every_clause_quotes_the_document_to_the_letter,
])
