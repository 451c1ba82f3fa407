-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 4: more registers; every imported row says how final it is. Append-only, as the others.
ALTER TABLE declared ADD COLUMN status TEXT NOT NULL DEFAULT 'final';
ALTER TABLE registered_node ADD COLUMN village TEXT NOT NULL DEFAULT '';
ALTER TABLE registered_node ADD COLUMN published_day INTEGER NOT NULL DEFAULT 0;
ALTER TABLE registered_node ADD COLUMN status TEXT NOT NULL DEFAULT 'final';
UPDATE registered_node SET published_day = reference_day;

-- Villages and communities with the statistics bureau's class: 1xx is urban, 2xx rural.
CREATE TABLE village (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    village       TEXT NOT NULL,                    -- 12 digits
    label         TEXT NOT NULL,
    area          TEXT NOT NULL,
    class         INTEGER NOT NULL,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL,
    status        TEXT NOT NULL
) STRICT;
CREATE INDEX village_by_key ON village (village, reference_day);

-- Places that are to have WLAN. access_point is a keyed pseudonym of 16 hex digits, or ''.
CREATE TABLE venue (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    venue         TEXT NOT NULL,
    label         TEXT NOT NULL,
    category      INTEGER NOT NULL,
    class         TEXT NOT NULL,
    area          TEXT NOT NULL,
    operator      TEXT NOT NULL,
    access_node   TEXT NOT NULL,
    access_point  TEXT NOT NULL,
    opened_day    INTEGER,
    closed_day    INTEGER,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL,
    status        TEXT NOT NULL
) STRICT;
CREATE INDEX venue_by_key ON venue (venue, operator, access_node, access_point, reference_day);

-- Contracted lines by rate; the rate in kbit/s, NULL: not said.
CREATE TABLE contract (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    operator      TEXT NOT NULL,
    area          TEXT NOT NULL,
    settlement    INTEGER NOT NULL,
    residence     INTEGER NOT NULL,
    technology    INTEGER NOT NULL,
    rate_kbit_s   INTEGER,
    lines         INTEGER NOT NULL,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL,
    status        TEXT NOT NULL
) STRICT;
CREATE INDEX contract_by_key
    ON contract (operator, area, settlement, residence, technology, reference_day);

-- What an operator has to say of a figure. period: "2017" or "2017-11".
CREATE TABLE remark (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    indicator     TEXT NOT NULL,
    area          TEXT NOT NULL,
    operator      TEXT NOT NULL,
    period        TEXT NOT NULL,
    text_zh       TEXT NOT NULL,
    text_en       TEXT NOT NULL,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL,
    status        TEXT NOT NULL
) STRICT;
CREATE INDEX remark_by_key ON remark (indicator, area, operator, period);
