/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/snmp/session.h"

#include "common/clock.h"
#include "probe/snmp/address.h"
#include "probe/snmp/message.h"
#include "probe/snmp/session_v3.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#define SOCKETS_MAX   16 /* a family: each has a queue in the kernel for what comes at once */
#define QUEUE_BYTES   (4 << 20)
#define DATAGRAM_MAX  65536
#define DATAGRAMS_MAX 16 /* read of one socket before the others have their turn */
#define EVENTS_MAX    8  /* sockets a call: those not served stand first in the next one */
#define BUCKETS       4096
#define V3_TICK_NS    (UINT64_C(100) * CLOCK_NS_PER_MS)

enum family { FAMILY_V4, FAMILY_V6, FAMILIES };

/* What the descriptor of an epoll event belongs to. */
struct endpoint {
    int fd;
    struct session *session; /* of SNMPv3; NULL: all others' */
};

struct session_hub {
    int epoll_fd;
    struct endpoint sockets[FAMILIES][SOCKETS_MAX]; /* opened when a session wants them */
    size_t next_socket[FAMILIES];
    struct session *in_flight[BUCKETS]; /* by request id */
    uint64_t random;
    struct session_strays strays;
    struct message_room *room;
    uint8_t *datagram;
};

struct session {
    struct session_hub *hub;
    session_answer_fn on_answer;
    void *ctx;
    uint64_t wake_ns;         /* UINT64_MAX: nothing is in flight */
    struct endpoint endpoint; /* v3 */
    struct session_v3 *v3;    /* or NULL */
    enum message_version version;
    char *community;
    struct address address;
    int fd; /* one of the hub's */
    uint64_t timeout_ns;
    unsigned retries, resends_left;
    uint32_t request_id;
    struct session *next; /* in the bucket */
    uint8_t *question;    /* as it was sent, to be resent */
    size_t question_length;
};

struct session_hub *session_hub_new(void)
{
    struct session_hub *hub = calloc(1, sizeof *hub);
    if (!hub)
        return NULL;
    for (int f = 0; f < FAMILIES; f++)
        for (size_t i = 0; i < SOCKETS_MAX; i++)
            hub->sockets[f][i].fd = -1;
    hub->room = malloc(sizeof *hub->room);
    hub->datagram = malloc(DATAGRAM_MAX);
    hub->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    /* Request ids are not to be guessed by those who do not see them. */
    if (getrandom(&hub->random, sizeof hub->random, 0) != (ssize_t)sizeof hub->random)
        hub->random = clock_mono_ns();
    hub->random |= 1;
    if (!hub->room || !hub->datagram || hub->epoll_fd < 0) {
        session_hub_free(hub);
        return NULL;
    }
    return hub;
}

void session_hub_free(struct session_hub *hub)
{
    if (!hub)
        return;
    for (int f = 0; f < FAMILIES; f++)
        for (size_t i = 0; i < SOCKETS_MAX; i++)
            if (hub->sockets[f][i].fd >= 0)
                (void)close(hub->sockets[f][i].fd);
    if (hub->epoll_fd >= 0)
        (void)close(hub->epoll_fd);
    free(hub->room);
    free(hub->datagram);
    free(hub);
}

int session_hub_descriptor(const struct session_hub *hub)
{
    return hub->epoll_fd;
}

struct session_strays session_hub_strays(const struct session_hub *hub)
{
    return hub->strays;
}

static int watch(struct session_hub *hub, struct endpoint *endpoint)
{
    struct epoll_event event = {.events = EPOLLIN, .data = {.ptr = endpoint}};
    return epoll_ctl(hub->epoll_fd, EPOLL_CTL_ADD, endpoint->fd, &event);
}

/* One of the hub's sockets of a family, in turn; -1 with errno. */
static int choose_socket(struct session_hub *hub, int domain)
{
    enum family family = domain == AF_INET6 ? FAMILY_V6 : FAMILY_V4;
    struct endpoint *endpoint = &hub->sockets[family][hub->next_socket[family]++ % SOCKETS_MAX];
    if (endpoint->fd >= 0)
        return endpoint->fd;
    int size = QUEUE_BYTES;
    int fd = socket(domain, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size); /* what one may have */
    endpoint->fd = fd;
    if (watch(hub, endpoint) != 0) {
        (void)close(fd);
        endpoint->fd = -1;
    }
    return endpoint->fd;
}

