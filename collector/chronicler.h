/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * The chronicle in a thread of its own, with a registry handle of its own, so that nothing that
 * comes in waits for it: what is due is computed at the start, a month at a time, and looked for
 * every ten minutes thereafter.
 */
#ifndef LASTMILE_COLLECTOR_CHRONICLER_H
#define LASTMILE_COLLECTOR_CHRONICLER_H

struct chronicler;
struct plan;
struct rule_settings;

/* Borrows plan and rules until chronicler_stop. NULL with errno. */
struct chronicler *chronicler_start(const char *registry_file, const struct plan *plan,
                                    const struct rule_settings *rules);
/* Waits for the month that is being computed. NULL is fine. */
void chronicler_stop(struct chronicler *chronicler);

#endif
