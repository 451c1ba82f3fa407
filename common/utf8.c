/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/utf8.h"

size_t utf8_decode(const uint8_t *in, size_t left, uint32_t *out_code_point)
{
    if (left == 0)
        return 0;
    if (in[0] < 0x80) {
        *out_code_point = in[0];
        return 1;
    }
    size_t length = in[0] >= 0xf0 ? 4 : in[0] >= 0xe0 ? 3 : 2;
    if (in[0] < 0xc2 || in[0] > 0xf4 || length > left)
        return 0;
    uint32_t code_point = in[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((in[i] & 0xc0) != 0x80)
            return 0;
        code_point = code_point << 6 | (in[i] & 0x3fu);
    }
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
    if (code_point < smallest[length] || surrogate || code_point > 0x10ffff)
        return 0;
    *out_code_point = code_point;
    return length;
}

bool utf8_is_valid(const uint8_t *in, size_t length)
{
    uint32_t code_point = 0;
    for (size_t i = 0; i < length;) {
        size_t step = utf8_decode(in + i, length - i, &code_point);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

bool utf8_is_printable(uint32_t code_point)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00, 0x1f},     {0x7f, 0x9f},       {0xad, 0xad},        {0x061c, 0x061c},
        {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},    {0x2060, 0x206f},
        {0xe000, 0xf8ff}, {0xfdd0, 0xfdef},   {0xfe00, 0xfe0f},    {0xfeff, 0xfeff},
        {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}, {0xf0000, 0x10ffff},
    };
    if ((code_point & 0xfffe) == 0xfffe)
        return false;
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (code_point >= hidden[i].first && code_point <= hidden[i].last)
            return false;
    return true;
}
