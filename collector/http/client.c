/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

/* Any address as 16 bytes; IPv4 as ::ffff:a.b.c.d. */
struct address {
    struct in6_addr bytes;
};

static bool parse(const char *text, size_t length, struct address *out)
{
    char copy[INET6_ADDRSTRLEN];
    struct in_addr v4;
    while (length > 0 && (*text == ' ' || *text == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (length == 0 || length >= sizeof copy)
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    if (inet_pton(AF_INET6, copy, &out->bytes) == 1)
        return true;
    if (inet_pton(AF_INET, copy, &v4) != 1)
        return false;
    memset(&out->bytes, 0, sizeof out->bytes);
    out->bytes.s6_addr[10] = out->bytes.s6_addr[11] = 0xff;
    memcpy(&out->bytes.s6_addr[12], &v4, sizeof v4);
    return true;
}

static bool is_listed(const char *list, const struct address *wanted)
{
    for (const char *at = list; *at;) {
        struct address each;
        at += strspn(at, " ");
        size_t length = strcspn(at, " ");
        if (parse(at, length, &each) && memcmp(&each, wanted, sizeof each) == 0)
            return true;
        at += length;
    }
    return false;
}

bool client_is_proxy(const char *proxies, const char *peer)
{
    struct address address;
    return parse(peer, strlen(peer), &address) && is_listed(proxies, &address);
}

bool client_is_loopback(const char *peer)
{
    struct address address;
    if (!parse(peer, strlen(peer), &address))
        return false;
    return IN6_IS_ADDR_LOOPBACK(&address.bytes) ||
           (IN6_IS_ADDR_V4MAPPED(&address.bytes) && address.bytes.s6_addr[12] == 127);
}

/* From the right: each trusted proxy has added whom it was asked by. Any text that is no address
 * ends the belief. */
static struct address find_client(const char *proxies, struct address peer, const char *forwarded)
{
    size_t end = forwarded ? strlen(forwarded) : 0;
    while (end > 0 && is_listed(proxies, &peer)) {
        size_t start = end;
        while (start > 0 && forwarded[start - 1] != ',')
            start--;
        if (!parse(forwarded + start, end - start, &peer))
            break;
        end = start > 0 ? start - 1 : 0;
    }
    return peer;
}

void client_of(const char *proxies, const char *peer, const char *forwarded_for,
               char out[static CLIENT_TEXT_BYTES])
{
    struct address address;
    if (!parse(peer, strlen(peer), &address)) {
        (void)snprintf(out, CLIENT_TEXT_BYTES, "?");
        return;
    }
    address = find_client(proxies, address, forwarded_for);
    if (IN6_IS_ADDR_V4MAPPED(&address.bytes))
        (void)inet_ntop(AF_INET, &address.bytes.s6_addr[12], out, CLIENT_TEXT_BYTES);
    else {
        memset(&address.bytes.s6_addr[8], 0, 8);
        (void)inet_ntop(AF_INET6, &address.bytes, out, CLIENT_TEXT_BYTES);
    }
}
