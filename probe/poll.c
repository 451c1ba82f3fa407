/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/poll.h"

#include "common/clock.h"
#include "common/log.h"
#include "probe/line/pseudonym.h"
#include "probe/poll_options.h"
#include "probe/poll_print.h"
#include "probe/snmp/anonymize.h"
#include "probe/snmp/replay.h"
#include "probe/snmp/snmprec.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_USAGE 2

/* What to do about a poll that came to nothing. */
static const char *remedy(enum source_status status, const struct poller_target *target)
{
    switch (status) {
    case SOURCE_TIMEOUT:
        return target->version == POLLER_V3 && target->privacy != POLLER_PRIVACY_NONE
                   ? "; agents say nothing to what they cannot decrypt: check --v3-priv and its "
                     "passphrase; else: is the address right, does the agent speak SNMPv3, does "
                     "its list of managers (ACL) or a firewall let this host through?"
               : target->version == POLLER_V3
                   ? "; is the address right, does the agent speak SNMPv3, does its list of "
                     "managers (ACL) or a firewall let this host through?"
                   : "; agents say nothing to a wrong community: is it right, does the agent's "
                     "list "
                     "of managers (ACL) or a firewall let this host through, does it speak this "
                     "version (try --snmp-version 1), are address and port right?";
    case SOURCE_REFUSED:
        return "; does the name have an address, is the port right, does an agent listen there?";
    case SOURCE_UNAUTHORIZED:
        return "; check --v3-user, --v3-auth, --v3-priv and their passphrases";
    case SOURCE_UNKNOWN_USER:
        return "; check --v3-user, and that the agent has this user";
    case SOURCE_WRONG_DIGEST:
        return "; check --v3-auth and its passphrase";
    case SOURCE_UNSUPPORTED_LEVEL:
        return "; give --v3-auth and --v3-priv as the agent's user was made with";
    case SOURCE_NOT_DECRYPTED:
        return "; check --v3-priv and its passphrase";
    case SOURCE_NOT_IN_TIME:
        return "; the agent forgets how often it has started: let it keep its engine's boots, or "
               "start it anew";
    default:
        return "";
    }
}

static void say_failure(const struct poll_options *chosen, const char *reason)
{
    const char *advice = "; what it shows to this community or user may be restricted (view, VACM)";
    for (int status = SOURCE_TIMEOUT; status < SOURCE_STATUSES; status++)
        if (strcmp(reason, source_status_text((enum source_status)status)) == 0)
            advice = remedy((enum source_status)status, &chosen->target);
    (void)fprintf(stderr, "lastmile-probe poll: %s: %s%s\n",
                  chosen->replay ? chosen->replay : chosen->target.address, reason,
                  chosen->replay ? "" : advice);
}

static void take_snapshot(void *ctx, struct device_snapshot *snapshot)
{
    *(struct device_snapshot **)ctx = snapshot;
}

/* NULL with errno when no poll could be begun. */
static struct device_snapshot *poll_target(const struct poller_target *target,
                                           const struct profile_set *profiles,
                                           const struct gather_listener *listener)
{
    struct device_snapshot *snapshot = NULL;
    struct poller *poller = poller_new(profiles, take_snapshot, &snapshot);
    if (poller)
        poller_listen(poller, listener);
    int status = poller ? poller_add(poller, target, clock_mono_ns()) : -errno;
    while (status == 0 && !snapshot) {
        struct pollfd fd;
        uint64_t timeout_ns = 0;
        size_t count = poller_prepare(poller, &fd, 1, clock_mono_ns(), &timeout_ns);
        uint64_t timeout_ms = timeout_ns / CLOCK_NS_PER_MS + 1;
        (void)poll(&fd, (nfds_t)count, timeout_ms < 1000 ? (int)timeout_ms : 1000);
        poller_service(poller, &fd, count, clock_mono_ns());
    }
    poller_free(poller);
    errno = -status;
    return snapshot;
}

static struct device_snapshot *poll_once(const struct poll_options *chosen,
                                         const struct profile_set *profiles,
                                         const struct gather_listener *listener)
{
    uint64_t start_ns = clock_mono_ns();
    struct device_snapshot *snapshot =
        chosen->replay ? replay_poll(chosen->replay, profiles,
                                     profile_set_find(profiles, chosen->target.profile), listener)
                       : poll_target(&chosen->target, profiles, listener);
    int error = errno;
    if (snapshot)
        snapshot->duration_ns = clock_mono_ns() - start_ns;
    else
        (void)fprintf(stderr, "lastmile-probe poll: %s: %s\n",
                      chosen->replay ? chosen->replay : "the target",
                      error == ENODATA   ? "no varbind is in it: a recording has lines of "
                                           "OID|type|value"
                      : error == ENOTSUP ? "built without SNMP: only recordings can be polled"
                                         : strerror(error));
    if (snapshot && snapshot->outcome == POLL_FAILED) {
        say_failure(chosen, snapshot->reason);
        device_snapshot_free(snapshot);
        snapshot = NULL;
    }
    return snapshot;
}

