# SPDX-License-Identifier: GPL-2.0-or-later
"""Reports that no probe would make: a good one with one thing wrong, from a seeded generator."""
from report_writer import Raw, encode, interface, inventory

WRONG_TYPES = (-1, -2 ** 63, 2 ** 63, 2 ** 64 - 1, float("nan"), float("inf"), float("-inf"), 1e308,
               -0.5, "17", b"", b"\x00" * 8, [], [1], {}, {1: 1}, True,
               Raw(b"\xf6"), Raw(b"\xf7"), Raw(b"\xf9\x7e\x00"), Raw(b"\xc2\x49" + b"\xff" * 9))
# Where a count stands: a path of keys from the report.
COUNTS = ((5,), (6,), (7,), (8,), (11,), (16,), (12, 0, 2), (12, 0, 3), (12, 0, 4), (12, 0, 7),
          (12, 0, 8), (12, 0, 10), (13, 0, 7), (13, 0, 8), (13, 0, 9), (13, 0, 13), (14, 0, 8),
          (14, 0, 15, 0, 4), (14, 0, 15, 0, 5), (14, 0, 15, 0, 6), (14, 0, 15, 0, 7))
YEAR_NS = 365 * 86400 * 10 ** 9
# Numbers that are counts, and that no network has.
TOO_MUCH = (((5,), (0, 2 ** 60, 2 ** 63 - 1)), ((7,), (2 ** 62, 2 ** 63 - 1)),
            ((6,), (0, 1, 10 ** 9, 44 * YEAR_NS, 155 * YEAR_NS, 2 ** 62, 2 ** 63 - 1)),
            ((8,), (0, 86400001, 2 ** 62)), ((16,), (0, 999, 86400001)),
            ((12, 0, 2), (11, 2 ** 62)), ((12, 0, 3), (2 ** 62, 2 ** 63 - 1)),
            ((12, 0, 4), (2 ** 60,)), ((12, 0, 7), (0, 2 ** 32, 2 ** 62)),
            ((13, 0, 7), (10 ** 9, 2 ** 62)), ((13, 0, 8), (2 ** 61,)), ((13, 0, 9), (2 ** 63 - 1,)),
            ((13, 0, 14), (2, 2 ** 62)), ((14, 0, 8), (2 ** 63 - 1,)),
            ((14, 0, 15, 0, 4), (2 ** 40,)), ((14, 0, 15, 0, 5), (2 ** 62,)),
            ((14, 0, 15, 0, 6), (2 ** 62,)), ((14, 0, 15, 0, 7), (2 ** 60,)))
NAMES = ((13, 0, 1), (13, 0, 2), (14, 0, 1), (14, 0, 2))
WRONG_NAMES = ("", "../../etc/passwd", "-rf", ".", "a\0b", "a\nb", "x" * 64, "x" * 300, "\u202e" * 2,
               "a b", "a;DROP TABLE probe", "'", "<script>", 7, Raw(b"\x62\xff\xfe"))
HISTOGRAMS = ((13, 0, 10), (13, 0, 11), (13, 0, 12))
WRONG_HISTOGRAMS = ([1920, 1], [0, 0], [0, 2 ** 32], [0], [0, 1, 1919, 1, 1, 1], [-1, 1], [0.5, 1])
PSEUDONYMS = ((13, 0, 15),)
WRONG_PSEUDONYMS = (b"1234567", b"\x02" * 8 + b"\x01" * 8, b"\x01" * 16, "12345678")
PLACES = ((COUNTS, WRONG_TYPES), (NAMES, WRONG_NAMES), (HISTOGRAMS, WRONG_HISTOGRAMS),
          (PSEUDONYMS, WRONG_PSEUDONYMS))


def good(reporter):
    """A report with something in each of its parts."""
    report = reporter.report()
    report[13] = [{1: "olt-1", 2: "371002", 3: 1, 4: 1, 5: 1, 6: 1, 7: 1, 8: 1000, 9: 1000,
                   10: [10, 1], 11: [], 12: [], 13: 1, 14: 0, 15: b"\x01" * 8}]
    report[14] = [inventory("olt-1", [interface("xe-0/0/0")], report[6])]
    return report


def put(report, path, value):
    for key in path[:-1]:
        report = report[key]
    report[path[-1]] = value


def spoil_bytes(report, dice):
    """Nothing that decodes: cut, longer, nested, or noise."""
    payload = encode(report)
    way = dice.randrange(6)
    if way == 0:
        return payload[:dice.randrange(len(payload))]
    if way == 1:
        return payload + b"\x00"
    if way == 2:
        return b"\x81" * dice.randrange(10, 5000)
    if way == 3:
        return dice.randbytes(dice.randrange(400))
    if way == 4:
        return b"\xbf" + payload[1:] + b"\xff"  # indefinite length
    return payload[:1] + b"\x00\x01" + payload[1:]  # a key twice


def absurd(reporter, dice):
    """The bytes of a report of which nothing may be stored."""
    report = good(reporter)
    way = dice.randrange(10)
    if way == 0:
        return spoil_bytes(report, dice)
    if way < 5:
        path, values = dice.choice(TOO_MUCH)
        put(report, path, dice.choice(values))
    else:
        paths, values = dice.choice(PLACES)
        put(report, dice.choice(paths), dice.choice(values))
    return encode(report)
