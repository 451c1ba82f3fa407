-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 3: the alerts in force.
CREATE TABLE alert (
    probe_id INTEGER NOT NULL REFERENCES probe (id),
    rule     TEXT NOT NULL,
    since_ns INTEGER NOT NULL,
    value    REAL NOT NULL,                         -- when it was raised
    PRIMARY KEY (probe_id, rule)
) STRICT, WITHOUT ROWID;
