/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A fresh libmosquitto handle for each try: no message of an old connection is sent again behind
 * our back, and renewed certificates are read. The library's loop calls say what broke by their
 * return value; its callbacks only take notes, and bus_service draws the conclusions.
 */
#include "common/bus.h"

#include "common/bus_options.h"
#include "common/bus_tls.h"
#include "common/clock.h"
#include "common/log.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT_NS (20 * CLOCK_NS_PER_S)
#define LOOK_NS            CLOCK_NS_PER_S
#define LASTING_NS         (10 * CLOCK_NS_PER_S) /* after that a connection counts as a good one */
#define READS_PER_SERVICE  64
#define SUBSCRIPTIONS_MAX  128 /* a collector of all shards has 64, and some */
#define RECEIVE_MAXIMUM    1000
#define QOS                1
#define NO_ANSWER          (-1)
#define NAMELESS_TRIES     3 /* soon after a TLS failure that nobody named */

struct bus {
    struct bus_options options; /* its strings are ours */
    struct bus_handlers handlers;
    struct mosquitto *session; /* NULL between tries */
    struct bus_tls *tls;       /* of the session; NULL without TLS */
    enum bus_state state;
    bool connected;       /* the broker took the login */
    bool held;            /* by its owner: nothing is read */
    bool tcp_up;          /* of this try */
    int socket_error;     /* of this try, an errno */
    int connack;          /* reason of this try, or NO_ANSWER */
    int disconnect;       /* reason that the broker gave, or NO_ANSWER */
    unsigned tries;       /* since the last good connection */
    unsigned nameless;    /* TLS failures in a row of which nobody said why */
    uint64_t now_ns;      /* as last told */
    uint64_t since_ns;    /* the try began, or the connection stands */
    uint64_t next_try_ns; /* while there is no session */
    uint64_t files_mark;  /* of the certificate files, as the last try read them */
    uint64_t looked_ns;   /* at them, while there is no session */
    char *subscriptions[SUBSCRIPTIONS_MAX];
    size_t subscription_count;
};

/* A change is said once; the same fault at the next try is not news. */
static void enter(struct bus *bus, enum bus_state state)
{
    if (state == bus->state)
        return;
    bus->state = state;
    if (state == BUS_CONNECTED)
        log_info("bus", "connected to the broker host=%s port=%d", bus->options.host,
                 bus->options.port);
    else if (state != BUS_CONNECTING)
        log_warn("bus", "%s: %s host=%s port=%d", bus_state_name(state), bus_state_remedy(state),
                 bus->options.host, bus->options.port);
    if (bus->handlers.state)
        bus->handlers.state(bus->handlers.ctx, state);
}

/* Uniform over 1..limit. */
static uint64_t random_up_to(uint64_t limit)
{
    uint64_t value = 0;
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != (ssize_t)sizeof value)
        value = clock_mono_ns(); /* early at boot: spread by the start's nanoseconds */
    return 1 + value % limit;
}

/* Full jitter: anything up to a limit that doubles with each try (M. Brooker, "Exponential Backoff
 * And Jitter", 2015), so that a thousand probes do not return in one second. */
static uint64_t backoff_ns(const struct bus *bus)
{
    uint64_t limit_ms = bus->options.reconnect_min_ms;
    for (unsigned i = 0; i < bus->tries && limit_ms < bus->options.reconnect_max_ms; i++)
        limit_ms *= 2;
    if (limit_ms > bus->options.reconnect_max_ms)
        limit_ms = bus->options.reconnect_max_ms;
    return random_up_to(limit_ms * CLOCK_NS_PER_MS);
}

static void drop_session(struct bus *bus)
{
    mosquitto_destroy(bus->session);
    bus_tls_free(bus->tls);
    bus->session = NULL;
    bus->tls = NULL;
    bus->connected = false;
    bus->next_try_ns = bus->now_ns + backoff_ns(bus);
    bus->tries++;
}

static enum bus_state state_of_connack(int reason)
{
    switch (reason) {
    case 0:
        return BUS_CONNECTED;
    case MQTT_RC_CLIENTID_NOT_VALID:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
    case MQTT_RC_NOT_AUTHORIZED: /* what mosquitto says to a wrong password */
    case MQTT_RC_BANNED:
    case MQTT_RC_BAD_AUTHENTICATION_METHOD:
        return BUS_LOGIN_REFUSED;
    case MQTT_RC_SERVER_UNAVAILABLE:
    case MQTT_RC_SERVER_BUSY:
        return BUS_UNREACHABLE;
    default:
        return BUS_PROTOCOL_ERROR;
    }
}

