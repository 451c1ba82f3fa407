/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * What somebody is given: a certificate and its key, or a password; and the files of it.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_GIFT_H
#define LASTMILE_COLLECTOR_ENROL_GIFT_H

#include "collector/enrol/authority.h"
#include "collector/enrol/roll.h"
#include "collector/enrol/secret.h"

#define GIFT_SECRET_MODE 0600
#define GIFT_PUBLIC_MODE 0644
#define GIFT_FOLDER_MODE 0700

struct gift {
    struct roll_entry entry; /* as it belongs on the roll */
    struct pair pair;
    char password[SECRET_BYTES]; /* "" for a certificate */
};

/* To the entry's name, for its time. 0, -EINVAL (names, hosts, times) or -EIO. To be wiped, also
 * after a fault. */
int gift_make_certificate(const struct authority *authority, const struct roll_entry *entry,
                          struct gift *out_gift);
int gift_make_password(const struct roll_entry *entry, struct gift *out_gift);
void gift_wipe(struct gift *gift);

/* Writes BASE.key and BASE.pem, or broker.password, and ca.pem beside it. 0 or a negated errno. */
int gift_put(const struct gift *gift, const char *authority_certificate, const char *folder,
             const char *base);

#endif
