/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/setup_identity.h"

#include "common/folder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES 32

/* As `lastmile enrol` writes it. */
struct broker_row {
    char host[128], username[TOPIC_NAME_MAX + 1];
    uint64_t port;
    char ca_file[64], cert_file[64], key_file[64], password_file[64];
};

#define TEXT(record, member, must)                                                                 \
    {                                                                                              \
        .name = #member, .type = CONF_STRING, .offset = offsetof(struct record, member),           \
        .size = sizeof(((struct record *)0)->member), .required = (must)                           \
    }

static const struct conf_setting broker_table[] = {
    TEXT(broker_row, host, false),
    {.name = "port",
     .type = CONF_UNSIGNED,
     .offset = offsetof(struct broker_row, port),
     .required = true,
     .min = 1,
     .max = 65535},
    TEXT(broker_row, username, true),
    TEXT(broker_row, ca_file, true),
    TEXT(broker_row, cert_file, false),
    TEXT(broker_row, key_file, false),
    TEXT(broker_row, password_file, false),
    {.name = NULL},
};

struct root_row {
    char operator_name[TOPIC_NAME_MAX + 1], probe_name[TOPIC_NAME_MAX + 1];
};

static const struct conf_setting root_table[] = {
    {.name = "operator",
     .type = CONF_STRING,
     .offset = offsetof(struct root_row, operator_name),
     .size = TOPIC_NAME_MAX + 1,
     .required = true},
    {.name = "probe",
     .type = CONF_STRING,
     .offset = offsetof(struct root_row, probe_name),
     .size = TOPIC_NAME_MAX + 1,
     .required = true},
    {.name = "broker", .type = CONF_GROUP, .children = broker_table},
    {.name = NULL},
};

static int fail(struct conf_error *out_error, const char *bundle, const char *name, int status)
{
    if (status == -EACCES)
        (void)snprintf(out_error->text, sizeof out_error->text,
                       "%s/%s: %s: be root, or whoever owns the bundle", bundle, name,
                       strerror(-status));
    else
        (void)snprintf(out_error->text, sizeof out_error->text,
                       "%s/%s: %s. On the collector's machine: lastmile enrol --operator OPERATOR "
                       "--probe NAME; carry the folder that it names here and give it by --bundle",
                       bundle, name, strerror(-status));
    return -EINVAL;
}

static int read_settings(const char *bundle, struct setup_identity *out, struct broker_row *broker,
                         struct conf_error *out_error)
{
    char path[FOLDER_PATH_BYTES];
    struct root_row root;
    int status = folder_path(bundle, "probe.cfg", path);
    if (status == 0 && access(path, R_OK) != 0)
        status = -errno;
    if (status != 0)
        return fail(out_error, bundle, "probe.cfg", status);
    struct conf *conf = conf_open(path, out_error);
    if (!conf)
        return -EINVAL;
    status = conf_read(conf_root(conf), root_table, &root, out_error);
    if (status == 0)
        status = conf_read(conf_child(conf_root(conf), "broker"), broker_table, broker, out_error);
    conf_close(conf);
    if (status != 0)
        return status;
    memcpy(out->operator_name, root.operator_name, sizeof out->operator_name);
    memcpy(out->probe_name, root.probe_name, sizeof out->probe_name);
    memcpy(out->username, broker->username, sizeof out->username);
    out->port = broker->port;
    out->by_password = broker->password_file[0] != '\0';
    if (topic_check_name(root.operator_name) == 0 && topic_check_name(root.probe_name) == 0 &&
        strspn(broker->username, "abcdefghijklmnopqrstuvwxyz0123456789.-/") ==
            strlen(broker->username))
        return 0;
    (void)snprintf(out_error->text, sizeof out_error->text,
                   "%s: its names are none that lastmile enrol gives", path);
    return -EINVAL;
}

static int read_file(const char *bundle, const char *name, char **out, struct conf_error *out_error)
{
    int status = strchr(name, '/') ? -EINVAL : folder_get(bundle, name[0] ? name : "(none)", out);
    return status == 0 ? 0 : fail(out_error, bundle, name, status);
}

int setup_identity_read(const char *bundle, struct setup_identity *out,
                        struct conf_error *out_error)
{
    struct broker_row broker = {.port = 0};
    memset(out, 0, sizeof *out);
    int status = read_settings(bundle, out, &broker, out_error);
    if (status == 0)
        status = read_file(bundle, broker.ca_file, &out->ca, out_error);
    if (status == 0 && out->by_password)
        status = read_file(bundle, broker.password_file, &out->password, out_error);
    if (status == 0 && !out->by_password)
        status = read_file(bundle, broker.cert_file, &out->cert, out_error);
    if (status == 0 && !out->by_password)
        status = read_file(bundle, broker.key_file, &out->key, out_error);
    if (status == 0)
        (void)folder_get(bundle, SETUP_PSEUDONYM, &out->pseudonym); /* it may bring one */
    return status;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void setup_identity_clear(struct setup_identity *identity)
{
    free(identity->ca);
    free(identity->cert);
    wipe(identity->key);
    wipe(identity->password);
    wipe(identity->pseudonym);
    memset(identity, 0, sizeof *identity);
}

int setup_new_pseudonym_key(char **out_text)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[KEY_BYTES];
    if (getentropy(bytes, sizeof bytes) != 0)
        return -errno;
    char *text = malloc(2 * sizeof bytes + 2);
    if (!text)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof bytes; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    explicit_bzero(bytes, sizeof bytes);
    memcpy(text + 2 * sizeof bytes, "\n", 2);
    *out_text = text;
    return 0;
}
