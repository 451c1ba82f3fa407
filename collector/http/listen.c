/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/http/listen.h"

#include "collector/access/crypto.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Who finds no room here is not told and tries again after a second. The library takes ten a turn,
 * so that a burst waits here; the kernel has the last word (net.core.somaxconn). */
#define LISTEN_BACKLOG 4096

int listen_on(const char *address, uint16_t port)
{
    const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
                                   .ai_socktype = SOCK_STREAM};
    char service[8];
    (void)snprintf(service, sizeof service, "%u", port);
    struct addrinfo *found;
    if (getaddrinfo(address, service, &hints, &found) != 0)
        return -EINVAL;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int one = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
        bind(fd, found->ai_addr, found->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        int error = errno;
        if (fd >= 0)
            (void)close(fd);
        fd = -error;
    }
    freeaddrinfo(found);
    return fd;
}

int listen_name(int listen_fd, const char *address, bool tls, uint16_t *out_port, char *out_url,
                size_t size)
{
    struct sockaddr_storage bound;
    socklen_t length = sizeof bound;
    char service[8];
    if (getsockname(listen_fd, (struct sockaddr *)&bound, &length) < 0)
        return -errno;
    if (getnameinfo((struct sockaddr *)&bound, length, NULL, 0, service, sizeof service,
                    NI_NUMERICSERV) != 0)
        return -EINVAL;
    *out_port = (uint16_t)strtoul(service, NULL, 10);
    bool is_v6 = bound.ss_family == AF_INET6;
    (void)snprintf(out_url, size, is_v6 ? "http%s://[%s]:%u/" : "http%s://%s:%u/", tls ? "s" : "",
                   address, *out_port);
    return 0;
}

char *listen_read_pem(const char *path, bool secret)
{
    struct stat status;
    char *pem = calloc(1, LISTEN_PEM_BYTES + 1);
    FILE *file = pem ? fopen(path, "re") : NULL;
    int error = file ? 0 : errno;
    if (file && secret && fstat(fileno(file), &status) == 0 && (status.st_mode & 077) != 0)
        error = EACCES;
    size_t length = file && !error ? fread(pem, 1, LISTEN_PEM_BYTES, file) : 0;
    if (file && !error && (length == 0 || length == LISTEN_PEM_BYTES || ferror(file)))
        error = EPROTO;
    if (file)
        (void)fclose(file); /* only read from */
    if (error == 0)
        return pem;
    listen_free_pem(pem);
    errno = error;
    return NULL;
}

void listen_free_pem(char *pem)
{
    if (pem)
        crypto_wipe(pem, LISTEN_PEM_BYTES);
    free(pem);
}
