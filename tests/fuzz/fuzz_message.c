/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever a datagram holds, its varbinds lie inside it and within the room. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct message_room room;
    struct message message;
    uint8_t *copy = malloc(size + 1); /* exactly as long, so that a sanitizer sees a step too far */
    if (!copy)
        return 0;
    memcpy(copy, data, size);
    if (message_open(copy, size, &message) == 0) {
        if (message.varbinds < copy || message.varbinds + message.varbinds_length > copy + size)
            abort();
        (void)message_unfold(&message, &room);
        if (room.count > MESSAGE_VARBINDS_MAX || room.arcs_used > MESSAGE_ARCS_MAX)
            abort();
        for (size_t i = 0; i < room.count; i++) {
            const struct varbind *varbind = &room.varbinds[i];
            if (varbind->name.length > OID_ARCS_MAX)
                abort();
            if (varbind->length == 0)
                continue;
            const uint8_t *end = varbind->bytes + varbind->length;
            bool in_message = varbind->bytes >= copy && end <= copy + size;
            bool in_arcs = varbind->bytes >= (const uint8_t *)room.arcs &&
                           end <= (const uint8_t *)(room.arcs + MESSAGE_ARCS_MAX);
            if (!in_message && !in_arcs)
                abort();
        }
    }
    free(copy);
    return 0;
}
