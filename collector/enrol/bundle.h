/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The texts that go with a probe's key: the settings that name it, and a page for the person who
 * carries it there. Pure.
 */
#ifndef LASTMILE_COLLECTOR_ENROL_BUNDLE_H
#define LASTMILE_COLLECTOR_ENROL_BUNDLE_H

#include <stdbool.h>

#define BUNDLE_CERTIFICATE_PORT 8883 /* as config/mosquitto/lastmile.conf has it */
#define BUNDLE_PASSWORD_PORT    8884

struct bundle_text {
    const char *user;  /* operator/probe */
    const char *hosts; /* of the broker; the first is told */
    bool by_password;
};
/* Texts that the caller frees. 0, -EINVAL or -ENOMEM. */
int bundle_settings(const struct bundle_text *about, char **out_text);
int bundle_readme(const struct bundle_text *about, char **out_text);

#endif
