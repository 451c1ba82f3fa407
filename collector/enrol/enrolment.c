/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/enrolment.h"

#include "collector/enrol/broker.h"
#include "collector/enrol/bundle.h"
#include "collector/enrol/gift.h"
#include "common/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTHORITY_S   (INT64_C(7300) * 86400) /* 20 years */
#define BACKDATED_S   3600                    /* clocks differ a little */
#define PROBES_FOLDER "probes"
#define PARCEL_MAX    64 /* keys in memory while the roll is written */

struct enrolment {
    char folder[FOLDER_PATH_BYTES];
    char broker[FOLDER_PATH_BYTES], collector[FOLDER_PATH_BYTES], bundle[FOLDER_PATH_BYTES];
    int lock_fd;
    struct authority *authority;
    char *certificate; /* of the authority, PEM; owned */
    int64_t until_s;   /* its end */
    struct roll roll;
};

static int fail(struct conf_error *out_error, const char *what, const char *why)
{
    (void)snprintf(out_error->text, sizeof out_error->text, "%.400s: %.200s", what, why);
    return -1;
}

static int fail_errno(struct conf_error *out_error, const char *what, int status)
{
    return fail(out_error, what, strerror(-status));
}

static int make_authority(const char *folder, const char *name, int64_t now_s)
{
    struct pair pair = {.certificate = NULL};
    int status = authority_make(name, now_s - BACKDATED_S, now_s + AUTHORITY_S, &pair);
    if (status == 0)
        status = folder_put(folder, "ca.key", pair.key, GIFT_SECRET_MODE);
    if (status == 0) /* last: where it stands, the authority is whole */
        status = folder_put(folder, "ca.pem", pair.certificate, GIFT_PUBLIC_MODE);
    pair_fini(&pair);
    return status;
}

static int open_authority(struct enrolment *enrolment, struct conf_error *out_error)
{
    char *key = NULL;
    int status = folder_get(enrolment->folder, "ca.pem", &enrolment->certificate);
    if (status == -ENOENT)
        return fail(out_error, enrolment->folder,
                    "no authority here yet: lastmile enrol --init-ca --host BROKER");
    if (status == 0)
        status = folder_get(enrolment->folder, "ca.key", &key);
    if (status != 0)
        return fail_errno(out_error, "ca.pem, ca.key", status);
    enrolment->authority = authority_open(enrolment->certificate, key);
    enrolment->until_s = authority_until(enrolment->certificate);
    memset(key, 0, strlen(key));
    free(key);
    return enrolment->authority
               ? 0
               : fail(out_error, "ca.pem, ca.key", "no certificate and its own private key");
}

static int open_roll(struct enrolment *enrolment, struct conf_error *out_error)
{
    char *text = NULL;
    char what[64] = "roll.tsv";
    size_t line = 0;
    int status = folder_get(enrolment->folder, "roll.tsv", &text);
    if (status == -ENOENT)
        return 0;
    if (status == 0)
        status = roll_parse(text, &enrolment->roll, &line);
    free(text);
    if (status == -EPROTO) {
        (void)snprintf(what, sizeof what, "roll.tsv:%zu", line);
        return fail(out_error, what, "not a line of the roll; restore it from a copy");
    }
    return status == 0 ? 0 : fail_errno(out_error, what, status);
}

static int open_folder(struct enrolment *enrolment, const char *init_name, int64_t now_s)
{
    struct stat info;
    char path[FOLDER_PATH_BYTES];
    int status = init_name ? folder_make(enrolment->folder, GIFT_FOLDER_MODE) : 0;
    if (status == 0)
        status = folder_path(enrolment->folder, "broker", enrolment->broker);
    if (status == 0)
        status = folder_path(enrolment->folder, "collector", enrolment->collector);
    if (status == 0)
        enrolment->lock_fd = status = folder_lock(enrolment->folder);
    if (status >= 0)
        status = folder_path(enrolment->folder, "ca.pem", path);
    if (status == 0 && init_name && stat(path, &info) != 0 && errno == ENOENT)
        status = make_authority(enrolment->folder, init_name, now_s);
    return status < 0 ? status : 0;
}

