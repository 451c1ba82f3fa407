/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/enrol/gift.h"

#include "common/folder.h"

#include <stdio.h>
#include <string.h>

int gift_make_certificate(const struct authority *authority, const struct roll_entry *entry,
                          struct gift *out_gift)
{
    bool server = entry->kind == ROLL_BROKER;
    *out_gift = (struct gift){.entry = *entry};
    const struct authority_wish wish = {.common_name = server ? "lastmile broker" : entry->name,
                                        .use = server ? AUTHORITY_SERVER : AUTHORITY_CLIENT,
                                        .hosts = server ? entry->name : NULL,
                                        .from_s = entry->from_s,
                                        .until_s = entry->until_s};
    int status = authority_issue(authority, &wish, &out_gift->pair);
    memcpy(out_gift->entry.serial, out_gift->pair.serial, sizeof out_gift->entry.serial);
    return status;
}

int gift_make_password(const struct roll_entry *entry, struct gift *out_gift)
{
    *out_gift = (struct gift){.entry = *entry};
    int status = secret_make(out_gift->password);
    return status == 0 ? secret_hash(out_gift->password, out_gift->entry.hash) : status;
}

void gift_wipe(struct gift *gift)
{
    pair_fini(&gift->pair);
    secret_wipe(gift->password);
}

static int put_password(const struct gift *gift, const char *folder)
{
    char line[SECRET_BYTES + 1];
    (void)snprintf(line, sizeof line, "%s\n", gift->password);
    int status = folder_put(folder, "broker.password", line, GIFT_SECRET_MODE);
    secret_wipe(line);
    return status;
}

static int put_pair(const struct gift *gift, const char *folder, const char *base)
{
    char name[32];
    (void)snprintf(name, sizeof name, "%s.key", base);
    int status = folder_put(folder, name, gift->pair.key, GIFT_SECRET_MODE);
    (void)snprintf(name, sizeof name, "%s.pem", base);
    return status == 0 ? folder_put(folder, name, gift->pair.certificate, GIFT_PUBLIC_MODE)
                       : status;
}

int gift_put(const struct gift *gift, const char *authority_certificate, const char *folder,
             const char *base)
{
    int status = folder_make(folder, GIFT_FOLDER_MODE);
    if (status == 0)
        status = gift->password[0] ? put_password(gift, folder) : put_pair(gift, folder, base);
    return status == 0 ? folder_put(folder, "ca.pem", authority_certificate, GIFT_PUBLIC_MODE)
                       : status;
}
