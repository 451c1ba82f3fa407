/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cmocka (up to 1.1.7) says "not ok N # SKIP" of a test that cannot run here, which who reads TAP
 * takes for a failure. This stands before the library's own function, in every test program.
 */
#include "tests/support/cmocka_all.h"

#include <string.h>

void print_message(const char *const format, ...)
{
    static const char not [] = "not ", skipped[] = "ok %u # SKIP";
    const char *from = format;
    va_list values;
    if (strncmp(format, not, strlen(not )) == 0 &&
        strncmp(format + strlen(not ), skipped, strlen(skipped)) == 0)
        from += strlen(not );
    va_start(values, format);
    vprint_message(from, values);
    va_end(values);
}
