/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A probe that does nothing but report, fast: spool and exporter as they are, and reports that
 * follow from their number alone, so that two runs make the same. What it has made it writes, one
 * line each, to a ledger that outlives it: boot, sequence, digest of the bytes.
 *   outbox_load PORT USER PASSWORD OPERATOR PROBE FOLDER RATE COUNT [START_UNIX_S]
 * FOLDER holds disk/, ram/ (unless NO_RAM_DISK is set) and ledger; with NO_RESEND nothing is sent
 * again for an hour. COUNT 0: without end. With a
 * start the boot follows from the probe's name, intervals are of a minute from there on; without
 * one the boot is a new one and intervals are as they are. Ends when all are receipted.
 */
#include "common/clock.h"
#include "common/log.h"
#include "probe/outbox/crc32c.h"
#include "probe/outbox/exporter.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PATH_SIZE 512

struct load {
    const char *operator_name, *probe_name;
    uint8_t boot_id[REPORT_BOOT_ID_BYTES];
    uint64_t rate, count, start_s, made;
    int ledger;
    struct spool *spool;
    struct exporter *exporter;
};

static void give_up(const char *what)
{
    (void)fprintf(stderr, "outbox_load: %s\n", what);
    exit(1);
}

/* What is told depends on probe and sequence alone. */
static void fill(const struct load *load, struct report *report)
{
    uint64_t i = load->made;
    (void)snprintf(report->operator_name, sizeof report->operator_name, "%s", load->operator_name);
    (void)snprintf(report->probe_name, sizeof report->probe_name, "%s", load->probe_name);
    memcpy(report->boot_id, load->boot_id, sizeof report->boot_id);
    report->sequence = i;
    report->wall_trusted = true;
    report->schedule_ms = load->start_s ? 60000 : 1000;
    report->interval_ms = load->start_s ? 60000 : 1000;
    report->interval_start_mono_ns = i * report->interval_ms * CLOCK_NS_PER_MS;
    report->interval_start_unix_ns =
        load->start_s ? (load->start_s + (i - 1) * 60) * CLOCK_NS_PER_S : clock_unix_ns();
    struct report_observation *o = report_add_observation(report);
    struct report_cell *cell = report_add_cell(report);
    if (!o || !cell)
        give_up("no memory");
    (void)snprintf(o->observation_point, sizeof o->observation_point, "tap");
    o->packet_delta_count = o->outcomes[0] = 1000 + i * 7 % 500;
    o->octet_delta_count = 600000 + i * 7919 % 90001;
    o->interface_octets = optional_u64(o->octet_delta_count + i % 13);
    o->sampling_interval = 1;
    (void)snprintf(cell->access_node, sizeof cell->access_node, "olt-%s", load->probe_name);
    (void)snprintf(cell->area, sizeof cell->area, "371002");
    cell->technology = TECHNOLOGY_GPON;
    cell->settlement = (enum settlement)1;
    cell->residence = (enum residence)1;
    cell->lines_active = 10 + i % 5;
    cell->downstream_octets = 500000 + i * 104729 % 77777;
    cell->upstream_octets = 50000 + i * 1299709 % 7777;
}

static void note(const struct load *load, const uint8_t *bytes, size_t length)
{
    char line[128];
    int used = 0;
    for (size_t i = 0; i < REPORT_BOOT_ID_BYTES; i++)
        used += snprintf(line + used, sizeof line - (size_t)used, "%02x", load->boot_id[i]);
    used += snprintf(line + used, sizeof line - (size_t)used, " %llu %08x\n",
                     (unsigned long long)load->made, crc32c(0, bytes, length));
    if (write(load->ledger, line, (size_t)used) != used)
        give_up("no ledger");
}

static void make_one(struct load *load)
{
    uint8_t *bytes = NULL;
    size_t length = 0;
    struct report *report = report_new();
    load->made++;
    if (!report)
        give_up("no memory");
    fill(load, report);
    (void)spool_move_gaps(load->spool, report);
    if (report_encode(report, &bytes, &length) != 0 ||
        exporter_enqueue(load->exporter, load->made, bytes, length, clock_mono_ns()) != 0)
        give_up("no report");
    note(load, bytes, length); /* what is written here was handed over */
    free(bytes);
    report_free(report);
}

