/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * In place of nl80211.c where the probe is built without netlink. The settings refuse this source.
 */
#include "probe/station/station.h"

#include <errno.h>

void station_ask_nl80211(struct station_list *list)
{
    list->outcome = POLL_FAILED;
    list->status = -EOPNOTSUPP;
}
