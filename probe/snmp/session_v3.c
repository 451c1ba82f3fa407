/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE 700 /* the library's macros for large sets need fds_bits */
#include "probe/snmp/session_v3.h"

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/library/large_fd_set.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The library makes these words macros for members of its PDU; they are ours, too. */
#undef non_repeaters
#undef max_repetitions

struct session_v3 {
    void *library; /* a session of the library's single-session API */
    session_answer_fn on_answer;
    void *ctx;
    bool in_flight, discovering, closing;
    int retries;                    /* of a question that is not impatient */
    struct source_request *pending; /* sent when the agent's engine is known; else NULL */
};

/* Once a process: no MIBs, no files, no log on stderr. */
static void prepare_library(void)
{
    static bool prepared;
    if (prepared)
        return;
    prepared = true;
    (void)setenv("MIBS", "", 1);
    (void)setenv("MIBDIRS", "", 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
    /* It makes folders below this path at start, whatever it is told: there, it cannot. */
    (void)netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_PERSISTENT_DIR, "/dev/null");
    snmp_disable_log();
    init_snmp("lastmile-probe");
    struct usmUser *nobody = usm_create_user(); /* discovery asks without a name (RFC 3414 §4) */
    if (nobody) {
        nobody->name = strdup("");
        nobody->secName = strdup("");
        (void)usm_add_user(nobody);
    }
}

struct protocol {
    const oid *name;
    size_t length;
};

static struct protocol auth_protocol(enum poller_auth auth)
{
    switch (auth) {
    case POLLER_AUTH_MD5:
        return (struct protocol){usmHMACMD5AuthProtocol, USM_AUTH_PROTO_MD5_LEN};
    case POLLER_AUTH_SHA1:
        return (struct protocol){usmHMACSHA1AuthProtocol, USM_AUTH_PROTO_SHA_LEN};
    case POLLER_AUTH_SHA224:
        return (struct protocol){usmHMAC128SHA224AuthProtocol,
                                 OID_LENGTH(usmHMAC128SHA224AuthProtocol)};
    case POLLER_AUTH_SHA256:
        return (struct protocol){usmHMAC192SHA256AuthProtocol,
                                 OID_LENGTH(usmHMAC192SHA256AuthProtocol)};
    case POLLER_AUTH_SHA384:
        return (struct protocol){usmHMAC256SHA384AuthProtocol,
                                 OID_LENGTH(usmHMAC256SHA384AuthProtocol)};
    case POLLER_AUTH_SHA512:
        return (struct protocol){usmHMAC384SHA512AuthProtocol,
                                 OID_LENGTH(usmHMAC384SHA512AuthProtocol)};
    case POLLER_AUTH_NONE:
        break;
    }
    return (struct protocol){usmNoAuthProtocol, USM_AUTH_PROTO_NOAUTH_LEN};
}

static struct protocol privacy_protocol(enum poller_privacy privacy)
{
    switch (privacy) {
    case POLLER_PRIVACY_AES128:
        return (struct protocol){usmAESPrivProtocol, USM_PRIV_PROTO_AES_LEN};
    case POLLER_PRIVACY_AES192:
        return (struct protocol){usmAES192PrivProtocol, OID_LENGTH(usmAES192PrivProtocol)};
    case POLLER_PRIVACY_AES256:
        return (struct protocol){usmAES256PrivProtocol, OID_LENGTH(usmAES256PrivProtocol)};
    case POLLER_PRIVACY_NONE:
        break;
    }
    return (struct protocol){usmNoPrivProtocol, USM_PRIV_PROTO_NOPRIV_LEN};
}

/* A passphrase as the key of RFC 3414 §A.2. Privacy keys are made by the authentication's hash. */
static bool make_key(struct protocol auth, const char *passphrase, u_char *key, size_t *length)
{
    *length = USM_AUTH_KU_LEN;
    return generate_Ku(auth.name, (u_int)auth.length, (const u_char *)passphrase,
                       strlen(passphrase), key, length) == SNMPERR_SUCCESS;
}