static struct session **bucket_of(struct session_hub *hub, uint32_t request_id)
{
    return &hub->in_flight[request_id % BUCKETS];
}

static struct session *find(struct session_hub *hub, uint32_t request_id)
{
    struct session *session = *bucket_of(hub, request_id);
    while (session && session->request_id != request_id)
        session = session->next;
    return session;
}

static void remove_from_flight(struct session *session)
{
    struct session **place = bucket_of(session->hub, session->request_id);
    while (*place && *place != session)
        place = &(*place)->next;
    if (*place)
        *place = session->next;
    free(session->question);
    session->question = NULL;
    session->wake_ns = UINT64_MAX;
}

/* Positive, as some agents want it, and of nobody else's question. */
static uint32_t new_request_id(struct session_hub *hub)
{
    uint32_t id = 0;
    do {
        hub->random ^= hub->random << 13;
        hub->random ^= hub->random >> 7;
        hub->random ^= hub->random << 17;
        id = (uint32_t)(hub->random >> 33);
    } while (id == 0 || find(hub, id));
    return id;
}

static void give(struct session *session, const struct source_answer *answer)
{
    session->wake_ns = UINT64_MAX;
    session->on_answer(session->ctx, answer);
}

static void give_status(struct session *session, enum source_status status)
{
    const struct source_answer answer = {.status = status};
    give(session, &answer);
}

static void on_v3_answer(void *ctx, const struct source_answer *answer)
{
    give(ctx, answer);
}

static int open_v3(struct session *session, const struct poller_target *target)
{
    session->v3 = session_v3_open(target, on_v3_answer, session);
    if (!session->v3)
        return -errno;
    session->endpoint = (struct endpoint){session_v3_descriptor(session->v3), session};
    return watch(session->hub, &session->endpoint) == 0 ? 0 : -errno;
}

static int open_plain(struct session *session, const struct poller_target *target)
{
    int status = address_resolve(target->address, &session->address);
    if (status != 0)
        return status;
    session->version = target->version == POLLER_V1 ? MESSAGE_V1 : MESSAGE_V2C;
    session->timeout_ns = target->timeout_ms * CLOCK_NS_PER_MS;
    session->retries = target->retries;
    session->fd = choose_socket(session->hub, session->address.bytes.ss_family);
    if (session->fd < 0)
        return -errno;
    session->community = strdup(target->community);
    return session->community ? 0 : -ENOMEM;
}

struct session *session_open(struct session_hub *hub, const struct poller_target *target,
                             session_answer_fn on_answer, void *ctx)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    *session = (struct session){
        .hub = hub, .on_answer = on_answer, .ctx = ctx, .wake_ns = UINT64_MAX, .fd = -1};
    int status =
        target->version == POLLER_V3 ? open_v3(session, target) : open_plain(session, target);
    if (status != 0) {
        session_close(session);
        errno = -status;
        return NULL;
    }
    return session;
}

void session_close(struct session *session)
{
    if (!session)
        return;
    if (session->question)
        remove_from_flight(session);
    session_v3_close(session->v3); /* its descriptor leaves the epoll set as it is closed */
    if (session->community)
        explicit_bzero(session->community, strlen(session->community));
    free(session->community);
    free(session);
}

int session_drop(struct session *session)
{
    if (session->v3)
        return -ENOTSUP;
    if (session->question)
        remove_from_flight(session);
    return 0;
}

/* The kernel takes it or not; what is lost here is resent like what is lost elsewhere. */
static bool send_datagram(const struct session *session)
{
    ssize_t sent =
        sendto(session->fd, session->question, session->question_length, 0,
               (const struct sockaddr *)&session->address.bytes, session->address.length);
    return sent >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == EINTR ||
           errno == ECONNREFUSED; /* of an earlier datagram, to whomever */
}

