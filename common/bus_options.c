/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/bus_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RECONNECT_MIN_MS 1000
#define RECONNECT_MAX_MS 300000

static bool copy_string(const char *in, const char **out)
{
    *out = in ? strdup(in) : NULL;
    return !in || *out;
}

int bus_options_copy(const struct bus_options *in, struct bus_options *out)
{
    *out = *in;
    void *will = in->will_length ? malloc(in->will_length) : NULL;
    if (will)
        memcpy(will, in->will_payload, in->will_length);
    out->will_payload = will;
    bool copied = (will != NULL) == (in->will_length != 0);
    copied = copy_string(in->host, &out->host) && copied;
    copied = copy_string(in->client_id, &out->client_id) && copied;
    copied = copy_string(in->username, &out->username) && copied;
    copied = copy_string(in->password, &out->password) && copied;
    copied = copy_string(in->ca_file, &out->ca_file) && copied;
    copied = copy_string(in->cert_file, &out->cert_file) && copied;
    copied = copy_string(in->key_file, &out->key_file) && copied;
    copied = copy_string(in->will_topic, &out->will_topic) && copied;
    if (out->reconnect_min_ms == 0)
        out->reconnect_min_ms = RECONNECT_MIN_MS;
    if (out->reconnect_max_ms == 0)
        out->reconnect_max_ms = RECONNECT_MAX_MS;
    return copied ? 0 : -ENOMEM;
}

/* The options are const to everybody but their owner. */
static void free_owned(const void *owned)
{
    union {
        const void *in;
        void *out;
    } same = {.in = owned};
    free(same.out);
}

void bus_options_fini(const struct bus_options *copy)
{
    const void *const owned[] = {copy->host,     copy->client_id,  copy->username,
                                 copy->password, copy->ca_file,    copy->cert_file,
                                 copy->key_file, copy->will_topic, copy->will_payload};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++)
        free_owned(owned[i]);
}
