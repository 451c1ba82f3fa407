/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * common/bus.h without a network and in the test's own time: a broker that answers or does not, and
 * hands each message on to the test. A test that links this file links bus.c no more. One bus lives
 * at a time. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_FAKE_BUS_H
#define LASTMILE_TESTS_SUPPORT_FAKE_BUS_H

#include "common/bus.h"

/* Told of each message that the broker took, in bus_publish. */
typedef void (*fake_bus_taken_fn)(void *ctx, const char *topic, const void *payload, size_t length);
void fake_bus_on_taken(fake_bus_taken_fn taken, void *ctx);

/* Whether the broker answers from the next bus_service on. What was not acknowledged then is void.
 */
void fake_bus_set_up(bool up);

/* Hands a message to the bus's owner, at the next bus_service; one waits at a time, the last. */
void fake_bus_deliver(const char *topic, const void *payload, size_t length);

#endif
