/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * `lastmile-collector doctor`: tries what `run` will need, and says of each OK, WARN or FAIL with a
 * remedy, in Chinese and English.
 */
#ifndef LASTMILE_COLLECTOR_DOCTOR_H
#define LASTMILE_COLLECTOR_DOCTOR_H

#include "common/findings.h"

struct collector_settings;

/* Takes some seconds: the broker is tried, the registry read through. Changes nothing. */
void collector_examine(const struct collector_settings *settings, struct findings *findings);

#endif
