-- SPDX-License-Identifier: GPL-2.0-or-later
-- Which lines, terminals and access points were there on which days, in blocks. The rows
-- of line_month and element_month move here, and the tables go (day_sets.c does that): a city of a
-- million lines has fifty million of them in five years, and reading them took longer than anything.

-- key: month << 48 | block << 24 | place. A block is 128 ids in a row (of line, or of element); the
-- place is a branch for lines, a node for the others. marks: for each id with a day there, by id:
-- 1 byte id % 128, then 4 bytes big-endian whose bit d - 1 stands for day d: with traffic (lines),
-- listed (the others); for the latter 4 bytes more: on which it ran there.
CREATE TABLE line_days (
    key   INTEGER PRIMARY KEY,
    marks BLOB NOT NULL
) STRICT;
CREATE TABLE terminal_days (
    key   INTEGER PRIMARY KEY,
    marks BLOB NOT NULL
) STRICT;
CREATE TABLE wtp_days (
    key   INTEGER PRIMARY KEY,
    marks BLOB NOT NULL
) STRICT;

-- facts of lines: 1 byte for each id of the block, the best kind of key heard of it.
CREATE TABLE line_facts (
    block INTEGER PRIMARY KEY,
    facts BLOB NOT NULL
) STRICT;
-- facts of elements: 15 bytes for each id: technology, model class and service; then, for each of
-- them, 4 bytes big-endian: the second since 2015 at which it was told last.
CREATE TABLE element_facts (
    block INTEGER PRIMARY KEY,
    facts BLOB NOT NULL
) STRICT;

-- The next id for what a place names anew, so that what belongs together lies together. family: 0
-- lines, 1 terminals, 2 access points. A multiple of 128 says that the block is full.
CREATE TABLE open_block (
    family  INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    next_id INTEGER NOT NULL,
    PRIMARY KEY (family, place)
) STRICT, WITHOUT ROWID;
