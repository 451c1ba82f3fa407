/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The reader process: answers questions for points, one at a time, in parts that fit a packet.
 */
#include "collector/series/protocol.h"
#include "collector/series/rrd_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATH_BYTES 400

static int send_fault(int fd, uint64_t request, int status)
{
    struct message fault = {.type = MESSAGE_FAULT, .request = request, .to_s = (uint64_t)-status};
    return message_send(fd, &fault);
}

static int send_values(const struct worker *worker, struct message *message,
                       const struct rrd_fetch *fetch)
{
    size_t total = fetch->rows * fetch->sources;
    size_t place = 0;
    int status = 0;
    do {
        size_t count = total - place < MESSAGE_VALUES_MAX ? total - place : MESSAGE_VALUES_MAX;
        *message = (struct message){.type = MESSAGE_POINTS,
                                    .request = message->request,
                                    .kind = (uint32_t)fetch->sources,
                                    .step_s = fetch->step_s,
                                    .from_s = fetch->from_s,
                                    .to_s = total,
                                    .place = place,
                                    .count = count};
        if (count)
            memcpy(message->body.values, fetch->values + place, count * sizeof(double));
        status = message_send(worker->fd, message);
        place += count;
    } while (status == 0 && place < total);
    return status;
}

static int take_fetch(const struct worker *worker, struct message *message)
{
    char path[PATH_BYTES];
    struct rrd_fetch fetch = {.from_s = message->from_s,
                              .to_s = message->to_s,
                              .step_s = message->step_s,
                              .maximum = message->kind == 1};
    (void)snprintf(path, sizeof path, "%s/%lld.rrd", worker->folder, (long long)message->id);
    *worker->in_hand = message->id;
    int status = rrd_file_fetch(path, &fetch);
    *worker->in_hand = 0;
    if (status != 0)
        return send_fault(worker->fd, message->request, status);
    status = send_values(worker, message, &fetch);
    rrd_file_free_values(&fetch);
    return status;
}

int reader_run(const struct worker *worker)
{
    static struct message message; /* the process has this one */
    int status = 0;
    while (status == 0) {
        int received = message_receive(worker->fd, -1, &message);
        if (received == 1 && message.type == MESSAGE_FETCH)
            status = take_fetch(worker, &message);
        else if (received == 0)
            return 0;
        else if (received == -EPROTO)
            return 1;
    }
    return status == -EPIPE ? 0 : 1;
}
