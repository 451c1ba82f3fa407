/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * hostapd's control interface (hostapd 2.10: ctrl_iface_ap.c, hostapd_ctrl_iface_sta_mib; SSIDs by
 * wpa_ssid_txt, which is printf_encode of src/utils/common.c).
 */
#include "probe/station/station_answers.h"

#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *found = c ? strchr(digits, c | 0x20) : NULL;
    return found ? (int)(found - digits) : -1;
}

/* "aa:bb:cc:dd:ee:ff" */
static bool read_mac(const char *text, size_t length, uint64_t *out)
{
    uint64_t mac = 0;
    if (length != MAC_TEXT_BYTES - 1)
        return false;
    for (size_t i = 0; i < length; i++) {
        int digit = hex_digit(text[i]);
        if (i % 3 == 2 ? text[i] != ':' : digit < 0)
            return false;
        if (i % 3 != 2)
            mac = mac << 4 | (uint64_t)digit;
    }
    *out = mac;
    return true;
}

struct line {
    const char *text;
    size_t length;
};

/* The next line, without its end. False when there is none. */
static bool next_line(const char **at, const char *end, struct line *out)
{
    if (*at == end)
        return false;
    const char *newline = memchr(*at, '\n', (size_t)(end - *at));
    const char *stop = newline ? newline : end;
    *out = (struct line){.text = *at, .length = (size_t)(stop - *at)};
    *at = newline ? newline + 1 : end;
    return true;
}

/* The value of a line KEY=VALUE, or NULL. */
static const char *value_of(const struct line *line, const char *key, size_t *out_length)
{
    size_t length = strlen(key);
    if (line->length <= length || memcmp(line->text, key, length) != 0 || line->text[length] != '=')
        return NULL;
    *out_length = line->length - length - 1;
    return line->text + length + 1;
}

static bool holds(const char *text, size_t length, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= length; i++)
        if (memcmp(text + i, word, size) == 0)
            return true;
    return false;
}

enum hostapd_station hostapd_read_station(const char *answer, size_t length, uint64_t *out_mac,
                                          char text[static MAC_TEXT_BYTES])
{
    const char *at = answer;
    const char *end = answer + length;
    struct line line;
    bool associated = true; /* where the flags are not said */
    if (!next_line(&at, end, &line) || line.length == 0 ||
        (line.length == 4 && memcmp(line.text, "FAIL", 4) == 0))
        return HOSTAPD_END;
    if (!read_mac(line.text, line.length, out_mac))
        return HOSTAPD_MALFORMED;
    (void)snprintf(text, MAC_TEXT_BYTES, "%.*s", MAC_TEXT_BYTES - 1, line.text);
    while (next_line(&at, end, &line)) {
        size_t size = 0;
        const char *flags = value_of(&line, "flags", &size);
        if (flags)
            associated = holds(flags, size, "[ASSOC]");
    }
    return associated ? HOSTAPD_STATION : HOSTAPD_NOT_ASSOCIATED;
}

/* One octet of printf_encode's text. Its length, 0 where it is none. */
static size_t unescape(const char *text, size_t length, uint8_t *out)
{
    static const char from[] = "\"\\enrt";
    static const char to[] = "\"\\\033\n\r\t";
    *out = (uint8_t)text[0];
    if (text[0] != '\\')
        return 1;
    if (length >= 4 && text[1] == 'x' && hex_digit(text[2]) >= 0 && hex_digit(text[3]) >= 0) {
        *out = (uint8_t)(hex_digit(text[2]) << 4 | hex_digit(text[3]));
        return 4;
    }
    const char *found = length >= 2 && text[1] ? strchr(from, text[1]) : NULL;
    if (!found)
        return 0;
    *out = (uint8_t)to[found - from];
    return 2;
}

static bool read_ssid(const char *text, size_t length, struct station_network *network)
{
    size_t count = 0;
    while (length > 0) {
        uint8_t octet;
        size_t step = unescape(text, length, &octet);
        if (step == 0 || count == STATION_SSID_BYTES)
            return false;
        network->ssid[count++] = octet;
        text += step;
        length -= step;
    }
    network->ssid_length = count;
    return count > 0;
}

/* The number i of the line bss[i]=INTERFACE, or -1. */
static int find_bss(const char *answer, size_t length, const char *interface)
{
    const char *at = answer;
    struct line line;
    while (next_line(&at, answer + length, &line)) {
        char key[16];
        for (int i = 0; i < STATION_NETWORKS_MAX; i++) {
            size_t size = 0;
            (void)snprintf(key, sizeof key, "bss[%d]", i);
            const char *value = value_of(&line, key, &size);
            if (value && size == strlen(interface) && memcmp(value, interface, size) == 0)
                return i;
        }
    }
    return -1;
}

bool hostapd_read_status(const char *answer, size_t length, struct station_network *network)
{
    const char *at = answer;
    struct line line;
    char key[16];
    int number = find_bss(answer, length, network->interface);
    if (number < 0)
        return false;
    (void)snprintf(key, sizeof key, "ssid[%d]", number);
    while (next_line(&at, answer + length, &line)) {
        size_t size = 0;
        const char *value = value_of(&line, key, &size);
        if (value)
            return read_ssid(value, size, network);
    }
    return false;
}
