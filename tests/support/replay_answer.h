/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Answers one SNMPv1 or v2c message from a recording: GET, GETNEXT, GETBULK (RFC 3416 §4.2, RFC
 * 1157 §4.1), with counters that grow, or with lies. Fast enough to serve thousands of devices.
 * Pure; tests only.
 */
#ifndef LASTMILE_TESTS_SUPPORT_REPLAY_ANSWER_H
#define LASTMILE_TESTS_SUPPORT_REPLAY_ANSWER_H

#include "tests/support/replay_lies.h"

#define REPLAY_GROWTHS_MAX 16

/* Numbers in a subtree grow by so much a second. */
struct replay_growth {
    struct oid subtree;
    double per_s;
};

struct replay_device {
    struct varbind_set *set;
    const char *community; /* others get no answer */
    struct replay_growth growths[REPLAY_GROWTHS_MAX];
    size_t growth_count;
    double elapsed_s;   /* since the growth began */
    size_t message_max; /* octets of an answer; GETBULK is shortened to it, else tooBig */
    enum replay_lie lie;
    struct oid lie_subtree; /* what it lies about */
    uint64_t varbinds;      /* told so far */
};

/* Length of the answer at the END of buffer (at *out_answer), or 0: none (not a request that is
 * understood, another community). */
size_t replay_answer(struct replay_device *device, const uint8_t *message, size_t length,
                     uint8_t *buffer, size_t size, const uint8_t **out_answer);

#endif