static bool set_v3(netsnmp_session *settings, const struct poller_target *target)
{
    struct protocol auth = auth_protocol(target->auth);
    struct protocol privacy = privacy_protocol(target->privacy);
    bool has_auth = target->auth != POLLER_AUTH_NONE;
    bool has_privacy = has_auth && target->privacy != POLLER_PRIVACY_NONE;
    settings->version = SNMP_VERSION_3;
    settings->flags |= SNMP_FLAGS_DONT_PROBE; /* the library's own discovery blocks */
    settings->securityModel = SNMP_SEC_MODEL_USM;
    settings->securityLevel = has_privacy ? SNMP_SEC_LEVEL_AUTHPRIV
                              : has_auth  ? SNMP_SEC_LEVEL_AUTHNOPRIV
                                          : SNMP_SEC_LEVEL_NOAUTH;
    settings->securityAuthProto = (oid *)auth.name;
    settings->securityAuthProtoLen = auth.length;
    settings->securityPrivProto = (oid *)privacy.name;
    settings->securityPrivProtoLen = privacy.length;
    settings->securityAuthKeyLen = 0;
    settings->securityPrivKeyLen = 0;
    return (!has_auth || make_key(auth, target->auth_passphrase, settings->securityAuthKey,
                                  &settings->securityAuthKeyLen)) &&
           (!has_privacy || make_key(auth, target->privacy_passphrase, settings->securityPrivKey,
                                     &settings->securityPrivKeyLen));
}

/* The library copies what it is given, but takes it as changeable: so these are copies, too. */
struct texts {
    char address[256], user[64], context[64];
};

static bool fill_settings(netsnmp_session *settings, struct texts *texts,
                          const struct poller_target *target)
{
    snmp_sess_init(settings);
    memcpy(texts->address, target->address, sizeof texts->address);
    memcpy(texts->user, target->user, sizeof texts->user);
    memcpy(texts->context, target->context, sizeof texts->context);
    settings->peername = texts->address;
    settings->timeout = (long)(target->timeout_ms * 1000);
    settings->retries = (int)target->retries;
    settings->securityName = texts->user;
    settings->securityNameLen = strlen(texts->user);
    settings->contextName = texts->context;
    settings->contextNameLen = strlen(texts->context);
    return set_v3(settings, target);
}

struct session_v3 *session_v3_open(const struct poller_target *target, session_answer_fn on_answer,
                                   void *ctx)
{
    prepare_library();
    netsnmp_session settings;
    struct texts texts;
    struct session_v3 *session = calloc(1, sizeof *session);
    if (!session)
        return NULL;
    *session =
        (struct session_v3){.on_answer = on_answer, .ctx = ctx, .retries = (int)target->retries};
    if (fill_settings(&settings, &texts, target))
        session->library = snmp_sess_open(&settings);
    if (!session->library) {
        free(session);
        errno = EINVAL;
        return NULL;
    }
    snmp_sess_session(session->library)->flags |= SNMP_FLAGS_DONT_PROBE; /* opening cleared it */
    return session;
}

void session_v3_close(struct session_v3 *session)
{
    if (!session)
        return;
    session->closing = true;                 /* the library calls back for what is in flight */
    (void)snmp_sess_close(session->library); /* fails for NULL only */
    free(session->pending);
    free(session);
}

int session_v3_descriptor(const struct session_v3 *session)
{
    return snmp_sess_transport(session->library)->sock;
}

/* The library's value as ours; octets stay borrowed. Its tags are enum value_type's numbers. */
static void convert_value(const netsnmp_variable_list *from, struct varbind *to)
{
    to->type = (enum value_type)from->type;
    to->bytes = from->val.string;
    to->length = from->val_len;
    switch (from->type) {
    case ASN_INTEGER:
        to->integer = *from->val.integer;
        to->length = 0;
        break;
    case ASN_COUNTER:
    case ASN_GAUGE:
    case ASN_TIMETICKS:
        to->unsigned64 = (uint32_t)*from->val.integer;
        to->length = 0;
        break;
    case ASN_COUNTER64:
        to->unsigned64 = (uint64_t)from->val.counter64->high << 32 | from->val.counter64->low;
        to->length = 0;
        break;
    case ASN_OCTET_STR:
    case ASN_IPADDRESS:
    case ASN_OPAQUE:
        break;
    default:
        to->length = 0;
        break;
    }
}

/* The library's arcs are longs. */
static void convert_object_id(const netsnmp_variable_list *from, struct varbind *to,
                              uint32_t arcs[static OID_ARCS_MAX])
{
    size_t count = from->val_len / sizeof(oid);
    if (count > OID_ARCS_MAX)
        count = OID_ARCS_MAX;
    for (size_t i = 0; i < count; i++)
        arcs[i] = (uint32_t)from->val.objid[i];
    to->bytes = (const uint8_t *)arcs;
    to->length = count * sizeof arcs[0];
}

