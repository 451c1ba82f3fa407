/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/support/meter_stage.h"

#include "tests/support/cmocka_all.h"

#include <string.h>

struct meter_stage stage;

struct meter_options stage_options(void)
{
    struct meter_options options;
    meter_options_init(&options);
    options.observation_point = "tap-1";
    options.flow.memory_bytes = 1 << 20;
    options.line.memory_bytes = 1 << 20;
    options.line.pseudonym = stage.pseudonym;
    options.line.accounting.session_limit = 100;
    return options;
}

void stage_begin(const struct meter_options *options)
{
    stage.meter = meter_new(options);
    assert_non_null(stage.meter);
}

void stage_send_as(enum link_type link, uint64_t time_unix_ns)
{
    packet_finish(&stage.packet);
    struct frame frame = {.time_unix_ns = time_unix_ns,
                          .bytes = stage.packet.bytes,
                          .captured_bytes = (uint32_t)stage.packet.length,
                          .wire_bytes = (uint32_t)stage.packet.length,
                          .link_type = link};
    meter_frame(stage.meter, &frame);
}

void stage_send(uint64_t time_s)
{
    stage_send_as(LINK_ETHERNET, time_s * NS_PER_S);
}

void stage_record(const struct packet_radius *radius, uint64_t time_s)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, 0x020000000101, 0x020000000102);
    packet_vlan(&stage.packet, 0x8100, 999);
    packet_ipv4(&stage.packet, 0xc0000201, 0xc0000202);
    packet_udp(&stage.packet, 40000, 1813);
    packet_radius(&stage.packet, radius);
    stage_send(time_s);
}

void stage_traffic(uint32_t client, uint32_t server, bool up, unsigned bytes, uint64_t time_s)
{
    packet_begin(&stage.packet);
    packet_ethernet(&stage.packet, up ? ROUTER : CORE, up ? CORE : ROUTER);
    packet_ipv4(&stage.packet, up ? client : server, up ? server : client);
    packet_udp(&stage.packet, up ? 5000 : 443, up ? 443 : 5000);
    packet_zeros(&stage.packet, bytes - UDP_BYTES);
    stage_send(time_s);
}

struct report *stage_collect(uint64_t end_s)
{
    struct report *report = report_new();
    assert_non_null(report);
    assert_int_equal(meter_collect(stage.meter, report, end_s * NS_PER_S, NULL), 0);
    return report;
}

const struct report_cell *stage_find_cell(const struct report *report, const char *node)
{
    for (size_t i = 0; i < report->cell_count; i++)
        if (strcmp(report->cells[i].access_node, node) == 0)
            return &report->cells[i];
    return NULL;
}

void stage_end(struct report *report)
{
    report_free(report);
    meter_free(stage.meter);
}

uint64_t stage_unattributed(void)
{
    struct meter_totals totals;
    meter_totals(stage.meter, &totals);
    return totals.lines.octets_unattributed;
}

int stage_open(void **state)
{
    (void)state;
    static const uint8_t key[PSEUDONYM_KEY_BYTES] = {1, 2, 3};
    stage.pseudonym = pseudonym_new(key, sizeof key);
    return stage.pseudonym ? 0 : -1;
}

int stage_close(void **state)
{
    (void)state;
    pseudonym_free(stage.pseudonym);
    return 0;
}