static void send_plain(struct session *session, const struct source_request *request,
                       uint64_t now_mono_ns)
{
    uint8_t buffer[MESSAGE_QUESTION_MAX];
    session->request_id = new_request_id(session->hub);
    int length = message_write(buffer, sizeof buffer, session->version, session->community,
                               session->request_id, request);
    session->question = length > 0 ? malloc((size_t)length) : NULL;
    if (!session->question) {
        give_status(session, SOURCE_REFUSED);
        return;
    }
    memcpy(session->question, buffer, (size_t)length);
    session->question_length = (size_t)length;
    session->resends_left = request->impatient ? 0 : session->retries;
    session->wake_ns = now_mono_ns + session->timeout_ns;
    struct session **bucket = bucket_of(session->hub, session->request_id);
    session->next = *bucket;
    *bucket = session;
    if (!send_datagram(session)) {
        remove_from_flight(session);
        give_status(session, SOURCE_REFUSED);
    }
}

int session_send(struct session *session, const struct source_request *request,
                 uint64_t now_mono_ns)
{
    if (session->wake_ns != UINT64_MAX)
        return -EBUSY;
    if (session->v3) {
        session->wake_ns = now_mono_ns + V3_TICK_NS;
        return session_v3_send(session->v3, request);
    }
    send_plain(session, request, now_mono_ns);
    return 0;
}

uint64_t session_wake_ns(const struct session *session)
{
    return session->wake_ns;
}

void session_tick(struct session *session, uint64_t now_mono_ns)
{
    if (now_mono_ns < session->wake_ns || session->wake_ns == UINT64_MAX)
        return;
    if (session->v3) {
        session->wake_ns = now_mono_ns + V3_TICK_NS;
        session_v3_tick(session->v3);
    } else if (session->resends_left > 0) {
        session->resends_left--;
        session->wake_ns = now_mono_ns + session->timeout_ns;
        (void)send_datagram(session);
    } else {
        remove_from_flight(session);
        give_status(session, SOURCE_TIMEOUT);
    }
}

/* The answer to a question that is in flight, or a stray. A list that breaks off counts as far as
 * it goes: the rest is asked for again. */
static void take_datagram(struct session_hub *hub, size_t length,
                          const struct sockaddr_storage *from)
{
    struct message message;
    if (message_open(hub->datagram, length, &message) != 0) {
        hub->strays.malformed++;
        return;
    }
    struct session *session = find(hub, message.request_id);
    if (!session || session->v3 || message.version != (int64_t)session->version) {
        hub->strays.unasked++;
        return;
    }
    if (!address_equal(&session->address, from)) {
        hub->strays.elsewhere++;
        return;
    }
    if (message_unfold(&message, hub->room) != 0) {
        hub->strays.malformed++;
        if (hub->room->count == 0)
            return; /* as good as none: it is asked for again */
    }
    remove_from_flight(session);
    const struct source_answer answer = {.status = message.status,
                                         .varbinds = hub->room->varbinds,
                                         .varbind_count =
                                             message.status == SOURCE_OK ? hub->room->count : 0,
                                         .error_index = message.error_index};
    give(session, &answer);
}

/* Reads one socket until it is empty or has had its turn. */
static void read_socket(struct session_hub *hub, int fd)
{
    for (size_t i = 0; i < DATAGRAMS_MAX; i++) {
        struct sockaddr_storage from;
        socklen_t from_length = sizeof from;
        ssize_t length = recvfrom(fd, hub->datagram, DATAGRAM_MAX, MSG_DONTWAIT,
                                  (struct sockaddr *)&from, &from_length);
        if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (length > 0)
            take_datagram(hub, (size_t)length, &from);
    }
}

void session_hub_read(struct session_hub *hub)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(hub->epoll_fd, events, EVENTS_MAX, 0);
    for (int i = 0; i < count; i++) {
        const struct endpoint *endpoint = events[i].data.ptr;
        if (endpoint->session)
            session_v3_read(endpoint->session->v3);
        else
            read_socket(hub, endpoint->fd);
    }
}
