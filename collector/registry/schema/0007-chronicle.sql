-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 7: what every figure of a month and of a year was said to be, and when. Append-only.
CREATE TABLE chronicle (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    indicator          TEXT NOT NULL,
    area               TEXT NOT NULL,
    operator           TEXT NOT NULL,               -- '': all
    span               INTEGER NOT NULL,            -- 0 month, 1 year
    day                INTEGER NOT NULL,            -- its last
    status             INTEGER NOT NULL,            -- 0 provisional, 1 final, 2 revised after that
    revision           INTEGER NOT NULL,            -- of a final figure: 0, then 1, 2, ...
    value              REAL,
    lower              REAL,
    upper              REAL,
    old_value          REAL,
    verdict            INTEGER NOT NULL,
    basis              INTEGER NOT NULL,
    grade              TEXT NOT NULL,
    definition_version INTEGER NOT NULL,
    vintage            TEXT NOT NULL,               -- of the denominator
    reason             TEXT NOT NULL,
    computed_by        TEXT NOT NULL,
    computed_ns        INTEGER NOT NULL,
    inputs_digest      TEXT NOT NULL
) STRICT;
CREATE INDEX chronicle_by_key ON chronicle (span, day, indicator, area, operator, id);
CREATE TRIGGER chronicle_is_not_changed BEFORE UPDATE ON chronicle BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER chronicle_is_not_thinned BEFORE DELETE ON chronicle BEGIN SELECT RAISE(ABORT, 'append-only'); END;

-- Bookkeeping: when a month was computed last, and why it must be again (bits; 0: it need not).
CREATE TABLE chronicle_period (
    day         INTEGER PRIMARY KEY,
    computed_ns INTEGER NOT NULL,
    dirty       INTEGER NOT NULL
) STRICT;

-- One row: up to where arrivals and imports were looked at, under which rules, by which program, and
-- which area is the city.
CREATE TABLE chronicle_mark (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    report_id   INTEGER NOT NULL,
    imported_ns INTEGER NOT NULL,
    rules       TEXT NOT NULL,
    computed_by TEXT NOT NULL,
    city        TEXT NOT NULL
) STRICT;
