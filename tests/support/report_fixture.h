/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Reports made by hand, and their way into a registry, for the tests of the collector's rooms. All
 * of it asserts: a test that cannot make its report has failed.
 */
#ifndef LASTMILE_TESTS_SUPPORT_REPORT_FIXTURE_H
#define LASTMILE_TESTS_SUPPORT_REPORT_FIXTURE_H

#include "collector/registry/journal.h"

#include "common/report.h"

#define FIXTURE_INTERVAL_MS 300000
#define FIXTURE_INTERVAL_NS (UINT64_C(300) * 1000000000)

/* A time of the city. */
uint64_t fixture_time_ns(int year, int month, int day, int hour, int minute);

/* Operator "cu", trusted clock, boot of 16 bytes `boot`; the caller frees it. */
struct report *fixture_report(const char *probe, uint8_t boot, uint64_t sequence,
                              uint64_t start_ns);
/* A cell of a residential GPON node "olt-1" in area "371002" with lines first..first + count - 1.
 */
struct report_cell *fixture_add_lines(struct report *report, uint64_t first, size_t count);
/* A poll of a device at the report's start, complete. */
struct report_inventory *fixture_add_poll(struct report *report, const char *node);
/* WTPs in Run state with pseudonyms first..first + count - 1. */
void fixture_add_wtps(struct report_inventory *inventory, uint64_t first, size_t count);

/* Commits and frees the report; returns is_new. It arrives when its interval ends, or at a time. */
bool fixture_commit(struct registry *registry, struct report *report);
bool fixture_commit_at(struct registry *registry, struct report *report, uint64_t arrived_ns);

/* The contiguous sequence that a receipt tells for a boot; fails the test when it tells none. */
uint64_t fixture_receipt(struct registry *registry, const char *probe, uint8_t boot);

#endif
