# SPDX-License-Identifier: GPL-2.0-or-later
"""Test cases written in Python, told in TAP: a case is a function whose name is a sentence."""
import sys
import traceback


class Skip(Exception):
    """Raised by a case that cannot run here; the text says why."""


def run(cases):
    """Runs the cases in their order; exits 1 when one of them failed."""
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, case in enumerate(cases, 1):
        name = case.__name__
        try:
            case()
            print(f"ok {number} - {name}", flush=True)
        except Skip as why:
            print(f"ok {number} - {name} # SKIP {why}", flush=True)
        except Exception:  # a case may fail in any way; the others still run
            failed += 1
            print(f"not ok {number} - {name}", flush=True)
            for line in traceback.format_exc().splitlines():
                print(f"# {line}", flush=True)
    sys.exit(1 if failed else 0)
