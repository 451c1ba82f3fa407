/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * From the settings file to the options of a meter, in one place for `run` and `replay --config`,
 * so that a replayed capture is counted as it would have been live.
 */
#ifndef LASTMILE_PROBE_METER_SETTINGS_H
#define LASTMILE_PROBE_METER_SETTINGS_H

#include "probe/meter.h"
#include "probe/settings/settings.h"

/* Fills out_options for one observation point, with a random hash seed. Settings, name and
 * pseudonym are borrowed for the meter's life. 0, or a negated errno when there is no randomness.
 */
int meter_settings_read(const struct settings *settings, const char *observation_point,
                        const struct pseudonym *pseudonym, struct meter_options *out_options);

#endif
