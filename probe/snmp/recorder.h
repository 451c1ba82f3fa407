/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Keeps what an agent answers in one poll, and writes it as a recording: polled again from that
 * file, the device gives the same figures. Neither community nor secrets are in it, since they are
 * in no answer. One thread.
 */
#ifndef LASTMILE_PROBE_SNMP_RECORDER_H
#define LASTMILE_PROBE_SNMP_RECORDER_H

#include "probe/snmp/gather.h"

#define RECORDER_SUBTREES_MAX 16

struct recorder;

/* NULL when memory is out. */
struct recorder *recorder_new(void);
void recorder_free(struct recorder *recorder);

/* A subtree that is walked, too, after what the poll itself reads. 0, -EINVAL for what is no object
 * identifier, -ENOSPC beyond RECORDER_SUBTREES_MAX. */
int recorder_add_subtree(struct recorder *recorder, const char *oid);

/* Masks a secret wherever it would stand in a value; a name that spells it is left out. Secrets
 * that are none ("public", fewer than 6 characters) are passed over, and so is the system group, by
 * which the device presents itself. Copied. */
void recorder_hide(struct recorder *recorder, const char *secret);

/* For poller_listen and replay_poll; lives as long as the recorder. */
const struct gather_listener *recorder_listener(const struct recorder *recorder);

/* The values of the poll that has ended: those that were believed, and behind them what else was
 * answered. Borrowed. */
struct varbind_set *recorder_values(struct recorder *recorder);

/* True when a bound or memory kept something out. */
bool recorder_is_cut(const struct recorder *recorder);

#endif
