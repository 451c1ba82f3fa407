-- SPDX-License-Identifier: GPL-2.0-or-later
-- Version 5: what traffic says besides lines: quality, destinations, users of WLANs, by day.

-- Classes of destinations by the names that operators give them. Those of a probe count against its
-- cap.
CREATE TABLE traffic_class (
    id          INTEGER PRIMARY KEY,
    operator_id INTEGER NOT NULL REFERENCES operator (id),
    name        TEXT NOT NULL,
    UNIQUE (operator_id, name)
) STRICT;

-- kind: 0 all traffic of lines, 1 with a class of destinations, 2 over public WLANs, 3 over other
-- WLANs; class_id is 0 but for kind 1. WLAN users are not told apart by settlement and residence.
-- Histograms: bucket (2 bytes) and count (4 bytes), big-endian, ascending. users: a sketch.
CREATE TABLE traffic_day (
    day                   INTEGER NOT NULL,
    operator_id           INTEGER NOT NULL REFERENCES operator (id),
    area_id               INTEGER NOT NULL REFERENCES area (id),
    settlement            INTEGER NOT NULL,
    residence             INTEGER NOT NULL,
    kind                  INTEGER NOT NULL,
    class_id              INTEGER NOT NULL,
    reports               INTEGER NOT NULL,         -- cells of reports that said something of it
    answered              INTEGER NOT NULL,         -- of these, with a completed TCP handshake
    downstream_octets     INTEGER NOT NULL,
    upstream_octets       INTEGER NOT NULL,
    accounted_downstream  INTEGER,                  -- by RADIUS accounting
    accounted_upstream    INTEGER,
    lines                 INTEGER NOT NULL,         -- that reached the threshold: a month's sum
    fast_lines_max        INTEGER NOT NULL,         -- in one cell, busiest second from 800 Mbit/s
    tcp_segments          INTEGER NOT NULL,
    tcp_retransmitted     INTEGER NOT NULL,
    external_rtt_us       BLOB NOT NULL,
    internal_rtt_us       BLOB NOT NULL,
    demand_bits_per_s     BLOB NOT NULL,
    users                 BLOB NOT NULL,
    PRIMARY KEY (day, operator_id, area_id, settlement, residence, kind, class_id)
) STRICT, WITHOUT ROWID;
