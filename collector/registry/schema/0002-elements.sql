-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 2: terminals and access points one by one, in the place of the table of WTPs.

-- kind: 0 terminal, 1 WTP. What is said last holds, by the time of the poll; a controller that is
-- only a standby for it says nothing. 0 is unknown in technology, model_class, service and state.
CREATE TABLE element (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    kind        INTEGER NOT NULL,
    pseudonym   INTEGER NOT NULL,
    technology  INTEGER NOT NULL DEFAULT 0,
    model_class INTEGER NOT NULL DEFAULT 0,
    service     INTEGER NOT NULL DEFAULT 0,
    state       INTEGER NOT NULL DEFAULT 0,
    node_id     INTEGER NOT NULL REFERENCES access_node (id),
    told_ns     INTEGER NOT NULL,
    first_day   INTEGER NOT NULL,
    last_day    INTEGER NOT NULL,
    UNIQUE (operator_id, kind, pseudonym)
) STRICT;
-- How many access points there are, beside a million terminals.
CREATE INDEX element_wtp ON element (id) WHERE kind = 1;

-- listed, run: bit d - 1 stands for day d of the month, on which the node listed it, and on which
-- it ran there.
CREATE TABLE element_month (
    month      INTEGER NOT NULL,
    element_id INTEGER NOT NULL REFERENCES element (id),
    node_id    INTEGER NOT NULL REFERENCES access_node (id),
    listed     INTEGER NOT NULL,
    run        INTEGER NOT NULL,
    PRIMARY KEY (month, element_id, node_id)
) STRICT, WITHOUT ROWID;

INSERT INTO element (id, operator_id, kind, pseudonym, state, node_id, told_ns, first_day, last_day)
    WITH RECURSIVE bit (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM bit WHERE n < 30),
    seen (wtp_id, node_id, day) AS (
        SELECT wtp_id, node_id,
               CAST(julianday(printf('%04d-%02d-01', month / 12, month % 12 + 1)) - 2440587.5
                    AS INTEGER) + n
        FROM wtp_month JOIN bit ON days >> n & 1)
    SELECT w.id, w.operator_id, 1, w.pseudonym, 1, s.node_id, 0, MIN(s.day), MAX(s.day)
    FROM wtp w JOIN seen s ON s.wtp_id = w.id GROUP BY w.id;
INSERT INTO element_month (month, element_id, node_id, listed, run)
    SELECT month, wtp_id, node_id, days, days FROM wtp_month;
DROP TABLE wtp_month;
DROP TABLE wtp;

-- Distinct terminals that a poll listed by a key; NULL: not all of them had one.
ALTER TABLE branch_day ADD COLUMN named INTEGER;

-- Where a node's figures come from, and what its other sources say; the last of each.
CREATE TABLE node_source (
    node_id    INTEGER NOT NULL REFERENCES access_node (id),
    quantity   TEXT NOT NULL,
    technology INTEGER NOT NULL,
    source     TEXT NOT NULL,
    confidence INTEGER NOT NULL,
    published  INTEGER NOT NULL,
    value      INTEGER,
    told_ns    INTEGER NOT NULL,
    PRIMARY KEY (node_id, quantity, technology, source)
) STRICT, WITHOUT ROWID;

-- WLANs of a node; '' stands for all that are not declared public.
CREATE TABLE network_day (
    node_id      INTEGER NOT NULL REFERENCES access_node (id),
    day          INTEGER NOT NULL,
    ssid         TEXT NOT NULL,
    networks     INTEGER NOT NULL,
    stations_max INTEGER,
    PRIMARY KEY (node_id, day, ssid)
) STRICT, WITHOUT ROWID;
