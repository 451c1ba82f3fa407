/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/control_builder.h"

#include <stdbool.h>
#include <string.h>

#define MESSAGE_BYTES 4096

/* Messages are written from the inside out, so that lengths are known. */
struct message {
    uint8_t bytes[MESSAGE_BYTES];
    size_t length;
};

static void put(struct message *message, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(message->bytes + message->length, bytes, length);
    message->length += length;
}

static void put_number(struct message *message, uint64_t value, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        uint8_t byte = i > sizeof value ? 0 : (uint8_t)(value >> (i - 1) * 8);
        put(message, &byte, 1);
    }
}

/* ---- RADIUS ---- */

static void put_attribute(struct message *message, unsigned type, const void *value, size_t length)
{
    put_number(message, type, 1);
    put_number(message, length + 2, 1);
    put(message, value, length);
}

static void put_name(struct message *message, unsigned type, const char *name)
{
    if (name)
        put_attribute(message, type, name, strlen(name));
}

static void put_u32(struct message *message, unsigned type, uint64_t value)
{
    struct message number = {.length = 0};
    put_number(&number, value, 4);
    put_attribute(message, type, number.bytes, number.length);
}

static void put_vendor(struct message *message, unsigned type, const char *name)
{
    struct message value = {.length = 0};
    put_number(&value, 3561, 4);
    put_name(&value, type, name);
    if (name)
        put_attribute(message, 26, value.bytes, value.length);
}

static void put_octets(struct message *message, const struct packet_radius *record)
{
    if (record->status == 1 || record->status == 7)
        return;
    put_u32(message, 42, record->up & UINT32_MAX);
    put_u32(message, 43, record->down & UINT32_MAX);
    if (record->gigawords) {
        put_u32(message, 52, record->up >> 32);
        put_u32(message, 53, record->down >> 32);
    }
}

void packet_radius(struct packet_builder *packet, const struct packet_radius *record)
{
    struct message attributes = {.length = 0}, prefix = {.length = 0};
    put_u32(&attributes, 40, record->status);
    put_name(&attributes, 44, record->session);
    put_name(&attributes, 32, record->nas);
    put_name(&attributes, 1, record->user);
    put_name(&attributes, 87, record->port_id);
    put_vendor(&attributes, 1, record->circuit);
    put_vendor(&attributes, 2, record->remote);
    if (record->address)
        put_u32(&attributes, 8, record->address);
    put_number(&prefix, record->prefix_bits, 2);
    put_number(&prefix, record->prefix, 8);
    if (record->prefix_bits)
        put_attribute(&attributes, 123, prefix.bytes, prefix.length);
    put_octets(&attributes, record);
    if (record->session_s)
        put_u32(&attributes, 46, record->session_s);
    if (record->interim_s)
        put_u32(&attributes, 85, record->interim_s);
    packet_u16(packet, 0x0401);
    packet_u16(packet, (unsigned)attributes.length + 20);
    packet_zeros(packet, 16);
    packet_bytes(packet, attributes.bytes, attributes.length);
}

/* ---- DHCPv6 ---- */

static void put_option(struct message *message, unsigned type, const void *value, size_t length)
{
    put_number(message, type, 2);
    put_number(message, length, 2);
    put(message, value, length);
}

static void put_address(struct message *message, const struct packet_dhcpv6 *dhcp)
{
    struct message address = {.length = 0}, association = {.length = 0};
    put_number(&address, UINT64_C(0x20010db800000000), 8);
    put_number(&address, dhcp->address_tail, 8);
    put_number(&address, UINT64_C(3600) << 32 | 7200, 8);
    put_number(&association, 1, 12);
    put_option(&association, 5, address.bytes, address.length);
    put_option(message, 3, association.bytes, association.length);
}

static void put_prefix(struct message *message, const struct packet_dhcpv6 *dhcp)
{
    struct message prefix = {.length = 0}, association = {.length = 0};
    put_number(&prefix, UINT64_C(3600) << 32 | 7200, 8);
    put_number(&prefix, dhcp->prefix_bits, 1);
    put_number(&prefix, dhcp->prefix, 8);
    put_number(&prefix, 0, 8);
    put_number(&association, 1, 12);
    put_option(&association, 26, prefix.bytes, prefix.length);
    put_option(message, 25, association.bytes, association.length);
}

static void wrap_in_relay(struct message *message, const struct packet_dhcpv6 *dhcp, bool innermost)
{
    struct message relay = {.length = 0}, remote = {.length = 0};
    bool reply = dhcp->message == 7 || dhcp->message == 2;
    const char *circuit = innermost ? dhcp->circuit : "outer";
    put_number(&relay, reply ? 13 : 12, 1);
    put_number(&relay, 0, 1 + 8 + 8 + 8 + 8);
    if (circuit)
        put_option(&relay, 18, circuit, strlen(circuit));
    put_number(&remote, 3561, 4);
    if (dhcp->remote && innermost) {
        put(&remote, dhcp->remote, strlen(dhcp->remote));
        put_option(&relay, 37, remote.bytes, remote.length);
    }
    put_option(&relay, 9, message->bytes, message->length);
    *message = relay;
}

void packet_dhcpv6(struct packet_builder *packet, const struct packet_dhcpv6 *dhcp)
{
    struct message message = {.length = 0}, duid = {.length = 0};
    put_number(&message, dhcp->message << 24 | 0x4711, 4);
    put_number(&duid, 0x00030001, 4);
    put_number(&duid, dhcp->client_mac, 6);
    put_option(&message, 1, duid.bytes, duid.length);
    if (dhcp->address_tail)
        put_address(&message, dhcp);
    if (dhcp->prefix_bits)
        put_prefix(&message, dhcp);
    for (unsigned i = 0; i < dhcp->relays; i++)
        wrap_in_relay(&message, dhcp, i == 0);
    packet_bytes(packet, message.bytes, message.length);
}

/* ---- IEEE 802.11 ---- */

void packet_beacon(struct packet_builder *packet, uint64_t bssid, const char *ssid)
{
    struct message frame = {.length = 0};
    put_number(&frame, 0x80000000, 4);
    put_number(&frame, UINT64_C(0xffffffffffff), 6);
    put_number(&frame, bssid, 6);
    put_number(&frame, bssid, 6);
    put_number(&frame, 0, 2 + 8 + 2 + 2);
    put_number(&frame, 0, 1);
    put_number(&frame, strlen(ssid), 1);
    put(&frame, ssid, strlen(ssid));
    packet_bytes(packet, frame.bytes, frame.length);
}
