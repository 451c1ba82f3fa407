/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The command `doctor`: tries what `run` will need, one thing after the other, and says of each OK,
 * WARN or FAIL with a remedy, in Chinese and English; or all as JSON.
 */
#ifndef LASTMILE_PROBE_DOCTOR_H
#define LASTMILE_PROBE_DOCTOR_H

#include "common/findings.h"
#include "probe/settings/settings.h"

/* What is found of the settings of a file and of all that they need. Takes some seconds. */
void doctor_examine(const char *config, const struct settings *settings, struct findings *findings);

/* argv[0] is "doctor". The exit code: 0 nothing fails, 1 something does, 2 usage or settings. */
int doctor_command(int argc, char **argv);

#endif
