/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Any bytes as a segment of the spool: records that are found lie within it, one behind another,
 * and are what their heads say.
 */
#include "probe/outbox/frame.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_reader reader = frame_reader_over(data, size);
    struct frame frame;
    size_t last = 0;
    while (frame_reader_next(&reader, &frame)) {
        uint8_t head[FRAME_HEAD_BYTES];
        size_t begin = (size_t)(frame.payload - data) - FRAME_HEAD_BYTES;
        if (begin < last || reader.offset > size ||
            reader.offset - begin != FRAME_HEAD_BYTES + frame.payload_length)
            abort();
        frame_write_head(&frame, head);
        if (memcmp(head, data + begin, sizeof head) != 0)
            abort();
        last = reader.offset;
    }
    return 0;
}
