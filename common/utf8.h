/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * Which bytes are UTF-8 (RFC 3629 section 4), and what may stand in a name. Pure.
 */
#ifndef LASTMILE_COMMON_UTF8_H
#define LASTMILE_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed sequence at `in`, 1..4, and its code point; 0 when there is none within
 * `left` bytes: cut, overlong, a surrogate, above U+10FFFF. */
size_t utf8_decode(const uint8_t *in, size_t left, uint32_t *out_code_point);

/* Whether all of the bytes are well-formed. */
bool utf8_is_valid(const uint8_t *in, size_t length);

/* Whether a code point shows as what it is: no control (C0, DEL, C1), no line or paragraph
 * separator, no bidirectional or invisible formatting, no private use, no noncharacter. */
bool utf8_is_printable(uint32_t code_point);

#endif
