/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/access/audit.h"

#include "common/clock.h"
#include "common/json_writer.h"
#include "common/log.h"

#include "collector/access/rate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPEAT_S    600
#define LINES_PER_S 10
#define LINES_BURST 100
#define KEY_BYTES   512
#define STRANGERS   UINT64_C(1) /* the key of the bucket that all their lines are taken from */

struct audit {
    const char *data_dir;
    uint8_t key[SECRET_BYTES];
    struct rate *repeats, *lines;
    uint64_t omitted; /* since the last line */
    bool failed;
};

struct audit *audit_new(const char *data_dir, const uint8_t key[static SECRET_BYTES])
{
    struct audit *audit = calloc(1, sizeof *audit);
    if (!audit)
        return NULL;
    audit->data_dir = data_dir;
    memcpy(audit->key, key, sizeof audit->key);
    audit->repeats = rate_new(REPEAT_S * CLOCK_NS_PER_S, 1);
    audit->lines = rate_new(CLOCK_NS_PER_S / LINES_PER_S, LINES_BURST);
    if (audit->repeats && audit->lines)
        return audit;
    audit_free(audit);
    return NULL;
}

void audit_free(struct audit *audit)
{
    if (!audit)
        return;
    rate_free(audit->repeats);
    rate_free(audit->lines);
    free(audit);
}

void audit_path(const char *data_dir, uint64_t unix_ns, char out[static AUDIT_PATH_BYTES])
{
    int year, month, day;
    clock_civil_from_days(clock_city_day(unix_ns), &year, &month, &day);
    (void)snprintf(out, AUDIT_PATH_BYTES, "%s/audit-%04d-%02d.jsonl", data_dir, year, month);
}

/* True when the line is news, and there is room for one. */
static bool is_due(struct audit *audit, const struct audit_entry *entry, uint64_t now_mono_ns)
{
    char text[KEY_BYTES];
    const char *who = entry->account[0] ? entry->account : entry->client;
    (void)snprintf(text, sizeof text, "%s\n%s\n%s\n%s", who, entry->method, entry->route,
                   entry->outcome);
    uint64_t key = crypto_hash_key(audit->key, text);
    if (!entry->always && rate_wait(audit->repeats, key, now_mono_ns) > 0)
        return false;
    /* Who has logged in has room of his own, so that strangers cannot hide what he does. */
    uint64_t room = entry->role ? crypto_hash_key(audit->key, who) : STRANGERS;
    if (rate_take(audit->lines, room, now_mono_ns) > 0) {
        audit->omitted++;
        return false;
    }
    (void)rate_take(audit->repeats, key, now_mono_ns);
    return true;
}

/* The line with its end, on the heap; NULL when memory is out. */
static char *write_line(struct audit *audit, const struct audit_entry *entry, uint64_t now_unix_ns)
{
    char time[CLOCK_TIME_BYTES], client[KEYED_TEXT_BYTES] = "";
    struct json_writer *json = json_writer_new();
    if (!json)
        return NULL;
    clock_format_city_time(now_unix_ns, time);
    if (entry->client[0])
        crypto_keyed(audit->key, entry->client, client);
    json_writer_put_string(json, "time", time);
    json_writer_put_string(json, "account", entry->account[0] ? entry->account : NULL);
    json_writer_put_string(json, "role", entry->role);
    json_writer_put_string(json, "client", client[0] ? client : NULL);
    json_writer_put_string(json, "method", entry->method);
    json_writer_put_string(json, "route", entry->route);
    json_writer_put_string(json, "outcome", entry->outcome);
    if (audit->omitted)
        json_writer_put_u64(json, "omitted_before", audit->omitted);
    char *text = json_writer_text(json, false);
    json_writer_free(json);
    return text;
}

/* For the folder's owner, whoever makes it. */
static int open_file(const char *data_dir, uint64_t now_unix_ns)
{
    char path[AUDIT_PATH_BYTES];
    struct stat folder;
    audit_path(data_dir, now_unix_ns, path);
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && geteuid() == 0 && stat(data_dir, &folder) == 0 &&
        fchown(fd, folder.st_uid, folder.st_gid) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

/* One write a line, so that lines of several processes do not mix. */
static bool append(const char *data_dir, char *line, uint64_t now_unix_ns)
{
    size_t length = strlen(line);
    int fd = open_file(data_dir, now_unix_ns);
    if (fd < 0)
        return false;
    if (length > 0 && line[length - 1] != '\n')
        line[length++] = '\n'; /* in the place of the NUL */
    bool whole = write(fd, line, length) == (ssize_t)length;
    return close(fd) == 0 && whole;
}

void audit_note(struct audit *audit, const struct audit_entry *entry, uint64_t now_unix_ns,
                uint64_t now_mono_ns)
{
    if (!is_due(audit, entry, now_mono_ns))
        return;
    char *line = write_line(audit, entry, now_unix_ns);
    bool written = line && append(audit->data_dir, line, now_unix_ns);
    if (!written && !audit->failed)
        log_error("access", "the audit log cannot be written in %s error=\"%s\"", audit->data_dir,
                  strerror(errno));
    audit->failed = !written;
    audit->omitted = written ? 0 : audit->omitted + 1;
    free(line);
}
