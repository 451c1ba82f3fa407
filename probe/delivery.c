/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe/delivery.h"

#include "common/clock.h"
#include "common/json_writer.h"
#include "common/report_json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct delivery {
    const struct settings *settings;
    FILE *show; /* of a dry run, and then there is neither spool nor exporter */
    struct spool *spool;
    struct exporter *exporter;
};

static const char *text_or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static int open_spool(struct delivery *delivery, const uint8_t *boot_id)
{
    const struct settings_outbox *outbox = &delivery->settings->outbox;
    struct spool_options options = {.directory = text_or_null(outbox->dir),
                                    .ram_directory = text_or_null(outbox->ram_dir),
                                    .memory_bytes_max = outbox->memory_bytes,
                                    .disk_bytes_max = outbox->disk_bytes,
                                    .flush_after_ms = outbox->flush_after_ms,
                                    .live_ms = 2 * delivery->settings->interval_ms};
    memcpy(options.boot_id, boot_id, sizeof options.boot_id);
    delivery->spool = spool_open(&options);
    return delivery->spool ? 0 : -errno;
}

static int open_exporter(struct delivery *delivery, const uint8_t *boot_id)
{
    const struct settings *settings = delivery->settings;
    const struct settings_broker *broker = &settings->broker;
    const struct bus_options bus = {.host = broker->host,
                                    .port = (int)broker->port,
                                    .client_id = settings->probe_name,
                                    .username = broker->password[0] ? broker->username : NULL,
                                    .password = text_or_null(broker->password),
                                    .ca_file = text_or_null(broker->ca_file),
                                    .cert_file = text_or_null(broker->cert_file),
                                    .key_file = text_or_null(broker->key_file),
                                    .keepalive_s = (int)broker->keepalive_s,
                                    .reconnect_min_ms = broker->reconnect_min_ms,
                                    .reconnect_max_ms = broker->reconnect_max_ms};
    struct exporter_options options = {
        .operator_name = settings->operator_name,
        .probe_name = settings->probe_name,
        .bus = &bus,
        .in_flight_max = (unsigned)settings->outbox.in_flight_max,
        .backlog_per_s = (unsigned)settings->outbox.backlog_per_s,
        .retry_ms = settings->outbox.resend_ms,
    };
    memcpy(options.boot_id, boot_id, sizeof options.boot_id);
    delivery->exporter = exporter_new(&options, delivery->spool);
    return delivery->exporter ? 0 : -errno;
}

struct delivery *delivery_new(const struct settings *settings,
                              const uint8_t boot_id[static REPORT_BOOT_ID_BYTES], FILE *show)
{
    struct delivery *delivery = calloc(1, sizeof *delivery);
    if (!delivery)
        return NULL;
    delivery->settings = settings;
    delivery->show = show;
    int status = show ? 0 : open_spool(delivery, boot_id);
    if (status == 0 && !show)
        status = open_exporter(delivery, boot_id);
    if (status == 0)
        return delivery;
    delivery_free(delivery);
    errno = -status;
    return NULL;
}

void delivery_free(struct delivery *delivery)
{
    if (!delivery)
        return;
    exporter_free(delivery->exporter);
    spool_close(delivery->spool);
    free(delivery);
}

/* What the collector would read: the bytes decoded again, not the report that they were made of. */
static int show_report(const struct delivery *delivery, const uint8_t *bytes, size_t length)
{
    struct report *report = NULL;
    struct json_writer *json = json_writer_new();
    char *text = NULL;
    if (json && report_decode(bytes, length, &report) == REPORT_OK) {
        uint64_t reports = 86400 * CLOCK_NS_PER_S / CLOCK_NS_PER_MS / report->schedule_ms;
        json_writer_put_u64(json, "bytes", length);
        json_writer_put_u64(json, "reports_per_day", reports);
        json_writer_put_u64(json, "bytes_per_day", reports * length);
        json_writer_begin_object(json, "report");
        report_put_json(report, json);
        json_writer_end(json);
        text = json_writer_text(json, true);
    }
    int status = text ? 0 : -ENOMEM;
    if (text && (fprintf(delivery->show, "%s\n", text) < 0 || fflush(delivery->show) != 0))
        status = -errno;
    free(text);
    json_writer_free(json);
    report_free(report);
    return status;
}

int delivery_put(struct delivery *delivery, uint64_t sequence, const uint8_t *bytes, size_t length,
                 uint64_t now_mono_ns)
{
    if (delivery->show)
        return show_report(delivery, bytes, length);
    return exporter_enqueue(delivery->exporter, sequence, bytes, length, now_mono_ns);
}

void delivery_move_gaps(struct delivery *delivery, struct report *report)
{
    if (delivery->spool)
        (void)spool_move_gaps(delivery->spool, report);
}

int delivery_fd(const struct delivery *delivery)
{
    return delivery->exporter ? exporter_fd(delivery->exporter) : -1;
}

bool delivery_wants_write(const struct delivery *delivery)
{
    return delivery->exporter && exporter_wants_write(delivery->exporter);
}

void delivery_service(struct delivery *delivery, uint64_t now_mono_ns, bool readable, bool writable)
{
    if (delivery->exporter)
        exporter_service(delivery->exporter, now_mono_ns, readable, writable);
}

bool delivery_is_empty(const struct delivery *delivery)
{
    return delivery_spool(delivery).records == 0;
}

struct exporter_stats delivery_exporter(const struct delivery *delivery)
{
    return delivery->exporter ? exporter_stats(delivery->exporter) : (struct exporter_stats){0};
}

struct spool_stats delivery_spool(const struct delivery *delivery)
{
    return delivery->spool ? spool_stats(delivery->spool) : (struct spool_stats){0};
}
