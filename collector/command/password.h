/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Asks for a password: from a terminal twice and without echo, else the first line of standard
 * input. Never from the command line, which others can see.
 */
#ifndef LASTMILE_COLLECTOR_COMMAND_PASSWORD_H
#define LASTMILE_COLLECTOR_COMMAND_PASSWORD_H

#include <stddef.h>

/* 0; -ENODATA for an end of input, -EMSGSIZE for a longer line, -EINVAL where both differ. */
int password_ask(char *out, size_t size);

#endif
