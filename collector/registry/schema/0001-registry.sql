-- SPDX-License-Identifier: GPL-2.0-or-later
-- The registry, version 1. Times end in _ns (ns since 1970 UTC), days are civil days of the city,
-- months are year * 12 + month - 1. Pseudonyms are 64 bits, stored as the same bits signed.
-- NULL is unknown; it is never 0.

-- Who reports.
CREATE TABLE operator (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE probe (
    id                 INTEGER PRIMARY KEY,
    operator_id        INTEGER NOT NULL REFERENCES operator (id),
    name               TEXT NOT NULL,
    agent_version      TEXT NOT NULL DEFAULT '',
    configuration_hash INTEGER NOT NULL DEFAULT 0,
    interval_ms        INTEGER NOT NULL DEFAULT 0,  -- of its last report: its schedule
    wall_trusted       INTEGER NOT NULL DEFAULT 1,
    first_start_ns     INTEGER NOT NULL,            -- of the earliest interval
    last_start_ns      INTEGER NOT NULL,
    last_arrived_ns    INTEGER NOT NULL,
    online             INTEGER,                     -- its own word (topic state); NULL: none yet
    online_ns          INTEGER,
    reports            INTEGER NOT NULL DEFAULT 0,
    opened_series      INTEGER NOT NULL DEFAULT 0,  -- against the cap
    opened_lines       INTEGER NOT NULL DEFAULT 0,
    over_cap           INTEGER NOT NULL DEFAULT 0,  -- what the caps left out
    UNIQUE (operator_id, name)
) STRICT;

CREATE TABLE boot (
    id             INTEGER PRIMARY KEY,
    probe_id       INTEGER NOT NULL REFERENCES probe (id),
    boot_id        BLOB NOT NULL,
    contiguous     INTEGER NOT NULL DEFAULT 0,      -- all up to here committed or accounted for
    last_arrived_ns INTEGER NOT NULL,
    -- wall clock minus monotonic clock: by a trusted report, or by the promptest arrival
    anchor_ns      INTEGER,
    anchor_trusted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (probe_id, boot_id)
) STRICT;

-- The journal. id is the order of arrival; the bytes are what the probe sent.
CREATE TABLE report (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    boot_id      INTEGER NOT NULL REFERENCES boot (id),
    sequence     INTEGER NOT NULL,
    probe_id     INTEGER NOT NULL REFERENCES probe (id),
    start_ns     INTEGER NOT NULL,                  -- where it was placed
    interval_ms  INTEGER NOT NULL,
    arrived_ns   INTEGER NOT NULL,
    wall_trusted INTEGER NOT NULL,
    UNIQUE (boot_id, sequence)
) STRICT;
CREATE INDEX report_by_time ON report (probe_id, start_ns);

CREATE TABLE payload (
    report_id INTEGER PRIMARY KEY REFERENCES report (id),
    bytes     BLOB NOT NULL
) STRICT;

-- Sequences that will never come. Refused: the collector saw the report and could not take it.
CREATE TABLE gap (
    boot_id        INTEGER NOT NULL REFERENCES boot (id),
    first_sequence INTEGER NOT NULL,
    last_sequence  INTEGER NOT NULL,
    refused        INTEGER NOT NULL,
    arrived_ns     INTEGER NOT NULL,
    PRIMARY KEY (boot_id, first_sequence, last_sequence, refused)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe_day (
    probe_id         INTEGER NOT NULL REFERENCES probe (id),
    day              INTEGER NOT NULL,
    interval_ms      INTEGER NOT NULL,
    arrived          INTEGER NOT NULL,
    untrusted        INTEGER NOT NULL,
    captured_octets  INTEGER NOT NULL,              -- of points whose interface octets are known
    interface_octets INTEGER,
    dropped_packets  INTEGER NOT NULL,
    packets          INTEGER NOT NULL,
    PRIMARY KEY (probe_id, day)
) STRICT, WITHOUT ROWID;

-- What is measured.
CREATE TABLE area (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE access_node (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    name        TEXT NOT NULL,
    UNIQUE (operator_id, name)
) STRICT;

-- Lines of one residence class and technology on one node: what a report's cell counts.
CREATE TABLE branch (
    id         INTEGER PRIMARY KEY,
    node_id    INTEGER NOT NULL REFERENCES access_node (id),
    residence  INTEGER NOT NULL,
    technology INTEGER NOT NULL,
    UNIQUE (node_id, residence, technology)
) STRICT;

CREATE TABLE branch_day (
    branch_id           INTEGER NOT NULL REFERENCES branch (id),
    day                 INTEGER NOT NULL,
    area_id             INTEGER NOT NULL REFERENCES area (id),
    settlement          INTEGER NOT NULL,
    polled_ns           INTEGER,                    -- of the last poll of the day; NULL: none
    provisioned         INTEGER,
    active_max          INTEGER,
    capability          BLOB,                       -- CAPABILITY_CLASSES times 8 bytes, big-endian
    capability_measured INTEGER NOT NULL DEFAULT 0,
    confidence          INTEGER NOT NULL,
    PRIMARY KEY (branch_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE line (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    pseudonym   INTEGER NOT NULL,
    key_kind    INTEGER NOT NULL,                   -- the best bound known
    first_day   INTEGER NOT NULL,
    last_day    INTEGER NOT NULL,
    UNIQUE (operator_id, pseudonym)
) STRICT;

-- days: bit d - 1 stands for day d of the month.
CREATE TABLE line_month (
    month     INTEGER NOT NULL,
    line_id   INTEGER NOT NULL REFERENCES line (id),
    branch_id INTEGER NOT NULL REFERENCES branch (id),
    days      INTEGER NOT NULL,
    PRIMARY KEY (month, line_id, branch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE wtp (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    pseudonym   INTEGER NOT NULL,
    UNIQUE (operator_id, pseudonym)
) STRICT;

CREATE TABLE wtp_month (
    month   INTEGER NOT NULL,
    wtp_id  INTEGER NOT NULL REFERENCES wtp (id),
    node_id INTEGER NOT NULL REFERENCES access_node (id),
    days    INTEGER NOT NULL,                       -- in Run state on that day
    PRIMARY KEY (month, wtp_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE controller_day (
    node_id        INTEGER NOT NULL REFERENCES access_node (id),
    day            INTEGER NOT NULL,
    area_id        INTEGER NOT NULL REFERENCES area (id),
    polled_ns      INTEGER NOT NULL,
    wtp_configured INTEGER,                         -- at the last poll of the day
    wtp_run_max    INTEGER,
    stations_max   INTEGER,
    PRIMARY KEY (node_id, day)
) STRICT, WITHOUT ROWID;

CREATE TABLE interface (
    id      INTEGER PRIMARY KEY,
    node_id INTEGER NOT NULL REFERENCES access_node (id),
    name    TEXT NOT NULL,
    UNIQUE (node_id, name)
) STRICT;

CREATE TABLE interface_day (
    interface_id      INTEGER NOT NULL REFERENCES interface (id),
    day               INTEGER NOT NULL,
    area_id           INTEGER NOT NULL REFERENCES area (id),
    polled_ns         INTEGER NOT NULL,
    role              INTEGER NOT NULL,
    up                INTEGER NOT NULL,
    high_speed_mbit_s INTEGER,
    PRIMARY KEY (interface_id, day)
) STRICT, WITHOUT ROWID;

-- slot: 5 minutes since 1970. A mean is octets over the milliseconds that were seen of the slot.
CREATE TABLE interface_slot (
    interface_id INTEGER NOT NULL REFERENCES interface (id),
    slot         INTEGER NOT NULL,
    in_octets    INTEGER NOT NULL,
    in_ms        INTEGER NOT NULL,
    out_octets   INTEGER NOT NULL,
    out_ms       INTEGER NOT NULL,
    PRIMARY KEY (interface_id, slot)
) STRICT, WITHOUT ROWID;

-- Imported rows: append-only. The same key again is a new vintage.
CREATE TABLE denominator (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    area          TEXT NOT NULL,
    variable      TEXT NOT NULL,
    class         TEXT NOT NULL,
    value         REAL NOT NULL,
    unit          TEXT NOT NULL,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL,
    status        TEXT NOT NULL
) STRICT;
CREATE INDEX denominator_by_key ON denominator (area, variable, class, reference_day);

CREATE TABLE declared (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    indicator     TEXT NOT NULL,
    area          TEXT NOT NULL,
    operator      TEXT NOT NULL,
    value         REAL NOT NULL,
    unit          TEXT NOT NULL,
    reference_day INTEGER NOT NULL,
    published_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL
) STRICT;
CREATE INDEX declared_by_key ON declared (indicator, area, operator, reference_day);

CREATE TABLE registered_node (
    id            INTEGER PRIMARY KEY,
    imported_ns   INTEGER NOT NULL,
    operator      TEXT NOT NULL,
    access_node   TEXT NOT NULL,
    area          TEXT NOT NULL,
    settlement    INTEGER NOT NULL,
    residence     INTEGER NOT NULL,
    technology    INTEGER NOT NULL,
    lines         INTEGER,
    wtps          INTEGER,
    reference_day INTEGER NOT NULL,
    source        TEXT NOT NULL,
    vintage       TEXT NOT NULL
) STRICT;
CREATE INDEX registered_node_by_key
    ON registered_node (operator, access_node, residence, technology, reference_day);

-- What could not be taken, for a person to look at; bounded. The counts are not.
CREATE TABLE quarantine (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    arrived_ns  INTEGER NOT NULL,
    fault       TEXT NOT NULL,
    operator    TEXT NOT NULL,                      -- of the topic; '' when it is none of ours
    probe       TEXT NOT NULL,
    length      INTEGER NOT NULL,
    head        BLOB NOT NULL                       -- its first bytes
) STRICT;

CREATE TABLE quarantine_count (
    fault    TEXT PRIMARY KEY,
    count    INTEGER NOT NULL,
    last_ns  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Round-robin databases: the file is named by the id. 0 stands for "not of this kind".
CREATE TABLE series (
    id           INTEGER PRIMARY KEY,
    kind         INTEGER NOT NULL,
    probe_id     INTEGER NOT NULL REFERENCES probe (id),
    node_id      INTEGER NOT NULL DEFAULT 0,
    technology   INTEGER NOT NULL DEFAULT 0,
    interface_id INTEGER NOT NULL DEFAULT 0,
    step_s       INTEGER NOT NULL,
    dirty        INTEGER NOT NULL DEFAULT 0,        -- late data came: to be rebuilt
    UNIQUE (kind, probe_id, node_id, technology, interface_id)
) STRICT;
CREATE INDEX series_dirty ON series (probe_id) WHERE dirty;

-- One row: how far the round-robin databases follow the journal.
CREATE TABLE series_mark (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    report_id INTEGER NOT NULL
) STRICT;
INSERT INTO series_mark (id, report_id) VALUES (1, 0);
