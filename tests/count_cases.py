#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts test cases, not programs: reads meson's testlog.json files and the TAP in them.

The last line is plain: "N passed, N failed, N skipped". Exit status 1 when anything failed, or when
nothing ran. A program that died, timed out, or printed fewer results than its plan promised counts
as failed cases, however many "ok" lines it had printed before.
"""
import json
import re
import sys

RESULT = re.compile(r"^(not )?ok\b(.*)$")  # cmocka says "not ok N # SKIP" of what it skips
PLAN = re.compile(r"^1\.\.(\d+)")
SKIP = re.compile(r"#\s*SKIP", re.IGNORECASE)


def count(test):
    """(passed, failed, skipped) of one test program."""
    passed = failed = skipped = 0
    planned = None
    for line in (test.get("stdout") or "").splitlines():
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            planned = int(plan.group(1)) + (planned or 0)
            skipped += planned == 0
        elif result and SKIP.search(result.group(2)):
            skipped += 1
        elif result and result.group(1):
            failed += 1
        elif result:
            passed += 1
    seen = passed + failed + skipped
    if planned and planned > seen:
        failed += planned - seen
    if test["returncode"] != 0 and failed == 0:
        failed = 1  # it died, or was ended for being late
    if seen == 0 and not failed:
        failed = 1  # a program that says nothing has tested nothing
    return passed, failed, skipped


def main(paths):
    totals = [0, 0, 0]
    for path in paths:
        with open(path, encoding="utf-8") as log:
            for line in log:
                test = json.loads(line)
                counts = count(test)
                totals = [a + b for a, b in zip(totals, counts)]
                if counts[1]:
                    print(f"failed: {test['name']} ({counts[1]} of {sum(counts)} cases)")
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
