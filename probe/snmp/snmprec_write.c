/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/snmprec.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

/* Text that any editor and any mail leaves as it is; all else is written in hexadecimal. */
static bool is_plain(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i] < 0x20 || bytes[i] > 0x7e)
            return false;
    return length == 0 || (bytes[0] != ' ' && bytes[length - 1] != ' ');
}

static void write_hex(FILE *out, unsigned type, const uint8_t *bytes, size_t length)
{
    (void)fprintf(out, "%ux|", type);
    for (size_t i = 0; i < length; i++)
        (void)fprintf(out, "%02x", bytes[i]);
}

static void write_value(FILE *out, const struct varbind_row *row)
{
    char text[OID_TEXT_BYTES] = "";
    struct varbind varbind = varbind_of_row(row);
    struct oid oid;
    switch (row->type) {
    case VALUE_INTEGER:
        (void)fprintf(out, "2|%" PRId64, row->integer);
        break;
    case VALUE_COUNTER32:
    case VALUE_GAUGE32:
    case VALUE_TIME_TICKS:
    case VALUE_COUNTER64:
        (void)fprintf(out, "%u|%" PRIu64, (unsigned)row->type, row->unsigned64);
        break;
    case VALUE_OBJECT_ID:
        oid = varbind_object_id(&varbind);
        oid_format(&oid, text, sizeof text);
        (void)fprintf(out, "6|%s", text);
        break;
    case VALUE_NULL:
        (void)fputs("5|", out);
        break;
    case VALUE_ADDRESS:
        if (row->length == 4)
            (void)fprintf(out, "64|%u.%u.%u.%u", row->bytes[0], row->bytes[1], row->bytes[2],
                          row->bytes[3]);
        else
            write_hex(out, 64, row->bytes, row->length);
        break;
    default:
        if (row->type == VALUE_OCTETS && is_plain(row->bytes, row->length))
            (void)fprintf(out, "4|%.*s", (int)row->length, (const char *)row->bytes);
        else
            write_hex(out, (unsigned)row->type, row->bytes, row->length);
    }
}

static void write_rows(FILE *out, struct varbind_set *set)
{
    static const struct oid everything = {.length = 0};
    size_t count = 0;
    const struct varbind_row *rows = varbind_set_range(set, &everything, &count);
    for (size_t i = 0; i < count; i++) {
        char name[OID_TEXT_BYTES];
        struct oid oid = oid_from_arcs(rows[i].arcs, rows[i].arc_count);
        oid_format(&oid, name, sizeof name);
        (void)fprintf(out, "%s|", name);
        write_value(out, &rows[i]);
        (void)fputc('\n', out);
    }
}

int snmprec_save(const char *path, struct varbind_set *set)
{
    char part[PATH_BYTES_MAX];
    if ((size_t)snprintf(part, sizeof part, "%s.part", path) >= sizeof part)
        return -ENAMETOOLONG;
    (void)unlink(part); /* of a run that was killed; its mode may be anything */
    int descriptor = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    FILE *out = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    if (!out) {
        int status = -errno;
        if (descriptor >= 0)
            (void)close(descriptor);
        return status;
    }
    write_rows(out, set);
    int status = ferror(out) || fflush(out) != 0 || fsync(descriptor) != 0 ? -EIO : 0;
    if (fclose(out) != 0 && status == 0)
        status = -errno;
    if (status == 0 && rename(part, path) != 0)
        status = -errno;
    if (status != 0)
        (void)unlink(part);
    return status;
}
