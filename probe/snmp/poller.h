/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Polls thousands of SNMP agents from one poll(2) loop and one descriptor: each in its own slot of
 * the interval, one request in flight a device, a deadline a device and a table, backoff with
 * jitter for the silent, so that a slow agent never delays another. It knows neither reports nor
 * lines; each finished poll goes to a callback. No addresses and no secrets in what it says. Time
 * is an argument, but for SNMPv3's time windows and the hour of heavy tables. One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_POLLER_H
#define LASTMILE_PROBE_SNMP_POLLER_H

#include "probe/snmp/profile.h"
#include "probe/snmp/snapshot.h"

#include <poll.h>

#define POLLER_RULES_MAX 32

enum poller_version { POLLER_V1 = 1, POLLER_V2C = 2, POLLER_V3 = 3 };
enum poller_auth {
    POLLER_AUTH_NONE,
    POLLER_AUTH_MD5,
    POLLER_AUTH_SHA1,
    POLLER_AUTH_SHA224,
    POLLER_AUTH_SHA256,
    POLLER_AUTH_SHA384,
    POLLER_AUTH_SHA512,
};
enum poller_privacy {
    POLLER_PRIVACY_NONE,
    POLLER_PRIVACY_AES128,
    POLLER_PRIVACY_AES192,
    POLLER_PRIVACY_AES256,
};
/* "SHA-256", "AES"; "1", "2c", "3". */
extern const struct conf_name poller_version_names[];
extern const struct conf_name poller_auth_names[];
extern const struct conf_name poller_privacy_names[];

/* Gives a role to the interfaces whose ifName or ifAlias matches a shell pattern (fnmatch(3)). */
struct poller_interface_rule {
    char pattern[REPORT_NAME_BYTES];
    enum interface_role role;
};

struct poller_target {
    char name[REPORT_NAME_BYTES]; /* the access node's name in reports and logs */
    char address[256];            /* "udp:HOST:PORT", "udp6:[::1]:161", "HOST" */
    enum poller_version version;
    char community[128];                                  /* v1, v2c */
    char user[64];                                        /* v3 */
    enum poller_auth auth;                                /* v3 */
    enum poller_privacy privacy;                          /* v3 */
    char auth_passphrase[128], privacy_passphrase[128];   /* v3, 8 characters and more */
    char context[64];                                     /* v3; "" is the default context */
    char profile[REPORT_NAME_BYTES];                      /* forced; "" to recognise */
    uint64_t interval_ms;                                 /* between the starts of polls; 0: once */
    uint64_t deadline_ms;                                 /* of one whole poll; 0: 30 s */
    uint64_t timeout_ms;                                  /* of one request; 0: 2 s */
    unsigned retries;                                     /* of one request */
    unsigned max_repetitions;                             /* to begin with; 0: 25 */
    uint64_t table_ms;                                    /* of one table; 0: deadline_ms */
    uint64_t heavy_pause_ms;                              /* between questions of heavy tables */
    unsigned heavy_from_hour, heavy_to_hour;              /* of the city's day, 0 to 24; from = to:
                                                             always */
    struct poller_interface_rule rules[POLLER_RULES_MAX]; /* the first that matches holds */
    size_t rule_count;
};

struct poller;

/* Takes the snapshot over (free it with device_snapshot_free). */
typedef void (*poller_snapshot_fn)(void *ctx, struct device_snapshot *snapshot);

/* Profiles are borrowed for the poller's life. NULL with errno. */
struct poller *poller_new(const struct profile_set *profiles, poller_snapshot_fn on_snapshot,
                          void *ctx);
void poller_free(struct poller *poller);

struct gather_listener;
/* Lets somebody listen to all polls that begin from now on, to record them; borrowed. */
void poller_listen(struct poller *poller, const struct gather_listener *listener);

/* Adds a device and copies the target. Its first poll is soon, 2 ms after that of the device added
 * before; those that follow are in its slot. 0, -EINVAL (no name or address, a passphrase too
 * short, a profile that is not there), -EEXIST, -ENOMEM. */
int poller_add(struct poller *poller, const struct poller_target *target, uint64_t now_mono_ns);

/* Starts what is due and fills fds with what to wait for: one descriptor, however many devices.
 * Returns how many (0 when max is 0); out_timeout_ns is the time until poller_prepare or
 * poller_service must be called even if nothing comes (UINT64_MAX: never). */
size_t poller_prepare(struct poller *poller, struct pollfd *fds, size_t max, uint64_t now_mono_ns,
                      uint64_t *out_timeout_ns);

/* Reads answers, sends what follows, ends what is late. fds as poll(2) has left them. At most some
 * hundred answers a call, so that the caller's other work has its turn. */
void poller_service(struct poller *poller, const struct pollfd *fds, size_t count,
                    uint64_t now_mono_ns);

/* Devices that are being polled now, and devices in all. */
size_t poller_active(const struct poller *poller);
size_t poller_count(const struct poller *poller);

/* Since the poller began. */
struct poller_totals {
    uint64_t polls, complete, partial, failed; /* that have ended */
    uint64_t missed;                           /* slots passed over, since a poll took longer */
    uint64_t requests, varbinds, timeouts;
    uint64_t lateness_p50_ns, lateness_p99_ns, lateness_max_ns; /* from slot to start; to 1.6 % */
    uint64_t strays; /* datagrams that were nobody's answer */
};
void poller_totals(const struct poller *poller, struct poller_totals *out_totals);

/* The same of device i (0 up to poller_count), and its last poll. */
struct poller_health {
    const char *name;                 /* borrowed for the poller's life */
    enum report_poll_outcome outcome; /* of the last poll; meaningless when polls is 0 */
    uint64_t polls, partial, failed, missed;
    unsigned failures;                                               /* in a row, up to now */
    uint64_t lateness_ns, duration_ns, requests, varbinds, timeouts; /* of the last poll */
    unsigned repetitions; /* that the device is asked for now */
};
void poller_health(const struct poller *poller, size_t i, struct poller_health *out_health);

#endif
