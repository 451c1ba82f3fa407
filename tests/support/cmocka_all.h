/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * cmocka and the headers that it expects before itself. Only tests include it.
 */
#ifndef LASTMILE_TESTS_SUPPORT_CMOCKA_ALL_H
#define LASTMILE_TESTS_SUPPORT_CMOCKA_ALL_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
