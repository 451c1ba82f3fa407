/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/enrolment.h"

#include "collector/enrol/broker.h"
#include "collector/enrol/bundle.h"
#include "common/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AUTHORITY_S   (INT64_C(7300) * 86400) /* 20 years */
#define BACKDATED_S   3600                    /* clocks differ a little */
#define SECRET_MODE   0600
#define PUBLIC_MODE   0644
#define PRIVATE_ROOM  0700
#define PROBES_FOLDER "probes"

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
        status = folder_put(folder, "ca.key", pair.key, SECRET_MODE);
    if (status == 0) /* last: where it stands, the authority is whole */
        status = folder_put(folder, "ca.pem", pair.certificate, PUBLIC_MODE);
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
    int status = init_name ? folder_make(enrolment->folder, PRIVATE_ROOM) : 0;
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

/* The list is younger than the roll: nothing to say. A signature is another each time. */
static bool is_list_fresh(const struct enrolment *enrolment)
{
    char path[FOLDER_PATH_BYTES];
    struct stat list;
    struct stat roll;
    if (folder_path(enrolment->broker, "ca.crl", path) != 0 || stat(path, &list) != 0 ||
        folder_path(enrolment->folder, "roll.tsv", path) != 0)
        return false;
    if (stat(path, &roll) != 0)
        return errno == ENOENT;
    return list.st_mtim.tv_sec > roll.st_mtim.tv_sec ||
           (list.st_mtim.tv_sec == roll.st_mtim.tv_sec &&
            list.st_mtim.tv_nsec > roll.st_mtim.tv_nsec);
}

static int put_revocations(struct enrolment *enrolment, int64_t now_s)
{
    const struct roll *roll = &enrolment->roll;
    if (is_list_fresh(enrolment))
        return 0;
    struct authority_revoked *revoked = calloc(roll->count + 1, sizeof *revoked);
    size_t count = 0;
    char *text = NULL;
    if (!revoked)
        return -ENOMEM;
    for (size_t i = 0; i < roll->count; i++)
        if (roll->entries[i].revoked_s != 0 && roll->entries[i].serial[0])
            revoked[count++] =
                (struct authority_revoked){roll->entries[i].serial, roll->entries[i].revoked_s};
    int status = authority_revoke(enrolment->authority, revoked, count, now_s, &text);
    free(revoked);
    return put_text(enrolment->broker, "ca.crl", text, PUBLIC_MODE, status);
}

static int save_roll(struct enrolment *enrolment)
{
    char *text = NULL;
    int status = roll_format(&enrolment->roll, &text);
    return put_text(enrolment->folder, "roll.tsv", text, SECRET_MODE, status);
}

/* All of the broker's files, from the roll. */
static int put_broker(struct enrolment *enrolment, int64_t now_s)
{
    char *text = NULL;
    int status = folder_make(enrolment->broker, PRIVATE_ROOM);
    if (status == 0)
        status = folder_put(enrolment->broker, "ca.pem", enrolment->certificate, PUBLIC_MODE);
    if (status == 0) {
        status = broker_acl(&enrolment->roll, &text);
        status = put_text(enrolment->broker, "acl", text, SECRET_MODE, status);
    }
    if (status == 0) {
        text = NULL;
        status = broker_passwords(&enrolment->roll, &text);
        status = put_text(enrolment->broker, "passwords", text, SECRET_MODE, status);
    }
    return status == 0 ? put_revocations(enrolment, now_s) : status;
}

