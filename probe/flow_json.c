/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/flow_json.h"

#include "common/clock.h"
#include "common/json_writer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

static void put_address(struct json_writer *json, const char *v4_name, const char *v6_name,
                        uint8_t ip_version, const uint8_t *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    (void)inet_ntop(ip_version == 4 ? AF_INET : AF_INET6, address, text, sizeof text);
    json_writer_put_string(json, ip_version == 4 ? v4_name : v6_name, text);
}

static void put_key(struct json_writer *json, const struct flow_key *key)
{
    put_address(json, "sourceIPv4Address", "sourceIPv6Address", key->ip_version,
                key->source_address);
    put_address(json, "destinationIPv4Address", "destinationIPv6Address", key->ip_version,
                key->destination_address);
    json_writer_put_u64(json, "sourceTransportPort", key->source_port);
    json_writer_put_u64(json, "destinationTransportPort", key->destination_port);
    json_writer_put_u64(json, "protocolIdentifier", key->protocol);
    if (key->svlan)
        json_writer_put_u64(json, "dot1qVlanId", key->svlan);
    if (key->cvlan)
        json_writer_put_u64(json, "dot1qCustomerVlanId", key->cvlan);
    if (key->pppoe_session)
        json_writer_put_u64(json, "pppoeSessionId", key->pppoe_session); /* no IPFIX element */
}

static void put_counts(struct json_writer *json, const struct flow_record *record)
{
    json_writer_put_u64(json, "octetDeltaCount", record->octet_delta_count[0]);
    json_writer_put_u64(json, "packetDeltaCount", record->packet_delta_count[0]);
    json_writer_put_u64(json, "reverseOctetDeltaCount", record->octet_delta_count[1]);
    json_writer_put_u64(json, "reversePacketDeltaCount", record->packet_delta_count[1]);
    json_writer_put_u64(json, "flowStartMilliseconds", record->start_unix_ns / CLOCK_NS_PER_MS);
    json_writer_put_u64(json, "flowEndMilliseconds", record->end_unix_ns / CLOCK_NS_PER_MS);
    json_writer_put_u64(json, "tcpControlBits", record->tcp_control_bits[0]);
    json_writer_put_u64(json, "reverseTcpControlBits", record->tcp_control_bits[1]);
    json_writer_put_u64(json, "biflowDirection", record->biflow_direction);
    json_writer_put_u64(json, "flowEndReason", record->end_reason);
}

int flow_json_write(FILE *out, const struct flow_record *record)
{
    struct json_writer *json = json_writer_new();
    if (!json)
        return -ENOMEM;
    put_key(json, &record->key);
    put_counts(json, record);
    char *text = json_writer_text(json, false);
    json_writer_free(json);
    if (!text)
        return -ENOMEM;
    int status = fprintf(out, "%s\n", text) < 0 ? -EIO : 0;
    free(text);
    return status;
}
