/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * To be preloaded: a decoder with a fault that kills the process over one text, which the
 * environment names (DEADLY_TEXT). The program under test knows nothing of it.
 */
#include <cbor.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_BYTES 80 /* of what follows: the text of one item */

typedef struct cbor_decoder_result (*decode_fn)(cbor_data source, size_t size,
                                                const struct cbor_callbacks *callbacks,
                                                void *context);

struct cbor_decoder_result cbor_stream_decode(cbor_data source, size_t size,
                                              const struct cbor_callbacks *callbacks, void *context)
{
    static union {
        void *found;
        decode_fn decode;
    } real;
    const char *deadly = getenv("DEADLY_TEXT");
    size_t looked = size < LOOK_BYTES ? size : LOOK_BYTES;
    if (deadly && memmem(source, looked, deadly, strlen(deadly)))
        abort();
    if (!real.found)
        real.found = dlsym(RTLD_NEXT, "cbor_stream_decode");
    return real.decode(source, size, callbacks, context);
}