struct enrolment *enrolment_open(const char *folder, const char *init_name, int64_t now_s,
                                 struct conf_error *out_error)
{
    struct enrolment *enrolment = calloc(1, sizeof *enrolment);
    if (!enrolment || strlen(folder) >= sizeof enrolment->folder) {
        (void)fail(out_error, folder, "out of memory, or a name too long");
        free(enrolment);
        return NULL;
    }
    enrolment->lock_fd = -1;
    memcpy(enrolment->folder, folder, strlen(folder) + 1);
    int status = open_folder(enrolment, init_name, now_s);
    if (status == -ENOENT)
        (void)fail(out_error, folder, "no such folder yet: lastmile enrol --init-ca --host BROKER");
    else if (status != 0)
        (void)fail_errno(out_error, folder, status);
    if (status != 0 || open_authority(enrolment, out_error) != 0 ||
        open_roll(enrolment, out_error) != 0) {
        enrolment_close(enrolment);
        return NULL;
    }
    return enrolment;
}

void enrolment_close(struct enrolment *enrolment)
{
    if (!enrolment)
        return;
    authority_close(enrolment->authority);
    roll_fini(&enrolment->roll);
    free(enrolment->certificate);
    if (enrolment->lock_fd >= 0)
        (void)close(enrolment->lock_fd);
    free(enrolment);
}

const struct roll *enrolment_roll(const struct enrolment *enrolment)
{
    return &enrolment->roll;
}

const char *enrolment_bundle(struct enrolment *enrolment, const char *user)
{
    (void)snprintf(enrolment->bundle, sizeof enrolment->bundle, "%.600s/" PROBES_FOLDER "/%s",
                   enrolment->folder, user);
    return enrolment->bundle;
}

/* Takes the text; status is that of whoever made it. */
static int put_text(const char *folder, const char *name, char *text, mode_t mode, int status)
{
    if (status == 0)
        status = folder_put(folder, name, text, mode);
    free(text);
    return status;
}

/* The list is left alone where it says the same already. */
static int put_revocations(struct enrolment *enrolment, int64_t now_s)
{
    const struct roll *roll = &enrolment->roll;
    struct authority_revoked *revoked = calloc(roll->count + 1, sizeof *revoked);
    size_t count = 0;
    char *text = NULL;
    if (!revoked)
        return -ENOMEM;
    for (size_t i = 0; i < roll->count; i++)
        if (roll->entries[i].revoked_s != 0 && roll->entries[i].serial[0])
            revoked[count++] =
                (struct authority_revoked){roll->entries[i].serial, roll->entries[i].revoked_s};
    bool is_there = folder_get(enrolment->broker, "ca.crl", &text) == 0 &&
                    authority_is_list(enrolment->authority, text, revoked, count);
    int status = 0;
    free(text);
    text = NULL;
    if (!is_there) {
        status = authority_revoke(enrolment->authority, revoked, count, now_s, &text);
        status = put_text(enrolment->broker, "ca.crl", text, GIFT_PUBLIC_MODE, status);
    }
    free(revoked);
    return status;
}

static int save_roll(struct enrolment *enrolment)
{
    char *text = NULL;
    int status = roll_format(&enrolment->roll, &text);
    return put_text(enrolment->folder, "roll.tsv", text, GIFT_SECRET_MODE, status);
}

/* All of the broker's files, from the roll. */
static int put_broker(struct enrolment *enrolment, int64_t now_s)
{
    char *text = NULL;
    int status = folder_make(enrolment->broker, GIFT_FOLDER_MODE);
    if (status == 0)
        status = folder_put(enrolment->broker, "ca.pem", enrolment->certificate, GIFT_PUBLIC_MODE);
    if (status == 0) {
        status = broker_acl(&enrolment->roll, &text);
        status = put_text(enrolment->broker, "acl", text, GIFT_SECRET_MODE, status);
    }
    if (status == 0) {
        text = NULL;
        status = broker_passwords(&enrolment->roll, &text);
        status = put_text(enrolment->broker, "passwords", text, GIFT_SECRET_MODE, status);
    }
    return status == 0 ? put_revocations(enrolment, now_s) : status;
}

