/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The city's messages and registers into a registry, by the collector's own intake and import.
 */
#ifndef LASTMILE_TESTS_CITY_CITY_INTAKE_H
#define LASTMILE_TESTS_CITY_CITY_INTAKE_H

#include "tests/city/city.h"

struct intake;
struct registry;
struct plan;

/* Takes messages as the broker brings them. */
struct city_intake {
    struct intake *intake;
    uint64_t receipts, messages, bytes;
};
/* 0 or -ENOMEM. */
int city_intake_open(struct city_intake *self, struct registry *registry);
int city_intake_take(void *self, const struct city_message *message); /* a city_sink */
/* Commits what waits. 0, -EBADMSG when a message was refused, or what the registry says. */
int city_intake_close(struct city_intake *self);

/* Writes the registers into a folder and imports them from there, the day after the run's end. 0 or
 * a negated errno, with the reason on stderr. */
int city_import_registers(const struct city *city, const struct plan *plan,
                          struct registry *registry, const char *folder);

/* denominators.csv, nodes.csv, declared.csv and truth.json into a folder. 0 or a negated errno. */
int city_write_folder(const struct city *city, const char *folder);

#endif
