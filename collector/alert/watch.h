/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Looks at every probe each half minute as the registry knows it, keeps what is in force there, and
 * tells the sinks; after a restart once more what is in force. The storekeeper's thread.
 */
#ifndef LASTMILE_COLLECTOR_ALERT_WATCH_H
#define LASTMILE_COLLECTOR_ALERT_WATCH_H

#include "collector/alert/pace_alerts.h"
#include "collector/alert/sinks.h"

struct registry;
struct watch;

struct watch_options {
    struct registry *registry; /* borrowed until watch_free */
    struct alert_limits limits[ALERT_RULES];
    struct sink_options sinks;
};
/* NULL with errno. */
struct watch *watch_new(const struct watch_options *options);
void watch_free(struct watch *watch);

/* What is known of an indicator's pace; tells the sinks when that raises or clears an alert. */
void watch_take_pace(struct watch *watch, const struct pace_reading *reading, uint64_t now_unix_ns);

/* hearing: the broker is connected; without it a silence is nobody's but the broker's. True while a
 * delivery is under way. */
bool watch_service(struct watch *watch, const struct alert_time *now, bool hearing);

#endif
