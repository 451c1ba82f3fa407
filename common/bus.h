/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * One MQTT v5 session (libmosquitto, known to bus.c alone), driven from the caller's own poll loop:
 * no thread is started here, and every call is made by the thread that polls. Reconnects by itself
 * with full jitter from 1 s to 5 min, within a second where certificate files were put anew; each
 * fault of the broker is a named state, logged here once with its remedy. Each try reads the
 * certificate files anew, and connects without blocking; only the resolver may take its time over a
 * host's name (an address needs none).
 *
 * Nothing outlives a connection: what was published and not answered when it broke is forgotten,
 * its ids are void, and whoever needs it publishes it again. A PUBACK says that the broker has a
 * message, not that anybody stored it.
 */
#ifndef LASTMILE_COMMON_BUS_H
#define LASTMILE_COMMON_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;

enum bus_state {
    BUS_DISCONNECTED, /* was connected, and waits for its next try */
    BUS_CONNECTING,   /* for the first time; later tries keep the name of the fault before */
    BUS_CONNECTED,
    BUS_UNREACHABLE,         /* no TCP connection, and nobody says why: network, firewall, host */
    BUS_LOGIN_REFUSED,       /* user name or password are not what the broker knows */
    BUS_NOT_AUTHORISED,      /* connected, but the ACL refuses a topic (v5 reason 135) */
    BUS_TLS_FAILED,          /* the handshake, for none of the reasons below */
    BUS_PROTOCOL_ERROR,      /* anything else that the broker objects to */
    BUS_CONNECTION_REFUSED,  /* the host is there, and nothing listens on the port */
    BUS_UNRESOLVED,          /* the host's name has no address */
    BUS_CERTIFICATE_EXPIRED, /* the broker's */
    BUS_CLOCK_WRONG,         /* the broker's certificate is not valid yet, or we are in 1970 */
    BUS_CA_UNKNOWN,          /* the broker's certificate is of another authority */
    BUS_HOST_MISMATCH,       /* the broker's certificate names another host */
    BUS_CERTIFICATE_REFUSED, /* ours, by the broker */
    BUS_STATES,
};
/* Its name, and what a person can do about it. The numbers are those of lmBrokerState, less one. */
const char *bus_state_name(enum bus_state state);
const char *bus_state_remedy(enum bus_state state);
const char *bus_state_remedy_zh(enum bus_state state);

struct bus_options {
    const char *host;
    int port;
    const char *client_id;
    const char *username, *password;            /* or NULL */
    const char *ca_file, *cert_file, *key_file; /* TLS 1.2+ when ca_file is set; else NULL */
    int keepalive_s;
    const char *will_topic; /* or NULL; sent retained, QoS 1 */
    const void *will_payload;
    size_t will_length;
    uint64_t reconnect_min_ms, reconnect_max_ms; /* 0: 1,000 and 300,000 */
};

/* Called from bus_service. Topic and payload are borrowed until return. */
struct bus_handlers {
    void (*message)(void *ctx, const char *topic, const void *payload, size_t length,
                    bool retained);
    void (*state)(void *ctx, enum bus_state state);
    /* The broker answered message id: accepted, or refused (ACL, quota) with the v5 reason. */
    void (*published)(void *ctx, int message_id, bool accepted, int reason);
    void *ctx;
};

/* Strings of options are copied. NULL with errno set. */
struct bus *bus_new(const struct bus_options *options, const struct bus_handlers *handlers);
void bus_free(struct bus *bus); /* says goodbye where connected; NULL is fine */

/* Topics subscribed (QoS 1) now and after each reconnect. 0, or -ENOMEM. */
int bus_subscribe(struct bus *bus, const char *topic);

/* Queues one QoS 1 message. 0 and its id, -ENOTCONN, -EMSGSIZE or -ENOMEM. The caller bounds what
 * is in flight. */
int bus_publish(struct bus *bus, const char *topic, const void *payload, size_t length,
                bool retained, int *out_message_id);

/* For poll(2): the descriptor (-1: none now), and whether writing is wanted. */
int bus_fd(const struct bus *bus);
bool bus_wants_write(const struct bus *bus);
/* Reads, writes, keeps alive and reconnects as is due. Call at least once a second. */
void bus_service(struct bus *bus, uint64_t now_mono_ns, bool readable, bool writable);

/* While held, nothing more is read, and the broker keeps what it has: for whoever cannot take more
 * just now. May be called from a message handler. For seconds at most: the broker's signs of life
 * are not heard either. Once released, the next bus_service is called with readable = true. */
void bus_hold(struct bus *bus, bool held);

enum bus_state bus_state(const struct bus *bus);

/* Whether bus_publish can be called: BUS_CONNECTED or BUS_NOT_AUTHORISED. */
bool bus_is_connected(const struct bus *bus);

#endif