static void convert_name(const netsnmp_variable_list *from, struct oid *to)
{
    to->length = (uint32_t)(from->name_length < OID_ARCS_MAX ? from->name_length : OID_ARCS_MAX);
    for (uint32_t i = 0; i < to->length; i++)
        to->arcs[i] = (uint32_t)from->name[i];
}

/* An answer's varbinds, and room for the arcs of those that are object identifiers. */
struct converted {
    struct varbind *varbinds;
    uint32_t (*arcs)[OID_ARCS_MAX];
    size_t count;
};

static bool convert_answer(const netsnmp_pdu *pdu, struct converted *out)
{
    size_t count = 0;
    size_t object_ids = 0;
    for (const netsnmp_variable_list *v = pdu->variables; v; v = v->next_variable) {
        count++;
        object_ids += v->type == ASN_OBJECT_ID;
    }
    *out = (struct converted){.varbinds = calloc(count + 1, sizeof *out->varbinds),
                              .arcs = calloc(object_ids + 1, sizeof *out->arcs)};
    if (!out->varbinds || !out->arcs)
        return false;
    object_ids = 0;
    for (const netsnmp_variable_list *v = pdu->variables; v; v = v->next_variable) {
        struct varbind *to = &out->varbinds[out->count++];
        convert_name(v, &to->name);
        convert_value(v, to);
        if (v->type == ASN_OBJECT_ID)
            convert_object_id(v, to, out->arcs[object_ids++]);
    }
    return true;
}

/* What a report of the agent's security counters means (RFC 3414 section 5). */
static enum source_status refusal_of(netsnmp_pdu *pdu)
{
    switch (pdu && pdu->command == SNMP_MSG_REPORT ? snmpv3_get_report_type(pdu) : 0) {
    case SNMPERR_UNKNOWN_USER_NAME:
        return SOURCE_UNKNOWN_USER;
    case SNMPERR_AUTHENTICATION_FAILURE:
        return SOURCE_WRONG_DIGEST;
    case SNMPERR_UNSUPPORTED_SEC_LEVEL:
        return SOURCE_UNSUPPORTED_LEVEL;
    case SNMPERR_DECRYPTION_ERR:
        return SOURCE_NOT_DECRYPTED;
    case SNMPERR_NOT_IN_TIME_WINDOW:
        return SOURCE_NOT_IN_TIME;
    default:
        return SOURCE_UNAUTHORIZED;
    }
}

static enum source_status status_of(netsnmp_pdu *pdu)
{
    if (pdu->command == SNMP_MSG_REPORT)
        return refusal_of(pdu);
    switch (pdu->errstat) {
    case SNMP_ERR_NOERROR:
        return SOURCE_OK;
    case SNMP_ERR_TOOBIG:
        return SOURCE_TOO_BIG;
    case SNMP_ERR_NOSUCHNAME:
        return SOURCE_NO_SUCH_NAME;
    default:
        return SOURCE_ERROR;
    }
}

static void answer_status(struct session_v3 *session, enum source_status status)
{
    const struct source_answer answer = {.status = status};
    session->in_flight = false;
    session->discovering = false;
    session->on_answer(session->ctx, &answer);
}

static void answer_message(struct session_v3 *session, netsnmp_pdu *pdu)
{
    struct converted converted;
    enum source_status status = status_of(pdu);
    if (status == SOURCE_OK && convert_answer(pdu, &converted)) {
        const struct source_answer answer = {
            .status = SOURCE_OK, .varbinds = converted.varbinds, .varbind_count = converted.count};
        session->in_flight = false;
        session->on_answer(session->ctx, &answer);
    } else {
        converted = (struct converted){.varbinds = NULL};
        answer_status(session, status == SOURCE_OK ? SOURCE_ERROR : status);
    }
    free(converted.varbinds);
    free(converted.arcs);
}

/* The library's word on the request in flight. It sees to retries, request ids, source addresses
 * and (v3) time windows itself. */