/* On the roll first, then as files: key, certificate, and those whom it may trust. */
static int give_certificate(struct enrolment *enrolment, struct roll_entry *entry,
                            const char *folder, const char *base)
{
    char name[32];
    struct pair pair = {.certificate = NULL};
    bool server = entry->kind == ROLL_BROKER;
    if (entry->until_s > enrolment->until_s)
        entry->until_s = enrolment->until_s;
    const struct authority_wish wish = {.common_name = server ? "lastmile broker" : entry->name,
                                        .use = server ? AUTHORITY_SERVER : AUTHORITY_CLIENT,
                                        .hosts = server ? entry->name : NULL,
                                        .from_s = entry->from_s,
                                        .until_s = entry->until_s};
    int status = authority_issue(enrolment->authority, &wish, &pair);
    memcpy(entry->serial, pair.serial, sizeof entry->serial);
    if (status == 0)
        status = roll_add(&enrolment->roll, entry);
    if (status == 0)
        status = save_roll(enrolment);
    if (status == 0)
        status = folder_make(folder, PRIVATE_ROOM);
    (void)snprintf(name, sizeof name, "%s.key", base);
    if (status == 0)
        status = folder_put(folder, name, pair.key, SECRET_MODE);
    (void)snprintf(name, sizeof name, "%s.pem", base);
    if (status == 0)
        status = folder_put(folder, name, pair.certificate, PUBLIC_MODE);
    if (status == 0)
        status = folder_put(folder, "ca.pem", enrolment->certificate, PUBLIC_MODE);
    pair_fini(&pair);
    return status;
}

static int give_password(struct enrolment *enrolment, struct roll_entry *entry, const char *folder)
{
    char password[SECRET_BYTES + 1];
    int status = secret_make(password);
    entry->until_s = 0;
    if (status == 0)
        status = secret_hash(password, entry->hash);
    /* The broker knows one password a user: the one before is over. */
    if (status == 0) {
        (void)roll_revoke(&enrolment->roll, entry->kind, entry->name, entry->from_s);
        status = roll_add(&enrolment->roll, entry);
    }
    if (status == 0)
        status = save_roll(enrolment);
    if (status == 0)
        status = folder_make(folder, PRIVATE_ROOM);
    if (status == 0) {
        memcpy(password + strlen(password), "\n", 2);
        status = folder_put(folder, "broker.password", password, SECRET_MODE);
    }
    if (status == 0)
        status = folder_put(folder, "ca.pem", enrolment->certificate, PUBLIC_MODE);
    secret_wipe(password);
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
        status = give_certificate(enrolment, &entry, enrolment->broker, "server");
    }
    if (status == -EINVAL)
        return fail(out_error, "--host", "names and addresses of the broker, parted by commas");
    if (status == 0 && !collector_there) {
        struct roll_entry entry = entry_of(ROLL_COLLECTOR, BROKER_COLLECTOR_USER, span);
        status = give_certificate(enrolment, &entry, enrolment->collector, "collector");
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
    status = put_text(folder, "probe.cfg", text, PUBLIC_MODE, status);
    if (status == 0) {
        text = NULL;
        status = bundle_readme(&about, &text);
        status = put_text(folder, "README", text, PUBLIC_MODE, status);
    }
    return status;
}

int enrolment_add(struct enrolment *enrolment, const char *user, bool by_password, bool renew,
                  const struct enrolment_span *span, struct conf_error *out_error)
{
    const char *folder = enrolment_bundle(enrolment, user);
    const struct roll_entry *old = roll_find(&enrolment->roll, ROLL_PROBE, user);
    if (renew && !old)
        return fail(out_error, user, "is not enrolled; leave --renew out");
    by_password = renew ? old->hash[0] != '\0' : by_password;
    if (holds(old, span->now_s) && (old->hash[0] != '\0') != by_password)
        return fail(out_error, user,
                    by_password ? "is enrolled by a certificate; --revoke it first"
                                : "is enrolled by a password; --revoke it first");
    bool there = holds(old, span->now_s) && !renew;
    bool carried = there && !exists(folder, by_password ? "broker.password" : "probe.pem");
    struct roll_entry entry = entry_of(ROLL_PROBE, user, span);
    int status = 0;
    if (!there)
        status = by_password ? give_password(enrolment, &entry, folder)
                             : give_certificate(enrolment, &entry, folder, "probe");
    if (status == 0 && !carried)
        status = put_bundle_texts(enrolment, folder, user, by_password);
    if (status == 0)
        status = put_broker(enrolment, span->now_s);
    if (status != 0)
        return fail_errno(out_error, user, status);
    return carried ? ENROLMENT_CARRIED : there ? ENROLMENT_THERE : ENROLMENT_MADE;
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
        status = give_certificate(enrolment, &entry, enrolment->broker, "server");
    else
        status = give_certificate(enrolment, &entry, enrolment->collector, "collector");
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
