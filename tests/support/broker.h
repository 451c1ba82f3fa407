/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A private mosquitto on a random port of 127.0.0.1, with users, an ACL and, if asked, TLS, as a
 * deployment would have it. It dies with the test. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_BROKER_H
#define LASTMILE_TESTS_SUPPORT_BROKER_H

#include <stdbool.h>

struct broker;

/* Whether this machine has mosquitto, its password tool and, for TLS, openssl. */
bool broker_is_installed(void);

/* Not yet running. Aborts where a test cannot go on (no folder, no memory). With TLS, broker_ca is
 * the file of its authority; the server's name is 127.0.0.1. */
struct broker *broker_new(bool tls);
/* Ends it and removes its files. NULL is fine. */
void broker_free(struct broker *broker);

/* Before broker_start: a user, and the lines of the ACL that are its own ("topic write a/b\n"). */
void broker_add_user(struct broker *broker, const char *name, const char *password,
                     const char *acl);

/* Starts, and waits until it listens; the port stays the same. */
void broker_start(struct broker *broker);
/* kill -9. */
void broker_kill(struct broker *broker);

/* With TLS, while it does not run: which certificate it shows, and whether it wants one. */
enum broker_certificate {
    BROKER_CERTIFICATE_GOOD,
    BROKER_CERTIFICATE_EXPIRED,
    BROKER_CERTIFICATE_OF_TOMORROW, /* as a clock sees it that is behind */
    BROKER_ASKS_FOR_OURS,
};
void broker_set_certificate(struct broker *broker, enum broker_certificate certificate);

int broker_port(const struct broker *broker);
const char *broker_ca(const struct broker *broker);
/* The folder of its files. */
const char *broker_folder(const struct broker *broker);

#endif
