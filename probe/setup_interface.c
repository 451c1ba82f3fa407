/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/setup_interface.h"

#include <errno.h>
#include <ifaddrs.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#define INTERFACES_MAX 64
#define QUESTIONS_MAX  3
#define ROUTE_UP       1u /* RTF_UP */

struct interfaces {
    char names[INTERFACES_MAX][IF_NAMESIZE];
    size_t count;
    char chosen[IF_NAMESIZE]; /* offered; "" when none is evident */
};

static bool knows(const struct interfaces *interfaces, const char *name)
{
    for (size_t i = 0; i < interfaces->count; i++)
        if (strcmp(interfaces->names[i], name) == 0)
            return true;
    return false;
}

/* Those that are up, but for loopback. */
static void list(struct interfaces *out)
{
    struct ifaddrs *all;
    if (getifaddrs(&all) != 0)
        return;
    for (const struct ifaddrs *at = all; at && out->count < INTERFACES_MAX; at = at->ifa_next)
        if ((at->ifa_flags & (IFF_UP | IFF_LOOPBACK)) == IFF_UP && !knows(out, at->ifa_name))
            (void)snprintf(out->names[out->count++], IF_NAMESIZE, "%s", at->ifa_name);
    freeifaddrs(all);
}

/* proc(5): the default route of the smallest metric. */
static void find_default4(char out[static IF_NAMESIZE])
{
    char line[256];
    uint32_t best = UINT32_MAX;
    FILE *file = fopen("/proc/net/route", "re");
    while (file && fgets(line, sizeof line, file)) {
        char name[IF_NAMESIZE];
        uint32_t destination;
        uint32_t flags;
        uint32_t metric;
        uint32_t mask;
        if (sscanf(line, "%15s %" SCNx32 " %*x %" SCNx32 " %*d %*d %" SCNu32 " %" SCNx32, name,
                   &destination, &flags, &metric, &mask) == 5 &&
            destination == 0 && mask == 0 && (flags & ROUTE_UP) && metric < best) {
            best = metric;
            memcpy(out, name, IF_NAMESIZE);
        }
    }
    if (file)
        (void)fclose(file);
}

static void find_default6(char out[static IF_NAMESIZE])
{
    char line[256];
    uint32_t best = UINT32_MAX;
    FILE *file = fopen("/proc/net/ipv6_route", "re");
    while (file && fgets(line, sizeof line, file)) {
        char name[IF_NAMESIZE];
        char destination[33];
        uint32_t length;
        uint32_t metric;
        uint32_t flags;
        if (sscanf(line, "%32s %" SCNx32 " %*s %*x %*s %" SCNx32 " %*x %*x %" SCNx32 " %15s",
                   destination, &length, &metric, &flags, name) == 5 &&
            length == 0 && strspn(destination, "0") == 32 && (flags & ROUTE_UP) && metric < best &&
            strcmp(name, "lo") != 0) {
            best = metric;
            memcpy(out, name, IF_NAMESIZE);
        }
    }
    if (file)
        (void)fclose(file);
}

static void offer(struct interfaces *interfaces)
{
    find_default4(interfaces->chosen);
    if (interfaces->chosen[0] == '\0')
        find_default6(interfaces->chosen);
    if (interfaces->chosen[0] == '\0' && interfaces->count == 1)
        memcpy(interfaces->chosen, interfaces->names[0], IF_NAMESIZE);
}

static void print_names(const struct interfaces *interfaces)
{
    for (size_t i = 0; i < interfaces->count; i++)
        (void)fprintf(stderr, "%s%s", i ? ", " : "", interfaces->names[i]);
    (void)fputs(interfaces->count ? "\n" : "none\n", stderr);
}

/* True when an answer was given: an empty one takes what is offered. */
static bool ask(const struct interfaces *interfaces, FILE *answers, char out[static IF_NAMESIZE])
{
    char line[64];
    (void)fputs("Interfaces that are up: ", stderr);
    print_names(interfaces);
    (void)fputs("Lines and devices are seen on the side of the subscribers, before address "
                "translation.\n",
                stderr);
    for (int i = 0; i < QUESTIONS_MAX; i++) {
        if (interfaces->chosen[0])
            (void)fprintf(stderr, "Which is to be captured? [%s, which has the default route] ",
                          interfaces->chosen);
        else
            (void)fputs("Which is to be captured? ", stderr);
        if (!fgets(line, sizeof line, answers))
            return false;
        line[strcspn(line, "\r\n")] = '\0';
        (void)snprintf(out, IF_NAMESIZE, "%s", line[0] ? line : interfaces->chosen);
        if (strlen(line) < IF_NAMESIZE && if_nametoindex(out) != 0)
            return true;
        (void)fprintf(stderr, "There is no interface '%s'.\n", line);
    }
    return false;
}

int setup_choose_interface(const char *wanted, FILE *answers, char out[static IF_NAMESIZE])
{
    struct interfaces interfaces = {.count = 0};
    list(&interfaces);
    if (wanted && strlen(wanted) < IF_NAMESIZE && if_nametoindex(wanted) != 0) {
        (void)snprintf(out, IF_NAMESIZE, "%s", wanted);
        return 0;
    }
    if (wanted) {
        (void)fprintf(stderr, "lastmile-probe setup: there is no interface '%s'; there are ",
                      wanted);
        print_names(&interfaces);
        return -ENODEV;
    }
    offer(&interfaces);
    if (answers && ask(&interfaces, answers, out))
        return 0;
    if (!answers && interfaces.chosen[0]) {
        memcpy(out, interfaces.chosen, IF_NAMESIZE);
        return 0;
    }
    (void)fputs("lastmile-probe setup: no interface is chosen: name one by --interface; there are ",
                stderr);
    print_names(&interfaces);
    return -ENODEV;
}
