/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * lastmile-subagent: serves LASTMILE-MIB to an SNMP agent over AgentX (RFC 2741). The probe starts
 * it as a process of its own, so that a master agent that hangs, or a fault of the library, never
 * touches the measuring; it reads the probe's status from shared memory and ends with the probe.
 * The only file that knows the agent's part of net-snmp.
 */
#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include <net-snmp/agent/net-snmp-agent-includes.h>

#include <net-snmp/agent/agent_callbacks.h>

#include "common/log.h"
#include "probe/subagent/board.h"
#include "probe/subagent/objects.h"
#include "probe/subagent/process.h"

#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

#define ROOM         "agentx"
#define RECONNECT_S  2  /* between tries to find the master, and pings of it */
#define ARCS_BEHIND  32 /* of a requested name, behind the root; longer ones are cut */
#define SELECT_MAX_S 1

struct subagent {
    struct board *board;
    struct objects *objects;
};

static const oid root[] = {OBJECTS_ROOT};

/* The status as it is now; without one there are no instances. */
static bool refresh(struct subagent *subagent)
{
    const struct probe_status *status = board_read(subagent->board);
    return status && objects_fill(subagent->objects, status) == 0;
}

/* Compares a requested name with the root: below it 0, else -1 or 1. */
static int place_of(const oid *name, size_t length)
{
    size_t common = length < OID_LENGTH(root) ? length : OID_LENGTH(root);
    int order = snmp_oid_compare(name, common, root, common);
    return order != 0 ? order : length < OID_LENGTH(root) ? -1 : 0;
}

static size_t arcs_behind(const oid *name, size_t length, uint32_t out[static ARCS_BEHIND])
{
    size_t count = length - OID_LENGTH(root);
    if (count > ARCS_BEHIND)
        count = ARCS_BEHIND;
    for (size_t i = 0; i < count; i++)
        out[i] = (uint32_t)name[OID_LENGTH(root) + i];
    return count;
}

static const struct object *look_up(const struct subagent *subagent, int mode,
                                    const netsnmp_request_info *request)
{
    const netsnmp_variable_list *wanted = request->requestvb;
    uint32_t arcs[ARCS_BEHIND];
    int place = place_of(wanted->name, wanted->name_length);
    size_t count = place == 0 ? arcs_behind(wanted->name, wanted->name_length, arcs) : 0;
    if (mode == MODE_GET)
        return place == 0 ? objects_find(subagent->objects, arcs, count) : NULL;
    if (place > 0)
        return NULL;
    const struct object *same =
        request->inclusive && place == 0 ? objects_find(subagent->objects, arcs, count) : NULL;
    return same ? same : objects_after(subagent->objects, arcs, count);
}

static void answer(netsnmp_variable_list *out, const struct object *object)
{
    static const u_char types[] = {[OBJECT_OCTETS] = ASN_OCTET_STR,
                                   [OBJECT_INTEGER] = ASN_INTEGER,
                                   [OBJECT_UNSIGNED] = ASN_GAUGE,
                                   [OBJECT_TICKS] = ASN_TIMETICKS,
                                   [OBJECT_COUNTER64] = ASN_COUNTER64};
    oid name[OID_LENGTH(root) + OBJECT_ARCS_MAX];
    memcpy(name, root, sizeof root);
    for (size_t i = 0; i < object->arc_count; i++)
        name[OID_LENGTH(root) + i] = object->arcs[i];
    (void)snmp_set_var_objid(out, name, OID_LENGTH(root) + object->arc_count);
    const struct counter64 wide = {.high = (u_long)(object->number >> 32),
                                   .low = (u_long)(object->number & UINT32_MAX)};
    const long narrow = (long)object->number;
    const void *value = object->type == OBJECT_OCTETS      ? (const void *)object->bytes
                        : object->type == OBJECT_COUNTER64 ? (const void *)&wide
                                                           : (const void *)&narrow;
    size_t length = object->type == OBJECT_OCTETS      ? object->length
                    : object->type == OBJECT_COUNTER64 ? sizeof wide
                                                       : sizeof narrow;
    (void)snmp_set_var_typed_value(out, types[object->type], value, length);
}