static uint64_t pseudonym_in_recording(void *ctx, const void *bytes, size_t length)
{
    return pseudonym_of(ctx, PSEUDONYM_RECORDING, bytes, length);
}

/* Under the key of a file, else under one that nobody will know again. */
static struct pseudonym *open_key(const struct poll_options *chosen)
{
    char key[PSEUDONYM_KEY_BYTES_MAX + 1];
    size_t length = PSEUDONYM_KEY_BYTES;
    if (chosen->key_file) {
        if (poll_read_secret(chosen->key_file, key, sizeof key) != 0)
            return NULL;
        length = strlen(key);
    } else if (getentropy(key, length) != 0) {
        return NULL;
    }
    struct pseudonym *pseudonym = pseudonym_new((const uint8_t *)key, length);
    explicit_bzero(key, sizeof key);
    if (!pseudonym)
        (void)fprintf(stderr, "lastmile-probe poll: the key must have %d to %d characters\n",
                      PSEUDONYM_KEY_BYTES_MIN, PSEUDONYM_KEY_BYTES_MAX);
    return pseudonym;
}

static int save_anonymous(const struct poll_options *chosen, const struct profile *profile,
                          struct varbind_set *values)
{
    struct pseudonym *pseudonym = open_key(chosen);
    if (!pseudonym)
        return -EINVAL;
    struct varbind_set *anonymous = anonymize(values, profile, pseudonym_in_recording, pseudonym);
    int status = anonymous ? snmprec_save(chosen->record, anonymous) : -ENOMEM;
    varbind_set_free(anonymous);
    pseudonym_free(pseudonym);
    return status;
}

static int save(const struct poll_options *chosen, const struct profile *profile,
                struct recorder *recorder)
{
    struct varbind_set *values = recorder_values(recorder);
    int status = chosen->anonymize ? save_anonymous(chosen, profile, values)
                                   : snmprec_save(chosen->record, values);
    if (status != 0)
        (void)fprintf(stderr, "lastmile-probe poll: %s: %s\n", chosen->record, strerror(-status));
    else
        (void)fprintf(stderr, "lastmile-probe poll: %s: %zu values recorded%s%s\n", chosen->record,
                      varbind_set_count(values), chosen->anonymize ? ", anonymized" : "",
                      recorder_is_cut(recorder) ? "; the rest did not fit" : "");
    return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_snapshot(const struct poll_options *chosen, const struct device_snapshot *snapshot)
{
    int status = 0;
    if (chosen->json)
        status = poll_print_json(snapshot, stdout);
    else
        poll_print_table(snapshot, stdout);
    return status == 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static struct recorder *open_recorder(const struct poll_options *chosen)
{
    struct recorder *recorder = recorder_new();
    for (size_t i = 0; i < chosen->subtree_count && recorder; i++)
        (void)recorder_add_subtree(recorder, chosen->subtrees[i]); /* they have been read before */
    if (recorder && !chosen->replay) {
        recorder_hide(recorder, chosen->target.community);
        recorder_hide(recorder, chosen->target.auth_passphrase);
        recorder_hide(recorder, chosen->target.privacy_passphrase);
    }
    return recorder;
}

/* Polls, prints, and saves what was answered when that is wanted. */
static int poll_and_print(const struct poll_options *chosen, const struct profile_set *profiles)
{
    struct recorder *recorder = chosen->record ? open_recorder(chosen) : NULL;
    if (chosen->record && !recorder)
        return EXIT_FAILURE;
    struct device_snapshot *snapshot =
        poll_once(chosen, profiles, recorder ? recorder_listener(recorder) : NULL);
    int status = snapshot ? print_snapshot(chosen, snapshot) : EXIT_FAILURE;
    if (snapshot && recorder && status == EXIT_SUCCESS)
        status = save(chosen, profile_set_find(profiles, snapshot->profile), recorder);
    device_snapshot_free(snapshot);
    recorder_free(recorder);
    return status;
}

int poll_command(int argc, char **argv)
{
    struct poll_options chosen;
    int status = poll_options_read(argc, argv, &chosen);
    if (status != 0)
        return status;
    if (chosen.help)
        return poll_print_usage(stdout);
    log_set_level(LOG_LEVEL_ERROR); /* what the poller would log is said once, here */
    struct conf_error error;
    struct profile_set *profiles = profile_set_load(profile_directory(chosen.profiles), &error);
    if (!profiles) {
        (void)fprintf(stderr, "lastmile-probe poll: %s\n", error.text);
        return EXIT_USAGE;
    }
    if (chosen.target.profile[0] != '\0' && !profile_set_find(profiles, chosen.target.profile))
        status = poll_fail_usage("there is no profile '%s'", chosen.target.profile);
    if (status == 0)
        status = poll_and_print(&chosen, profiles);
    profile_set_free(profiles);
    explicit_bzero(&chosen.target, sizeof chosen.target);
    return status;
}
