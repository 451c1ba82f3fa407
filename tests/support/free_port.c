/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/free_port.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TRIES     1000
#define LOWEST    10000
#define ENOUGH    2000
#define PORTS_END 65536

struct range {
    int first, end;
};

/* Where the kernel takes no port by itself; all of it where that leaves too little. */
static struct range candidates(void)
{
    int low = 0;
    int high = PORTS_END - 1;
    FILE *file = fopen("/proc/sys/net/ipv4/ip_local_port_range", "re");
    if (!file || fscanf(file, "%d %d", &low, &high) != 2)
        low = 0;
    if (file)
        (void)fclose(file);
    if (low >= LOWEST + ENOUGH)
        return (struct range){LOWEST, low};
    return high + ENOUGH < PORTS_END ? (struct range){high + 1, PORTS_END}
                                     : (struct range){LOWEST, PORTS_END};
}

static bool binds(int port, int type)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        (void)close(fd);
    return bound;
}

/* The name of an abstract socket (Linux) is gone with its process, however that ends. */
static bool claim(int port)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int length =
        snprintf(name.sun_path + 1, sizeof name.sun_path - 1, "lastmile-test-port-%d", port);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0); /* stays open */
    if (fd >= 0 && bind(fd, (struct sockaddr *)&name, size) == 0)
        return true;
    if (fd >= 0)
        (void)close(fd);
    return false;
}

int free_port(int type)
{
    struct range range = candidates();
    for (int i = 0; i < TRIES; i++) {
        uint32_t dice = 0;
        if (getrandom(&dice, sizeof dice, 0) != (ssize_t)sizeof dice)
            break;
        int port = range.first + (int)(dice % (uint32_t)(range.end - range.first));
        if (binds(port, type) && claim(port))
            return port;
    }
    (void)fprintf(stderr, "# no free port on loopback\n");
    abort();
}
