/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/address.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#define PORT_DEFAULT "161"
#define HOST_BYTES   256

struct parts {
    int family;
    char host[HOST_BYTES];
    const char *port;
};

static const char *skip_transport(const char *text, int *out_family)
{
    static const struct {
        const char *name;
        int family;
    } transports[] = {
        {"udp:", AF_UNSPEC}, {"udp6:", AF_INET6}, {"udpv6:", AF_INET6}, {"udpipv6:", AF_INET6}};
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        if (strncasecmp(text, transports[i].name, strlen(transports[i].name)) == 0) {
            *out_family = transports[i].family;
            return text + strlen(transports[i].name);
        }
    *out_family = AF_UNSPEC;
    return text;
}

/* More than one colon without brackets is an IPv6 address alone. */
static int split(const char *text, struct parts *out)
{
    const char *host = skip_transport(text, &out->family);
    const char *colon = strchr(host, ':');
    size_t length = strlen(host);
    out->port = PORT_DEFAULT;
    if (host[0] == '[') {
        const char *close = strchr(++host, ']');
        if (!close || (close[1] != '\0' && close[1] != ':'))
            return -EINVAL;
        length = (size_t)(close - host);
        if (close[1] == ':')
            out->port = close + 2;
    } else if (colon && !strchr(colon + 1, ':')) {
        length = (size_t)(colon - host);
        out->port = colon + 1;
    }
    if (length == 0 || length >= sizeof out->host)
        return -EINVAL;
    memcpy(out->host, host, length);
    out->host[length] = '\0';
    return 0;
}

int address_resolve(const char *text, struct address *out_address)
{
    struct parts parts;
    struct addrinfo *found = NULL;
    if (split(text, &parts) != 0)
        return -EINVAL;
    struct addrinfo hints = {.ai_family = parts.family,
                             .ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
    bool numeric = getaddrinfo(parts.host, parts.port, &hints, &found) == 0;
    hints.ai_flags = AI_NUMERICSERV;
    if (!numeric && getaddrinfo(parts.host, parts.port, &hints, &found) != 0)
        return -EINVAL;
    *out_address = (struct address){.length = found->ai_addrlen, .numeric = numeric};
    memcpy(&out_address->bytes, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    return 0;
}

bool address_equal(const struct address *address, const struct sockaddr_storage *other)
{
    if (address->bytes.ss_family != other->ss_family)
        return false;
    if (other->ss_family == AF_INET) {
        const struct sockaddr_in *a = (const struct sockaddr_in *)&address->bytes;
        const struct sockaddr_in *b = (const struct sockaddr_in *)other;
        return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *a = (const struct sockaddr_in6 *)&address->bytes;
    const struct sockaddr_in6 *b = (const struct sockaddr_in6 *)other;
    return a->sin6_port == b->sin6_port &&
           memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
}
