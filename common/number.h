/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Numbers as text that reads back: the one way in which a double goes into a file and out of it.
 * Independent of the locale's decimal point. No state; any thread.
 */
#ifndef LASTMILE_COMMON_NUMBER_H
#define LASTMILE_COMMON_NUMBER_H

#include <stdint.h>

#define NUMBER_BYTES 32

/* The shortest decimal form with at least 15 significant digits at hand (%.15g to %.17g) that reads
 * back as the same double; "nan", "inf" and "-inf" for what is no number. */
void number_format(double value, char out[static NUMBER_BYTES]);

/* A whole text as a finite double, or as an unsigned in decimal digits alone. 0 or -EINVAL. */
int number_parse(const char *text, double *out_value);
int number_parse_unsigned(const char *text, uint64_t *out_value);

#endif