/* Makes it and puts it on the roll, which is to be saved before its files are written. */
static int make_gift(struct enrolment *enrolment, struct roll_entry entry, bool by_password,
                     struct gift *out_gift)
{
    if (by_password)
        entry.until_s = 0;
    else if (entry.until_s > enrolment->until_s)
        entry.until_s = enrolment->until_s;
    int status = by_password ? gift_make_password(&entry, out_gift)
                             : gift_make_certificate(enrolment->authority, &entry, out_gift);
    if (status != 0)
        return status;
    if (by_password) /* the broker knows one a user: the one before is over */
        (void)roll_revoke(&enrolment->roll, entry.kind, entry.name, entry.from_s);
    return roll_add(&enrolment->roll, &out_gift->entry);
}

/* On the roll first, then as files. */
static int give(struct enrolment *enrolment, struct roll_entry entry, bool by_password,
                const char *folder, const char *base)
{
    struct gift gift;
    int status = make_gift(enrolment, entry, by_password, &gift);
    if (status == 0)
        status = save_roll(enrolment);
    if (status == 0)
        status = gift_put(&gift, enrolment->certificate, folder, base);
    gift_wipe(&gift);
    return status;
}

static struct roll_entry entry_of(enum roll_kind kind, const char *name,
                                  const struct enrolment_span *span)
{
    struct roll_entry entry = {.kind = kind, .from_s = span->from_s, .until_s = span->until_s};
    (void)snprintf(entry.name, sizeof entry.name, "%s", name);
    return entry;
}

static const struct roll_entry *broker_entry(const struct enrolment *enrolment)
{
    for (size_t i = enrolment->roll.count; i > 0; i--)
        if (enrolment->roll.entries[i - 1].kind == ROLL_BROKER)
            return &enrolment->roll.entries[i - 1];
    return NULL;
}

static bool holds(const struct roll_entry *entry, int64_t now_s)
{
    return entry && (entry->until_s == 0 || entry->until_s > now_s);
}

static bool exists(const char *folder, const char *name)
{
    char path[FOLDER_PATH_BYTES];
    return folder_path(folder, name, path) == 0 && access(path, F_OK) == 0;
}

int enrolment_prepare(struct enrolment *enrolment, const char *hosts,
                      const struct enrolment_span *span, struct conf_error *out_error)
{
    const struct roll_entry *broker = broker_entry(enrolment);
    const struct roll_entry *collector =
        roll_find(&enrolment->roll, ROLL_COLLECTOR, BROKER_COLLECTOR_USER);
    bool same = !hosts || (broker && strcmp(broker->name, hosts) == 0);
    bool broker_there =
        same && holds(broker, span->now_s) && exists(enrolment->broker, "server.pem");
    bool collector_there =
        holds(collector, span->now_s) && exists(enrolment->collector, "collector.pem");
    int status = 0;
    if (!hosts && !broker)
        return fail(out_error, "--host", "is needed: what probes call the broker");
    if (strlen(hosts ? hosts : broker->name) >= ROLL_NAME_BYTES)
        return fail(out_error, "--host", "is longer than 255 octets");
    if (!broker_there) {
        struct roll_entry entry = entry_of(ROLL_BROKER, hosts ? hosts : broker->name, span);
        status = give(enrolment, entry, false, enrolment->broker, "server");
    }
    if (status == -EINVAL)
        return fail(out_error, "--host", "names and addresses of the broker, parted by commas");
    if (status == 0 && !collector_there) {
        struct roll_entry entry = entry_of(ROLL_COLLECTOR, BROKER_COLLECTOR_USER, span);
        status = give(enrolment, entry, false, enrolment->collector, "collector");
    }
    if (status == 0)
        status = put_broker(enrolment, span->now_s);
    if (status != 0)
        return fail_errno(out_error, enrolment->folder, status);
    return broker_there && collector_there ? ENROLMENT_THERE : ENROLMENT_MADE;
}

