/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * An answer that a child process makes: programs run one after the other in an empty folder of
 * their own, with limits of time and memory, and no shell. Handlers write orders, a thread of
 * answers.h runs them; the answer is a file, which is sent from where it lies.
 */
#ifndef LASTMILE_COLLECTOR_HTTP_ORDER_H
#define LASTMILE_COLLECTOR_HTTP_ORDER_H

#include "collector/http/message.h"

#include <stdbool.h>
#include <stddef.h>

#define ORDER_STEPS_MAX     2
#define ORDER_ARGUMENTS_MAX 96

struct order_step {
    char *arguments[ORDER_ARGUMENTS_MAX + 1]; /* of the program, which is the first; NULL ends */
    size_t count;
};

struct order {
    struct order_step steps[ORDER_STEPS_MAX]; /* until one without arguments */
    const char *result;                       /* the file that is the answer; NULL: stdout */
    unsigned timeout_s;                       /* for all steps together */
    size_t memory_bytes;                      /* of a step's address space */
    bool failed;                              /* memory was out, or too many arguments */
};

struct order *order_new(void); /* NULL: memory */
void order_free(struct order *order);

/* One more argument; faults are sticky. */
void order_put(struct order *order, size_t step, const char *argument);
void order_printf(struct order *order, size_t step, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Runs the response's order, which is then gone: the response gets the file, or the problem (503
 * when the time was too short, else 500). Blocks. */
void order_run(const struct http_request *request, struct http_response *response);

#endif
