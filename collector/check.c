/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Whether the settings, and what they name, can be used; and how a secret's file is read.
 */
#include "collector/collector.h"
#include "collector/plan/plan.h"
#include "collector/registry/registry.h"
#include "collector/settings.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(struct conf_error *out_error, const char *path, const char *why)
{
    (void)snprintf(out_error->text, sizeof out_error->text, "password_file %.300s: %s", path, why);
    return -1;
}

/* The first line of the file; it must be nobody else's to read. */
int collector_read_password(const char *path, char *out, size_t size, struct conf_error *out_error)
{
    struct stat status;
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(out_error, path, strerror(errno));
    bool open_to_others = fstat(fileno(file), &status) == 0 && (status.st_mode & 077) != 0;
    bool read = fgets(out, (int)size, file) != NULL;
    (void)fclose(file); /* only read from */
    if (open_to_others)
        return fail(out_error, path, "others can read it: chmod 600");
    if (!read)
        return fail(out_error, path, "it is empty");
    out[strcspn(out, "\r\n")] = '\0';
    return 0;
}

const char *collector_registry_remedy(int error)
{
    switch (error) {
    case EPROTO:
        return "it was made by a younger version of this program";
    case ENOSPC:
        return "the disk is full";
    case EIO:
        return "it is damaged or no database; restore it, or move it away to start anew";
    default:
        return strerror(error);
    }
}

static int check_file(const char *name, const char *path, FILE *out)
{
    if (path[0] == '\0' || access(path, R_OK) == 0)
        return 0;
    (void)fprintf(out, "%s %s: %s\n", name, path, strerror(errno));
    return 1;
}

static int check_data(const struct collector_settings *settings, FILE *out)
{
    char path[SETTINGS_PATH_BYTES + 16];
    struct stat status;
    if (stat(settings->data_dir, &status) != 0 && errno == ENOENT)
        return 0; /* run makes it */
    if (stat(settings->data_dir, &status) != 0 || !S_ISDIR(status.st_mode) ||
        access(settings->data_dir, W_OK | X_OK) != 0) {
        (void)fprintf(out, "data_dir %s: not a folder that can be written to\n",
                      settings->data_dir);
        return 1;
    }
    (void)snprintf(path, sizeof path, "%s/registry.db", settings->data_dir);
    if (access(path, F_OK) != 0)
        return 0;
    struct registry *registry = registry_open_read(path);
    int error = registry ? -registry_check_integrity(registry) : errno;
    registry_close(registry);
    if (error != 0)
        (void)fprintf(out, "registry %s: %s\n", path, collector_registry_remedy(error));
    return error != 0;
}

int collector_check(const struct collector_settings *settings, FILE *out)
{
    const struct broker_settings *broker = &settings->broker;
    struct conf_error error;
    char password[256];
    int faults = check_file("ca_file", broker->ca_file, out) +
                 check_file("cert_file", broker->cert_file, out) +
                 check_file("key_file", broker->key_file, out) + check_data(settings, out);
    if (broker->password_file[0] &&
        collector_read_password(broker->password_file, password, sizeof password, &error) != 0) {
        (void)fprintf(out, "%s\n", error.text);
        faults++;
    }
    struct plan *plan = plan_open(settings->plan_file, settings->areas_file, &error);
    if (!plan) {
        (void)fprintf(out, "%s\n", error.text);
        faults++;
    }
    plan_close(plan);
    return faults;
}