/* What does not depend on the key: written at each run. */
static int put_bundle_texts(struct enrolment *enrolment, const char *folder, const char *user,
                            bool by_password)
{
    const struct roll_entry *broker = broker_entry(enrolment);
    const struct bundle_text about = {
        .user = user, .hosts = broker ? broker->name : "127.0.0.1", .by_password = by_password};
    char *text = NULL;
    int status = bundle_settings(&about, &text);
    status = put_text(folder, "probe.cfg", text, GIFT_PUBLIC_MODE, status);
    if (status == 0) {
        text = NULL;
        status = bundle_readme(&about, &text);
        status = put_text(folder, "README", text, GIFT_PUBLIC_MODE, status);
    }
    return status;
}

/* What a probe has, and what it may be given. */
struct standing {
    bool by_password;
    bool there, carried; /* it has an identity that holds; whose bundle is no longer here */
};

static int look_up(struct enrolment *enrolment, const char *user, bool by_password, int64_t now_s,
                   struct standing *out_standing, struct conf_error *out_error)
{
    const struct roll_entry *old = roll_find(&enrolment->roll, ROLL_PROBE, user);
    bool there = holds(old, now_s);
    if (there && (old->hash[0] != '\0') != by_password)
        return fail(out_error, user,
                    by_password ? "is enrolled by a certificate; --revoke it first"
                                : "is enrolled by a password; --revoke it first");
    const char *secret = by_password ? "broker.password" : "probe.pem";
    *out_standing =
        (struct standing){.by_password = by_password,
                          .there = there,
                          .carried = there && !exists(enrolment_bundle(enrolment, user), secret)};
    return 0;
}

static int result_of(const struct standing *standing)
{
    return standing->carried ? ENROLMENT_CARRIED
           : standing->there ? ENROLMENT_THERE
                             : ENROLMENT_MADE;
}

int enrolment_add(struct enrolment *enrolment, const char *user, bool by_password, bool renew,
                  const struct enrolment_span *span, struct conf_error *out_error)
{
    const struct roll_entry *old = roll_find(&enrolment->roll, ROLL_PROBE, user);
    struct standing standing;
    if (renew && !old)
        return fail(out_error, user, "is not enrolled; leave --renew out");
    by_password = renew ? old->hash[0] != '\0' : by_password;
    if (look_up(enrolment, user, by_password, span->now_s, &standing, out_error) != 0)
        return -1;
    if (renew)
        standing.there = standing.carried = false;
    const char *folder = enrolment_bundle(enrolment, user);
    struct roll_entry entry = entry_of(ROLL_PROBE, user, span);
    int status = standing.there ? 0 : give(enrolment, entry, by_password, folder, "probe");
    if (status == 0 && !standing.carried)
        status = put_bundle_texts(enrolment, folder, user, by_password);
    if (status == 0)
        status = put_broker(enrolment, span->now_s);
    return status == 0 ? result_of(&standing) : fail_errno(out_error, user, status);
}

/* Some of many probes: all of them on the roll, then the files of each. */
struct parcel {
    const char *const *users;
    struct standing *standings;
    struct gift gifts[PARCEL_MAX];
    size_t count;
};

static int make_parcel(struct enrolment *enrolment, struct parcel *parcel,
                       const struct enrolment_span *span)
{
    int status = 0;
    bool any = false;
    for (size_t i = 0; i < parcel->count && status == 0; i++) {
        const struct roll_entry entry = entry_of(ROLL_PROBE, parcel->users[i], span);
        if (parcel->standings[i].there)
            continue;
        status = make_gift(enrolment, entry, parcel->standings[i].by_password, &parcel->gifts[i]);
        any = true;
    }
    return status == 0 && any ? save_roll(enrolment) : status;
}

static int put_parcel(struct enrolment *enrolment, const struct parcel *parcel)
{
    int status = 0;
    for (size_t i = 0; i < parcel->count && status == 0; i++) {
        const struct standing *standing = &parcel->standings[i];
        const char *folder = enrolment_bundle(enrolment, parcel->users[i]);
        if (!standing->there)
            status = gift_put(&parcel->gifts[i], enrolment->certificate, folder, "probe");
        if (status == 0 && !standing->carried)
            status = put_bundle_texts(enrolment, folder, parcel->users[i], standing->by_password);
    }
    return status;
}

