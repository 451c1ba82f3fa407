/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/target.h"

#include "probe/snmp/walk.h"

#include <errno.h>
#include <string.h>

#define DEADLINE_MS_DEFAULT   30000
#define TIMEOUT_MS_DEFAULT    2000
#define REPETITIONS_DEFAULT   25
#define PASSPHRASE_LENGTH_MIN 8 /* RFC 3414 §11.2 */

const struct conf_name poller_version_names[] = {
    {"2c", POLLER_V2C}, {"1", POLLER_V1}, {"3", POLLER_V3}, {NULL, 0}};
const struct conf_name poller_auth_names[] = {{"none", POLLER_AUTH_NONE},
                                              {"MD5", POLLER_AUTH_MD5},
                                              {"SHA", POLLER_AUTH_SHA1},
                                              {"SHA-1", POLLER_AUTH_SHA1},
                                              {"SHA-224", POLLER_AUTH_SHA224},
                                              {"SHA-256", POLLER_AUTH_SHA256},
                                              {"SHA-384", POLLER_AUTH_SHA384},
                                              {"SHA-512", POLLER_AUTH_SHA512},
                                              {NULL, 0}};
const struct conf_name poller_privacy_names[] = {
    {"none", POLLER_PRIVACY_NONE},      {"AES", POLLER_PRIVACY_AES128},
    {"AES-128", POLLER_PRIVACY_AES128}, {"AES-192", POLLER_PRIVACY_AES192},
    {"AES-256", POLLER_PRIVACY_AES256}, {NULL, 0}};

int target_check(const struct poller_target *target, const struct profile_set *profiles)
{
    bool v3 = target->version == POLLER_V3;
    if (target->name[0] == '\0' || target->address[0] == '\0' || (v3 && target->user[0] == '\0') ||
        target->rule_count > POLLER_RULES_MAX)
        return -EINVAL;
    if (v3 && target->auth != POLLER_AUTH_NONE &&
        strlen(target->auth_passphrase) < PASSPHRASE_LENGTH_MIN)
        return -EINVAL;
    if (v3 && target->privacy != POLLER_PRIVACY_NONE &&
        (target->auth == POLLER_AUTH_NONE ||
         strlen(target->privacy_passphrase) < PASSPHRASE_LENGTH_MIN))
        return -EINVAL;
    if (target->profile[0] != '\0' && !profile_set_find(profiles, target->profile))
        return -EINVAL;
    return 0;
}

void target_set_defaults(struct poller_target *target)
{
    if (target->deadline_ms == 0)
        target->deadline_ms = DEADLINE_MS_DEFAULT;
    if (target->timeout_ms == 0)
        target->timeout_ms = TIMEOUT_MS_DEFAULT;
    if (target->timeout_ms > target->deadline_ms)
        target->timeout_ms = target->deadline_ms;
    if (target->table_ms == 0 || target->table_ms > target->deadline_ms)
        target->table_ms = target->deadline_ms;
    if (target->max_repetitions == 0)
        target->max_repetitions = REPETITIONS_DEFAULT;
    if (target->max_repetitions > WALK_REPETITIONS_MAX)
        target->max_repetitions = WALK_REPETITIONS_MAX;
}