static int on_library(int operation, netsnmp_session *library_session, int request_id,
                      netsnmp_pdu *pdu, void *magic)
{
    struct session_v3 *session = magic;
    (void)library_session;
    (void)request_id;
    if (session->closing)
        return 1;
    switch (operation) {
    case NETSNMP_CALLBACK_OP_RECEIVED_MESSAGE:
        if (!session->discovering) /* else the engine stands in the session when it returns */
            answer_message(session, pdu);
        return 1;
    case NETSNMP_CALLBACK_OP_TIMED_OUT:
        answer_status(session, SOURCE_TIMEOUT);
        return 1;
    case NETSNMP_CALLBACK_OP_SEC_ERROR:
        if (!session->discovering)
            answer_status(session, refusal_of(pdu));
        return 1;
    case NETSNMP_CALLBACK_OP_SEND_FAILED:
    case NETSNMP_CALLBACK_OP_DISCONNECT:
        answer_status(session, SOURCE_REFUSED);
        return 1;
    default: /* resent, connected */
        return 0;
    }
}

/* On failure the library has called back, or has not; either way the question is answered. */
static void send_pdu(struct session_v3 *session, netsnmp_pdu *pdu)
{
    session->in_flight = true;
    if (pdu && snmp_sess_async_send(session->library, pdu, on_library, session) != 0)
        return;
    snmp_free_pdu(pdu);
    if (session->in_flight)
        answer_status(session, SOURCE_REFUSED);
}

static void send_request(struct session_v3 *session, const struct source_request *request)
{
    static const int commands[] = {[SOURCE_GET] = SNMP_MSG_GET,
                                   [SOURCE_GET_NEXT] = SNMP_MSG_GETNEXT,
                                   [SOURCE_GET_BULK] = SNMP_MSG_GETBULK};
    netsnmp_pdu *pdu = snmp_pdu_create(commands[request->operation]);
    if (pdu && request->operation == SOURCE_GET_BULK) {
        pdu->errstat = 0; /* non-repeaters */
        pdu->errindex = (long)request->max_repetitions;
    }
    for (size_t i = 0; i < request->name_count && pdu; i++) {
        oid name[OID_ARCS_MAX];
        for (uint32_t a = 0; a < request->names[i].length; a++)
            name[a] = request->names[i].arcs[a];
        (void)snmp_add_null_var(pdu, name, request->names[i].length);
    }
    snmp_sess_session(session->library)->retries = request->impatient ? 0 : session->retries;
    send_pdu(session, pdu);
}

/* An empty question of nobody: the agent reports its engine (RFC 3414 §4). */
static void send_discovery(struct session_v3 *session)
{
    netsnmp_pdu *pdu = snmp_pdu_create(SNMP_MSG_GET);
    if (pdu) {
        pdu->version = SNMP_VERSION_3;
        pdu->securityName = strdup("");
        pdu->securityNameLen = 0;
        pdu->securityLevel = SNMP_SEC_LEVEL_NOAUTH;
        pdu->securityModel = SNMP_SEC_MODEL_USM;
    }
    session->discovering = true;
    send_pdu(session, pdu);
}

static void finish_discovery(struct session_v3 *session)
{
    netsnmp_session *settings = snmp_sess_session(session->library);
    struct source_request *pending = session->pending;
    if (!session->discovering || settings->securityEngineIDLen == 0)
        return;
    session->discovering = false;
    session->pending = NULL;
    if (pending && usm_create_user_from_session(settings) == SNMPERR_SUCCESS)
        send_request(session, pending);
    else
        answer_status(session, SOURCE_UNAUTHORIZED);
    free(pending);
}

int session_v3_send(struct session_v3 *session, const struct source_request *request)
{
    if (session->in_flight)
        return -EBUSY;
    if (snmp_sess_session(session->library)->securityEngineIDLen > 0) {
        send_request(session, request);
        return 0;
    }
    if (!session->pending)
        session->pending = malloc(sizeof *session->pending);
    if (!session->pending) {
        answer_status(session, SOURCE_REFUSED);
        return 0;
    }
    *session->pending = *request;
    send_discovery(session);
    return 0;
}

void session_v3_read(struct session_v3 *session)
{
    netsnmp_large_fd_set readable;
    int descriptor = session_v3_descriptor(session);
    netsnmp_large_fd_set_init(&readable, descriptor + 1);
    NETSNMP_LARGE_FD_ZERO(&readable);
    NETSNMP_LARGE_FD_SET(descriptor, &readable);
    (void)snmp_sess_read2(session->library, &readable); /* faults end in on_library */
    netsnmp_large_fd_set_cleanup(&readable);
    finish_discovery(session);
}

void session_v3_tick(struct session_v3 *session)
{
    snmp_sess_timeout(session->library);
}