static int handle(netsnmp_mib_handler *handler, netsnmp_handler_registration *registration,
                  netsnmp_agent_request_info *info, netsnmp_request_info *requests)
{
    struct subagent *subagent = registration->my_reg_void;
    (void)handler;
    bool fresh = refresh(subagent);
    for (netsnmp_request_info *request = requests; request; request = request->next) {
        const struct object *object =
            fresh && !request->processed ? look_up(subagent, info->mode, request) : NULL;
        if (object)
            answer(request->requestvb, object);
        else if (info->mode == MODE_GET && !request->processed)
            (void)netsnmp_set_request_error(info, request, SNMP_NOSUCHINSTANCE);
    }
    return SNMP_ERR_NOERROR;
}

static int on_master(int major, int minor, void *message, void *ctx)
{
    (void)major;
    (void)message;
    (void)ctx;
    if (minor == SNMPD_CALLBACK_INDEX_START)
        log_info(ROOM, "serving LASTMILE-MIB to a master agent");
    else
        log_info(ROOM, "the master agent is gone; waiting for it");
    return 0;
}

/* No MIBs, no files, no log but ours; a master that is not there is looked for now and then. */
static void prepare_library(const char *socket)
{
    (void)setenv("MIBS", "", 1);
    (void)setenv("MIBDIRS", "", 1);
    snmp_disable_log();
    (void)netsnmp_register_loghandler(NETSNMP_LOGHANDLER_NONE, LOG_EMERG); /* else it is stderr */
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_READ_CONFIGS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DONT_PERSIST_STATE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_LOAD, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_DISABLE_PERSISTENT_SAVE, 1);
    (void)netsnmp_ds_set_string(NETSNMP_DS_LIBRARY_ID, NETSNMP_DS_LIB_PERSISTENT_DIR, "/dev/null");
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_ROLE, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_ROOT_ACCESS, 1);
    netsnmp_ds_set_boolean(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_NO_CONNECTION_WARNINGS, 1);
    netsnmp_ds_set_int(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_AGENTX_PING_INTERVAL,
                       RECONNECT_S);
    (void)netsnmp_ds_set_string(NETSNMP_DS_APPLICATION_ID, NETSNMP_DS_AGENT_X_SOCKET, socket);
    (void)snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_START, on_master,
                                 NULL);
    (void)snmp_register_callback(SNMP_CALLBACK_APPLICATION, SNMPD_CALLBACK_INDEX_STOP, on_master,
                                 NULL);
}

static bool serve(struct subagent *subagent, const char *socket)
{
    prepare_library(socket);
    if (init_agent("lastmile") != 0)
        return false;
    netsnmp_handler_registration *registration = netsnmp_create_handler_registration(
        "lastmile", handle, root, OID_LENGTH(root), HANDLER_CAN_RONLY);
    if (!registration)
        return false;
    registration->my_reg_void = subagent;
    if (netsnmp_register_handler(registration) != MIB_REGISTERED_OK)
        return false;
    init_snmp("lastmile-subagent");
    return true;
}

/* Serves until the probe's end of the pipe is closed. */
static void run(int life)
{
    for (bool alive = true; alive;) {
        fd_set readable;
        int count = life + 1;
        int block = 0;
        struct timeval timeout = {.tv_sec = SELECT_MAX_S};
        FD_ZERO(&readable);
        FD_SET(life, &readable);
        (void)snmp_select_info(&count, &readable, &timeout, &block);
        if (block || timeout.tv_sec >= SELECT_MAX_S)
            timeout = (struct timeval){.tv_sec = SELECT_MAX_S};
        int ready = select(count, &readable, NULL, NULL, &timeout);
        alive = ready <= 0 || !FD_ISSET(life, &readable);
        if (ready > 0 && alive)
            snmp_read(&readable);
        else
            snmp_timeout();
        run_alarms();
        netsnmp_check_outstanding_agent_requests();
    }
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        (void)fputs("lastmile-subagent serves LASTMILE-MIB over AgentX; lastmile-probe starts it\n"
                    "when its settings say so: agentx = { socket = \"...\"; }\n",
                    argc == 2 ? stdout : stderr);
        return argc == 2 ? 0 : 2;
    }
    struct subagent subagent = {.board = board_open(SUBAGENT_BOARD_FD), .objects = objects_new()};
    if (!subagent.board || !subagent.objects || !serve(&subagent, argv[1])) {
        log_error(ROOM, "LASTMILE-MIB cannot be served");
        return 1;
    }
    run(SUBAGENT_LIFE_FD);
    /* The master sees the socket closed; the library's own goodbye would wait for its answer. */
    _exit(0);
}