static void serve(struct load *load)
{
    uint64_t begin_ns = clock_mono_ns();
    bool over = false;
    while (!over) {
        struct pollfd fd = {.fd = exporter_fd(load->exporter), .events = POLLIN};
        if (exporter_wants_write(load->exporter))
            fd.events |= POLLOUT;
        (void)poll(&fd, 1, 2);
        uint64_t now_ns = clock_mono_ns();
        uint64_t due = (now_ns - begin_ns) * load->rate / CLOCK_NS_PER_S + 1;
        while (load->made < due && (load->count == 0 || load->made < load->count))
            make_one(load);
        exporter_service(load->exporter, clock_mono_ns(),
                         (fd.revents & (POLLIN | POLLERR | POLLHUP)) != 0,
                         (fd.revents & POLLOUT) != 0);
        over = load->count && load->made == load->count && spool_stats(load->spool).records == 0;
    }
}

static void choose_boot(struct load *load)
{
    if (load->start_s == 0) {
        if (getrandom(load->boot_id, sizeof load->boot_id, 0) != sizeof load->boot_id)
            give_up("no boot id");
        return;
    }
    size_t length = strlen(load->probe_name);
    memcpy(load->boot_id, load->probe_name, length < 16 ? length : 16);
}

static void open_rooms(struct load *load, char **argv, const char *folder)
{
    char disk[PATH_SIZE];
    char ram[PATH_SIZE];
    char ledger[PATH_SIZE];
    (void)snprintf(disk, sizeof disk, "%s/disk", folder);
    (void)snprintf(ram, sizeof ram, "%s/ram", folder);
    (void)snprintf(ledger, sizeof ledger, "%s/ledger", folder);
    load->ledger = open(ledger, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct spool_options spool_options = {.directory = disk,
                                          .ram_directory = getenv("NO_RAM_DISK") ? NULL : ram,
                                          .memory_bytes_max = 8 << 20,
                                          .disk_bytes_max = 64 << 20,
                                          .flush_after_ms = 60000,
                                          .live_ms = 120000};
    const struct bus_options bus_options = {.host = "127.0.0.1",
                                            .port = atoi(argv[1]),
                                            .client_id = argv[2],
                                            .username = argv[2],
                                            .password = argv[3],
                                            .keepalive_s = 30,
                                            .reconnect_min_ms = 50,
                                            .reconnect_max_ms = 500};
    struct exporter_options options = {.operator_name = load->operator_name,
                                       .probe_name = load->probe_name,
                                       .bus = &bus_options,
                                       .in_flight_max = EXPORTER_IN_FLIGHT_MAX,
                                       .unanswered_max = 1000,
                                       .backlog_per_s = 1000,
                                       .retry_ms = getenv("NO_RESEND") ? 3600000 : 1500};
    memcpy(options.boot_id, load->boot_id, sizeof options.boot_id);
    memcpy(spool_options.boot_id, load->boot_id, sizeof spool_options.boot_id);
    load->spool = spool_open(&spool_options);
    load->exporter = load->spool ? exporter_new(&options, load->spool) : NULL;
    if (!load->exporter || load->ledger < 0)
        give_up("cannot start");
}

int main(int argc, char **argv)
{
    if (argc < 9)
        give_up("PORT USER PASSWORD OPERATOR PROBE FOLDER RATE COUNT [START_UNIX_S]");
    struct load load = {.operator_name = argv[4],
                        .probe_name = argv[5],
                        .rate = strtoull(argv[7], NULL, 10),
                        .count = strtoull(argv[8], NULL, 10),
                        .start_s = argc > 9 ? strtoull(argv[9], NULL, 10) : 0};
    choose_boot(&load);
    open_rooms(&load, argv, argv[6]);
    serve(&load);
    struct exporter_stats stats = exporter_stats(load.exporter);
    (void)printf("made=%llu sent=%llu resent=%llu\n", (unsigned long long)load.made,
                 (unsigned long long)(stats.sent_live + stats.sent_backlog),
                 (unsigned long long)stats.resent);
    exporter_free(load.exporter);
    spool_close(load.spool);
    return 0;
}
