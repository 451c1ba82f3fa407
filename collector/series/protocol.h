/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What the collector and its series processes say to each other over SOCK_SEQPACKET pairs: one
 * packet a message, a fixed head and an array of points or values. Both ends are one program, so
 * the structs go as they are.
 */
#ifndef LASTMILE_COLLECTOR_SERIES_PROTOCOL_H
#define LASTMILE_COLLECTOR_SERIES_PROTOCOL_H

#include "collector/series/series.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum message_type {
    /* collector to writer */
    MESSAGE_PUT,           /* points, of any series */
    MESSAGE_MARK,          /* id: report; answered by MARKED when all before is in the files; kind:
                              1 = at once, else when the writer thinks fit */
    MESSAGE_REBUILD_BEGIN, /* id: series; from_s */
    MESSAGE_REBUILD_END,   /* id: series; answered by REBUILT or FAULT */
    /* writer, or keeper, to collector */
    MESSAGE_HELLO, /* a new process; id: its pid */
    MESSAGE_MARKED,
    MESSAGE_LATE,    /* id: series, to be rebuilt */
    MESSAGE_CREATED, /* id: series; from_s: end of its first point */
    MESSAGE_REBUILT, /* id: series */
    MESSAGE_FAULT,   /* id: series; count: errno */
    /* collector to reader, and back */
    MESSAGE_FETCH,  /* id: series; from_s, to_s, step_s; kind: 1 = maximum */
    MESSAGE_POINTS, /* a part of the values: count of them from place on; total in to_s */
};

#define MESSAGE_POINTS_MAX 512
#define MESSAGE_VALUES_MAX 2560

struct message_point {
    int64_t id;
    uint32_t kind, step_s;
    uint64_t end_s;
    double values[SERIES_SOURCES_MAX];
};

struct message {
    uint32_t type, kind;
    uint64_t request; /* FETCH, POINTS: which answer belongs to which question */
    int64_t id;
    uint64_t step_s, from_s, to_s, place;
    uint64_t count; /* elements of body that are sent */
    union {
        struct message_point points[MESSAGE_POINTS_MAX];
        double values[MESSAGE_VALUES_MAX];
    } body;
};
#define MESSAGE_HEAD_BYTES offsetof(struct message, body)

/* Bytes that a message takes with its body. */
size_t message_length(const struct message *message);
/* Waits until it is sent. 0, or -EPIPE when the other side has gone. */
int message_send(int fd, const struct message *message);
/* Waits for a message for timeout_ms (-1: forever). 1, 0 when the other side has gone, -ETIMEDOUT
 * or -EPROTO. */
int message_receive(int fd, int timeout_ms, struct message *out);

/* The processes; they return when the collector has closed its end. in_hand: shared with the
 * keeper: the series whose file is being touched, or 0. */
struct worker {
    int fd;
    const char *folder;
    const struct series_retention *retention;
    volatile int64_t *in_hand;
};
int writer_run(const struct worker *worker);
int reader_run(const struct worker *worker);

struct keeper {
    int writer_fd, reader_fd; /* the processes' ends */
    const char *folder;
    struct series_retention retention;
};
int keeper_run(const struct keeper *keeper);

#endif