static enum bus_state state_of_tls(const struct bus *bus)
{
    switch (bus->tls ? bus_tls_fault(bus->tls) : BUS_TLS_NO_FAULT) {
    case BUS_TLS_EXPIRED:
        return clock_unix_is_plausible(clock_unix_ns()) ? BUS_CERTIFICATE_EXPIRED : BUS_CLOCK_WRONG;
    case BUS_TLS_NOT_YET_VALID:
        return BUS_CLOCK_WRONG;
    case BUS_TLS_UNKNOWN_CA:
        return BUS_CA_UNKNOWN;
    case BUS_TLS_WRONG_NAME:
        return BUS_HOST_MISMATCH;
    case BUS_TLS_REFUSED:
        return BUS_CERTIFICATE_REFUSED;
    case BUS_TLS_BAD_CERTIFICATE:
    case BUS_TLS_NO_FAULT:
        break;
    }
    return BUS_TLS_FAILED;
}

/* Why a try or a connection ended, from what is known of it. */
static enum bus_state fault_of(const struct bus *bus, int error)
{
    if (bus->connack > 0)
        return state_of_connack(bus->connack);
    if (bus->connected)
        return bus->disconnect >= MQTT_RC_UNSPECIFIED &&
                       bus->disconnect != MQTT_RC_SERVER_SHUTTING_DOWN
                   ? BUS_PROTOCOL_ERROR
                   : BUS_DISCONNECTED;
    /* With TLS 1.3 a broker that wants a certificate says so only after the handshake; the library
     * calls that, and what comes in the same breath as the connection, EPROTO. */
    bool in_tls = bus->options.ca_file && error != MOSQ_ERR_TIMEOUT &&
                  (bus->tcp_up || error == MOSQ_ERR_CONN_LOST || bus->socket_error == EPROTO ||
                   bus->socket_error == ECONNRESET);
    if (error == MOSQ_ERR_TLS || in_tls)
        return state_of_tls(bus);
    if (error == MOSQ_ERR_EAI)
        return BUS_UNRESOLVED;
    if (bus->socket_error == ECONNREFUSED)
        return BUS_CONNECTION_REFUSED;
    if (error == MOSQ_ERR_PROTOCOL || error == MOSQ_ERR_MALFORMED_PACKET)
        return BUS_PROTOCOL_ERROR;
    return BUS_UNREACHABLE;
}

/* A broker's alert may be lost with its connection, where our login met a reset: what an earlier
 * try has learnt stays; where none has, the next few come soon, whatever the backoff says. */
static void lose(struct bus *bus, int error)
{
    if (bus->tls)
        bus_tls_read_last_words(bus->tls);
    enum bus_state fault = fault_of(bus, error);
    bool nameless = fault == BUS_TLS_FAILED && bus->tls; /* without: our own files are the reason */
    if (nameless && bus->state >= BUS_CERTIFICATE_EXPIRED) {
        fault = bus->state;
        nameless = false;
    }
    bus->nameless = nameless ? bus->nameless + 1 : 0;
    drop_session(bus);
    if (nameless && bus->nameless <= NAMELESS_TRIES)
        bus->next_try_ns = bus->now_ns + random_up_to(LOOK_NS);
    enter(bus, fault);
}

static void on_connect(struct mosquitto *session, void *ctx, int reason, int flags,
                       const mosquitto_property *properties)
{
    (void)session;
    (void)flags;
    (void)properties;
    ((struct bus *)ctx)->connack = reason;
}

static void on_disconnect(struct mosquitto *session, void *ctx, int reason,
                          const mosquitto_property *properties)
{
    (void)session;
    (void)properties;
    ((struct bus *)ctx)->disconnect = reason;
}

static void on_message(struct mosquitto *session, void *ctx,
                       const struct mosquitto_message *message,
                       const mosquitto_property *properties)
{
    (void)session;
    (void)properties;
    struct bus *bus = ctx;
    if (bus->handlers.message && message->payloadlen >= 0)
        bus->handlers.message(bus->handlers.ctx, message->topic,
                              message->payload ? message->payload : "", (size_t)message->payloadlen,
                              message->retain);
}

static void on_publish(struct mosquitto *session, void *ctx, int message_id, int reason,
                       const mosquitto_property *properties)
{
    (void)session;
    (void)properties;
    struct bus *bus = ctx;
    bool accepted = reason < MQTT_RC_UNSPECIFIED; /* 16: accepted, and nobody listens */
    if (accepted && bus->state == BUS_NOT_AUTHORISED)
        enter(bus, BUS_CONNECTED);
    if (reason == MQTT_RC_NOT_AUTHORIZED)
        enter(bus, BUS_NOT_AUTHORISED);
    if (bus->handlers.published)
        bus->handlers.published(bus->handlers.ctx, message_id, accepted, reason);
}

