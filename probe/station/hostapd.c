/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A unix datagram socket for each BSS, named by its interface, in one folder. The answer comes to
 * an address that the kernel makes up for us (unix(7), autobind): nothing is written to a disk.
 */
#include "probe/station/station_answers.h"

#include "common/clock.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ANSWER_BYTES 4096
#define ANSWER_MS    200
#define BSS_NS       CLOCK_NS_PER_S /* for all stations of one */

struct conversation {
    int fd;
    uint64_t deadline_ns;
    char answer[ANSWER_BYTES];
};

static int open_bss(const char *folder, const char *interface)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/%s", folder, interface);
    if (length < 0 || (size_t)length >= sizeof address.sun_path)
        return -ENAMETOOLONG;
    const struct sockaddr_un own = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&own, offsetof(struct sockaddr_un, sun_path)) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int status = -errno;
    (void)close(fd);
    return status;
}

/* The answer's length, or a negated errno. Events ("<3>...") are for those who attach. */
static ssize_t ask(struct conversation *conversation, const char *question)
{
    struct pollfd wait = {.fd = conversation->fd, .events = POLLIN};
    if (clock_mono_ns() >= conversation->deadline_ns)
        return -ETIMEDOUT;
    if (send(conversation->fd, question, strlen(question), 0) < 0)
        return -errno;
    if (poll(&wait, 1, ANSWER_MS) <= 0)
        return -ETIMEDOUT;
    ssize_t length = recv(conversation->fd, conversation->answer, sizeof conversation->answer, 0);
    return length < 0 ? -errno : length;
}

/* Station after station. True when the last was reached. */
static bool list_stations(struct conversation *conversation, struct station_list *list,
                          struct station_network *network)
{
    char question[16 + MAC_TEXT_BYTES] = "STA-FIRST";
    network->stations = optional_u64(0);
    for (size_t i = 0; i < STATIONS_MAX; i++) {
        char text[MAC_TEXT_BYTES];
        uint64_t mac = 0;
        ssize_t length = ask(conversation, question);
        if (length < 0)
            return false;
        switch (hostapd_read_station(conversation->answer, (size_t)length, &mac, text)) {
        case HOSTAPD_END:
            return true;
        case HOSTAPD_MALFORMED:
            list->malformed++;
            return false;
        case HOSTAPD_STATION:
            station_add(list, network, mac);
            break;
        case HOSTAPD_NOT_ASSOCIATED:
            break;
        }
        (void)snprintf(question, sizeof question, "STA-NEXT %s", text);
    }
    return false; /* they go round, or there are more than one access point has */
}

static void ask_bss(struct station_list *list, const char *folder, const char *interface)
{
    struct conversation conversation = {.deadline_ns = clock_mono_ns() + BSS_NS};
    conversation.fd = open_bss(folder, interface);
    struct station_network *network = conversation.fd >= 0 ? station_add_network(list) : NULL;
    if (!network) { /* left behind by one that died, or not for us */
        list->outcome = POLL_PARTIAL;
        list->status = conversation.fd < 0 ? conversation.fd : -ENOSPC;
    } else {
        (void)snprintf(network->interface, sizeof network->interface, "%s", interface);
        ssize_t length = ask(&conversation, "STATUS");
        if (length < 0 || !hostapd_read_status(conversation.answer, (size_t)length, network))
            list->malformed++; /* its stations count all the same, without a name */
        if (!list_stations(&conversation, list, network)) {
            network->stations.known = false;
            list->outcome = POLL_PARTIAL;
        }
    }
    explicit_bzero(conversation.answer, sizeof conversation.answer);
    if (conversation.fd >= 0)
        (void)close(conversation.fd);
}

void station_ask_hostapd(struct station_list *list, const char *folder)
{
    DIR *open_folder = opendir(folder);
    if (!open_folder) {
        list->outcome = POLL_FAILED;
        list->status = -errno;
        return;
    }
    for (struct dirent *entry = readdir(open_folder); entry; entry = readdir(open_folder)) {
        struct stat info;
        if (strcmp(entry->d_name, "global") != 0 &&
            strlen(entry->d_name) < sizeof list->networks[0].interface &&
            fstatat(dirfd(open_folder), entry->d_name, &info, 0) == 0 && S_ISSOCK(info.st_mode))
            ask_bss(list, folder, entry->d_name);
    }
    (void)closedir(open_folder);
    if (list->network_count == 0) {
        list->outcome = POLL_FAILED;
        list->status = list->status ? list->status : -ENOENT;
    }
}
