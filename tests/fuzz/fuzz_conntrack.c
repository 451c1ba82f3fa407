/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * ctnetlink's messages into a meter: a message type of 2 ends a connection, any other tells it.
 */
#include "probe/conntrack/conntrack_meter.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct conntrack_options options = {.connections_max = 4};
    struct conntrack_meter *meter = conntrack_meter_new(&options);
    struct cursor in = cursor_of(data, size);
    struct netlink_message message;
    if (!meter)
        abort();
    conntrack_meter_begin_dump(meter);
    while (netlink_next_message(&in, &message)) {
        struct conntrack_flow flow;
        if (!conntrack_read_flow(message.payload, &flow))
            continue;
        if (flow.ip_version != 4 && flow.ip_version != 6)
            abort();
        if (message.type == 2)
            conntrack_meter_end(meter, &flow);
        else
            conntrack_meter_tell(meter, &flow);
    }
    conntrack_meter_end_dump(meter, !in.failed);
    conntrack_meter_free(meter);
    return 0;
}