static void on_subscribe(struct mosquitto *session, void *ctx, int message_id, int count,
                         const int *granted, const mosquitto_property *properties)
{
    (void)session;
    (void)message_id;
    (void)properties;
    for (int i = 0; i < count; i++)
        if (granted[i] == MQTT_RC_NOT_AUTHORIZED)
            enter(ctx, BUS_NOT_AUTHORISED);
}

static int configure_tls(struct bus *bus)
{
    const struct bus_options *options = &bus->options;
    bus->tls = bus_tls_new(options->host, options->ca_file, options->cert_file, options->key_file);
    if (!bus->tls) /* a file that may yet come */
        return errno == ENOMEM ? MOSQ_ERR_NOMEM : MOSQ_ERR_TLS;
    int status = mosquitto_tls_set(bus->session, options->ca_file, NULL, NULL, NULL, NULL);
    if (status == MOSQ_ERR_SUCCESS) /* the library wants to hear of the file, and leaves it alone */
        status = mosquitto_int_option(bus->session, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    if (status == MOSQ_ERR_SUCCESS)
        status = mosquitto_void_option(bus->session, MOSQ_OPT_SSL_CTX, bus_tls_context(bus->tls));
    return status;
}

/* What the options say, told to a fresh handle; a MOSQ_ERR_ of the first thing refused. */
static int configure(struct bus *bus)
{
    const struct bus_options *options = &bus->options;
    struct mosquitto *session = bus->session;
    int status = mosquitto_int_option(session, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
    if (status == MOSQ_ERR_SUCCESS)
        status = mosquitto_int_option(session, MOSQ_OPT_RECEIVE_MAXIMUM, RECEIVE_MAXIMUM);
    if (status == MOSQ_ERR_SUCCESS)
        status = mosquitto_int_option(session, MOSQ_OPT_TCP_NODELAY, 1);
    if (status == MOSQ_ERR_SUCCESS && options->username)
        status = mosquitto_username_pw_set(session, options->username, options->password);
    if (status == MOSQ_ERR_SUCCESS && options->will_topic)
        status = mosquitto_will_set_v5(session, options->will_topic, (int)options->will_length,
                                       options->will_payload, QOS, true, NULL);
    if (status == MOSQ_ERR_SUCCESS && options->ca_file)
        status = configure_tls(bus);
    mosquitto_connect_v5_callback_set(session, on_connect);
    mosquitto_disconnect_v5_callback_set(session, on_disconnect);
    mosquitto_message_v5_callback_set(session, on_message);
    mosquitto_publish_v5_callback_set(session, on_publish);
    mosquitto_subscribe_v5_callback_set(session, on_subscribe);
    return status;
}

static uint64_t mark_files(const struct bus *bus)
{
    const struct bus_options *options = &bus->options;
    return bus_tls_files_mark(options->ca_file, options->cert_file, options->key_file);
}

/* Someone has put a new certificate: no need to wait out what may be five minutes. */
static bool has_new_files(struct bus *bus)
{
    if (!bus->options.ca_file || bus->now_ns < bus->looked_ns + LOOK_NS)
        return false;
    bus->looked_ns = bus->now_ns;
    if (mark_files(bus) == bus->files_mark)
        return false;
    bus->tries = 0;
    return true;
}

/* A near port on which nobody listens refuses at once. With TLS the library has begun the handshake
 * on that socket by then, which took the error away, and would begin it again and again until the
 * try's time is up. Such a socket is hung up, and nobody has ever acknowledged a byte. */
static int check_refused(struct bus *bus)
{
    struct tcp_info tcp = {.tcpi_state = 0};
    socklen_t length = sizeof tcp;
    struct pollfd fd = {.fd = mosquitto_socket(bus->session)};
    if (fd.fd < 0 || poll(&fd, 1, 0) != 1 || (fd.revents & POLLHUP) == 0 ||
        getsockopt(fd.fd, IPPROTO_TCP, TCP_INFO, &tcp, &length) != 0 ||
        length < offsetof(struct tcp_info, tcpi_bytes_acked) + sizeof tcp.tcpi_bytes_acked ||
        tcp.tcpi_bytes_acked > 0)
        return MOSQ_ERR_SUCCESS; /* or there was somebody: what happens next tells */
    bus->socket_error = ECONNREFUSED;
    return MOSQ_ERR_ERRNO;
}

/* Begins a try. The library's asynchronous connect returns at once and starts no thread. */
static void try_connect(struct bus *bus)
{
    bus->connack = NO_ANSWER;
    bus->disconnect = NO_ANSWER;
    bus->tcp_up = false;
    bus->socket_error = 0;
    bus->since_ns = bus->now_ns;
    bus->files_mark = mark_files(bus);
    bus->session = mosquitto_new(bus->options.client_id, true, bus);
    int status = bus->session ? configure(bus) : MOSQ_ERR_NOMEM;
    if (status == MOSQ_ERR_SUCCESS) {
        errno = 0;
        status = mosquitto_connect_bind_async(bus->session, bus->options.host, bus->options.port,
                                              bus->options.keepalive_s, NULL);
        bus->socket_error = status == MOSQ_ERR_ERRNO ? errno : 0;
        if (status == MOSQ_ERR_CONN_PENDING)
            status = MOSQ_ERR_SUCCESS;
        if (status == MOSQ_ERR_SUCCESS)
            status = check_refused(bus);
    }
    if (status != MOSQ_ERR_SUCCESS)
        lose(bus, status);
}

/* How the connection came about, asked once. */
static int check_socket(struct bus *bus)
{
    socklen_t length = sizeof bus->socket_error;
    if (getsockopt(mosquitto_socket(bus->session), SOL_SOCKET, SO_ERROR, &bus->socket_error,
                   &length) != 0)
        bus->socket_error = errno;
    return bus->socket_error ? MOSQ_ERR_ERRNO : MOSQ_ERR_SUCCESS;
}

static int read_all(struct bus *bus)
{
    int status = MOSQ_ERR_SUCCESS;
    for (int i = 0; i < READS_PER_SERVICE && status == MOSQ_ERR_SUCCESS && !bus->held; i++) {
        errno = 0; /* the library takes one packet a call, and leaves EAGAIN when there is none */
        status = mosquitto_loop_read(bus->session, 1);
        if (errno == EAGAIN || mosquitto_socket(bus->session) < 0)
            break;
    }
    return status;
}

/* A broker that does not like our certificate says so and hangs up: read it before writing to it.
 */
static bool has_last_words(const struct bus *bus)
{
    struct pollfd fd = {.fd = mosquitto_socket(bus->session), .events = POLLIN};
    return bus->tls && bus->connack == NO_ANSWER && fd.fd >= 0 && poll(&fd, 1, 0) == 1;
}

/* One turn of the library's own work. During a TLS handshake both directions go through reading. */
static int turn(struct bus *bus, bool readable, bool writable)
{
    bool connecting = bus->connack == NO_ANSWER;
    int status = MOSQ_ERR_SUCCESS;
    if ((readable || writable) && !bus->tcp_up)
        status = check_socket(bus);
    if (status == MOSQ_ERR_SUCCESS && writable)
        bus->tcp_up = true;
    if (status == MOSQ_ERR_SUCCESS && (readable || (writable && connecting)))
        status = read_all(bus);
    if (status == MOSQ_ERR_SUCCESS && has_last_words(bus))
        status = read_all(bus);
    if (status == MOSQ_ERR_SUCCESS && bus->connack > 0)
        return MOSQ_ERR_CONN_REFUSED;
    if (status == MOSQ_ERR_SUCCESS && (writable || mosquitto_want_write(bus->session)) &&
        mosquitto_socket(bus->session) >= 0)
        status = mosquitto_loop_write(bus->session, 1);
    if (status == MOSQ_ERR_SUCCESS && mosquitto_socket(bus->session) >= 0)
        status = mosquitto_loop_misc(bus->session);
    if (status == MOSQ_ERR_SUCCESS && mosquitto_socket(bus->session) < 0)
        status = MOSQ_ERR_CONN_LOST;
    if (status == MOSQ_ERR_SUCCESS && connecting && bus->connack == NO_ANSWER &&
        bus->now_ns - bus->since_ns > CONNECT_TIMEOUT_NS)
        status = MOSQ_ERR_TIMEOUT;
    return status;
}

/* While many messages are read, their acknowledgements leave together. */
static void cork(const struct bus *bus, int corked)
{
    int fd = bus->connected ? mosquitto_socket(bus->session) : -1;
    if (fd >= 0) /* where it is refused, they leave one by one */
        (void)setsockopt(fd, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
}

/* Whoever cannot subscribe, for want of memory, would be connected and deaf: it is tried anew. */
static int greet(struct bus *bus)
{
    int status = MOSQ_ERR_SUCCESS;
    bus->connected = true;
    bus->since_ns = bus->now_ns;
    if (bus->tls)
        bus_tls_let_go(bus->tls);
    for (size_t i = 0; i < bus->subscription_count && status == MOSQ_ERR_SUCCESS; i++)
        status = mosquitto_subscribe_v5(bus->session, NULL, bus->subscriptions[i], QOS, 0, NULL);
    if (status == MOSQ_ERR_SUCCESS)
        enter(bus, BUS_CONNECTED);
    return status;
}

void bus_service(struct bus *bus, uint64_t now_mono_ns, bool readable, bool writable)
{
    bus->now_ns = now_mono_ns;
    if (!bus->session) {
        if (now_mono_ns >= bus->next_try_ns || has_new_files(bus))
            try_connect(bus);
        return;
    }
    if (readable)
        cork(bus, 1);
    int status = turn(bus, readable, writable);
    if (readable)
        cork(bus, 0);
    if (status == MOSQ_ERR_SUCCESS && bus->connack == 0 && !bus->connected)
        status = greet(bus);
    if (status != MOSQ_ERR_SUCCESS) {
        lose(bus, status);
        return;
    }
    if (bus->connected && now_mono_ns - bus->since_ns > LASTING_NS)
        bus->tries = 0;
}

int bus_fd(const struct bus *bus)
{
    return bus->session ? mosquitto_socket(bus->session) : -1;
}

bool bus_wants_write(const struct bus *bus)
{
    if (!bus->session)
        return false;
    /* A login waits behind the TLS handshake, which from here on waits for the broker. */
    if (bus->connack == NO_ANSWER && bus->tcp_up && bus->options.ca_file)
        return false;
    return !bus->tcp_up || mosquitto_want_write(bus->session);
}

int bus_subscribe(struct bus *bus, const char *topic)
{
    if (bus->subscription_count == SUBSCRIPTIONS_MAX)
        return -ENOMEM;
    char *copy = strdup(topic);
    if (!copy || (bus->connected && mosquitto_subscribe_v5(bus->session, NULL, copy, QOS, 0,
                                                           NULL) == MOSQ_ERR_NOMEM)) {
        free(copy);
        return -ENOMEM;
    }
    bus->subscriptions[bus->subscription_count++] = copy;
    return 0;
}

int bus_publish(struct bus *bus, const char *topic, const void *payload, size_t length,
                bool retained, int *out_message_id)
{
    if (!bus->connected)
        return -ENOTCONN;
    if (length > MQTT_MAX_PAYLOAD)
        return -EMSGSIZE;
    int message_id = 0;
    switch (mosquitto_publish_v5(bus->session, &message_id, topic, (int)length, payload, QOS,
                                 retained, NULL)) {
    case MOSQ_ERR_SUCCESS:
    case MOSQ_ERR_NO_CONN: /* broke while writing: bus_service will say so */
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_ERRNO:
        *out_message_id = message_id;
        return 0;
    case MOSQ_ERR_OVERSIZE_PACKET:
    case MOSQ_ERR_PAYLOAD_SIZE:
        return -EMSGSIZE;
    case MOSQ_ERR_NOMEM:
        return -ENOMEM;
    default:
        return -EINVAL;
    }
}

void bus_hold(struct bus *bus, bool held)
{
    bus->held = held;
}

enum bus_state bus_state(const struct bus *bus)
{
    return bus->state;
}

bool bus_is_connected(const struct bus *bus)
{
    return bus->connected;
}

struct bus *bus_new(const struct bus_options *options, const struct bus_handlers *handlers)
{
    bool keepalive_fits = options->keepalive_s >= 5 && options->keepalive_s <= UINT16_MAX;
    if (!options->host || options->port < 1 || options->port > UINT16_MAX || !options->client_id ||
        !keepalive_fits || options->will_length > MQTT_MAX_PAYLOAD) {
        errno = EINVAL;
        return NULL;
    }
    struct bus *bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    (void)mosquitto_lib_init(); /* counted by the library; cannot fail on POSIX */
    bus->handlers = *handlers;
    bus->state = BUS_CONNECTING;
    bus->connack = NO_ANSWER;
    if (bus_options_copy(options, &bus->options) != 0) {
        bus_free(bus);
        errno = ENOMEM;
        return NULL;
    }
    return bus;
}

void bus_free(struct bus *bus)
{
    if (!bus)
        return;
    if (bus->connected)
        (void)mosquitto_disconnect_v5(bus->session, 0, NULL);
    mosquitto_destroy(bus->session);
    bus_tls_free(bus->tls);
    bus_options_fini(&bus->options);
    for (size_t i = 0; i < bus->subscription_count; i++)
        free(bus->subscriptions[i]);
    free(bus);
    (void)mosquitto_lib_cleanup();
}