static int give_parcel(struct enrolment *enrolment, struct parcel *parcel,
                       const struct enrolment_span *span)
{
    memset(parcel->gifts, 0, sizeof parcel->gifts);
    int status = make_parcel(enrolment, parcel, span);
    if (status == 0)
        status = put_parcel(enrolment, parcel);
    for (size_t i = 0; i < PARCEL_MAX; i++)
        gift_wipe(&parcel->gifts[i]);
    return status;
}

int enrolment_add_all(struct enrolment *enrolment, const char *const *users, size_t count,
                      bool by_password, const struct enrolment_span *span, int *out_results,
                      struct conf_error *out_error)
{
    struct standing *standings = calloc(count ? count : 1, sizeof *standings);
    struct parcel *parcel = calloc(1, sizeof *parcel);
    int status = standings && parcel ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && status == 0; i++) {
        if (look_up(enrolment, users[i], by_password, span->now_s, &standings[i], out_error) != 0)
            status = -EEXIST; /* said */
        else
            out_results[i] = result_of(&standings[i]);
    }
    bool said = status == -EEXIST;
    for (size_t from = 0; from < count && status == 0; from += parcel->count) {
        parcel->users = users + from;
        parcel->standings = standings + from;
        parcel->count = count - from < PARCEL_MAX ? count - from : PARCEL_MAX;
        status = give_parcel(enrolment, parcel, span);
    }
    if (status == 0)
        status = put_broker(enrolment, span->now_s);
    free(parcel);
    free(standings);
    return status == 0 || said ? status : fail_errno(out_error, enrolment->folder, status);
}

/* A secret that opens nothing any more; where it stays, it does no harm. */
static void remove_secrets(struct enrolment *enrolment, const char *user)
{
    static const char *const names[] = {"probe.key", "broker.password"};
    char path[FOLDER_PATH_BYTES];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (folder_path(enrolment_bundle(enrolment, user), names[i], path) == 0)
            (void)unlink(path);
}

int enrolment_revoke(struct enrolment *enrolment, const char *user, int64_t now_s,
                     struct conf_error *out_error)
{
    size_t revoked = roll_revoke(&enrolment->roll, ROLL_PROBE, user, now_s);
    int status = revoked > 0 ? save_roll(enrolment) : 0;
    if (status == 0)
        status = put_broker(enrolment, now_s);
    if (status != 0)
        return fail_errno(out_error, user, status);
    remove_secrets(enrolment, user);
    return revoked > INT32_MAX ? INT32_MAX : (int)revoked;
}

static int renew_one(struct enrolment *enrolment, const struct roll_entry *due,
                     const struct enrolment_span *span, struct conf_error *out_error)
{
    struct roll_entry entry = entry_of(due->kind, due->name, span);
    int status = 0;
    if (due->kind == ROLL_PROBE)
        return enrolment_add(enrolment, entry.name, false, true, span, out_error);
    if (due->kind == ROLL_BROKER)
        status = give(enrolment, entry, false, enrolment->broker, "server");
    else
        status = give(enrolment, entry, false, enrolment->collector, "collector");
    return status == 0 ? 0 : fail_errno(out_error, entry.name, status);
}

int enrolment_renew_due(struct enrolment *enrolment, int64_t within_s,
                        const struct enrolment_span *span, struct conf_error *out_error)
{
    size_t before = enrolment->roll.count; /* new ones are added behind */
    int renewed = 0;
    for (size_t i = 0; i < before; i++) {
        struct roll_entry due = enrolment->roll.entries[i];
        enum roll_state state = roll_state_of(&enrolment->roll, i, span->now_s);
        bool last = roll_find(&enrolment->roll, due.kind, due.name) == &enrolment->roll.entries[i];
        bool ends = due.until_s != 0 && due.until_s < span->now_s + within_s;
        if (!ends || !last || (state != ROLL_VALID && state != ROLL_EXPIRED))
            continue;
        if (renew_one(enrolment, &due, span, out_error) < 0)
            return -1;
        renewed++;
    }
    int status = put_broker(enrolment, span->now_s);
    return status == 0 ? renewed : fail_errno(out_error, enrolment->folder, status);
}
