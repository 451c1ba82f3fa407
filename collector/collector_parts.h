/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The collector from inside: what collector_open.c (its parts, one by one) and collector.c (their
 * order, serving, stopping) share.
 */
#ifndef LASTMILE_COLLECTOR_COLLECTOR_PARTS_H
#define LASTMILE_COLLECTOR_COLLECTOR_PARTS_H

#include "collector/makers.h"
#include "collector/settings.h"

#include "common/conf.h"

#include <stdatomic.h>
#include <stdbool.h>

struct collector {
    const struct collector_settings *settings;
    int lock_fd; /* one collector for a folder of data */
    struct series *series;
    struct registry *registry;
    struct quota *quota;
    struct suspects *suspects; /* or NULL */
    struct intake *intake;
    struct feed *feed;
    struct watch *watch;
    struct bus *bus;
    struct plan *plan;
    struct gate *gate;
    struct http_server *http;
    struct makers makers;
    struct chronicler *chronicler;
    /* Between this thread and the storekeeper's: messages in, receipts and alerts out. */
    struct parcels *in, *out;
    struct storekeeper *keeper; /* while serving: what works on the registry is its */
    bool held;                  /* the bus is not read: the storekeeper is behind */
    atomic_bool connected;
    bool reconnected;
};

/* Each opens what its name says, with what it needs of what was opened before. 0, or -1 with the
 * reason; what is open by then, collector_stop closes. */
int collector_open_store(struct collector *collector, struct conf_error *out_error);
int collector_open_intake(struct collector *collector, struct conf_error *out_error);
int collector_open_bus(struct collector *collector, struct conf_error *out_error);
int collector_open_watch(struct collector *collector, struct conf_error *out_error);
int collector_open_http(struct collector *collector, struct conf_error *out_error);
int collector_open_chronicle(struct collector *collector, struct conf_error *out_error);

/* Says what failed, with what, and why; returns -1. */
int collector_fail(struct conf_error *out_error, const char *what, const char *object,
                   const char *why);

#endif
